import type { Socket } from 'node:net';
import postgres from 'postgres';
import type { Clock } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import { arrayText, parseArrayText } from './array-text.ts';
import { databaseError } from './database-error.ts';
import type { DatabaseServer } from './database-url.ts';
import { openServerSocket } from './server-socket.ts';

/** What may stand for a value in a statement; an object goes into a json column. */
export type SqlValue =
  | string
  | number
  | boolean
  | null
  | Date
  | Uint8Array
  | readonly (string | number | null)[]
  | Readonly<Record<string, unknown>>;

export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * Runs one statement and resolves with its rows. Every `${value}` is a parameter of a prepared
 * statement, an array one of an array type. bigint columns come as numbers, timestamps as Date,
 * bytea as Buffer, numeric as text.
 */
export type Sql = <Row extends SqlRow = SqlRow>(
  strings: TemplateStringsArray,
  ...values: readonly SqlValue[]
) => Promise<Row[]>;

/** A server that says something of its own accord. */
export interface Notice {
  severity: string;
  code: string;
  message: string;
}

export interface ConnectionOptions {
  server: DatabaseServer;
  clock: Clock;
  applicationName: string;
  connectTimeoutMs: number;
  /** The server ends a statement after that long. */
  statementTimeoutMs: number;
  /** How much later than the server we give a statement up: then the connection is dead. */
  graceMs?: number;
  /** The server ends a session that leaves a transaction alone for that long. */
  idleTransactionTimeoutMs: number;
  onNotice: (notice: Notice) => void;
  onNotification?: (channel: string, payload: string) => void;
}

const GRACE_MS = 5_000;
const KEEP_ALIVE_S = 30;
const INT8_OID = 20;
const TEXT_ARRAY_OID = 1009;
const TIMESTAMPTZ_ARRAY_OID = 1185;

/**
 * One session of the server. postgres.js runs it with a pool of one, so that it never sends two
 * callers' statements over one session, and never a transaction's over another session than its
 * own. A session that has ended does not come back.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #place: string;
  readonly #client: postgres.Sql;
  readonly #onLost: (connection: Connection) => void;
  #socket: Socket | undefined;
  #lost = false;

  private constructor(options: ConnectionOptions, onLost: (connection: Connection) => void) {
    this.#options = options;
    this.#place = `PostgreSQL at ${options.server.host}:${options.server.port}`;
    this.#onLost = onLost;
    this.#client = postgres(this.#clientOptions());
  }

  /** `onLost` is told once, however it ends. Rejects with TickerError DATABASE_*, CONFIG_FILE. */
  static async open(
    options: ConnectionOptions,
    onLost: (connection: Connection) => void,
  ): Promise<Connection> {
    const connection = new Connection(options, onLost);
    try {
      await connection.#within(options.connectTimeoutMs, connection.#client.unsafe('select 1'));
    } catch (error) {
      connection.destroy();
      throw error;
    }
    return connection;
  }

  get isLost(): boolean {
    return this.#lost;
  }

  /** Runs a prepared statement; rejects with TickerError DATABASE_* or TIMEOUT. */
  async query<Row extends SqlRow>(
    strings: TemplateStringsArray,
    values: readonly SqlValue[],
  ): Promise<Row[]> {
    this.#requireLive();
    // The types of postgres.js know no readonly arrays and no plain objects.
    const parameters = values as postgres.ParameterOrFragment<never>[];
    const rows = await this.#within(this.#statementMs, this.#client<Row[]>(strings, ...parameters));
    return [...rows];
  }

  /**
   * Runs a text of statements without parameters; resolves with the command that the server says
   * it ran last. Rejects as `query`.
   */
  async run(text: string): Promise<string> {
    this.#requireLive();
    const result = await this.#within(this.#statementMs, this.#client.unsafe(text));
    return result.command;
  }

  /** Says goodbye; nothing may be running. */
  async close(): Promise<void> {
    if (this.#lost) return;
    await this.#within(GRACE_MS, this.#client.end());
    this.#end();
  }

  /** Ends it at once; what runs is rejected, and nobody knows whether it was done. */
  destroy(): void {
    this.#socket?.destroy();
    this.#end();
    // Rejects what waits for the connection to be made; there is nobody to say goodbye to, and
    // whoever waits for a statement is told by that statement.
    this.#client.end({ timeout: 0 }).catch(() => undefined);
  }

  get #statementMs(): number {
    return this.#options.statementTimeoutMs + (this.#options.graceMs ?? GRACE_MS);
  }

  #clientOptions(): postgres.Options<{ bigint: postgres.PostgresType<number> }> {
    const { server, applicationName, onNotice, onNotification } = this.#options;
    const options = {
      // All that it would otherwise take from PG* variables.
      host: [server.host],
      port: [server.port],
      database: server.database,
      user: server.user,
      password: () => server.password ?? '',
      ssl: false,
      socket: () => openServerSocket(server, (socket) => this.#adopt(socket)),
      max: 1,
      prepare: true,
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: 0,
      connect_timeout: 0,
      keep_alive: KEEP_ALIVE_S,
      debug: false,
      types: { bigint: INT8, texts: TEXT_ARRAY, times: TIMESTAMPTZ_ARRAY },
      connection: {
        application_name: applicationName,
        statement_timeout: this.#options.statementTimeoutMs,
        idle_in_transaction_session_timeout: this.#options.idleTransactionTimeoutMs,
      },
      onnotice: (notice: Record<string, string>) =>
        onNotice({
          severity: notice['severity'] ?? '',
          code: notice['code'] ?? '',
          message: notice['message'] ?? '',
        }),
      onnotify: onNotification,
      onclose: () => this.#end(),
    };
    // Its types know neither `socket` nor `onnotify`.
    return options as unknown as postgres.Options<{ bigint: postgres.PostgresType<number> }>;
  }

  #adopt(socket: Socket): void {
    // At the first sign: what is sent after it would wait for ever. That there is a listener also
    // keeps an error of a socket that is being made from ending the process.
    socket.on('error', () => this.#end());
    socket.on('end', () => this.#end());
    if (this.#lost) socket.destroy();
    this.#socket = socket;
  }

  #end(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#onLost(this);
  }

  #requireLive(): void {
    if (this.#lost) throw this.#unavailable('the connection was lost');
  }

  async #within<Result>(limitMs: number, work: Promise<Result>): Promise<Result> {
    let timer;
    const late = new Promise<never>((_, reject) => {
      timer = this.#options.clock.setTimeout(() => {
        reject(this.#unavailable(`no answer within ${limitMs} ms`));
        this.destroy();
      }, limitMs);
    });
    try {
      return await Promise.race([work, late]);
    } catch (error) {
      throw databaseError(error, this.#place);
    } finally {
      (timer as { cancel(): void } | undefined)?.cancel();
    }
  }

  #unavailable(reason: string): TickerError {
    return new TickerError('DATABASE_UNAVAILABLE', `${this.#place}: ${reason}`);
  }
}

const TEXT_ARRAY: postgres.PostgresType<readonly (string | number | null)[]> = {
  to: TEXT_ARRAY_OID,
  from: [TEXT_ARRAY_OID],
  serialize: arrayText,
  parse: parseArrayText,
};

/** Of times as text. */
const TIMESTAMPTZ_ARRAY: typeof TEXT_ARRAY = {
  ...TEXT_ARRAY,
  to: TIMESTAMPTZ_ARRAY_OID,
  from: [TIMESTAMPTZ_ARRAY_OID],
};

const INT8: postgres.PostgresType<number> = {
  to: INT8_OID,
  from: [INT8_OID],
  serialize: (value: number) => String(value),
  parse: (text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError('a bigint beyond 2^53');
    return value;
  },
};
