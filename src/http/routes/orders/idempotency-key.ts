import { createHash } from 'node:crypto';
import Type from 'typebox';
import { TickerError } from '../../../domain/error-codes.ts';

/** A string of RFC 8941, as draft-ietf-httpapi-idempotency-key-header has it. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** What most callers send: the same without its quotes, as long as it is one word. */
const BARE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;
const CHARACTERS_MAX = 255;

export const IDEMPOTENCY_HEADERS = Type.Object({
  'Idempotency-Key': Type.String({
    minLength: 1,
    maxLength: CHARACTERS_MAX,
    description:
      'A name of yours for this request, new for every new wish: asked for again under the same ' +
      'name, it is done once and answered alike. In quotes or without.',
  }),
});

/**
 * The key in an `Idempotency-Key` header. Throws TickerError IDEMPOTENCY_KEY_MISSING, or
 * INVALID_REQUEST for a text that is no key.
 */
export function idempotencyKey(header: string | undefined): string {
  const text = header?.trim() ?? '';
  if (text === '') throw new TickerError('IDEMPOTENCY_KEY_MISSING');
  const quoted = QUOTED.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1');
  const key = quoted ?? (BARE.test(text) ? text : '');
  if (key !== '' && key.length <= CHARACTERS_MAX) return key;
  throw new TickerError(
    'INVALID_REQUEST',
    `header Idempotency-Key must be one text of 1 to ${CHARACTERS_MAX} printable ASCII characters`,
  );
}

/** SHA-256 (hex) over what a request asks for; the order of members of its body does not matter. */
export function requestFingerprint(method: string, path: string, body: unknown): string {
  const text = [method, path, body === undefined ? '' : canonicalJson(body)].join('\n');
  return createHash('sha256').update(text).digest('hex');
}

/** JSON with the members of each object in the order of their names. */
function canonicalJson(body: unknown): string {
  return JSON.stringify(body, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const members = Object.entries(value);
    members.sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(members);
  });
}
