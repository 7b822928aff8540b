/**
 * What the order side keeps for good, as it sees it. One process at a time writes; everything in
 * one append happens together or not at all.
 */
import { isInDoubt, isTerminalStatus } from './intent-state.ts';
import type { OperationRecord, OrderRecord, TradeRecord } from './order-record.ts';
import type { RiskLimitRecord, TradingStateRecord } from './trading-state.ts';
import type { OrderAnswer } from './order-service.ts';
import type { AuditEvent } from './storage.ts';

/** One use of an `Idempotency-Key`. */
export interface IdempotencyRecord {
  /** The API key; idempotency keys of two of them have nothing to do with each other. */
  keyId: string;
  key: string;
  /** SHA-256 (hex) over method, path and body: what the key stands for. */
  fingerprint: string;
  /** Order or operation that it made; null: none was made. */
  subject: string | null;
  /** What was answered; null: not yet, or not before a crash. */
  answer: OrderAnswer | null;
  createdUs: number;
  /** Epoch µs after which it may be forgotten. */
  expiresUs: number;
}

/** An audit event and when it was; the journal gives it its place in the chain. */
export interface TimedAuditEvent extends AuditEvent {
  timeUs: number;
}

/** What one commit makes durable. A record replaces the one of the same id and lower version. */
export interface JournalEntry {
  orders?: readonly OrderRecord[];
  operations?: readonly OperationRecord[];
  trades?: readonly TradeRecord[];
  idempotency?: readonly IdempotencyRecord[];
  /** Uses of keys to forget: their request was never taken. */
  released?: readonly Pick<IdempotencyRecord, 'keyId' | 'key'>[];
  tradingStates?: readonly TradingStateRecord[];
  limits?: readonly RiskLimitRecord[];
  events: readonly TimedAuditEvent[];
}

/** All that a start needs. */
export interface JournalState {
  /** Those of `sinceUs` and later, and older ones that are in doubt or not over. */
  orders: OrderRecord[];
  operations: OperationRecord[];
  trades: TradeRecord[];
  /** Those that have not expired. */
  idempotency: IdempotencyRecord[];
  tradingStates: TradingStateRecord[];
  limits: RiskLimitRecord[];
}

/** False: neither the intent nor any order of the broker that came of it can still change. */
export function mayChange(order: OrderRecord): boolean {
  const { intentState, brokerOrders } = order;
  if (intentState === 'INTENT' || (intentState !== null && isInDoubt(intentState))) return true;
  if (brokerOrders.some(({ status }) => !isTerminalStatus(status))) return true;
  const isAtBroker = intentState === 'ACCEPTED' || intentState === 'RESOLVED_PRESENT';
  return isAtBroker && brokerOrders.length === 0;
}

/** Modifications, cancellations and fills of an order. */
export interface OrderParts {
  operations: readonly OperationRecord[];
  trades: readonly TradeRecord[];
}

export interface OrderJournal {
  /** False: nothing may be sent, because writing is another's now or the database does not work. */
  readonly isWritable: boolean;
  load(sinceUs: number, nowUs: number): Promise<JournalState>;
  /**
   * Resolves when `entry` is durable. Appends become durable in the order of the calls; those that
   * wait for each other share a commit. Rejects with JOURNAL_UNAVAILABLE: it may or may not have
   * been kept, and the same records may be appended again. Appends that were waiting behind it have
   * then not been kept and reject too. CLIENT_ORDER_ID_USED: none of this one has been kept.
   */
  append(entry: JournalEntry): Promise<void>;
  /** One order of any day; undefined: there is none. */
  findOrder(id: string): Promise<OrderRecord | undefined>;
  /** All that belongs to one order of any day, the oldest first. */
  orderParts(orderId: string): Promise<OrderParts>;
  /** What happened to an order, the oldest first. */
  orderEvents(orderId: string): Promise<TimedAuditEvent[]>;
}
