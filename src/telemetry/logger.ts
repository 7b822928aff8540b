import { destination, pino, type Logger } from 'pino';
import type { Clock } from '../domain/clock.ts';
import { redactLine } from './redaction.ts';

export type { Logger } from 'pino';

/** Somewhere that takes whole lines. */
export interface LogSink {
  write(line: string): void;
}

export interface LoggerOptions {
  level: string;
  /** Name of the thread that logs: control, ingest, greeks-0, publish, ... */
  thread: string;
  clock: Clock;
  /** Left out: standard error of the process, written before the call returns. */
  sink?: LogSink;
}

const STANDARD_ERROR_FD = 2;

/**
 * JSON lines `{level, time, service, thread, msg, ...}`, level as a word and time in ISO form, with
 * secrets taken out (`registerSecret`). Every thread makes its own. Lines are written at once, so
 * nothing is lost when a thread or the process ends, and each in one write, so threads do not mix.
 */
export function createLogger({ level, thread, clock, sink }: LoggerOptions): Logger {
  const target: LogSink = sink ?? destination({ fd: STANDARD_ERROR_FD, sync: true });
  return pino(
    {
      level,
      base: { service: 'ticker', thread },
      timestamp: () => `,"time":"${new Date(clock.nowUs() / 1000).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => target.write(redactLine(line)) },
  );
}
