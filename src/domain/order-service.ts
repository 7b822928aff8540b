/** What can be asked of the order side, whatever carries the question. */
import type { Principal } from './access.ts';
import type { ErrorCode } from './error-codes.ts';
import type { IntentState } from './intent-state.ts';
import type { OperationRecord, OrderRecord, RiskDecision, TradeRecord } from './order-record.ts';
import type { OrderChange, OrderTerms } from './order-terms.ts';
import type {
  RiskLimitRecord,
  RiskLimits,
  TradingState,
  TradingStateRecord,
} from './trading-state.ts';

/** Who asks for a change, and under which name it is remembered. */
export interface WriteCall {
  principal: Principal;
  idempotencyKey: string;
  /** SHA-256 (hex) over method, path and body. */
  fingerprint: string;
  requestId: string;
  /** Address of the caller. */
  origin: string;
}

/** Who asks for a change that may be asked for again (states, limits, resolutions). */
export type PlainCall = Omit<WriteCall, 'idempotencyKey' | 'fingerprint'>;

export interface PlaceRequest {
  account: string;
  clientOrderId: string | null;
  clientTag: string | null;
  terms: OrderTerms;
}

/** done: the broker has it. unknown: it may have it, look at the order. refused: it has not. */
export type OrderAnswer =
  | { kind: 'done' | 'unknown'; order: OrderRecord; operation: OperationRecord | null }
  | {
      kind: 'refused';
      code: ErrorCode;
      detail: string;
      /** Null: not journaled. */
      orderId: string | null;
      risk: RiskDecision | null;
      retryAfterMs: number | null;
    };

/** `replayed`: the request was answered before; this is the same answer. */
export interface Replayable {
  answer: OrderAnswer;
  replayed: boolean;
}

export interface OrderFilter {
  account?: string;
  clientOrderId?: string;
  /** Ours at the broker, or the caller's own. */
  tag?: string;
  intentState?: IntentState;
  /** True: only those that may still change. */
  open?: boolean;
}

export interface OrderEventView {
  timeUs: number;
  action: string;
  actor: string;
  detail: Readonly<Record<string, unknown>>;
}

export interface SyncReport {
  account: string;
  orders: number;
  trades: number;
  positions: number;
  /** What the pass changed, in words a person can read. */
  changes: readonly string[];
  /** Why the account could not be read; null: it was. */
  failure: { code: ErrorCode; detail: string } | null;
  startedUs: number;
  finishedUs: number;
}

/** What a person found out about an order that was escalated, or that the broker's book lacks. */
export interface Resolution {
  outcome: 'PRESENT' | 'ABSENT';
  /** For PRESENT. */
  brokerOrderId: string | null;
  reason: string;
}

export type StateChange =
  | { changed: TradingStateRecord; cancelling: number }
  /** Leaving HALTED: repeat the request with this token. */
  | { confirmationToken: string; expiresUs: number };

/**
 * Rejects with TickerErrors: FORBIDDEN for another's account, UNKNOWN_ORDER, UNKNOWN_ACCOUNT,
 * IDEMPOTENCY_*, ORDERS_NOT_READY and what else stands beside a method.
 */
export interface OrderService {
  place(call: WriteCall, request: PlaceRequest): Promise<Replayable>;
  modify(call: WriteCall, orderId: string, change: OrderChange): Promise<Replayable>;
  cancel(call: WriteCall, orderId: string): Promise<Replayable>;
  /** Cover orders: the second leg is ended. Others: the opposite order for what was filled. */
  exit(call: WriteCall, orderId: string): Promise<Replayable>;
  /**
   * The caller of a write that is under way will be answered now, because it takes too long. What
   * was kept of it, which may reach the broker; undefined: nothing was, nothing will be kept or
   * sent for it any more, and its use of the idempotency key is forgotten. `call`: what the write
   * was given.
   */
  giveUp(call: WriteCall): OrderAnswer | undefined;
  get(principal: Principal, orderId: string): Promise<OrderRecord>;
  /** Orders of today and those not over, the newest first. */
  list(principal: Principal, filter: OrderFilter): OrderRecord[];
  operations(principal: Principal, orderId: string): Promise<readonly OperationRecord[]>;
  events(principal: Principal, orderId: string): Promise<OrderEventView[]>;
  /** Fills of an order of any day. */
  orderTrades(principal: Principal, orderId: string): Promise<readonly TradeRecord[]>;
  /** Fills of today. */
  trades(principal: Principal, filter: { account?: string }): TradeRecord[];
  orderMargins(
    principal: Principal,
    account: string,
    orders: readonly OrderTerms[],
    compact: boolean,
  ): Promise<unknown>;
  basketMargins(
    principal: Principal,
    account: string,
    orders: readonly OrderTerms[],
    considerPositions: boolean,
    compact: boolean,
  ): Promise<unknown>;
  /** Reads book, trades and positions now; `account` left out: all that the key may touch. */
  sync(call: PlainCall, account: string | undefined): Promise<SyncReport[]>;
  /** Rejects with NOT_ESCALATED. */
  resolve(call: PlainCall, orderId: string, resolution: Resolution): Promise<OrderRecord>;
  tradingStates(principal: Principal): TradingStateRecord[];
  /** Rejects with CONFIRMATION_INVALID. */
  setTradingState(
    call: PlainCall,
    change: {
      account: string;
      state: TradingState;
      reason: string;
      confirmationToken: string | null;
    },
  ): Promise<StateChange>;
  limits(principal: Principal): RiskLimitRecord[];
  setLimits(
    call: PlainCall,
    scope: RiskLimitRecord['scope'],
    subject: string,
    limits: RiskLimits,
  ): Promise<RiskLimitRecord>;
  /** `body`: the raw JSON. Rejects with POSTBACK_REFUSED when its checksum is not right. */
  postback(account: string, body: string): Promise<void>;
}
