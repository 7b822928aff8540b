import { type Clock, pause } from '../../domain/clock.ts';
import { errorText, TickerError } from '../../domain/error-codes.ts';
import { KiteRest } from '../../feed/kite/rest.ts';
import { type InstrumentDump, readInstrumentCsv } from '../../instruments/instrument-csv.ts';
import type { Logger } from '../../telemetry/logger.ts';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;

export interface InstrumentSource {
  id: string;
  apiKey: string;
  accessToken: string;
  restUrl: string;
}

export interface InstrumentLoaderOptions {
  accounts: readonly InstrumentSource[];
  clock: Clock;
  logger: Logger;
  refuseSimulator: boolean;
  /** Told after each failure. */
  onFailure: (detail: string) => void;
}

/**
 * The broker's instrument dump, from the first account that gives it. Tries for ever, with growing
 * pauses. Resolves with undefined, and leaves neither timer nor connection, when `signal` aborts.
 */
export async function loadInstruments(
  options: InstrumentLoaderOptions,
  signal: AbortSignal,
): Promise<InstrumentDump | undefined> {
  const { accounts, clock, logger, onFailure } = options;
  let delayMs = RETRY_FIRST_MS;
  for (let attempt = 0; !signal.aborted; attempt++) {
    const account = accounts[attempt % accounts.length];
    if (account === undefined)
      throw new TickerError('CONFIG_INVALID', 'no account for market data');
    try {
      return await fetchDump(account, options, signal);
    } catch (error) {
      if (isAborted(signal)) break;
      const detail = `${account.id}: ${errorText(error)}`;
      logger.warn({ account: account.id, detail, delayMs }, 'instrument dump failed');
      onFailure(detail);
    }
    await pause(clock, delayMs, signal);
    delayMs = Math.min(delayMs * 2, RETRY_MAX_MS);
  }
  return undefined;
}

/* A function, because it changes while it is awaited. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function fetchDump(
  account: InstrumentSource,
  { clock, logger, refuseSimulator }: InstrumentLoaderOptions,
  signal: AbortSignal,
): Promise<InstrumentDump> {
  const { restUrl, apiKey, accessToken } = account;
  const rest = new KiteRest({ restUrl, apiKey, accessToken, clock, refuseSimulator });
  const abort = (): void => void rest.close();
  signal.addEventListener('abort', abort);
  try {
    const dump = await readInstrumentCsv(rest.instruments());
    const { rejectedRows, firstReject } = dump;
    if (rejectedRows > 0) logger.warn({ rejectedRows, firstReject }, 'instrument rows left out');
    return dump;
  } finally {
    signal.removeEventListener('abort', abort);
    await rest.close();
  }
}
