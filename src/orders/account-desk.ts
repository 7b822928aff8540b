import { pause, type Clock, type TimerHandle } from '../domain/clock.ts';
import { errorText } from '../domain/error-codes.ts';
import { isOnItsWay, isTerminalStatus, isUndecided } from '../domain/intent-state.ts';
import type { BrokerOrderRow, OrderBroker } from '../domain/order-broker.ts';
import type { OperationRecord, OrderRecord } from '../domain/order-record.ts';
import type { SyncReport } from '../domain/order-service.ts';
import { AccountGate } from './account-gate.ts';
import { AccountReader, type Reading } from './account-reader.ts';
import type { BookIntake, RowSource } from './book-intake.ts';
import { MissingOrders } from './missing-orders.ts';
import type { OrderBook } from './order-book.ts';
import type { OrderLedger } from './order-ledger.ts';
import type { OrderAlarms } from './order-alarms.ts';
import type { OrderSettings } from './order-settings.ts';
import type { Exposure } from './risk/exposure.ts';
import { tradingDayStartUs } from './trading-day.ts';

const SESSION_CHECK_MS = 1_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** A book with more rows is read less often: reading it holds up the thread. */
const ROWS_READ_OFTEN = 500;

export interface AccountDeskOptions {
  clock: Clock;
  broker: OrderBroker;
  book: OrderBook;
  ledger: OrderLedger;
  intake: BookIntake;
  exposure: Exposure;
  alarms: OrderAlarms;
  settings: OrderSettings;
  signal: AbortSignal;
  /** The account has begun to take orders, after a start or a dead session. */
  onOpen: (account: string) => void;
  onFault: (error: unknown) => void;
}

/** Finds out what became of orders whose placement has an unknown outcome. */
export interface OrderFollower {
  /** To be called before `order` is sent. */
  noteSending(order: OrderRecord): void;
  /** The outcome is known: nothing has to be remembered of before. */
  forget(orderId: string): void;
  /** Follows an order that is UNKNOWN. */
  follow(orderId: string): void;
  /** A person has to find out. */
  escalate(order: OrderRecord, reason: string): void;
}

/** The same for modifications and cancellations. */
export interface OperationFollower {
  follow(operationId: string): void;
  escalate(operation: OperationRecord, reason: string): void;
}

/** What was read of an account, and what that changed. */
interface Taken {
  reading: Reading;
  changes: string[];
}

/**
 * One broker account: its book is read at the start, every few minutes, when asked and when a hint
 * asks for it. It waits for no other account.
 */
export class AccountDesk {
  readonly broker: OrderBroker;
  readonly intake: BookIntake;
  readonly gate: AccountGate;
  readonly #options: AccountDeskOptions;
  readonly #reader: AccountReader;
  readonly #missing: MissingOrders;
  readonly #changes = new WeakMap<Reading, string[]>();
  #resolvers: { orders: OrderFollower; operations: OperationFollower } | undefined;
  /** Monotonic ms at which orders were modified, by id, until the book has been read. */
  readonly #modified = new Map<string, number>();
  #wasOpen = false;
  #failures = 0;
  #hintTimer: TimerHandle | undefined;
  #lastHintReadMs = -Infinity;
  /** Of the book, when it was last read. */
  #rows = 0;

  constructor(options: AccountDeskOptions) {
    const { clock, broker, settings, intake } = options;
    this.#options = options;
    this.broker = broker;
    this.intake = intake;
    // A book is not old while its next regular reading is still to come.
    const { bookMaxAgeMs, reconcileMs } = settings;
    this.gate = new AccountGate(clock, broker, Math.max(bookMaxAgeMs, 2 * reconcileMs));
    const { book, ledger } = options;
    const { shownAfterMs } = settings;
    this.#missing = new MissingOrders({ account: broker.account, book, ledger, shownAfterMs });
    this.#reader = new AccountReader(clock, broker, (reading) => this.#take(reading));
  }

  get account(): string {
    return this.broker.account;
  }

  get resolver(): OrderFollower {
    return this.#attached().orders;
  }

  get operationResolver(): OperationFollower {
    return this.#attached().operations;
  }

  /** The resolvers read through the desk, which must be there before. */
  attach(orders: OrderFollower, operations: OperationFollower): void {
    this.#resolvers = { orders, operations };
  }

  onFault(error: unknown): void {
    this.#options.onFault(error);
  }

  /** Reads the book, begun after the call, and takes it in. Rejects with the broker's errors. */
  read(isFull: boolean): Promise<Reading> {
    return this.#reader.read(isFull);
  }

  /** Reads everything and says what that changed. Rejects with the broker's errors. */
  async sync(): Promise<SyncReport> {
    const { reading, changes } = await this.#readAll();
    return {
      account: this.account,
      orders: reading.rows.length,
      trades: reading.trades?.length ?? 0,
      positions: reading.positions?.length ?? 0,
      changes,
      failure: null,
      startedUs: reading.startedUs,
      finishedUs: Math.floor(this.#options.clock.nowUs()),
    };
  }

  /** Reads the history of one order and takes its last version in. Rejects as reads do. */
  async lookAt(brokerOrderId: string): Promise<readonly BrokerOrderRow[]> {
    const versions = await this.broker.history(brokerOrderId);
    const last = versions.at(-1);
    if (last !== undefined) this.intake.takeRow(last, 'history');
    return versions;
  }

  /**
   * A modification is over: what was reserved for it is no longer needed, at once when nothing was
   * done, else when the book has been read.
   */
  noteModified({ orderId, intentState }: OperationRecord): void {
    if (isUndecided(intentState)) return;
    const isDone = intentState === 'ACCEPTED' || intentState === 'RESOLVED_PRESENT';
    if (isDone) this.#modified.set(orderId, this.#options.clock.monotonicMs());
    else this.#options.exposure.releaseChange(orderId);
  }

  takeHint(row: BrokerOrderRow, source: RowSource): void {
    this.intake.takeRow(row, source);
    this.readSoon();
  }

  /** Something has changed that only the book, the trades and the positions tell. */
  readSoon(): void {
    const { clock, settings, signal } = this.#options;
    if (this.#hintTimer !== undefined || signal.aborted) return;
    const sinceMs = clock.monotonicMs() - this.#lastHintReadMs;
    const betweenMs = settings.hintReadMs * (1 + Math.floor(this.#rows / ROWS_READ_OFTEN));
    const delayMs = Math.max(settings.hintDelayMs, betweenMs - sinceMs);
    this.#hintTimer = clock.setTimeout(() => {
      this.#hintTimer = undefined;
      this.#lastHintReadMs = clock.monotonicMs();
      if (!signal.aborted) void this.#tryReadAll();
    }, delayMs);
  }

  /**
   * Reads again and again until the order side stops: soon after a failure or a new session, else
   * every few minutes. `onFirst`: the first reading is over, well or badly.
   */
  async run(onFirst: () => void): Promise<void> {
    const { clock, settings, signal } = this.#options;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      const isRead = await this.#tryReadAll();
      onFirst();
      await this.#waitUntil(startedMs + (isRead ? settings.reconcileMs : this.#retryMs()));
    }
    this.#hintTimer?.cancel();
  }

  #attached(): { orders: OrderFollower; operations: OperationFollower } {
    if (this.#resolvers === undefined) throw new RangeError(`${this.account} has no resolvers`);
    return this.#resolvers;
  }

  #retryMs(): number {
    return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(10, this.#failures - 1));
  }

  /* A session that ends or begins is noticed within a second; a new one is not waited for. */
  async #waitUntil(untilMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    let { hasSession } = this.broker.state();
    while (clock.monotonicMs() < untilMs) {
      const waitMs = Math.min(SESSION_CHECK_MS, untilMs - clock.monotonicMs());
      if (!(await pause(clock, waitMs, signal))) return;
      const before = hasSession;
      hasSession = this.broker.state().hasSession;
      if (!this.gate.isOpen) this.#wasOpen = false;
      if (hasSession && (!before || this.gate.waitsForReading)) return;
    }
  }

  async #tryReadAll(): Promise<boolean> {
    try {
      await this.#readAll();
      return true;
    } catch (error) {
      const { alarms } = this.#options;
      this.#failures++;
      this.gate.onFailed(errorText(error));
      if (this.#failures === 1) {
        alarms.raise('account-not-ready', this.account, null, errorText(error));
      }
      return false;
    }
  }

  async #readAll(): Promise<Taken> {
    const reading = await this.#reader.read(true);
    return { reading, changes: this.#changes.get(reading) ?? [] };
  }

  #take(reading: Reading): void {
    const { intake, exposure, settings, onOpen } = this.#options;
    const { rows, trades, positions, startedUs, startedMs } = reading;
    this.#rows = rows.length;
    const changes = intake.takeRows(rows, 'book');
    const quietBeforeUs = startedUs - settings.quietMs * 1000;
    changes.push(...intake.dropParents(rows, this.account, quietBeforeUs));
    changes.push(...this.#missing.take(reading));
    this.#changes.set(reading, changes);
    this.#releaseChanges(startedMs);
    if (trades === null || positions === null) return;
    changes.push(...intake.takeTrades(trades));
    exposure.setPositions(this.account, positions, startedUs);
    changes.push(...this.#endOldOrders(reading));
    this.#failures = 0;
    this.gate.onRead(startedMs);
    if (this.#hasUnsettled()) this.readSoon();
    if (this.#wasOpen || !this.gate.isOpen) return;
    this.#wasOpen = true;
    onOpen(this.account);
  }

  /* The broker tells fills and ends by itself, but not that an order has reached the exchange. */
  #hasUnsettled(): boolean {
    const { book, ledger, settings } = this.#options;
    const sinceUs = ledger.nowUs() - settings.settleMs * 1000;
    return book
      .ofAccount(this.account)
      .some(
        ({ updatedUs, brokerOrders }) =>
          updatedUs >= sinceUs && brokerOrders.some(({ status }) => isOnItsWay(status)),
      );
  }

  #releaseChanges(startedMs: number): void {
    const { book, exposure } = this.#options;
    for (const [orderId, doneMs] of this.#modified) {
      if (startedMs < doneMs) continue;
      this.#modified.delete(orderId);
      const isOver = book.operationsOf(orderId).every((each) => !isUndecided(each.intentState));
      if (isOver) exposure.releaseChange(orderId);
    }
  }

  /**
   * Orders of a day before that a book of today no longer shows have ended, and how was not seen:
   * a person reads the contract note.
   */
  #endOldOrders({ rows, startedUs }: Reading): string[] {
    const { book, ledger } = this.#options;
    const dayStartUs = tradingDayStartUs(startedUs);
    const shown = new Set(rows.map(({ brokerOrderId }) => brokerOrderId));
    const ended = book
      .ofAccount(this.account)
      .filter(
        (order) =>
          order.createdUs < dayStartUs &&
          order.brokerOrders.length > 0 &&
          order.brokerOrders.some(({ status }) => !isTerminalStatus(status)) &&
          order.brokerOrders.every(({ brokerOrderId }) => !shown.has(brokerOrderId)),
      );
    return ended.map((order) => this.#end(order, ledger));
  }

  #end(order: OrderRecord, ledger: OrderLedger): string {
    const message = 'its day ended before its end was seen';
    if (order.message !== message) {
      const detail = { brokerOrders: order.brokerOrders };
      const draft = { actor: 'service', origin: 'service', action: 'order.end_not_seen', detail };
      const ended = ledger.change(order.id, { message, code: 'OUTCOME_UNKNOWN' }, [draft]);
      ledger.alarm('end-not-seen', ended, message);
    }
    ledger.forget(order.id);
    return `${order.id}: ${message}`;
  }
}
