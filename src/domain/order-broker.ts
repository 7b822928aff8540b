/** The order side of one broker account, as the order side sees it. */
import type { ErrorCode } from './error-codes.ts';
import type { BrokerOrder, SliceRefusal, TradeRecord } from './order-record.ts';
import type { OrderChange, OrderTerms, TransactionType, Variety } from './order-terms.ts';

/** What a call is for: exits and cancellations have a reserve in every budget. */
export type CallPurpose = 'entry' | 'exit';

/** What went over the wire, for the audit record; no header, no credential. */
export interface WireEvidence {
  method: string;
  path: string;
  /** Form or JSON body as sent; null: none. */
  requestBody: string | null;
  /** Null: no answer came. */
  status: number | null;
  /** At most 2,000 characters. */
  responseBody: string | null;
  /** Epoch µs. */
  sentUs: number;
  answeredUs: number;
}

/**
 * What became of a call that changes something. accepted: the broker said so. rejected: the broker
 * or its gateway said no, and nothing was done. not-sent: no byte left us. unknown: it may have
 * been done.
 */
export type CallOutcome<Result> =
  | { kind: 'accepted'; result: Result; evidence: WireEvidence }
  | {
      kind: 'rejected';
      code: ErrorCode;
      message: string;
      /** Refused by a limiter: look the tag up before anything is sent again. */
      isThrottled: boolean;
      /** When its limiter lets the next one through, as far as it says; null: it did not refuse. */
      retryAfterMs: number | null;
      evidence: WireEvidence;
    }
  | { kind: 'not-sent'; code: ErrorCode; message: string; evidence: WireEvidence | null }
  | { kind: 'unknown'; code: ErrorCode; message: string; evidence: WireEvidence };

/** Both shapes of an answer to a placement: the parent first, then slices. */
export interface Placed {
  /** All numbers that the answer names, that of `parentOrderId` first. */
  orderIds: string[];
  /** Of several slices the number that stands for them: it may be no order itself. */
  parentOrderId: string | null;
  refusals: SliceRefusal[];
}

/** One row of the broker's order book. */
export interface BrokerOrderRow extends BrokerOrder {
  account: string;
  variety: string;
  exchange: string;
  tradingsymbol: string;
  instrumentToken: number;
  transactionType: TransactionType;
  product: string;
  disclosedQuantity: number;
  validityTtl: number;
  marketProtection: number;
  tag: string | null;
  tags: readonly string[];
  placedBy: string | null;
}

export interface BrokerPosition {
  exchange: string;
  tradingsymbol: string;
  instrumentToken: number;
  product: string;
  /** Units, negative when short. */
  netQuantity: number;
  multiplier: number;
  averagePriceRupees: number;
  lastPriceRupees: number;
  /** Of the day, realised and not, at `lastPriceRupees`. */
  pnlRupees: number;
  buyValueRupees: number;
  sellValueRupees: number;
}

/** Asked when a call has waited for its turn: why it is not sent after all; undefined: it is. */
export type LastWord = () => ErrorCode | undefined;

/** What a call would meet now. */
export type CallAdmission =
  { ok: true } | { ok: false; code: ErrorCode; detail: string; retryAfterMs: number };

export interface BrokerAccountState {
  /** False: the session is dead and a person must log in; nothing is sent until then. */
  hasSession: boolean;
  breaker: 'closed' | 'open' | 'half-open';
  /** Order requests left of the day, the reserve included. */
  dayBudgetLeft: number;
  queued: number;
}

/**
 * Calls that change something never reject and are never sent twice; before they leave they wait
 * for the account's budget, exits first. Reads reject with TickerErrors BROKER_*, BROKER_BUDGET,
 * BROKER_BREAKER_OPEN. Equal reads are shared, but one that has left already serves nobody who asks
 * later: the next one follows it.
 */
export interface OrderBroker {
  readonly account: string;
  state(): BrokerAccountState;
  /**
   * At a start: so many order requests of the IST day were made before, as the journal has them
   * (placements, modifications and cancellations). Without it the day begins at none.
   */
  countToday?(requests: number): void;
  /** Looked at before an order is journaled, so that what could not be sent soon is refused. */
  admission(purpose: CallPurpose): CallAdmission;
  place(
    terms: OrderTerms,
    tag: string,
    purpose: CallPurpose,
    lastWord?: LastWord,
  ): Promise<CallOutcome<Placed>>;
  modify(
    variety: Variety,
    brokerOrderId: string,
    change: OrderChange,
    parentOrderId: string | null,
    lastWord?: LastWord,
  ): Promise<CallOutcome<string>>;
  cancel(
    variety: Variety,
    brokerOrderId: string,
    parentOrderId: string | null,
  ): Promise<CallOutcome<string>>;
  /** The whole book of the day. */
  orders(): Promise<BrokerOrderRow[]>;
  /** Every version of one order, the oldest first. */
  history(brokerOrderId: string): Promise<BrokerOrderRow[]>;
  trades(): Promise<TradeRecord[]>;
  positions(): Promise<BrokerPosition[]>;
  /** The broker's own answers, `data` as JSON. */
  orderMargins(orders: readonly OrderTerms[], compact: boolean): Promise<unknown>;
  basketMargins(
    orders: readonly OrderTerms[],
    considerPositions: boolean,
    compact: boolean,
  ): Promise<unknown>;
  /** The session ended, or a new one began. */
  setAccessToken(accessToken: string): void;
  close(): Promise<void>;
}

/** A hint that an order changed: from a socket, a postback. Never the last word. */
export interface OrderHint {
  account: string;
  source: 'socket' | 'postback';
  row: BrokerOrderRow;
  receivedUs: number;
}
