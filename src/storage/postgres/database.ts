import { type Clock, pause } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import { registerArrival } from '../../telemetry/redaction.ts';
import {
  Connection,
  type ConnectionOptions,
  type Notice,
  type Sql,
  type SqlRow,
  type SqlValue,
} from './connection.ts';
import { DatabaseError } from './database-error.ts';
import { type DatabaseServer, parseDatabaseUrl } from './database-url.ts';
import { Listener } from './listener.ts';
import { Pool, type PoolGauges } from './pool.ts';

export type { Connection, Sql, SqlRow, SqlValue } from './connection.ts';
export type { PoolGauges } from './pool.ts';

export interface DatabaseOptions {
  /** postgres://, as `parseDatabaseUrl` reads it; a function is asked for every connection. */
  url: string | (() => string);
  /** Of real time: the server and the network know no other. */
  clock: Clock;
  /** 0 <= value < 1 */
  random: () => number;
  /** What the server calls us in its lists. */
  applicationName: string;
  /** Most connections, those of `listen` not counted. */
  poolMax?: number;
  connectTimeoutMs?: number;
  /** How long a statement or transaction waits for a free connection. */
  waitTimeoutMs?: number;
  statementTimeoutMs?: number;
  idleTransactionTimeoutMs?: number;
  onNotice?: (notice: Notice) => void;
  /** Why a subscription of `listen` does not hear anything at the moment. */
  onListenProblem?: (error: TickerError) => void;
}

/** Runs a text of statements as it stands: for changes of the schema. */
export type Script = (text: string) => Promise<void>;

export interface TransactionOptions {
  /** Default: read committed. */
  isolation?: 'serializable' | 'repeatable read';
}

/** Share of the pool in use from which on somebody should be told. */
export const POOL_ALERT_SHARE = 0.8;

const POOL_MAX = 20;
const CONNECT_TIMEOUT_MS = 5_000;
const WAIT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 10_000;
const END_GRACE_MS = 2_000;
/** How often a transaction is tried that loses against others. */
const ATTEMPTS_MAX = 6;
const FIRST_RETRY_MS = 10;

/**
 * One PostgreSQL database: a pool of connections that are made when they are needed and again when
 * they were lost. Nothing waits without a bound. Everything rejects with TickerErrors:
 * DATABASE_UNAVAILABLE (not reached, or lost on the way: what ran may have been done),
 * DATABASE_BUSY (no connection was free, or a transaction lost against others again and again),
 * TIMEOUT (ended by the server) and DATABASE_REFUSED; a DatabaseError has the SQLSTATE. None has
 * values of the statement.
 */
export class Database {
  readonly #options: DatabaseOptions;
  readonly #settings: () => ConnectionOptions;
  readonly #pool: Pool;
  readonly #listener: Listener;

  /** Connects to nothing yet. Throws CONFIG_INVALID for a bad URL. */
  constructor(options: DatabaseOptions) {
    this.#options = options;
    const { clock, random, applicationName } = options;
    this.#settings = () => ({
      server: serverOf(options.url),
      clock,
      applicationName,
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      statementTimeoutMs: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      idleTransactionTimeoutMs: options.idleTransactionTimeoutMs ?? IDLE_TRANSACTION_TIMEOUT_MS,
      onNotice: (notice) => options.onNotice?.(notice),
    });
    // Says at once what is wrong with the URL.
    this.#settings();
    this.#pool = new Pool({
      max: options.poolMax ?? POOL_MAX,
      waitMs: options.waitTimeoutMs ?? WAIT_TIMEOUT_MS,
      clock,
      open: (onLost) => Connection.open(this.#settings(), onLost),
    });
    this.#listener = new Listener({
      settings: this.#settings,
      clock,
      random,
      onProblem: (error) => options.onListenProblem?.(error),
    });
  }

  /** Runs one statement by itself: database.sql`select ...`. */
  readonly sql: Sql = <Row extends SqlRow>(
    strings: TemplateStringsArray,
    ...values: readonly SqlValue[]
  ) => this.#pool.with((connection) => connection.query<Row>(strings, values));

  /**
   * Runs `work` in a transaction and commits it when it resolves. All of its statements must go
   * through the `sql` that it is given. If it loses against another transaction, it is run again
   * a few times, so it must do nothing else than use the database; nothing else is tried again.
   * Rejects with what `work` rejects with, after it was rolled back. After DATABASE_UNAVAILABLE
   * nobody knows whether it was committed.
   */
  async transaction<Result>(
    work: (sql: Sql, script: Script) => Promise<Result>,
    options: TransactionOptions = {},
  ): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#pool.with((connection) => runTransaction(connection, work, options));
      } catch (error) {
        const isConflict = error instanceof DatabaseError && error.isConflict;
        if (!isConflict || attempt === ATTEMPTS_MAX) throw error;
      }
      const delayMs = this.#options.random() * FIRST_RETRY_MS * 2 ** attempt;
      await pause(this.#options.clock, delayMs);
    }
  }

  /**
   * Hears what is sent to `channel` (NOTIFY), on a connection of its own that is made again and
   * again. `onListening` is told each time that messages begin to come: those sent before it may
   * have been missed.
   */
  listen(
    channel: string,
    onMessage: (payload: string) => void,
    onListening: () => void = () => undefined,
  ): void {
    this.#listener.add({ channel, onMessage, onListening });
  }

  /**
   * A session beside the pool, for what a session holds; whoever asks for it ends it. `onLost` is
   * told once, however it ends. Rejects with DATABASE_*.
   */
  openSession(
    limits: Partial<Pick<ConnectionOptions, 'statementTimeoutMs' | 'graceMs'>>,
    onLost: (session: Connection) => void,
  ): Promise<Connection> {
    return Connection.open({ ...this.#settings(), ...limits }, onLost);
  }

  /** In use above POOL_ALERT_SHARE of `max` calls for attention. */
  gauges(): PoolGauges {
    return this.#pool.gauges();
  }

  /** Asks the server for an answer; rejects as any statement. */
  async check(): Promise<void> {
    await this.sql`select 1`;
  }

  /** Waits a little for what runs, then ends all connections. */
  async end(): Promise<void> {
    this.#listener.close();
    await this.#pool.close(END_GRACE_MS);
  }
}

function serverOf(url: string | (() => string)): DatabaseServer {
  const server = parseDatabaseUrl(typeof url === 'string' ? url : url());
  if (server.password !== undefined) registerArrival(server.password);
  return server;
}

async function runTransaction<Result>(
  connection: Connection,
  work: (sql: Sql, script: Script) => Promise<Result>,
  { isolation }: TransactionOptions,
): Promise<Result> {
  let over = false;
  const session = (): Connection => {
    if (over) throw new TickerError('DATABASE_REFUSED', 'the transaction is over');
    return connection;
  };
  const sql: Sql = async <Row extends SqlRow>(
    strings: TemplateStringsArray,
    ...values: readonly SqlValue[]
  ) => session().query<Row>(strings, values);
  const script: Script = async (text) => {
    await session().run(text);
  };
  await connection.run(isolation === undefined ? 'begin' : `begin isolation level ${isolation}`);
  try {
    const result = await work(sql, script);
    over = true;
    // The server answers the commit of a transaction in which a statement failed with a rollback.
    if ((await connection.run('commit')) !== 'COMMIT') {
      throw new TickerError('DATABASE_REFUSED', 'a statement of the transaction had failed');
    }
    return result;
  } catch (error) {
    over = true;
    await rollBack(connection);
    throw error;
  }
}

/** The reason of the rollback is what counts: a connection that cannot do even that is ended. */
async function rollBack(connection: Connection): Promise<void> {
  if (connection.isLost) return;
  try {
    await connection.run('rollback');
  } catch {
    connection.destroy();
  }
}
