/**
 * The form in which secrets are kept:
 *
 *     bytes   field
 *     4       "TKS" and the version, 1
 *     2       length of the key id, big-endian
 *     ..      key id: the key that encrypted the data key, printable ASCII
 *     2       length of the wrapped data key, big-endian
 *     ..      wrapped data key
 *     12      nonce, random
 *     16      tag
 *     ..      the secret, AES-256-GCM under the data key
 *
 * Authenticated beside the secret: everything before the tag, and what the secret belongs to.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { TickerError } from '../domain/error-codes.ts';
import { type EncryptionContext, contextText } from './encryption-context.ts';

export const NONCE_BYTES = 12;
export const SECRET_BYTES_MAX = 65_536;
/** An ARN of AWS has at most 2,048 characters. */
const KEY_ID_BYTES_MAX = 2048;
/** What AWS KMS takes at most. */
const WRAPPED_BYTES_MAX = 6144;

const ALGORITHM = 'aes-256-gcm';
const MAGIC = Buffer.from('TKS\x01', 'latin1');
const TAG_BYTES = 16;
const LENGTH_BYTES = 2;
const KEY_ID = /^[\x21-\x7e]+$/;

/** The part that can be read without a key. Nothing of it may be believed before `openEnvelope`. */
export interface Envelope {
  keyId: string;
  wrappedKey: Uint8Array;
  nonce: Uint8Array;
  /** All bytes before the tag. */
  header: Uint8Array;
  tag: Uint8Array;
  ciphertext: Uint8Array;
}

export type EnvelopeHeader = Pick<Envelope, 'keyId' | 'wrappedKey' | 'nonce'>;

function unreadable(reason: string): TickerError {
  return new TickerError('SECRET_UNREADABLE', reason);
}

function headerOf({ keyId, wrappedKey, nonce }: EnvelopeHeader): Buffer {
  const idBytes = Buffer.from(keyId, 'latin1');
  const lengths = Buffer.alloc(2 * LENGTH_BYTES);
  lengths.writeUInt16BE(idBytes.length, 0);
  lengths.writeUInt16BE(wrappedKey.length, LENGTH_BYTES);
  return Buffer.concat([
    MAGIC,
    lengths.subarray(0, LENGTH_BYTES),
    idBytes,
    lengths.subarray(LENGTH_BYTES),
    wrappedKey,
    nonce,
  ]);
}

/** True if a data key of this form can be written down. */
export function isStorableKey(keyId: string, wrappedKey: Uint8Array): boolean {
  const isId = KEY_ID.test(keyId) && keyId.length <= KEY_ID_BYTES_MAX;
  return isId && wrappedKey.length > 0 && wrappedKey.length <= WRAPPED_BYTES_MAX;
}

function authenticated(header: Uint8Array, context: EncryptionContext): Buffer {
  return Buffer.concat([header, Buffer.from(contextText(context))]);
}

/** `secret` encrypted with `key` (32 bytes), the data key whose wrapped form is in `parts`. */
export function sealEnvelope(
  parts: EnvelopeHeader,
  key: Uint8Array,
  secret: Uint8Array,
  context: EncryptionContext,
): Uint8Array {
  const header = headerOf(parts);
  const cipher = createCipheriv(ALGORITHM, key, parts.nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(authenticated(header, context));
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()]);
  return Buffer.concat([header, cipher.getAuthTag(), ciphertext]);
}

/** Takes bytes from the front; throws SECRET_UNREADABLE when there are not enough. */
class ByteReader {
  readonly #bytes: Buffer;
  offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(count: number): Buffer {
    if (count > this.#bytes.length - this.offset) throw unreadable('the ciphertext is cut off');
    return this.#bytes.subarray(this.offset, (this.offset += count));
  }

  takeCounted(max: number): Buffer {
    const count = this.take(LENGTH_BYTES).readUInt16BE();
    if (count === 0 || count > max) throw unreadable('the ciphertext has an impossible length');
    return this.take(count);
  }
}

/** The parts of a ciphertext, as views of it. Throws TickerError SECRET_UNREADABLE. */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = new ByteReader(buffer);
  if (!reader.take(MAGIC.length).equals(MAGIC)) {
    throw unreadable('the ciphertext is not of a form that this version knows');
  }
  const keyId = reader.takeCounted(KEY_ID_BYTES_MAX).toString('latin1');
  if (!KEY_ID.test(keyId)) throw unreadable('the key id of the ciphertext is not printable');
  const wrappedKey = reader.takeCounted(WRAPPED_BYTES_MAX);
  const nonce = reader.take(NONCE_BYTES);
  const header = buffer.subarray(0, reader.offset);
  const tag = reader.take(TAG_BYTES);
  const ciphertext = buffer.subarray(reader.offset);
  if (ciphertext.length > SECRET_BYTES_MAX) throw unreadable('the ciphertext is too long');
  return { keyId, wrappedKey, nonce, header, tag, ciphertext };
}

/** The secret. Throws TickerError SECRET_UNREADABLE if anything is not as it was sealed. */
export function openEnvelope(
  { nonce, header, tag, ciphertext }: Envelope,
  key: Uint8Array,
  context: EncryptionContext,
): Uint8Array {
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticated(header, context));
  decipher.setAuthTag(tag);
  const secret = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch {
    throw unreadable('the ciphertext has been changed or belongs to something else');
  }
  return secret;
}
