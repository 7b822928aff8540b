/** What an error answer of the broker says about the call that it answers. */
export interface ErrorAnswer {
  status: number;
  /** Null: none, or the answer is not the broker's envelope. */
  errorType: string | null;
  /** The broker's message, or the whole body when there is no envelope. */
  text: string;
}

/**
 * rejected: nothing was done. session: nor will anything be before a login. throttled: a limiter
 * said so. unknown: it may have been done.
 */
export type RefusalKind = 'rejected' | 'session' | 'throttled' | 'unknown';

/**
 * The one rule that goes by text, because such answers have come although the order was placed:
 * "Order request timed out. Please check the order book ..".
 */
const TIMEOUT_TEXT = /\btim(?:ed?|ing)[\s_-]*out\b|\border\s*book\b/i;

/** Refused before anything was looked at, or because there is no such thing. */
const REJECTED_STATUSES: ReadonlySet<number> = new Set([403, 404, 405, 410, 428]);
const SESSION_STATUSES: ReadonlySet<number> = new Set([400, 401, 403]);
/** With 400: the request, the funds, the holdings or the user are not as they should be. */
const REJECTED_TYPES: ReadonlySet<string> = new Set([
  'InputException',
  'MarginException',
  'HoldingException',
  'PermissionException',
  'UserException',
  'TwoFAException',
]);
/**
 * An OrderException can stand for an order that was placed, unless it names the rule that the
 * request has broken. A text that the broker changes makes an outcome unknown, never the reverse.
 */
const NAMED_RULES: readonly RegExp[] = [
  /\bcannot be (?:modified|cancell?ed)\b/i,
  /\bmaximum allowed order (?:modifications|requests) exceeded\b/i,
  /\bmarkets? (?:is|are) closed\b/i,
  /\boutside (?:of )?market hours\b/i,
  /\bwithout market protection\b/i,
  /\binsufficient (?:funds|holdings|stock)\b/i,
  /\bcircuit (?:limits?|price)\b/i,
  /\bhigher than the maximum quantity\b/i,
  /\bquantity cannot be less than\b/i,
];
const DAY_IS_FULL = /\bmaximum allowed order requests exceeded\b/i;

/** Any status but 2xx. */
export function refusalKind({ status, errorType, text }: ErrorAnswer): RefusalKind {
  if (errorType === 'TokenException' && SESSION_STATUSES.has(status)) return 'session';
  if (TIMEOUT_TEXT.test(text)) return 'unknown';
  if (status === 429) return 'throttled';
  if (REJECTED_STATUSES.has(status)) return 'rejected';
  if (status !== 400 || errorType === null) return 'unknown';
  if (REJECTED_TYPES.has(errorType)) return 'rejected';
  const isNamed = errorType === 'OrderException' && NAMED_RULES.some((rule) => rule.test(text));
  return isNamed ? 'rejected' : 'unknown';
}

/** The broker takes no more order requests today. */
export function saysDayIsFull(text: string): boolean {
  return DAY_IS_FULL.test(text);
}
