import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { isPostmaster, readPostmasterFile } from '../../src/storage/embedded/postmaster-file.ts';
import { atEnd } from './at-end.ts';
import { repositoryRoot } from './repository-root.ts';

const MAIN = join(repositoryRoot, 'dist', 'src', 'main.js');

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A `ticker <command>` process as a user starts it. */
export interface TickerProcess {
  child: ChildProcess;
  /** Everything on standard error so far. */
  errors(): string;
  /** Next line on standard output that matches; rejects if the process ends first. */
  line(pattern: RegExp): Promise<RegExpMatchArray>;
  exited: Promise<Exit>;
}

const READY = /^ready market=(\S+)(?: orders=(\S+))?$/;

/** How long a process may take to end in order before it is killed. */
const GOODBYE_MS = 8_000;

/** A folder for one test's data, removed after it. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-test-'));
  atEnd(t, () => {
    killPostmaster(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}

/** A service that was killed leaves its database running. */
function killPostmaster(dataDirectory: string): void {
  const files = join(dataDirectory, 'postgres', 'data');
  const file = readPostmasterFile(files);
  if (file !== undefined && isPostmaster(file.pid, files)) process.kill(file.pid, 'SIGKILL');
}

/** The environment of this process without our own settings. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith('TICKER_'));
  return Object.fromEntries(foreign);
}

/** Starts `ticker <args>`; the process is ended after the test whatever happens. */
export function startTicker(
  t: TestContext,
  args: string[],
  environment: Record<string, string> = {},
): TickerProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: repositoryRoot,
    env: { ...foreignEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const lines: string[] = [];
  const waiting: { pattern: RegExp; resolve(match: RegExpMatchArray): void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const waiter of waiting) {
      const match = waiter.pattern.exec(line);
      if (match !== null) waiter.resolve(match);
    }
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  atEnd(t, async () => {
    const kill = setTimeout(() => child.kill('SIGKILL'), GOODBYE_MS);
    // In order, so that a database in its data folder ends with it.
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    clearTimeout(kill);
  });
  return {
    child,
    errors: () => errors,
    exited,
    line(pattern) {
      const seen = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
      if (seen !== undefined) return Promise.resolve(seen);
      return new Promise((resolve, reject) => {
        waiting.push({ pattern, resolve });
        void exited.then(({ code, signal }) =>
          reject(new Error(`ended (${code ?? signal}) before ${String(pattern)}: ${errors}`)),
        );
      });
    },
  };
}

export interface TickerRun {
  code: number | null;
  out: string;
  errors: string;
}

/** Runs `ticker <args>` to its end with `input` on its standard input. */
export async function runTicker(
  args: string[],
  environment: Record<string, string> = {},
  input = '',
): Promise<TickerRun> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: repositoryRoot,
    env: { ...foreignEnvironment(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that ends before it reads closes the pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [out, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ]);
  return { code, out, errors };
}

export interface RunningTicker extends TickerProcess {
  /** http://127.0.0.1:port */
  url: string;
  /** http://127.0.0.1:port of the order side; empty: another process has it. */
  ordersUrl: string;
  /** ws://127.0.0.1:port/ws/ticks */
  ticksUrl: string;
  key: string;
}

/** `ticker serve` on any free ports with its own data folder; resolves at its ready line. */
export async function startService(
  t: TestContext,
  environment: Record<string, string> = {},
): Promise<RunningTicker> {
  const folder = environment['TICKER_DATA_DIR'] ?? temporaryFolder(t);
  const process = startTicker(t, ['serve'], {
    TICKER_DATA_DIR: folder,
    TICKER_MARKET_PORT: '0',
    TICKER_ORDERS_PORT: '0',
    TICKER_SIM_PORT: '0',
    TICKER_LOG_LEVEL: 'warn',
    ...environment,
  });
  const [, url = '', ordersUrl = ''] = await process.line(READY);
  return {
    ...process,
    url,
    ordersUrl,
    ticksUrl: `${url.replace('http', 'ws')}/ws/ticks`,
    key: readFileSync(join(folder, 'api-key'), 'utf8').trim(),
  };
}

/** `ticker sim`; resolves at its ready line. */
export async function startSimulatorProcess(
  t: TestContext,
  args: string[],
): Promise<TickerProcess & { rest: string; ws: string; port: number }> {
  const process = startTicker(t, ['sim', ...args]);
  const [, rest = '', ws = ''] = await process.line(/^ready rest=(\S+) ws=(\S+)$/);
  return { ...process, rest, ws, port: Number(new URL(rest).port) };
}

/** An accounts file that names a simulator's first account, or accounts; returns its path. */
export function accountsFile(
  t: TestContext,
  simulator: { rest: string; ws: string },
  { trading = false, count = 1 }: { trading?: boolean; count?: number } = {},
): string {
  const path = join(temporaryFolder(t), 'accounts.json');
  const accounts = Array.from({ length: count }, (_, index) => ({
    id: `SIM00${index + 1}`,
    api_key: `sim-key-${index + 1}`,
    api_secret: `sim-secret-${index + 1}`,
    access_token: `sim-token-${index + 1}`,
    market_data: true,
    trading,
    rest_url: simulator.rest,
    ws_url: simulator.ws,
  }));
  writeFileSync(path, JSON.stringify(accounts), { mode: 0o600 });
  return path;
}
