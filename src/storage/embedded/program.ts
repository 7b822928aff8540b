import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { embeddedError } from './embedded-error.ts';
import type { PostgresUser } from './postgres-user.ts';

/** Nothing of our own environment is passed on: it holds secrets. */
const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
/** Longest end of a program's output that an error repeats. */
const OUTPUT_CHARACTERS_MAX = 2_000;

/** A program of PostgreSQL that has been started. */
export interface Program {
  child: ChildProcess;
  /** Resolves at its end with its exit code, or null after a signal; never rejects. */
  ended: Promise<number | null>;
  hasEnded: () => boolean;
  /** The end of what it has printed. */
  output: () => string;
}

/**
 * Starts a program in a session of its own, so that Ctrl-C does not end it. `onLine` gets what it
 * prints. Rejects with EMBEDDED_POSTGRES if it cannot be started.
 */
export async function startProgram(
  file: string,
  args: readonly string[],
  user: PostgresUser,
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void = () => undefined,
): Promise<Program> {
  const child = spawn(file, args, {
    cwd: '/',
    env: { ...ENVIRONMENT, ...environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user.isOther ? { uid: user.uid, gid: user.gid } : {}),
  });
  let output = '';
  let hasEnded = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      hasEnded = true;
      resolve(code);
    });
  });
  for (const stream of [child.stdout, child.stderr]) {
    eachLine(stream, (line) => {
      output = `${output}${line}\n`.slice(-OUTPUT_CHARACTERS_MAX);
      onLine(line);
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.on('error', (error) =>
      reject(embeddedError(`${file} cannot be run as ${user.name}`, error)),
    );
  });
  return { child, ended, hasEnded: () => hasEnded, output: () => output.trim() };
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('close', () => {
    if (rest !== '') onLine(rest);
  });
}
