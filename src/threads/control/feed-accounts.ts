import type { BrokerAccount } from '../../config/accounts.ts';
import { type Clock, pause } from '../../domain/clock.ts';
import { errorText, TickerError } from '../../domain/error-codes.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { StorageDesk } from './storage-desk.ts';

export interface FeedAccountsOptions {
  /** From the accounts file; they come before those of the store. */
  configured: readonly BrokerAccount[];
  production: boolean;
  storage: Pick<StorageDesk, 'opened' | 'failedToOpen' | 'mayHoldAccounts' | 'accounts'>;
  clock: Clock;
  logger: Logger;
  /** Told what is waited for. */
  onWaiting: (detail: string) => void;
}

/** How long development waits for a database that may hold accounts and neither opens nor fails. */
const STORE_WAIT_MS = 10_000;
const RETRY_MS = 2_000;

/**
 * The accounts that ticks come from; none: the built-in simulator (development only). Production
 * waits for its store for as long as it takes. Development, whose ticks must flow without a
 * database, waits for the first attempt to open it and then says aloud that the simulator is used.
 * Rejects with SECRET_UNREADABLE, because no waiting helps; resolves with undefined when `signal`
 * aborts.
 */
export async function feedAccounts(
  options: FeedAccountsOptions,
  signal: AbortSignal,
): Promise<readonly BrokerAccount[] | undefined> {
  const { configured, production, storage, clock, logger } = options;
  if (configured.length > 0) return configured;
  if (!production && !storage.mayHoldAccounts) return [];
  options.onWaiting('the stored accounts are waited for');
  if (!(await isOpened(storage, production ? Infinity : STORE_WAIT_MS, clock, signal))) {
    if (signal.aborted) return undefined;
    logger.warn('the database does not open: the simulator is the feed until the next start');
    return [];
  }
  for (;;) {
    try {
      const accounts = await storage.accounts();
      if (accounts.length > 0 || !production) return accounts;
      options.onWaiting('there is no account: `ticker accounts add` stores one');
    } catch (error) {
      if (error instanceof TickerError && !error.retryable) throw error;
      logger.warn({ detail: errorText(error) }, 'the stored accounts cannot be read');
      options.onWaiting(errorText(error));
    }
    if (!(await pause(clock, RETRY_MS, signal))) return undefined;
  }
}

/** False: it has failed or its time is over (neither if `waitMs` is infinite), or an abort. */
function isOpened(
  { opened, failedToOpen }: FeedAccountsOptions['storage'],
  waitMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isOpen: boolean) => () => {
      timer?.cancel();
      resolve(isOpen);
    };
    const timer = waitMs === Infinity ? undefined : clock.setTimeout(end(false), waitMs);
    signal.addEventListener('abort', end(false), { once: true });
    void opened.then(end(true));
    if (waitMs !== Infinity) void failedToOpen.then(end(false));
  });
}
