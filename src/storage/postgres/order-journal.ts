import { type Clock, pause } from '../../domain/clock.ts';
import { errorText, TickerError } from '../../domain/error-codes.ts';
import type {
  JournalEntry,
  JournalState,
  OrderJournal,
  OrderParts,
  TimedAuditEvent,
} from '../../domain/order-journal.ts';
import type { OperationRecord, OrderRecord, TradeRecord } from '../../domain/order-record.ts';
import { auditEventsOf } from './audit-log.ts';
import type { Database } from './database.ts';
import { AppendQueue } from './journal/append-queue.ts';
import { journalRows } from './journal/journal-rows.ts';
import { JournalSession, type SessionName, wentBack } from './journal/journal-session.ts';
import { loadJournal } from './journal/load-journal.ts';

export interface OrderJournalOptions {
  /** Reads go through its pool; what writes is one session beside it. */
  database: Database;
  /** Of real time, as that of `database`. */
  clock: Clock;
  /** Random text that no other process has. */
  writer: string;
  /** The server ends a write that takes longer. */
  statementTimeoutMs?: number;
  /** Why nothing can be written, and null when it can again. */
  onTrouble?: (error: TickerError | null) => void;
  /** What may cost commits although they were answered as durable; each time a session begins. */
  onWarning?: (detail: string) => void;
  /** Another process has written: nothing is writable until `load`. */
  onTakenOver?: (error: TickerError) => void;
}

const STATEMENT_TIMEOUT_MS = 2_000;
const HEARTBEAT_MS = 5_000;
const FIRST_RETRY_MS = 50;
const RETRY_MAX_MS = 2_000;
const FORGET_BATCH = 1_000;

/**
 * The order journal in PostgreSQL. One process writes at a time: the one whose session holds a
 * lock of the server. A lost session is made again in the background, and goes on if nobody else
 * has written meanwhile. An append while `isWritable` is false rejects at once.
 */
export class PostgresOrderJournal implements OrderJournal {
  readonly #options: OrderJournalOptions;
  readonly #queue: AppendQueue;
  readonly #closing = new AbortController();
  #session: JournalSession | undefined;
  #earlier: SessionName | undefined;
  /** Commits that are known to be durable. */
  #position = 0;
  #trouble: TickerError | undefined = new TickerError('JOURNAL_UNAVAILABLE', 'it is not loaded');
  #recovery: Promise<void> | undefined;
  /** What `#recovery` is of: a load makes an earlier one stop. */
  #turn = 0;

  constructor(options: OrderJournalOptions) {
    this.#options = options;
    this.#queue = new AppendQueue({
      commit: (group) => this.#live().commit(group),
      onCommitted: () => {
        this.#position = this.#session?.at.position ?? this.#position;
      },
      onBroken: (error) => this.#onBroken(error),
    });
  }

  get isWritable(): boolean {
    return this.#trouble === undefined;
  }

  /**
   * Takes the right to write if it is not had. Rejects with ORDERS_ELSEWHERE if another process
   * has it, CONFIG_INVALID if commits would not be durable, and as `Database`.
   */
  async load(sinceUs: number, nowUs: number): Promise<JournalState> {
    this.#turn += 1;
    await this.#recovery;
    if (this.#session === undefined || this.#session.isLost) this.#adopt(await this.#open());
    const session = this.#live();
    await session.sync();
    await this.forgetExpired(nowUs);
    const { epoch } = session.at;
    const state = await this.#options.database.transaction(
      async (sql) => {
        const [turn] = await sql`select from journal_writer where epoch = ${epoch}`;
        if (turn === undefined) throw new TickerError('ORDERS_ELSEWHERE');
        return loadJournal(sql, sinceUs, nowUs);
      },
      { isolation: 'repeatable read' },
    );
    this.#position = session.at.position;
    if (session.isLost) throw new TickerError('DATABASE_UNAVAILABLE', 'the session was lost');
    this.#works();
    void this.#keepAlive(session);
    return state;
  }

  append(entry: JournalEntry): Promise<void> {
    if (this.#trouble !== undefined) return Promise.reject(unavailable(this.#trouble));
    return this.#queue.append(journalRows(entry, this.#options.clock.nowUs()));
  }

  async findOrder(id: string): Promise<OrderRecord | undefined> {
    const [row] = await this.#options.database.sql<{ record: OrderRecord }>`
      select record from orders where id = ${id}`;
    return row?.record;
  }

  async orderParts(orderId: string): Promise<OrderParts> {
    const { sql } = this.#options.database;
    const operations = await sql<{ record: OperationRecord }>`
      select record from order_operations where order_id = ${orderId} order by created_us, id`;
    const trades = await sql<{ record: TradeRecord }>`
      select record from order_trades where order_id = ${orderId}
      order by time_us, account, broker_order_id, trade_id`;
    const recordOf = <Item>({ record }: { record: Item }): Item => record;
    return { operations: operations.map(recordOf), trades: trades.map(recordOf) };
  }

  async orderEvents(orderId: string): Promise<TimedAuditEvent[]> {
    const events = await auditEventsOf(this.#options.database, orderId);
    return events.map(({ timeMs, actor, action, subject, origin, detail }) => ({
      timeUs: timeMs * 1000,
      actor,
      action,
      subject,
      origin,
      detail,
    }));
  }

  /** Removes uses of idempotency keys that have expired; resolves with how many. */
  async forgetExpired(nowUs: number): Promise<number> {
    for (let count = 0; ;) {
      const gone = await this.#options.database.sql`
        delete from idempotency_keys where (key_id, key) in (
          select key_id, key from idempotency_keys where expires_us <= ${Math.floor(nowUs)}
          order by expires_us limit ${FORGET_BATCH} for update skip locked
        ) returning 1`;
      count += gone.length;
      if (gone.length < FORGET_BATCH) return count;
    }
  }

  /** Finishes what was appended, then lets another process write. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#queue.drained();
    this.#trouble = new TickerError('JOURNAL_UNAVAILABLE', 'it is closed');
    await this.#recovery;
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  #live(): JournalSession {
    if (this.#session === undefined) throw new TickerError('DATABASE_UNAVAILABLE');
    return this.#session;
  }

  async #open(): Promise<JournalSession> {
    const { database, writer, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = this.#options;
    return JournalSession.open({
      database,
      writer,
      statementTimeoutMs,
      earlier: this.#earlier,
      onWarning: (detail) => this.#options.onWarning?.(detail),
      onLost: (session) => {
        if (session !== this.#session) return;
        const detail = 'the session that writes orders was lost';
        this.#onBroken(new TickerError('DATABASE_UNAVAILABLE', detail));
      },
    });
  }

  #adopt(session: JournalSession): void {
    this.#session = session;
    this.#earlier = session.name;
  }

  #works(): void {
    this.#trouble = undefined;
    this.#options.onTrouble?.(null);
  }

  /** Nothing is writable from here on, until a recovery has succeeded. */
  #onBroken(error: TickerError): void {
    if (this.#trouble !== undefined) return;
    this.#trouble = error;
    this.#queue.refuse(error);
    this.#options.onTrouble?.(error);
    if (this.#closing.signal.aborted) return;
    this.#recovery = this.#recover(this.#turn).finally(() => {
      this.#recovery = undefined;
    });
  }

  async #recover(turn: number): Promise<void> {
    for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(RETRY_MAX_MS, delayMs * 2)) {
      if (this.#closing.signal.aborted || turn !== this.#turn) return;
      try {
        if (await this.#resume()) this.#works();
        return;
      } catch (error) {
        this.#trouble = asTickerError(error);
      }
      await pause(this.#options.clock, delayMs, this.#closing.signal);
    }
  }

  /** False: others have written, so that what is known of the orders is old. */
  async #resume(): Promise<boolean> {
    let session = this.#session;
    const isNew = session === undefined || session.isLost;
    if (session === undefined || isNew) {
      session = await this.#open();
      this.#adopt(session);
      const isAlone = session.previousWriter === this.#options.writer;
      if (!isAlone) return this.#giveUp(session, new TickerError('ORDERS_ELSEWHERE'));
      if (session.at.position < this.#position) return this.#giveUp(session, wentBack());
      void this.#keepAlive(session);
    }
    try {
      await session.sync();
    } catch (error) {
      const isElsewhere = error instanceof TickerError && error.code === 'ORDERS_ELSEWHERE';
      if (!isElsewhere) session.destroy();
      if (isElsewhere) return this.#giveUp(session, error);
      throw error;
    }
    this.#position = session.at.position;
    return true;
  }

  #giveUp(session: JournalSession, error: TickerError): false {
    this.#session = undefined;
    session.destroy();
    this.#trouble = error;
    this.#options.onTakenOver?.(error);
    return false;
  }

  async #keepAlive(session: JournalSession): Promise<void> {
    const { clock } = this.#options;
    while (await pause(clock, HEARTBEAT_MS, this.#closing.signal)) {
      if (session !== this.#session || session.isLost) return;
      try {
        await session.beat();
      } catch {
        // Whoever holds it is told that it was lost.
        session.destroy();
      }
    }
  }
}

function unavailable(cause: TickerError): TickerError {
  return new TickerError('JOURNAL_UNAVAILABLE', errorText(cause), { cause });
}

function asTickerError(error: unknown): TickerError {
  return error instanceof TickerError ? error : new TickerError('INTERNAL', errorText(error));
}
