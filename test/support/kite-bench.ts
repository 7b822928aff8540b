import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Ledger } from '../../src/feed/sim/ledger.ts';
import { atEnd } from './at-end.ts';
import { BrokerClient } from './feed/sim/broker-client.ts';
import { metricsUntil, readMetrics } from './metrics-text.ts';
import { packetsIn, RecordingBroker } from './recording-broker.ts';
import {
  accountsFile,
  type RunningTicker,
  runTicker,
  startService,
  startSimulatorProcess,
  temporaryFolder,
} from './ticker-process.ts';

export const NIFTY = 256265;
export const INFY = 408065;
export const RELIANCE = 738561;
export const HDFC_BANK = 341249;

/** A service with a simulator behind it, and what passes between the two. */
export interface KiteBench {
  environment: Record<string, string>;
  service: RunningTicker;
  broker: RecordingBroker;
  /** ws://127.0.0.1:port/kite */
  url: string;
  /** A client of `/kite` that is ended with the test. */
  connect: (url?: string, key?: string) => Promise<BrokerClient>;
  /** Makes something happen at the simulator. */
  fault: (fault: Record<string, unknown>) => Promise<void>;
  ledger: () => Promise<Ledger>;
  /** A key made by the command line, known to the service. */
  createKey: (...args: string[]) => Promise<{ id: string; key: string }>;
}

export async function startKiteBench(
  t: TestContext,
  settings: Record<string, string> = {},
  simulation: readonly string[] = [],
): Promise<KiteBench> {
  const simulator = await startSimulatorProcess(t, [
    ...['--port', '0', '--seed', '7', '--instruments', '200', '--rate', '600'],
    ...simulation,
  ]);
  const broker = await RecordingBroker.start(t, simulator.ws);
  const accounts = accountsFile(t, { rest: simulator.rest, ws: broker.url });
  const environment = { TICKER_DATA_DIR: temporaryFolder(t), ...settings };
  const service = await startService(t, { TICKER_ACCOUNTS_FILE: accounts, ...environment });
  const url = `${service.url.replace('http', 'ws')}/kite`;
  return {
    environment,
    service,
    broker,
    url,
    async connect(path = url, key = service.key) {
      const client = await BrokerClient.connect(path, 1, key);
      atEnd(t, () => client.end());
      return client;
    },
    async fault(fault) {
      const body = JSON.stringify([{ at_ms: 0, ...fault }]);
      const answer = await fetch(`${simulator.rest}/sim/faults`, { method: 'POST', body });
      assert.equal(answer.ok, true, await answer.text());
    },
    async ledger() {
      return (await (await fetch(`${simulator.rest}/sim/ledger`)).json()) as Ledger;
    },
    async createKey(...args) {
      const keys = (await readMetrics(service.url)).get('ticker_api_keys') ?? 0;
      const made = await runTicker(['keys', 'create', ...args, '--json'], environment);
      assert.equal(made.code, 0, made.errors);
      await metricsUntil(service.url, (samples) => (samples.get('ticker_api_keys') ?? 0) > keys);
      return JSON.parse(made.out) as { id: string; key: string };
    },
  };
}

/** What a client has been sent, as far as it has been looked at. */
const logs = new WeakMap<BrokerClient, { frames: number; packets: Map<number, Buffer[]> }>();

/** The packets of `token` that a client has been sent, in order. */
export function received(client: BrokerClient, token: number): readonly Buffer[] {
  const log = logs.get(client) ?? { frames: 0, packets: new Map<number, Buffer[]>() };
  logs.set(client, log);
  for (; log.frames < client.binary.length; log.frames++) {
    for (const packet of packetsIn(client.binary[log.frames] ?? Buffer.of())) {
      const key = packet.readUInt32BE(0);
      const list = log.packets.get(key);
      if (list === undefined) log.packets.set(key, [packet]);
      else list.push(packet);
    }
  }
  return log.packets.get(token) ?? [];
}

/** What the broker sent of `token`, each packet's first `bytes` bytes, in hex. */
export function sent(broker: RecordingBroker, token: number, bytes: number): string[] {
  return (broker.packets.get(token) ?? []).map((packet) => packet.toString('hex', 0, bytes));
}

/** All of `part`, one behind the other, stand in `whole`. */
export function assertRun(part: readonly string[], whole: readonly string[], what: string): void {
  assert.ok(part.length > 0, `${what}: nothing came`);
  for (let start = 0; start + part.length <= whole.length; start++) {
    if (part.every((packet, i) => packet === whole[start + i])) return;
  }
  assert.fail(`${what}: ${part.length} packets are not what the broker sent one after the other`);
}
