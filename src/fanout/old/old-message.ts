import type { ErrorCode } from '../../domain/error-codes.ts';
import { ERRORS } from '../../domain/error-codes.ts';
import { INSTRUMENTS_PER_MESSAGE_MAX } from '../client-message.ts';

/** A client's message, checked. */
export type OldMessage =
  { action: 'subscribe' | 'unsubscribe'; tokens: number[] } | { action: 'ping' };

/** Why a message is refused. The connection stays. */
export interface OldRefusal {
  code: ErrorCode;
  message: string;
}

/** Parses and checks one text message. Never throws. */
export function checkOldMessage(text: string): OldMessage | OldRefusal {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { code: 'BAD_JSON', message: ERRORS.BAD_JSON.detail };
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return bad('a message is a JSON object');
  }
  const { action, tokens = [] } = message as { action?: unknown; tokens?: unknown };
  switch (action) {
    case 'subscribe':
    case 'unsubscribe':
      return checkTokens(action, tokens);
    case 'ping':
      return { action };
    default:
      return bad('"action" must be subscribe, unsubscribe or ping');
  }
}

export function isOldRefusal(result: OldMessage | OldRefusal): result is OldRefusal {
  return 'code' in result;
}

function bad(message: string): OldRefusal {
  return { code: 'BAD_MESSAGE', message };
}

/** One item that is no token refuses the whole message: nothing of it is done then. */
function checkTokens(
  action: 'subscribe' | 'unsubscribe',
  tokens: unknown,
): OldMessage | OldRefusal {
  if (!Array.isArray(tokens)) return bad('"tokens" must be a list of instrument tokens');
  if (tokens.length > INSTRUMENTS_PER_MESSAGE_MAX) {
    const message = `at most ${INSTRUMENTS_PER_MESSAGE_MAX} tokens a message, got ${tokens.length}`;
    return { code: 'LIMIT_EXCEEDED', message };
  }
  const list = tokens as unknown[];
  if (!list.every(isToken)) return bad('"tokens" must be whole numbers from 1 to 4294967295');
  return { action, tokens: [...new Set(list)] };
}

function isToken(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value >>> 0 === value;
}
