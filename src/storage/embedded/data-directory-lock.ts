import { mkdirSync } from 'node:fs';
import { TickerError } from '../../domain/error-codes.ts';
import { ProcessLock } from './process-lock.ts';

const PURPOSE = 'instance';
const OWNER_ONLY_FOLDER = 0o700;

/**
 * Makes this process the one instance of the service in a data directory, which is made if it is
 * not there, until it is released or the process ends. Rejects with DATA_DIR_IN_USE or DATA_DIR.
 */
export async function takeDataDirectory(dataDirectory: string): Promise<ProcessLock> {
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: OWNER_ONLY_FOLDER });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unusable';
    const detail = `${dataDirectory} cannot be used (${reason})`;
    throw new TickerError('DATA_DIR', detail, { cause: error });
  }
  const lock = await ProcessLock.take(dataDirectory, PURPOSE);
  if (lock !== undefined) return lock;
  const detail = `another instance runs in ${dataDirectory}: stop it, or set TICKER_DATA_DIR`;
  throw new TickerError('DATA_DIR_IN_USE', detail);
}

/** True while an instance of the service runs in the data directory, which must exist. */
export function isDataDirectoryTaken(dataDirectory: string): Promise<boolean> {
  return ProcessLock.isTaken(dataDirectory, PURPOSE);
}
