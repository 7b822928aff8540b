import { TickerError, type ErrorCode } from '../../domain/error-codes.ts';

/** What a database said no to, without a word of what was sent to it. */
export class DatabaseError extends TickerError {
  /** Five characters, as in the PostgreSQL manual's appendix A. */
  readonly sqlState: string;
  /** Name of the constraint that was violated, if it was one. */
  readonly constraint: string | undefined;

  constructor(code: ErrorCode, detail: string, sqlState: string, constraint: string | undefined) {
    super(code, detail);
    this.sqlState = sqlState;
    this.constraint = constraint;
  }

  /** The transaction lost against another one; the same again may succeed. */
  get isConflict(): boolean {
    return CONFLICTS.has(this.sqlState);
  }
}

/** serialization_failure, deadlock_detected */
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01']);

/** By SQLSTATE, or by its class (the first two characters). Others are refusals. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  '08': 'DATABASE_UNAVAILABLE', // connection exceptions
  '25006': 'DATABASE_UNAVAILABLE', // read-only: it became a replica
  '25P03': 'TIMEOUT', // idle in a transaction for too long
  '40001': 'DATABASE_BUSY',
  '40P01': 'DATABASE_BUSY',
  '53': 'DATABASE_UNAVAILABLE', // disk full, out of memory
  '53300': 'DATABASE_BUSY', // too many connections
  '55P03': 'TIMEOUT', // a lock was not had in time
  '57014': 'TIMEOUT', // statement_timeout
  '57P': 'DATABASE_UNAVAILABLE', // shutting down, crashed, starting
  '58': 'DATABASE_UNAVAILABLE', // system errors
};

/** Classes whose messages name objects and conditions, never values. Class 22 quotes values. */
const CLASSES_WITHOUT_VALUES: ReadonlySet<string> = new Set([
  '08',
  '0A',
  '23',
  '25',
  '28',
  '3D',
  '3F',
  '40',
  '42',
  '53',
  '54',
  '55',
  '57',
  '58',
  'P0',
]);

/** Of postgres.js, and of Node for sockets. */
const CONNECTION_CODE = /^(CONNECT|E[A-Z]|ERR_(SOCKET|STREAM|TLS|SSL))/;

interface Failure {
  name?: unknown;
  code?: unknown;
  message?: unknown;
  constraint_name?: unknown;
}

/**
 * What a failed statement on the server `place` is to the service. Neither `detail`, `hint` and
 * `where` of the server nor the error itself are passed on: they repeat values.
 */
export function databaseError(thrown: unknown, place: string): TickerError {
  if (thrown instanceof TickerError) return thrown;
  const { name, code, message, constraint_name: constraint } = thrown as Failure;
  const sqlState = String(code);
  if (name === 'PostgresError') {
    const errorCode =
      CODES[sqlState] ??
      CODES[sqlState.slice(0, 3)] ??
      CODES[sqlState.slice(0, 2)] ??
      'DATABASE_REFUSED';
    const said = CLASSES_WITHOUT_VALUES.has(sqlState.slice(0, 2)) ? `: ${String(message)}` : '';
    const about = typeof constraint === 'string' ? constraint : undefined;
    return new DatabaseError(errorCode, `SQLSTATE ${sqlState}${said}`, sqlState, about);
  }
  if (typeof code === 'string' && CONNECTION_CODE.test(code)) {
    return new TickerError('DATABASE_UNAVAILABLE', `${place} cannot be reached (${code})`);
  }
  const what = `a value cannot be sent or read (${typeof code === 'string' ? code : String(name)})`;
  return new TickerError('DATABASE_REFUSED', what);
}
