import { TickerError } from '../domain/error-codes.ts';
import type { SecretContext } from '../domain/storage.ts';

/** Tells our data keys from those of other services that use the same key of AWS KMS. */
const SERVICE = 'ticker';
/** Together far below the 8,192 characters that AWS KMS takes. */
const PART_CHARACTERS_MAX = 256;
/** Half of a pair alone: no text, and lost on the way through UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a data key is bound to. It is no secret: AWS records it in CloudTrail. */
export interface EncryptionContext extends SecretContext {
  service: typeof SERVICE;
}

/** Throws TickerError INVALID_REQUEST for text that would not survive UTF-8; `what` names it. */
export function requireUnicode(text: string, what: string): void {
  if (LONE_SURROGATE.test(text)) throw new TickerError('INVALID_REQUEST', `${what} is no text`);
}

/** Throws TickerError INVALID_REQUEST for a part that is empty, too long or no text. */
export function encryptionContext({ kind, id, field }: SecretContext): EncryptionContext {
  for (const [name, part] of Object.entries({ kind, id, field })) {
    requireUnicode(part, `the ${name} of a secret`);
    if (part === '' || part.length > PART_CHARACTERS_MAX) {
      const must = `must have 1 to ${PART_CHARACTERS_MAX} characters`;
      throw new TickerError('INVALID_REQUEST', `the ${name} of a secret ${must}`);
    }
  }
  return { service: SERVICE, kind, id, field };
}

/** The same text for equal contexts only: the parts cannot run into each other. */
export function contextText({ service, kind, id, field }: EncryptionContext): string {
  return JSON.stringify([service, kind, id, field]);
}
