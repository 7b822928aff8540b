import type { Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import { mayFollow, type IntentState } from '../domain/intent-state.ts';
import type { JournalEntry } from '../domain/order-journal.ts';
import type { OperationRecord, OrderRecord } from '../domain/order-record.ts';
import type { JournalQueue } from './journal-queue.ts';
import type { OrderAlarmKind, OrderAlarms } from './order-alarms.ts';
import type { OrderBook } from './order-book.ts';
import { SERVICE, timedEvent, type Doer, type EventDraft } from './order-events.ts';
import type { Exposure } from './risk/exposure.ts';

/** What of an order can change. */
export type OrderPatch = Partial<
  Pick<
    OrderRecord,
    | 'clientOrderId'
    | 'intentState'
    | 'code'
    | 'message'
    | 'brokerOrders'
    | 'sliceParentId'
    | 'sliceRefusals'
    | 'duplicateOrderIds'
    | 'sentUs'
    | 'answeredUs'
    | 'resolvedUs'
  >
>;

export type OperationPatch = Partial<
  Pick<OperationRecord, 'intentState' | 'code' | 'message' | 'sentUs' | 'resolvedUs'>
>;

/** What is journaled together with a change. */
export type Beside = Pick<JournalEntry, 'idempotency' | 'released'>;

function nothing(): Beside {
  return {};
}

export interface OrderLedgerOptions {
  clock: Clock;
  book: OrderBook;
  exposure: Exposure;
  journal: JournalQueue;
  alarms: OrderAlarms;
  /** After every change of an order that was there. */
  onChange: (order: OrderRecord, before: OrderRecord) => void;
  /** After every change of an operation that was there. */
  onOperation: (operation: OperationRecord) => void;
}

/**
 * The one place through which every order and operation goes when it changes: the step is checked
 * against the table, the version rises, exposure follows, the journal is told.
 */
export class OrderLedger {
  readonly #options: OrderLedgerOptions;

  constructor(options: OrderLedgerOptions) {
    this.#options = options;
  }

  nowUs(): number {
    return Math.floor(this.#options.clock.nowUs());
  }

  /** An order that is about to be journaled and sent: it counts as live from here on. */
  reserve(order: OrderRecord, referencePriceRupees: number): void {
    this.#options.book.put(order);
    this.#options.exposure.reserve(order, referencePriceRupees);
  }

  /** An order that the journal knows already, or that will never be sent. */
  put(order: OrderRecord): void {
    const { book, exposure } = this.#options;
    book.put(order);
    const isNowhere = order.intentState === 'REJECTED' || order.intentState === 'RESOLVED_ABSENT';
    if (!isNowhere || order.brokerOrders.length > 0) exposure.update(order);
  }

  /** An order from outside, found in the broker's book. */
  addExternal(order: OrderRecord, detail: Readonly<Record<string, unknown>>): void {
    this.put(order);
    const draft = { ...SERVICE, action: 'order.external', detail };
    this.#keep(order, [draft], {});
  }

  /**
   * Changes an order and has it journaled as soon as possible. Events of the change of state and
   * of what `events` say go with it. Throws INTERNAL for a step that the table does not have.
   */
  change(
    id: string,
    patch: OrderPatch,
    events: EventDraft[],
    beside: (changed: OrderRecord) => Beside = nothing,
  ): OrderRecord {
    const { book, exposure, onChange } = this.#options;
    const before = book.require(id);
    const order: OrderRecord = {
      ...before,
      ...patch,
      version: before.version + 1,
      updatedUs: this.nowUs(),
    };
    this.#checkStep(id, before.intentState, order.intentState);
    book.put(order);
    exposure.update(order);
    const doer: Doer = events[0] ?? SERVICE;
    this.#keep(order, [...events, ...stateEvents(doer, before, order)], beside(order));
    onChange(order, before);
    return order;
  }

  /** The order is at the broker after all. */
  resolvePresent(
    id: string,
    beside: (changed: OrderRecord) => Beside = nothing,
    patch: OrderPatch = {},
    doer: Doer = SERVICE,
  ): OrderRecord {
    const found: OrderPatch = {
      intentState: 'RESOLVED_PRESENT',
      resolvedUs: this.nowUs(),
      code: null,
      message: null,
    };
    const detail = { outcome: 'RESOLVED_PRESENT', reason: patch.message ?? null };
    const event: EventDraft = { ...doer, action: 'order.resolved', detail };
    return this.change(id, { ...found, ...patch }, [event], beside);
  }

  /** An operation that is about to be journaled and sent, or that the journal knows already. */
  putOperation(operation: OperationRecord): void {
    this.#options.book.putOperation(operation);
  }

  /** As `change`, of an operation. */
  changeOperation(
    id: string,
    patch: OperationPatch,
    events: EventDraft[],
    beside: (changed: OperationRecord) => Beside = nothing,
  ): OperationRecord {
    const { book, journal, onOperation } = this.#options;
    const before = book.operation(id);
    if (before === undefined) throw new RangeError(`no operation ${id}`);
    const operation: OperationRecord = { ...before, ...patch, version: before.version + 1 };
    this.#checkStep(id, before.intentState, operation.intentState);
    book.putOperation(operation);
    const doer: Doer = events[0] ?? SERVICE;
    const drafts = [...events, ...operationEvents(doer, before, operation)];
    const nowUs = this.nowUs();
    journal.keep({
      ...beside(operation),
      operations: [operation],
      events: drafts.map((draft) => timedEvent(draft, before.orderId, nowUs)),
    });
    onOperation(operation);
    return operation;
  }

  /** Something that happened to an order without changing it. */
  note(order: Pick<OrderRecord, 'id'>, draft: EventDraft): void {
    this.#options.journal.keep({ events: [timedEvent(draft, order.id, this.nowUs())] });
  }

  /** Raises an alarm and records it. */
  alarm(kind: OrderAlarmKind, order: Pick<OrderRecord, 'id' | 'account'>, detail: string): void {
    this.#options.alarms.raise(kind, order.account, order.id, detail);
    this.note(order, { ...SERVICE, action: 'order.alarm', detail: { kind, detail } });
  }

  /** The order is of a day that is over. */
  forget(id: string): void {
    this.#options.book.remove(id);
    this.#options.exposure.forget(id);
  }

  #keep(order: OrderRecord, drafts: EventDraft[], beside: Beside): void {
    this.#options.journal.keep({
      ...beside,
      orders: [order],
      events: drafts.map((draft) => timedEvent(draft, order.id, order.updatedUs)),
    });
  }

  #checkStep(id: string, from: IntentState | null, to: IntentState | null): void {
    if (from === to) return;
    if (from !== null && to !== null && mayFollow(from, to)) return;
    throw new TickerError('INTERNAL', `${id}: ${to} does not follow ${from}`);
  }
}

function stateEvents(doer: Doer, before: OrderRecord, order: OrderRecord): EventDraft[] {
  if (before.intentState === order.intentState) return [];
  return [stepEvent(doer, 'order.state', before.intentState, order)];
}

function operationEvents(
  doer: Doer,
  before: OperationRecord,
  operation: OperationRecord,
): EventDraft[] {
  if (before.intentState === operation.intentState) return [];
  return [stepEvent(doer, 'operation.state', before.intentState, operation)];
}

function stepEvent(
  { actor, origin }: Doer,
  action: string,
  from: IntentState | null,
  { id, intentState: to, code, message, version }: OrderRecord | OperationRecord,
): EventDraft {
  return { actor, origin, action, detail: { id, from, to, code, message, version } };
}
