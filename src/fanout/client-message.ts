import { TickerError } from '../domain/error-codes.ts';
import { MODE, type Mode } from '../domain/status.ts';
import type { StrikeChoice } from '../domain/strike-choice.ts';
import type { ChainRequest, ModeName } from '../wire/messages.ts';

/** What becomes of a reader that falls behind, per subscription. */
export const POLICIES = ['conflate', 'lossless', 'skip'] as const;
export type Policy = (typeof POLICIES)[number];

/** How long ticks may be gathered before they are sent, ms; adaptive: as the load demands. */
export const WINDOWS = [0, 1, 2, 5, 10, 'adaptive'] as const;
export type Window = (typeof WINDOWS)[number];

/** What a subscription delivers. */
export interface DeliveryOptions {
  /** Left out by the client: quote. */
  mode: Mode;
  greeks: boolean;
  /** Left out: conflate. */
  policy?: Policy;
}

/** One subscribe, or one item of a resume. `window` undefined: as it was. */
export interface Wish extends DeliveryOptions {
  target: Target;
  window: Window | undefined;
}

/** A client's message, checked. */
export type CheckedMessage =
  | { type: 'auth'; id: number; token: string }
  | { type: 'ping'; id: number }
  | ({ type: 'subscribe'; id: number } & Wish)
  | { type: 'resume'; id: number; epoch: string; sequence: number; wishes: Wish[] }
  | { type: 'ack'; id: number; sequence: number }
  | { type: 'unsubscribe'; id: number; target: Target };

export type Target =
  | { kind: 'instruments'; instruments: (number | string)[] }
  | { kind: 'chain'; chain: ChainRequest };

/** A refused message: `id` if it had a usable one. */
export interface Refusal {
  id: number | undefined;
  error: TickerError;
}

const MODES: Readonly<Record<ModeName, Mode>> = {
  ltp: MODE.LTP,
  quote: MODE.QUOTE,
  full: MODE.FULL,
  compact: MODE.COMPACT,
};

/** Instruments one message may name. */
export const INSTRUMENTS_PER_MESSAGE_MAX = 3000;
const SYMBOL_LENGTH_MAX = 64;
/** Subscriptions one resume may name. */
const RESUME_ITEMS_MAX = 1000;

type Fields = Record<string, unknown>;

/** Parses and checks one text message. Never throws. */
export function checkMessage(text: string): CheckedMessage | Refusal {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return { id: undefined, error: new TickerError('BAD_JSON') };
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    return { id: undefined, error: bad('a message is a JSON object') };
  }
  const message = fields as Fields;
  const { id } = message;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) {
    return { id: undefined, error: bad('"id" must be a whole number of 0 or more') };
  }
  try {
    return checkFields(id, message);
  } catch (error) {
    if (error instanceof TickerError) return { id, error };
    throw error;
  }
}

/** The id of a message that is not looked at any further; undefined: it has none. */
export function messageId(text: string): number | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : undefined;
  } catch {
    return undefined;
  }
}

export function isRefusal(result: CheckedMessage | Refusal): result is Refusal {
  return 'error' in result;
}

function bad(detail: string): TickerError {
  return new TickerError('BAD_MESSAGE', detail);
}

function checkFields(id: number, message: Fields): CheckedMessage {
  const { type } = message;
  switch (type) {
    case 'ping':
      return { type, id };
    case 'auth': {
      const { token } = message;
      if (typeof token !== 'string') throw bad('"token" must be a string');
      return { type, id, token };
    }
    case 'subscribe':
      return { type, id, ...checkWish(message) };
    case 'unsubscribe':
      return { type, id, target: checkTarget(message) };
    case 'resume':
      return { type, id, ...checkResume(message) };
    case 'ack':
      return { type, id, sequence: checkSequence(message) };
    default:
      throw bad('"type" must be subscribe, unsubscribe, resume, ack, ping or auth');
  }
}

function checkWish(message: Fields): Wish {
  const { mode = 'quote', greeks = false, policy = 'conflate', window_ms: window } = message;
  if (typeof mode !== 'string' || !Object.hasOwn(MODES, mode)) {
    throw bad('"mode" must be ltp, compact, quote or full');
  }
  if (typeof greeks !== 'boolean') throw bad('"greeks" must be true or false');
  if (!isOneOf(POLICIES, policy)) throw bad(`"policy" must be ${POLICIES.join(' or ')}`);
  if (window !== undefined && !isOneOf(WINDOWS, window)) {
    throw bad(`"window_ms" must be one of ${WINDOWS.join(', ')}`);
  }
  return { target: checkTarget(message), mode: MODES[mode as ModeName], greeks, policy, window };
}

function checkResume(message: Fields): { epoch: string; sequence: number; wishes: Wish[] } {
  const { epoch, subscriptions } = message;
  if (typeof epoch !== 'string' || !/^[0-9a-f]{16}$/.test(epoch)) {
    throw bad('"epoch" must be the 16 hex digits of a hello');
  }
  if (!Array.isArray(subscriptions) || subscriptions.length === 0) {
    throw bad('"subscriptions" must be a list of what a subscribe would name');
  }
  if (subscriptions.length > RESUME_ITEMS_MAX) {
    throw new TickerError('LIMIT_EXCEEDED', `at most ${RESUME_ITEMS_MAX} subscriptions a resume`);
  }
  const wishes = (subscriptions as unknown[]).map((item) => {
    if (typeof item !== 'object' || item === null) throw bad('a subscription is an object');
    return checkWish(item as Fields);
  });
  return { epoch, sequence: checkSequence(message), wishes };
}

function checkSequence({ sequence }: Fields): number {
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < 0) {
    throw bad('"sequence" must be a position: a whole number of 0 or more');
  }
  return sequence;
}

function isOneOf<Value>(values: readonly Value[], value: unknown): value is Value {
  return (values as readonly unknown[]).includes(value);
}

function checkTarget(message: Fields): Target {
  const { instruments, chain } = message;
  if ((instruments === undefined) === (chain === undefined)) {
    throw bad('give either "instruments" or "chain"');
  }
  return instruments === undefined
    ? { kind: 'chain', chain: checkChain(chain) }
    : { kind: 'instruments', instruments: checkInstruments(instruments) };
}

function checkInstruments(value: unknown): (number | string)[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw bad('"instruments" must be a list of tokens or EXCHANGE:SYMBOL names');
  }
  if (value.length > INSTRUMENTS_PER_MESSAGE_MAX) {
    throw new TickerError(
      'LIMIT_EXCEEDED',
      `at most ${INSTRUMENTS_PER_MESSAGE_MAX} instruments a message, got ${value.length}`,
    );
  }
  for (const item of value as unknown[]) {
    const isToken = typeof item === 'number' && Number.isInteger(item) && item > 0;
    const isSymbol = typeof item === 'string' && item.length <= SYMBOL_LENGTH_MAX;
    if (!isToken && !isSymbol) throw bad('an instrument is a token or an EXCHANGE:SYMBOL name');
  }
  return value as (number | string)[];
}

function checkChain(value: unknown): ChainRequest {
  if (typeof value !== 'object' || value === null) throw bad('"chain" must be an object');
  const { underlying, expiry, strikes } = value as Fields;
  if (typeof underlying !== 'string' || underlying.length > SYMBOL_LENGTH_MAX) {
    throw bad('"chain.underlying" must be a name like NIFTY');
  }
  if (expiry !== undefined && (typeof expiry !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(expiry))) {
    throw bad('"chain.expiry" must be a date like 2026-12-01');
  }
  return {
    underlying,
    ...(expiry === undefined ? {} : { expiry }),
    strikes: checkStrikes(strikes),
  };
}

function checkStrikes(value: unknown): StrikeChoice {
  if (value === 'all') return value;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  if (typeof value !== 'object' || value === null || !('delta' in value)) {
    throw bad('"chain.strikes" must be a number of strikes on each side, "all", or {"delta":[..]}');
  }
  const [least, greatest, ...more] = Array.isArray(value.delta) ? (value.delta as unknown[]) : [];
  const isBand =
    typeof least === 'number' &&
    typeof greatest === 'number' &&
    more.length === 0 &&
    0 <= least &&
    least < greatest &&
    greatest <= 1;
  if (!isBand)
    throw bad('"chain.strikes.delta" must be two numbers like [0.1,0.9], 0 to 1, rising');
  return { delta: [least, greatest] };
}
