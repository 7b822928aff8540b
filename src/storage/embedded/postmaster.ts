import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { type Clock, pause } from '../../domain/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Binaries } from './binaries.ts';
import { outputAdvice } from './cluster.ts';
import { embeddedError } from './embedded-error.ts';
import type { Home } from './home.ts';
import { isPostmaster, postmasterFilePath, readPostmasterFile } from './postmaster-file.ts';
import { type Program, startProgram } from './program.ts';

/** A PostgreSQL that takes connections on 127.0.0.1. */
export interface Postmaster {
  pid: number;
  port: number;
}

interface Context {
  home: Home;
  clock: Clock;
  logger: Logger;
}

/** Small: one service and its commands are all that use it. */
const SETTINGS: Readonly<Record<string, string | number>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 64,
  shared_buffers: '16MB',
  max_worker_processes: 1,
  max_parallel_workers: 0,
  autovacuum_max_workers: 1,
  io_method: 'sync',
  jit: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  min_wal_size: '32MB',
  max_wal_size: '128MB',
  timezone: 'UTC',
  logging_collector: 'off',
  log_line_prefix: '',
  // Neither statements nor their values belong into a log.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};
/** Only for tests: a crash of the machine may cost everything. */
const NOT_DURABLE: Readonly<Record<string, string>> = {
  fsync: 'off',
  full_page_writes: 'off',
};

const POLL_MS = 20;
/** SSLRequest of the frontend/backend protocol: length, code. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const ANSWER_MAX_MS = 2_000;
/** After a crash a start takes as long as the log since the last checkpoint needs. */
const START_MAX_MS = 60_000;
const RETRY_MS = 200;
const FAST_STOP_MAX_MS = 3_000;
const STOP_MAX_MS = 6_000;

/**
 * The one that runs already, left by a killed process or started by another one; waits for it to
 * be ready. Undefined: there is none. Rejects with EMBEDDED_POSTGRES.
 */
export async function findPostmaster({ home, clock }: Context): Promise<Postmaster | undefined> {
  const endMs = clock.monotonicMs() + START_MAX_MS;
  for (;;) {
    const file = readPostmasterFile(home.dataFolder);
    if (file === undefined || !isPostmaster(file.pid, home.dataFolder)) return undefined;
    // One that is being killed still has its number and its port for a moment.
    const { pid, port } = file;
    if (file.isReady && (await answers(port, clock))) return { pid, port };
    if (clock.monotonicMs() > endMs) {
      throw embeddedError(
        `the PostgreSQL in ${home.folder} runs but takes no connections`,
        `end process ${file.pid} and try again`,
      );
    }
    await pause(clock, POLL_MS);
  }
}

/**
 * Starts one on the port of the last time or, if that is taken, another; resolves when it takes
 * connections. Rejects with EMBEDDED_POSTGRES.
 */
export async function startPostmaster(
  context: Context,
  binaries: Binaries,
  isDurable: boolean,
): Promise<Postmaster> {
  const { home, clock } = context;
  const endMs = clock.monotonicMs() + START_MAX_MS;
  let port = rememberedPort(home) ?? (await freePort());
  for (;;) {
    removeStalePostmasterFile(home);
    const program = await startProgram(
      binaries.postgres,
      ['-D', home.dataFolder, ...settingArguments(port, isDurable)],
      home.user,
      binaries.environment,
      (line) => log(context.logger, line),
    );
    const pid = await readiness(context, program, endMs);
    if (pid !== undefined) {
      release(program);
      writeFileSync(home.portFile, `${port}\n`);
      return { pid, port };
    }
    const output = program.output();
    if (clock.monotonicMs() > endMs) throw startError(home, output);
    if (/Address already in use|could not create any TCP/.test(output)) port = await freePort();
    // The processes of one that was killed need a moment to find that out.
    else if (/pre-existing shared memory/.test(output)) await pause(clock, RETRY_MS);
    else throw startError(home, output);
  }
}

/** Ends it in order; what was committed stays. Rejects with EMBEDDED_POSTGRES. */
export async function stopPostmaster({ home, clock }: Context): Promise<void> {
  const file = readPostmasterFile(home.dataFolder);
  if (file === undefined) return;
  const beginMs = clock.monotonicMs();
  let signal: NodeJS.Signals | undefined;
  while (isPostmaster(file.pid, home.dataFolder)) {
    const tookMs = clock.monotonicMs() - beginMs;
    // Fast: sessions are ended. Then at once: the next start recovers.
    const wanted = tookMs < FAST_STOP_MAX_MS ? 'SIGINT' : 'SIGQUIT';
    if (tookMs > STOP_MAX_MS) {
      throw embeddedError(`the PostgreSQL in ${home.folder}`, `process ${file.pid} does not end`);
    }
    try {
      if (signal !== wanted) process.kill(file.pid, wanted);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw embeddedError(`the PostgreSQL in ${home.folder} cannot be stopped`, error);
      }
    }
    signal = wanted;
    await pause(clock, POLL_MS);
  }
}

/** Its pid when it takes connections; undefined: it has ended, or has been ended for its time. */
async function readiness(
  { home, clock }: Context,
  program: Program,
  endMs: number,
): Promise<number | undefined> {
  while (!program.hasEnded()) {
    const file = readPostmasterFile(home.dataFolder);
    if (file?.isReady === true && file.pid === program.child.pid) return file.pid;
    if (clock.monotonicMs() > endMs) program.child.kill('SIGQUIT');
    await Promise.race([pause(clock, POLL_MS), program.ended]);
  }
  return undefined;
}

/** From here on it is no reason for this process to go on. */
function release({ child }: Program): void {
  child.unref();
  for (const stream of [child.stdout, child.stderr]) {
    (stream as { unref?: () => void } | null)?.unref?.();
  }
}

/* PostgreSQL refuses to start if any process has the number of the one that was killed. */
function removeStalePostmasterFile(home: Home): void {
  const file = readPostmasterFile(home.dataFolder);
  if (file !== undefined && !isPostmaster(file.pid, home.dataFolder)) {
    rmSync(postmasterFilePath(home.dataFolder), { force: true });
  }
}

function settingArguments(port: number, isDurable: boolean): string[] {
  const settings = { ...SETTINGS, port, ...(isDurable ? {} : NOT_DURABLE) };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function startError(home: Home, output: string): Error {
  return embeddedError(`the PostgreSQL in ${home.folder} does not start`, outputAdvice(output));
}

function log(logger: Logger, line: string): void {
  const isBad = /^(WARNING|ERROR|FATAL|PANIC):/.test(line);
  logger[isBad ? 'warn' : 'debug']({ postgres: line }, 'embedded PostgreSQL says');
}

function rememberedPort(home: Home): number | undefined {
  try {
    const port = Number(readFileSync(home.portFile, 'utf8'));
    return Number.isInteger(port) && port > 0 ? port : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw embeddedError(`${home.portFile} cannot be read`, error);
  }
}

/** Asks for encryption, as every client may at first; any answer shows that it works. */
function answers(port: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(SSL_REQUEST));
    const end = (isAnswer: boolean) => () => {
      timer.cancel();
      socket.destroy();
      resolve(isAnswer);
    };
    const timer = clock.setTimeout(end(false), ANSWER_MAX_MS);
    socket.once('data', end(true)).once('error', end(false)).once('close', end(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(embeddedError('there is no free port', error)));
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
