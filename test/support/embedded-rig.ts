import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSystemClock } from '../../src/domain/clock.ts';
import { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { isPostmaster } from '../../src/storage/embedded/postmaster-file.ts';
import type { Database } from '../../src/storage/postgres/database.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { atEnd } from './at-end.ts';
import { openTestDatabase } from './test-database.ts';

const HOLDER = fileURLToPath(import.meta.resolve('./embedded-holder.js'));

/** Everybody may pass through it: 0755. */
export function openFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-embedded-'));
  chmodSync(folder, 0o755);
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Opened {
  embedded: EmbeddedPostgres;
  /** Messages logged so far, with their levels: `warn ...`. */
  log: string[];
}

/** The embedded PostgreSQL of `dataDirectory`, stopped at the end of the test. */
export async function openEmbedded(
  t: TestContext,
  dataDirectory: string,
  isDurable = true,
): Promise<Opened> {
  const clock = createSystemClock();
  const log: string[] = [];
  const write = (line: string): void => {
    const { level, msg } = JSON.parse(line) as { level: string; msg: string };
    log.push(`${level} ${msg}`);
  };
  const logger = createLogger({ level: 'info', thread: 'test', clock, sink: { write } });
  const embedded = await EmbeddedPostgres.open({ dataDirectory, clock, logger, isDurable });
  atEnd(t, () => embedded.stop());
  return { embedded, log };
}

/** Connections that end with the test; they follow where it is. */
export function connectTo(t: TestContext, { embedded }: Opened): Database {
  const database = openTestDatabase(() => embedded.url);
  atEnd(t, () => database.end());
  return database;
}

/** Where it keeps everything if it is in the data directory. */
export function postgresFolder(dataDirectory: string): string {
  return join(dataDirectory, 'postgres');
}

/** Process number of the PostgreSQL whose files are in `folder`. */
export function postmasterPid(folder: string): number {
  return Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** True while process `pid` is the PostgreSQL whose files are in `folder`. */
export function isRunning(pid: number, folder: string): boolean {
  return isPostmaster(pid, join(folder, 'data'));
}

export interface Holder {
  child: ChildProcess;
  url?: string;
  code?: string;
  message?: string;
}

/** A process that uses it, killed at the end of the test; resolves with what it prints. */
export async function startHolder(
  t: TestContext,
  dataDirectory: string,
  ...options: string[]
): Promise<Holder> {
  const child = spawn(process.execPath, [HOLDER, dataDirectory, ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TICKER_API_KEY: 'canary-key', AWS_SECRET_ACCESS_KEY: 'canary-secret' },
  });
  atEnd(t, () => killHolder({ child }));
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, ...(JSON.parse(line) as Omit<Holder, 'child'>) };
  }
  throw new Error('the holder ended without a word');
}

/** Ends it without a goodbye; resolves when it is gone. */
export async function killHolder({ child }: Pick<Holder, 'child'>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}
