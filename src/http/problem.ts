import { ERRORS, TickerError, type ErrorCode } from '../domain/error-codes.ts';
import { redactText } from '../telemetry/redaction.ts';
import type { Answer, Problem, Reply } from './route.ts';

/** HTTP status of every code that may be told to a caller; others are INTERNAL to them. */
const STATUS_BY_CODE: Readonly<Partial<Record<ErrorCode, number>>> = {
  BAD_JSON: 400,
  BAD_MESSAGE: 400,
  INVALID_REQUEST: 400,
  IDEMPOTENCY_KEY_MISSING: 400,
  UNAUTHENTICATED: 401,
  POSTBACK_REFUSED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  UNKNOWN_INSTRUMENT: 404,
  NO_QUOTE: 404,
  UNKNOWN_UNDERLYING: 404,
  UNKNOWN_EXPIRY: 404,
  UNKNOWN_ORDER: 404,
  UNKNOWN_ACCOUNT: 404,
  METHOD_NOT_ALLOWED: 405,
  IDEMPOTENCY_RUNNING: 409,
  CLIENT_ORDER_ID_USED: 409,
  ORDER_NOT_OPEN: 409,
  ORDER_IN_DOUBT: 409,
  NOT_ESCALATED: 409,
  CONFIRMATION_INVALID: 409,
  BODY_TOO_LARGE: 413,
  MESSAGE_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  ACCOUNT_NOT_TRADING: 422,
  BROKER_REJECTED: 422,
  DAILY_LOSS_LIMIT: 422,
  DUPLICATE_ORDER: 422,
  FREEZE_QUANTITY: 422,
  IDEMPOTENCY_MISMATCH: 422,
  INVALID_ORDER: 422,
  NOT_TRADABLE: 422,
  OPEN_VALUE_LIMIT: 422,
  ORDER_RATE_LIMIT: 422,
  ORDER_VALUE_LIMIT: 422,
  POSITION_LIMIT: 422,
  PRICE_NOT_TICKS: 422,
  PRICE_OUTSIDE_BAND: 422,
  PRICE_STALE: 422,
  QUANTITY_LIMIT: 422,
  QUANTITY_NOT_LOTS: 422,
  SESSION_CLOSED: 422,
  TRADING_HALTED: 422,
  TRADING_REDUCING: 422,
  HEADERS_TOO_LARGE: 431,
  LIMIT_EXCEEDED: 429,
  BROKER_BUDGET: 429,
  LOCKED_OUT: 429,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  NOT_SUPPORTED: 501,
  BROKER_ANSWER: 502,
  BROKER_REFUSED: 502,
  BROKER_SESSION: 502,
  BROKER_UNREACHABLE: 503,
  BROKER_UNAVAILABLE: 503,
  BOOK_STALE: 503,
  BROKER_BREAKER_OPEN: 503,
  CAPACITY_EXCEEDED: 503,
  JOURNAL_UNAVAILABLE: 503,
  ORDERS_ELSEWHERE: 503,
  ORDERS_NOT_READY: 503,
  NOT_READY: 503,
  SHUTTING_DOWN: 503,
  TOO_MANY_CLIENTS: 503,
  TIMEOUT: 504,
};

/** The HTTP status of `code`; undefined: never sent over HTTP. */
export function httpStatusOf(code: ErrorCode): number | undefined {
  return STATUS_BY_CODE[code];
}

/** URI reference of the page that explains `code`. */
export function problemType(code: ErrorCode): string {
  return `/docs/errors#${code}`;
}

/** `detail` left out: what the code says by itself. */
export function problem(
  code: ErrorCode,
  detail: string = ERRORS[code].detail,
  headers?: Problem['headers'],
): Problem {
  return { code, detail, ...(headers && { headers }) };
}

export function isProblem(answer: Answer): answer is Problem {
  return 'code' in answer;
}

/** What a caller is told of anything thrown; undefined: nothing, because it is a fault of ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (!(error instanceof TickerError) || error.code === 'INTERNAL') return undefined;
  const { code, detail } = error;
  if (httpStatusOf(code) === undefined) return undefined;
  return problem(code, detail, retryAfter(code, undefined));
}

const RETRY_STATUSES: ReadonlySet<number | undefined> = new Set([429, 503]);
const RETRY_DEFAULT_MS = 1000;

/** When to ask again, where that is said; `afterMs` left out: the usual time. */
export function retryAfter(
  code: ErrorCode,
  afterMs: number | undefined,
): Readonly<Record<string, string>> | undefined {
  if (afterMs === undefined && !RETRY_STATUSES.has(httpStatusOf(code))) return undefined;
  const seconds = Math.max(1, Math.ceil((afterMs ?? RETRY_DEFAULT_MS) / 1000));
  return { 'Retry-After': String(seconds) };
}

/** The RFC 9457 answer. `instance`: path of the request. */
export function problemReply(problem: Problem, instance: string, requestId: string): Reply {
  const { code, detail, extensions, headers } = problem;
  const { retryable, detail: title } = ERRORS[code];
  const status = problem.status ?? httpStatusOf(code) ?? 500;
  const document = {
    type: problemType(code),
    title,
    status,
    detail: redactText(detail),
    instance,
    code,
    retryable,
    request_id: requestId,
    ...extensions,
  };
  return {
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify(document),
    ...(headers && { headers }),
  };
}
