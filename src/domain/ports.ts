/**
 * What one part of the service needs of another. Parts on the same level never import each other;
 * they meet here and are wired in `threads/` and `cli/`.
 */
import type { ErrorCode } from './error-codes.ts';
import type { InstrumentType } from './instrument.ts';
import { type StrikeChoice, strikeChoiceName } from './strike-choice.ts';

/** A contract as a subscriber sees it, and its row in shared memory. */
export interface SubscribableInstrument {
  token: number;
  /** EXCHANGE:TRADINGSYMBOL */
  symbol: string;
  type: InstrumentType;
  /** Rupees; null unless an option. */
  strike: number | null;
  /** IST day; null unless a derivative. */
  expiry: string | null;
  lotSize: number;
  priceDivisor: number;
  /** Row of the instrument table and the last-value table. */
  row: number;
}

/** A chain with every default filled in. */
export interface ChainKey {
  underlying: string;
  /** IST day. */
  expiry: string;
  strikes: StrikeChoice;
}

/** Identity of a chain: two requests for the same contracts have the same name. */
export function chainName(key: ChainKey): string {
  return `${key.underlying}|${key.expiry}|${strikeChoiceName(key.strikes)}`;
}

export type Resolution<Request> =
  | { request: Request; ok: true; instrument: SubscribableInstrument }
  | { request: Request; ok: false; code: ErrorCode };

export interface ChainResolution {
  chain: ChainKey;
  results: Resolution<ChainKey>[];
}

/**
 * Finds contracts and takes them into the tables. An instrument that is returned has a row; it is
 * subscribed upstream while it is in demand (`UpstreamDemand`). `CAPACITY_EXCEEDED` when no broker
 * connection or row is left for it.
 */
export interface InstrumentDirectory {
  resolveInstruments(requests: (string | number)[]): Promise<Resolution<string | number>[]>;
  /** Rejects with TickerError UNKNOWN_UNDERLYING or UNKNOWN_EXPIRY. */
  resolveChain(request: {
    underlying: string;
    expiry?: string;
    strikes: StrikeChoice;
  }): Promise<ChainResolution>;
}

/** What to search for among the instruments; conditions that are left out match everything. */
export interface InstrumentSearch {
  /** Matches symbol or name: exact first, then at the start, then anywhere. */
  q?: string;
  exchange?: string;
  segment?: string;
  underlying?: string;
  /** IST day. */
  expiry?: string;
  type?: InstrumentType;
  limit: number;
  offset: number;
}

/** Mode wanted from the broker; 0 ends the subscription. MODE numbers: 1 ltp, 2 quote, 3 full. */
export type UpstreamMode = 0 | 1 | 2 | 3;

/** Told which rows clients want, and how much of them. */
export interface UpstreamDemand {
  setDemand(row: number, mode: UpstreamMode): void;
}

/** One client connection, whatever carries it. */
export interface ClientSocket {
  /** IP address as text. */
  readonly remoteAddress: string;
  /** False: dropped because the socket is closed. Text for control records, bytes for frames. */
  send(message: string | Uint8Array): boolean;
  /** Bytes accepted by `send` that the kernel has not taken yet. */
  bufferedBytes(): number;
  /** Sends a close frame, then closes. */
  end(code: number, reason: string): void;
  /** Closes at once without a close frame. */
  terminate(): void;
}

/**
 * WebSocket close codes of the protocol (1000s and 4000 to 4499 may reconnect, 4500 and up may
 * not).
 */
export const CLOSE = {
  BAD_PROTOCOL: 1008,
  RESTART: 1012,
  OVERLOAD: 1013,
  TOO_SLOW: 4008,
  DRAIN: 4009,
  IDLE: 4400,
  UNAUTHENTICATED: 4500,
  KEY_REVOKED: 4501,
  LIMIT_EXCEEDED: 4502,
} as const;
