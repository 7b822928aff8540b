import { type AuditHead, type ChainedText, chainText } from '../../../domain/audit-chain.ts';
import { TickerError } from '../../../domain/error-codes.ts';
import { readAuditHead, sha256 } from '../audit-log.ts';
import type { Connection, Database, Sql, SqlRow } from '../database.ts';
import { DatabaseError } from '../database-error.ts';
import { appendGroup, type WriterPosition } from './append-statement.ts';
import type { JournalRows } from './journal-rows.ts';

/** A session of the server, so that it can be told apart from a later one of the same number. */
export interface SessionName {
  pid: number;
  startedAt: string;
}

export interface JournalSessionOptions {
  database: Database;
  /** Random, of this process. */
  writer: string;
  statementTimeoutMs: number;
  /** Ours of before, which the server may still think alive. */
  earlier: SessionName | undefined;
  onLost: (session: JournalSession) => void;
  /** What may cost commits although they were answered as durable. */
  onWarning: (detail: string) => void;
}

/** Any number: who writes orders holds it. */
const LOCK_ID = 7_402_655_115;
/** Beyond the statement's own limit, until the connection counts as dead. */
const GRACE_MS = 1_000;
/** A commit that others come before again and again, or that the server ends for their sake. */
const ATTEMPTS_MAX = 20;
/** The server ends an earlier session of ours within milliseconds. */
const LOCK_ATTEMPTS = 20;
const DURABLE = /^(on|remote_write|remote_apply)$/;

/**
 * The one session that may write orders, with the lock that says so: where the session ends, the
 * lock ends. A session that only thinks it has the lock writes nothing (`journal_writer`).
 */
export class JournalSession {
  /** Who wrote before this session. */
  previousWriter = '';
  name: SessionName = { pid: 0, startedAt: '' };
  readonly #connection: Connection;
  readonly #options: JournalSessionOptions;
  #at: WriterPosition = { epoch: 0, position: 0 };
  #head: AuditHead | undefined;

  private constructor(connection: Connection, options: JournalSessionOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /**
   * Rejects with ORDERS_ELSEWHERE if another process writes, with CONFIG_INVALID if the server
   * would answer before a commit is durable, and as `Database`.
   */
  static async open(options: JournalSessionOptions): Promise<JournalSession> {
    const { database, statementTimeoutMs, onLost } = options;
    let session = undefined as JournalSession | undefined;
    const limits = { statementTimeoutMs, graceMs: GRACE_MS };
    const connection = await database.openSession(limits, () => {
      if (session !== undefined) onLost(session);
    });
    const opened = new JournalSession(connection, options);
    try {
      await opened.#prepare();
      await opened.#takeLock();
      await opened.#takeTurn();
    } catch (error) {
      connection.destroy();
      throw error;
    }
    if (connection.isLost) throw new TickerError('DATABASE_UNAVAILABLE', 'the connection was lost');
    session = opened;
    return opened;
  }

  readonly #sql: Sql = <Row extends SqlRow = SqlRow>(
    ...[strings, ...values]: Parameters<Sql>
  ): Promise<Row[]> => this.#connection.query<Row>(strings, values);

  get isLost(): boolean {
    return this.#connection.isLost;
  }

  get at(): Readonly<WriterPosition> {
    return this.#at;
  }

  /**
   * Writes a group in one commit. Rejects with ORDERS_ELSEWHERE if the turn is another's, else as
   * `Database`: after a DatabaseError nothing of it was written.
   */
  async commit(group: readonly JournalRows[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const events = this.#chained(group);
      try {
        if (await appendGroup(this.#sql, this.#at, group, events)) {
          this.#at = { ...this.#at, position: this.#at.position + 1 };
          this.#head = events.at(-1) ?? this.#head;
          return;
        }
      } catch (error) {
        const isBehind = error instanceof DatabaseError && error.constraint === 'audit_events_pkey';
        const isConflict = error instanceof DatabaseError && error.isConflict;
        if ((!isBehind && !isConflict) || attempt === ATTEMPTS_MAX) throw error;
        this.#head = await readAuditHead(this.#sql);
        continue;
      }
      if (attempt === ATTEMPTS_MAX) throw new TickerError('DATABASE_BUSY');
      // One of before, of which nobody knew, was committed after all; or the turn is another's.
      await this.sync();
    }
  }

  /**
   * Learns where the journal stands and that it can be written. Rejects with ORDERS_ELSEWHERE if
   * the turn is another's, else as `Database`.
   */
  async sync(): Promise<void> {
    const { epoch } = this.#at;
    const [row] = await this.#sql<{ position: number }>`
      update journal_writer set position = position where epoch = ${epoch} returning position`;
    if (row === undefined) throw elsewhere('another process has taken over the orders');
    if (row.position < this.#at.position) throw wentBack();
    this.#at = { epoch, position: row.position };
    this.#head = await readAuditHead(this.#sql);
  }

  /** Asks the server for an answer. */
  async beat(): Promise<void> {
    await this.#sql`select 1`;
  }

  /** Lets another process write. Nothing may be running. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  async #prepare(): Promise<void> {
    const [found] = await this.#sql<{
      level: string;
      fsync: string;
      pid: number;
      started_at: string;
    }>`
      select current_setting('synchronous_commit') as level, current_setting('fsync') as fsync, pid,
        backend_start::text as started_at
      from pg_stat_activity where pid = pg_backend_pid()`;
    const { level = '', fsync = '', pid = 0, started_at: startedAt = '' } = found ?? {};
    if (!DURABLE.test(level)) {
      const detail = `synchronous_commit of the database is ${level}: orders need on`;
      throw new TickerError('CONFIG_INVALID', detail);
    }
    // Servers of tests are so: what ends the server alone loses nothing by it.
    if (fsync !== 'on') {
      this.#options.onWarning('fsync of the database is off: a crash of its machine loses orders');
    }
    this.name = { pid, startedAt };
    // What was found stays, whatever becomes of the server's file. Statements are always planned
    // once. A network that is gone is noticed within seconds, so that the lock does not outlive us.
    await this.#connection.run(`
      set synchronous_commit = ${level};
      set plan_cache_mode = force_generic_plan;
      set jit = off;
      set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3`);
  }

  async #takeLock(): Promise<void> {
    const { earlier } = this.#options;
    if (earlier !== undefined) {
      await this.#sql`
        select pg_terminate_backend(pid, 1000) from pg_stat_activity
        where pid = ${earlier.pid} and backend_start::text = ${earlier.startedAt}`;
    }
    for (let attempt = 1; attempt <= (earlier === undefined ? 1 : LOCK_ATTEMPTS); attempt++) {
      const [row] = await this.#sql<{ taken: boolean }>`
        select pg_try_advisory_lock(${LOCK_ID}) as taken`;
      if (row?.taken === true) return;
    }
    throw elsewhere('another process holds the lock of the orders');
  }

  async #takeTurn(): Promise<void> {
    for (;;) {
      const [before] = await this.#sql<{ writer: string; epoch: number; position: number }>`
        select writer, epoch, position from journal_writer`;
      if (before === undefined) throw new TickerError('DATABASE_REFUSED', 'no row journal_writer');
      const { writer, epoch, position } = before;
      const taken = await this.#sql`
        update journal_writer set writer = ${this.#options.writer}, epoch = epoch + 1
        where epoch = ${epoch} and position = ${position} returning epoch`;
      // A statement of an earlier session came in between.
      if (taken.length === 0) continue;
      this.previousWriter = writer;
      this.#at = { epoch: epoch + 1, position };
      this.#head = await readAuditHead(this.#sql);
      return;
    }
  }

  #chained(group: readonly JournalRows[]): ChainedText[] {
    let head = this.#head;
    return group.flatMap(({ events }) =>
      events.map((event) => {
        const next = chainText(event, Math.floor(event.timeUs / 1000), head, sha256);
        head = next;
        return next;
      }),
    );
  }
}

export function wentBack(): TickerError {
  const detail = 'the database has lost what it had kept: orders must be loaded again';
  return new TickerError('ORDERS_ELSEWHERE', detail);
}

function elsewhere(detail: string): TickerError {
  return new TickerError('ORDERS_ELSEWHERE', detail);
}
