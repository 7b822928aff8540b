import { mkdirSync } from 'node:fs';
import { TickerError } from '../../domain/error-codes.ts';
import { ProcessLock } from './process-lock.ts';

/** What a process of the service does; one of each kind can have a data directory. */
export type DirectoryRole = 'market' | 'orders';

const PURPOSES: Readonly<Record<DirectoryRole, string>> = { market: 'instance', orders: 'orders' };
const OWNER_ONLY_FOLDER = 0o700;

/** Something that is held until it is released or the process ends. */
export interface Held {
  release(): void;
}

/**
 * Makes this process the one instance of the service in a data directory, or the one of its role
 * there; the directory is made if it is not there. Rejects with DATA_DIR_IN_USE or DATA_DIR.
 */
export async function takeDataDirectory(
  dataDirectory: string,
  role: DirectoryRole | 'all' = 'all',
): Promise<Held> {
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: OWNER_ONLY_FOLDER });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unusable';
    const detail = `${dataDirectory} cannot be used (${reason})`;
    throw new TickerError('DATA_DIR', detail, { cause: error });
  }
  const locks: ProcessLock[] = [];
  const release = (): void => {
    for (const lock of locks) lock.release();
  };
  for (const wanted of role === 'all' ? (['market', 'orders'] as const) : [role]) {
    const lock = await ProcessLock.take(dataDirectory, PURPOSES[wanted]);
    if (lock === undefined) {
      release();
      const detail = `another instance runs in ${dataDirectory}: stop it, or set TICKER_DATA_DIR`;
      throw new TickerError('DATA_DIR_IN_USE', detail);
    }
    locks.push(lock);
  }
  return { release };
}

/**
 * True while a process of the service, one in the role `own` not counted, runs in the data
 * directory, which must exist.
 */
export async function isDataDirectoryTaken(
  dataDirectory: string,
  own?: DirectoryRole,
): Promise<boolean> {
  const others = (['market', 'orders'] as const).filter((role) => role !== own);
  const taken = others.map((role) => ProcessLock.isTaken(dataDirectory, PURPOSES[role]));
  return (await Promise.all(taken)).includes(true);
}
