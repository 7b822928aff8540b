import { TickerError } from '../domain/error-codes.ts';
import type { ServerMessage } from '../wire/messages.ts';

type FieldKind = 'number' | 'string' | 'boolean' | 'object' | 'array';

/** The fields without which a message of this type cannot be handled. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, FieldKind>>>> = {
  hello: { epoch: 'string', sequence: 'number', heartbeat_ms: 'number' },
  subscribed: { id: 'number', results: 'array' },
  unsubscribed: { id: 'number', results: 'array' },
  resumed: { id: 'number', recovered: 'boolean', results: 'array' },
  replay_completed: { through: 'number' },
  pong: { id: 'number' },
  authenticated: { id: 'number' },
  ticks: { through: 'number', ticks: 'array' },
  heartbeat: { through: 'number', time: 'number' },
  gap: { from: 'number', to: 'number', reason: 'string' },
  chain: { chain: 'object', time: 'number', status: 'string' },
  chain_changed: { chain: 'object', added: 'array', removed: 'array' },
  error: { code: 'string', detail: 'string' },
};

function isOfKind(value: unknown, kind: FieldKind): boolean {
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'object') return typeof value === 'object' && value !== null;
  return typeof value === kind;
}

/**
 * A text message of the service. Types that this version does not know pass: newer services have
 * more of them. Throws TickerError BAD_JSON or BAD_MESSAGE.
 */
export function parseServerMessage(text: string): ServerMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TickerError('BAD_JSON', 'the service sent text that is not JSON');
  }
  const { type } = (value ?? {}) as { type?: unknown };
  if (typeof type !== 'string') {
    throw new TickerError('BAD_MESSAGE', 'the service sent a message without a type');
  }
  const message = value as Readonly<Record<string, unknown>>;
  const fields = Object.hasOwn(FIELDS, type) ? (FIELDS[type] ?? {}) : {};
  for (const [name, kind] of Object.entries(fields)) {
    if (!isOfKind(message[name], kind)) {
      throw new TickerError('BAD_MESSAGE', `${type} of the service: ${name} is not a ${kind}`);
    }
  }
  return value as ServerMessage;
}
