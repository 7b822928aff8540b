/**
 * The faults of the seeded runs on real threads, processes and sockets, under the same checker of
 * every client's log: nothing out of order, nothing twice, nothing missing that is not named.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Service } from '../../src/threads/control/service.ts';
import { atEnd } from '../support/at-end.ts';
import { LoggedClient } from '../support/logged-client.ts';
import { metricsUntil } from '../support/metrics-text.ts';
import { KEY, startInProcess } from '../support/service-in-process.ts';
import {
  accountsFile,
  startService,
  startSimulatorProcess,
  temporaryFolder,
} from '../support/ticker-process.ts';

const HANG = { timeout: 120_000 };
const RESTART = 1012;
/** Ticks that every client gets before a fault and after it. */
const TICKS = 150;
const CHAIN = { underlying: 'NIFTY', strikes: 3 };
const POLICIES = ['lossless', 'conflate', 'skip'] as const;

interface Watched {
  client: LoggedClient;
  subscription: Record<string, unknown>;
  /** Where the client was when its connection ended. */
  epoch: string;
}

/** A client of every policy, in both formats, each with its ticks. */
async function watch(t: TestContext, ticksUrl: string, key: string): Promise<Watched[]> {
  const made = POLICIES.map(async (policy, index) => {
    const options = { binary: index !== 1, closeCodes: [1000, RESTART] };
    const client = new LoggedClient(ticksUrl, key, options);
    atEnd(t, () => client.close());
    await client.connect();
    const subscription = { chain: CHAIN, mode: 'full', greeks: true, policy };
    await client.ask({ type: 'subscribe', ...subscription });
    return { client, subscription, epoch: client.epoch };
  });
  const all = await Promise.all(made);
  await goOn(all);
  return all;
}

/** Everybody gets more; whoever hears something wrong fails. */
async function goOn(all: readonly Watched[], count = TICKS): Promise<void> {
  await Promise.all(all.map(({ client }) => client.ticks(count)));
}

/** Comes again after its connection has ended, and resumes. Returns whether that was possible. */
async function comeAgain(watched: Watched): Promise<boolean> {
  const { client, subscription } = watched;
  const sequence = client.checker.through;
  await client.connect();
  const { epoch } = watched;
  watched.epoch = client.epoch;
  const answer = await client.ask({
    type: 'resume',
    epoch,
    sequence,
    subscriptions: [subscription],
  });
  return answer.recovered === true;
}

function ticksUrlOf(service: Service): string {
  return `${service.marketUrl.replace('http', 'ws')}/ws/ticks`;
}

test('a Greeks worker dies: nobody misses a tick', HANG, async (t) => {
  const service = await startInProcess(t);
  const all = await watch(t, ticksUrlOf(service), KEY);
  for (const thread of [...service.threads.greeks]) await thread.terminate();
  await goOn(all);
  for (const { client } of all) assert.equal(client.checker.counts.named, 0);
});

test('ingest dies: what it was doing is named', HANG, async (t) => {
  const service = await startInProcess(t);
  const all = await watch(t, ticksUrlOf(service), KEY);
  for (let restarts = 1; restarts <= 3; restarts++) {
    await service.threads.ingest?.terminate();
    const name = 'ticker_thread_restarts_total{thread="ingest"}';
    await metricsUntil(service.marketUrl, (m) => m.get(name) === restarts);
    await goOn(all);
  }
});

test('publish dies: its clients are told, come again and miss nothing', HANG, async (t) => {
  const service = await startInProcess(t);
  const all = await watch(t, ticksUrlOf(service), KEY);
  // A message that no control sends: handling it throws where nothing catches.
  service.threads.publish?.postMessage({ type: 'chain-changed' });
  await Promise.all(all.map(({ client }) => client.until(() => client.closeCode !== undefined)));
  assert.deepEqual(
    all.map(({ client }) => client.closeCode),
    all.map(() => RESTART),
  );
  const recovered = await Promise.all(all.map(comeAgain));
  assert.deepEqual(
    recovered,
    all.map(() => true),
  );
  await goOn(all);
  for (const { client } of all) assert.equal(client.checker.counts.named, 0);
});

test('the process dies: its successor says that the stream begins again', HANG, async (t) => {
  const folder = temporaryFolder(t);
  const first = await startService(t, { TICKER_DATA_DIR: folder });
  const all = await watch(t, first.ticksUrl, first.key);
  first.child.kill('SIGKILL');
  await first.exited;
  await Promise.all(all.map(({ client }) => client.until(() => client.closeCode !== undefined)));
  const port = new URL(first.url).port;
  await startService(t, { TICKER_DATA_DIR: folder, TICKER_MARKET_PORT: port });
  const epochs = new Set(all.map(({ epoch }) => epoch));
  const recovered = await Promise.all(all.map(comeAgain));
  assert.deepEqual(
    recovered,
    all.map(() => false),
  );
  for (const { epoch } of all) assert.ok(!epochs.has(epoch), 'another epoch');
  await goOn(all);
});

test(
  'the broker dies, comes back and talks nonsense: nothing is lost on the way',
  HANG,
  async (t) => {
    const options = ['--instruments', '300', '--rate', '500'];
    const first = await startSimulatorProcess(t, ['--port', '0', ...options]);
    const service = await startService(t, { TICKER_ACCOUNTS_FILE: accountsFile(t, first) });
    const all = await watch(t, service.ticksUrl, service.key);
    first.child.kill('SIGKILL');
    await first.exited;
    const second = await startSimulatorProcess(t, ['--port', String(first.port), ...options]);
    await goOn(all);
    const nonsense = ['0001', 'ffff0008000fa40100000000', '0002000400000001000800000102000003e8'];
    const script = nonsense.map((hex, index) => ({ at_ms: index, fault: 'bytes', args: { hex } }));
    const body = JSON.stringify([...script, { at_ms: 5, fault: 'terminate' }]);
    assert.ok((await fetch(`${second.rest}/sim/faults`, { method: 'POST', body })).ok);
    await metricsUntil(
      service.url,
      (m) => (m.get('ticker_upstream_packets_rejected_total{reason="truncated"}') ?? 0) > 0,
    );
    await goOn(all);
    for (const { client } of all) assert.equal(client.checker.counts.named, 0);
  },
);

test('a client that flaps misses nothing, and the others notice nothing', HANG, async (t) => {
  const service = await startService(t);
  const all = await watch(t, service.ticksUrl, service.key);
  const [flapping] = all;
  assert.ok(flapping !== undefined);
  for (let times = 0; times < 8; times++) {
    await flapping.client.cut();
    assert.equal(await comeAgain(flapping), true);
    if (times % 2 === 0) await flapping.client.ticks(20);
  }
  await goOn(all);
  for (const { client } of all) assert.equal(client.checker.counts.named, 0);
});

test('clients that freeze are served by their policy when they read again', HANG, async (t) => {
  const service = await startService(t, {
    TICKER_SIM_RATE: '20000',
    TICKER_SIM_INSTRUMENTS: '1000',
  });
  const all = await watch(t, service.ticksUrl, service.key);
  const wide = { chain: { underlying: 'NIFTY', strikes: 'all' }, mode: 'full' };
  for (const { client, subscription } of all) {
    await client.ask({ type: 'subscribe', ...wide, policy: subscription['policy'] });
  }
  const [, conflating, skipping] = all;
  assert.ok(conflating !== undefined && skipping !== undefined);
  conflating.client.freeze();
  skipping.client.freeze();
  // Until the kernel takes no more and both are set aside.
  await metricsUntil(service.url, (m) => m.get('ticker_clients_behind') === 2);
  conflating.client.thaw();
  skipping.client.thaw();
  await conflating.client.until(() => conflating.client.checker.counts.merged > 0);
  await skipping.client.until(() => skipping.client.checker.counts.named > 0);
  await goOn(all);
  assert.equal(all[0]?.client.checker.counts.named, 0);
});

test('a process that is stopped for a while goes on without a silent hole', HANG, async (t) => {
  const options = ['--port', '0', '--instruments', '300', '--rate', '2000'];
  const simulator = await startSimulatorProcess(t, options);
  const service = await startService(t, { TICKER_ACCOUNTS_FILE: accountsFile(t, simulator) });
  const all = await watch(t, service.ticksUrl, service.key);
  const ticks = async (): Promise<number> => {
    const response = await fetch(`${simulator.rest}/sim/ledger`);
    return ((await response.json()) as { ticks: number }).ticks;
  };
  const wanted = (await ticks()) + 2_000;
  service.child.kill('SIGSTOP');
  while ((await ticks()) < wanted);
  service.child.kill('SIGCONT');
  await goOn(all, 10 * TICKS);
});
