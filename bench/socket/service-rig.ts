import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Instrument, isOption } from '../../src/domain/instrument.ts';
import { readInstrumentCsv } from '../../src/instruments/instrument-csv.ts';
import type { ManagedProcess, ProcessGroup } from '../harness/managed-process.ts';
import { INSTRUMENTS, listingSize, selectInstruments } from '../market/selection.ts';

const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const TICKER = fileURLToPath(new URL(`../../src/main${extension}`, import.meta.url));
const READY_MS = 30_000;
const KEY_BYTES = 24;
/** Runs begin and end at known moments: between them nothing ticks. */
const QUIET_SCRIPT = JSON.stringify([{ at_ms: 0, fault: 'stop_ticks' }]);

/** A simulator and a service that is connected to it, each a process as users start it. */
export interface ServiceRig {
  simulator: ManagedProcess;
  service: ManagedProcess;
  simulatorUrl: string;
  /** http://host:port */
  serviceUrl: string;
  ticksUrl: string;
  key: string;
  /** What the clients subscribe to. */
  instruments: Instrument[];
  optionTokens: ReadonlySet<number>;
  /** Rejects if one of them ends by itself. */
  died: Promise<never>;
  /** Ends both and removes their folder. */
  end(): Promise<void>;
}

/**
 * `instruments`: how many the clients choose from. One account carries 9,000, of which the service
 * itself needs some.
 */
export async function startServiceRig(
  processes: ProcessGroup,
  instruments = INSTRUMENTS,
  accounts = 1,
): Promise<ServiceRig> {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-bench-'));
  const started: ManagedProcess[] = [];
  const end = async (): Promise<void> => {
    // The service first: without its simulator it would only complain.
    for (const managed of [...started].reverse()) await processes.end([managed]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const script = join(folder, 'quiet.json');
    writeFileSync(script, QUIET_SCRIPT);
    const simulator = processes.start(TICKER, {
      name: 'the simulator',
      args: ['sim', '--port', '0', '--seed', '1', '--rate', '1', '--script', script].concat(
        '--instruments',
        String(listingSize(instruments)),
        '--accounts',
        String(accounts),
      ),
      cwd: folder,
      env: environment({}),
    });
    started.push(simulator);
    const [, rest = '', ws = ''] = await simulator.line(/^ready rest=(\S+) ws=(\S+)$/m, READY_MS);
    const key = randomBytes(KEY_BYTES).toString('hex');
    const service = processes.start(TICKER, {
      name: 'the service',
      args: [
        'serve',
        '--port',
        '0',
        '--orders-port',
        '0',
        '--data-dir',
        join(folder, 'data'),
      ].concat('--accounts-file', writeAccounts(folder, rest, ws, accounts)),
      cwd: folder,
      env: environment({ TICKER_API_KEY: key, TICKER_LOG_LEVEL: 'warn' }),
    });
    started.push(service);
    const [, url = ''] = await service.line(/^ready market=(\S+)/m, READY_MS);
    const selected = await fetchInstruments(rest, instruments);
    return {
      simulator,
      service,
      simulatorUrl: rest,
      serviceUrl: url,
      ticksUrl: `${url.replace(/^http/, 'ws')}/ws/ticks`,
      key,
      instruments: selected,
      optionTokens: new Set(
        selected.filter(({ type }) => isOption(type)).map(({ token }) => token),
      ),
      died: firstDeath(started),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function firstDeath(processes: readonly ManagedProcess[]): Promise<never> {
  const deaths = processes.map(async (managed): Promise<never> => {
    await managed.ended;
    throw managed.error('ended while it was needed');
  });
  const first = Promise.race(deaths);
  // In the end they are ended on purpose, and nobody listens any more.
  for (const death of [first, ...deaths]) death.catch(() => undefined);
  return first;
}

/** This process's environment without settings of the service, and `settings`. */
function environment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TICKER_'));
  return { ...Object.fromEntries(inherited), ...settings };
}

function writeAccounts(folder: string, rest: string, ws: string, count: number): string {
  const path = join(folder, 'accounts.json');
  const accounts = Array.from({ length: count }, (_unused, index) => ({
    id: `SIM${String(index + 1).padStart(3, '0')}`,
    api_key: `sim-key-${index + 1}`,
    api_secret: `sim-secret-${index + 1}`,
    access_token: `sim-token-${index + 1}`,
    rest_url: rest,
    ws_url: ws,
  }));
  writeFileSync(path, JSON.stringify(accounts), { mode: 0o600 });
  return path;
}

async function fetchInstruments(simulatorUrl: string, count: number): Promise<Instrument[]> {
  const response = await fetch(`${simulatorUrl}/instruments`);
  if (!response.ok || response.body === null) {
    throw new Error(`the simulator answered /instruments with ${response.status}`);
  }
  const { instruments } = await readInstrumentCsv(response.body);
  return selectInstruments(instruments, count);
}
