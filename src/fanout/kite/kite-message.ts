import { MODE, type Mode } from '../../domain/status.ts';

/** A client's message, checked. */
export type KiteMessage = (
  | { action: 'subscribe'; tokens: number[] }
  | { action: 'unsubscribe'; tokens: number[] }
  | { action: 'mode'; mode: KiteMode; tokens: number[] }
) & {
  /** Items of the list that are no instrument tokens: the broker passes over them. */
  passedOver: number;
};

/** The broker has no others. */
export type KiteMode = typeof MODE.LTP | typeof MODE.QUOTE | typeof MODE.FULL;

/** A message that says nothing; why, in words for the client. */
export interface KiteRefusal {
  refused: string;
}

const MODES: ReadonlyMap<unknown, KiteMode> = new Map<Mode | string, KiteMode>([
  ['ltp', MODE.LTP],
  ['quote', MODE.QUOTE],
  ['full', MODE.FULL],
]);

/** Parses and checks one text message of the broker's protocol. Never throws. */
export function checkKiteMessage(text: string): KiteMessage | KiteRefusal {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { refused: 'the message is not valid JSON' };
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return { refused: 'a message is an object with "a" and "v"' };
  }
  const { a: action, v: value } = message as { a?: unknown; v?: unknown };
  switch (action) {
    case 'subscribe':
    case 'unsubscribe':
      if (!Array.isArray(value)) return { refused: `"v" of ${action} is a list of tokens` };
      return { action, ...tokensIn(value) };
    case 'mode':
      return checkMode(value);
    default:
      return { refused: '"a" is subscribe, unsubscribe or mode' };
  }
}

export function isKiteRefusal(result: KiteMessage | KiteRefusal): result is KiteRefusal {
  return 'refused' in result;
}

function checkMode(value: unknown): KiteMessage | KiteRefusal {
  const [name, list] = Array.isArray(value) ? (value as unknown[]) : [];
  const mode = MODES.get(name);
  if (mode === undefined || !Array.isArray(list)) {
    return { refused: '"v" of mode is ["ltp", "quote" or "full", a list of tokens]' };
  }
  return { action: 'mode', mode, ...tokensIn(list) };
}

/** Tokens must be numbers: the broker does not take them as text either. */
function tokensIn(list: readonly unknown[]): { tokens: number[]; passedOver: number } {
  const tokens = list.filter(isToken);
  return { tokens, passedOver: list.length - tokens.length };
}

function isToken(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value >>> 0 === value;
}
