/**
 * Every stable error code of the service with its meaning. Callers match on `code`, never on text.
 * `retryable`: the same request may succeed later.
 */
export const ERRORS = {
  CONFIG_INVALID: { retryable: false, detail: 'A setting has an invalid value.' },
  CONFIG_UNKNOWN: { retryable: false, detail: 'A TICKER_* setting is not known.' },
  CONFIG_FILE: { retryable: false, detail: 'A file named by the configuration cannot be read.' },
  USAGE: { retryable: false, detail: 'The command line is not understood.' },
  INPUT_FILE: { retryable: false, detail: 'An input file cannot be read.' },
  INPUT_INVALID: { retryable: false, detail: 'An input is not what the command reads.' },
  OUTPUT_FILE: { retryable: false, detail: 'An output file cannot be written.' },
  PORT_IN_USE: { retryable: true, detail: 'A port is in use by another process.' },
  DATA_DIR: { retryable: false, detail: 'The data directory cannot be used.' },
  NATIVE_BUILD: {
    retryable: false,
    detail: 'The native uWebSockets.js build cannot be loaded on this platform.',
  },
  THREAD_FAILED: { retryable: true, detail: 'A thread of the service ended unexpectedly.' },
  SHM_LAYOUT: { retryable: false, detail: 'A shared memory block has another layout.' },
  SHUTTING_DOWN: { retryable: true, detail: 'The service is shutting down.' },

  BAD_JSON: { retryable: false, detail: 'The message is not valid JSON.' },
  BAD_MESSAGE: { retryable: false, detail: 'The message does not follow the protocol.' },
  MESSAGE_TOO_LARGE: { retryable: false, detail: 'The message is larger than allowed.' },
  NOT_SUPPORTED: { retryable: false, detail: 'This version does not support the request.' },
  UNAUTHENTICATED: { retryable: false, detail: 'A valid key is required.' },
  FORBIDDEN: { retryable: false, detail: 'The key does not have the required scope.' },
  UNKNOWN_INSTRUMENT: { retryable: false, detail: 'No such instrument.' },
  NO_QUOTE: { retryable: true, detail: 'The instrument has no quote: nobody subscribes to it.' },
  UNKNOWN_UNDERLYING: { retryable: false, detail: 'No such underlying.' },
  UNKNOWN_EXPIRY: { retryable: false, detail: 'No contract expires on that date.' },
  NOT_SUBSCRIBED: { retryable: false, detail: 'The connection has no such subscription.' },
  CAPACITY_EXCEEDED: { retryable: true, detail: 'No broker connection has room left.' },
  LIMIT_EXCEEDED: { retryable: false, detail: 'A limit of the connection is exceeded.' },
  IDLE: { retryable: true, detail: 'The connection had no subscription and sent no message.' },
  TOO_SLOW: { retryable: true, detail: 'The client did not read fast enough.' },
  SERVICE_UNREACHABLE: { retryable: true, detail: 'The service cannot be reached.' },
  NOT_READY: { retryable: true, detail: 'The service is still starting.' },

  NOT_FOUND: { retryable: false, detail: 'No such resource.' },
  METHOD_NOT_ALLOWED: { retryable: false, detail: 'The resource does not have this method.' },
  INVALID_REQUEST: { retryable: false, detail: 'A parameter or the body is invalid.' },
  HEADERS_TOO_LARGE: { retryable: false, detail: 'The request headers are larger than allowed.' },
  UNSUPPORTED_MEDIA_TYPE: { retryable: false, detail: 'The request body must be JSON.' },
  TOO_MANY_CLIENTS: { retryable: true, detail: 'The service has as many clients as it takes.' },
  BODY_TOO_LARGE: { retryable: false, detail: 'The request body is larger than allowed.' },
  INTERNAL: { retryable: true, detail: 'An unexpected error; it has been logged.' },
  TIMEOUT: { retryable: true, detail: 'The answer did not come in time.' },
  RATE_LIMITED: { retryable: true, detail: 'Too many requests; see the RateLimit headers.' },
  LOCKED_OUT: { retryable: true, detail: 'Too many wrong keys from this address.' },
  KEY_REVOKED: { retryable: false, detail: 'The key has been revoked or has expired.' },
  UNKNOWN_KEY: { retryable: false, detail: 'No such key.' },
  UNKNOWN_ACCOUNT: { retryable: false, detail: 'No such broker account.' },
  ACCOUNT_EXISTS: { retryable: false, detail: 'There is a broker account of that name already.' },

  DATABASE_UNAVAILABLE: { retryable: true, detail: 'The database cannot be reached.' },
  DATABASE_BUSY: { retryable: true, detail: 'No database connection became free in time.' },
  DATABASE_REFUSED: { retryable: false, detail: 'The database refuses the statement.' },
  MIGRATION_NEEDED: { retryable: false, detail: 'The database needs: ticker migrate.' },
  MIGRATION_CONFLICT: {
    retryable: false,
    detail: 'The migrations of the database are not those of this version.',
  },
  EMBEDDED_POSTGRES: { retryable: true, detail: 'The embedded PostgreSQL cannot be run.' },
  DATA_DIR_IN_USE: { retryable: true, detail: 'Another instance runs in the data directory.' },
  REDIS_UNAVAILABLE: { retryable: true, detail: 'Redis cannot be reached.' },
  KEY_SERVICE: { retryable: true, detail: 'The key service cannot encrypt or decrypt.' },
  SECRET_UNREADABLE: { retryable: false, detail: 'A stored secret cannot be decrypted.' },
  SECRET_SOURCE: { retryable: false, detail: 'A secret cannot be had from its source.' },
  AUDIT_BROKEN: { retryable: false, detail: 'The audit record has been changed.' },

  BROKER_SESSION: { retryable: false, detail: 'The broker refuses the session.' },
  BROKER_REFUSED: { retryable: false, detail: 'The broker refuses the request.' },
  BROKER_UNREACHABLE: { retryable: true, detail: 'The broker cannot be reached.' },
  BROKER_UNAVAILABLE: { retryable: true, detail: 'The broker cannot answer at the moment.' },
  BROKER_ANSWER: { retryable: true, detail: 'The broker answered with something unexpected.' },
  SIMULATOR_REFUSED: { retryable: false, detail: 'Production refuses a simulator as feed.' },

  IDEMPOTENCY_KEY_MISSING: { retryable: false, detail: 'The request needs an Idempotency-Key.' },
  IDEMPOTENCY_MISMATCH: {
    retryable: false,
    detail: 'The Idempotency-Key stands for another request.',
  },
  IDEMPOTENCY_RUNNING: { retryable: true, detail: 'The first request is still being worked on.' },
  CLIENT_ORDER_ID_USED: {
    retryable: false,
    detail: 'The account has an order with this client_order_id.',
  },
  UNKNOWN_ORDER: { retryable: false, detail: 'No such order.' },
  ORDER_NOT_OPEN: { retryable: false, detail: 'The order is over.' },
  ORDER_IN_DOUBT: {
    retryable: true,
    detail: 'What became of an earlier request for it is not known yet.',
  },
  OUTCOME_UNKNOWN: {
    retryable: false,
    detail: 'The broker may have done it; the order book is being asked.',
  },
  NOT_ESCALATED: { retryable: false, detail: 'The order does not wait for a person.' },
  ORDERS_NOT_READY: { retryable: true, detail: 'Orders are being reconciled with the broker.' },
  ORDERS_ELSEWHERE: { retryable: true, detail: 'Another process places orders on the database.' },
  JOURNAL_UNAVAILABLE: {
    retryable: true,
    detail: 'The order cannot be kept, so it was not sent.',
  },
  ACCOUNT_NOT_TRADING: { retryable: false, detail: 'The account is not set up for orders.' },
  BOOK_STALE: { retryable: true, detail: "The account's order book could not be read lately." },
  BROKER_BUDGET: { retryable: true, detail: "The broker's limit of requests is reached." },
  BROKER_BREAKER_OPEN: { retryable: true, detail: 'The broker failed several times in a row.' },
  BROKER_REJECTED: { retryable: false, detail: 'The broker refuses the order.' },
  POSTBACK_REFUSED: { retryable: false, detail: 'The checksum of the postback is not right.' },
  CONFIRMATION_INVALID: {
    retryable: false,
    detail: 'The confirmation token is not that of the first request, or too old.',
  },

  INVALID_ORDER: { retryable: false, detail: 'The parameters of the order do not go together.' },
  NOT_TRADABLE: { retryable: false, detail: 'The instrument cannot be traded.' },
  SESSION_CLOSED: { retryable: true, detail: 'The market of the instrument is closed.' },
  QUANTITY_NOT_LOTS: { retryable: false, detail: 'The quantity is not a multiple of the lot.' },
  PRICE_NOT_TICKS: { retryable: false, detail: 'A price is not a multiple of the tick.' },
  FREEZE_QUANTITY: { retryable: false, detail: "The quantity is above the exchange's maximum." },
  PRICE_OUTSIDE_BAND: { retryable: false, detail: 'A price is too far from the market.' },
  PRICE_STALE: { retryable: true, detail: 'No price is new enough to check the order against.' },
  QUANTITY_LIMIT: { retryable: false, detail: 'The quantity is above the limit.' },
  ORDER_VALUE_LIMIT: { retryable: false, detail: 'The value of the order is above the limit.' },
  OPEN_VALUE_LIMIT: { retryable: true, detail: 'Open orders would be worth more than allowed.' },
  POSITION_LIMIT: { retryable: false, detail: 'The position would be worth more than allowed.' },
  DAILY_LOSS_LIMIT: { retryable: false, detail: 'The loss of the day has reached its limit.' },
  ORDER_RATE_LIMIT: { retryable: true, detail: 'More orders in the time than allowed.' },
  DUPLICATE_ORDER: { retryable: true, detail: 'An equal order was placed a moment ago.' },
  TRADING_HALTED: { retryable: false, detail: 'Trading is halted.' },
  TRADING_REDUCING: { retryable: false, detail: 'Only orders that close positions are taken.' },
} as const satisfies Record<string, { retryable: boolean; detail: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a stable code; `detail` adds what is specific to the case and never a secret. */
export class TickerError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail: string = ERRORS[code].detail, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.name = 'TickerError';
    this.code = code;
    this.detail = detail;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** The text of anything thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
