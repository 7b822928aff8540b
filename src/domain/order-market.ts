/** What order checks need of contracts, their prices and their sessions. */
import type { InstrumentType } from './instrument.ts';

export interface TradableContract {
  token: number;
  exchange: string;
  tradingsymbol: string;
  /** NIFTY for its options; the symbol itself for equities. */
  underlying: string;
  /** Broker segment: NFO-OPT, NSE, ... */
  segment: string;
  type: InstrumentType;
  /** IST day; null: does not expire. */
  expiry: string | null;
  tickSizeRupees: number;
  lotSize: number;
}

/** The market as it was last heard of; prices in rupees, 0: there is none. */
export interface MarketPrice {
  lastRupees: number;
  bidRupees: number;
  askRupees: number;
  /** Null: not told (the stream has none, a quote has). */
  lowerCircuitRupees: number | null;
  upperCircuitRupees: number | null;
  /** Epoch µs of our clock at which it was received. */
  receivedUs: number;
  source: 'stream' | 'quote';
}

export interface ContractSource {
  /** Kept for the day; undefined: no such contract. Rejects with NOT_READY. */
  find(exchange: string, tradingsymbol: string): Promise<TradableContract | undefined>;
}

export interface PriceSource {
  /**
   * A price not older than `maxAgeMs`: from the stream; else by a subscription on demand; else one
   * budgeted quote of `account`. Undefined: none could be had in time.
   */
  fresh(
    contract: TradableContract,
    account: string,
    maxAgeMs: number,
  ): Promise<MarketPrice | undefined>;
  /** What is known now; never waits. */
  last(token: number): MarketPrice | undefined;
}

/** Whether a segment trades, as its exchange's calendar or the simulator says. */
export interface SessionSource {
  state(contract: TradableContract, account: string, nowUs: number): SessionState;
}

/** closed: amo only. pre-open: the call auction. auction: closing auction of the cash market. */
export type SessionState = 'open' | 'pre-open' | 'auction' | 'closed';
