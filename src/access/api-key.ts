import { keyHash } from './key-table.ts';

const SECRET_BYTES = 32;
const ID_CHARACTERS = 16;
/** 32 of them, so that a byte picks one without preference. */
const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const KEY_SHAPE = /^tk_(?:dev|prod)_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const ID_SHAPE = /^key_[a-z2-7]{16}$/;

/** Gives so many random bytes; `randomBytes` of node:crypto. */
export type RandomBytes = (size: number) => Uint8Array;

export interface NewApiKey {
  id: string;
  /** The key itself: 256 random bits. Exists here and with its holder only. */
  key: string;
  /** SHA-256 of `key` in hex. */
  hash: string;
}

/** Makes a key of its own id, which says nothing about the key. */
export function newApiKey(
  environment: 'development' | 'production',
  randomBytes: RandomBytes,
): NewApiKey {
  const prefix = environment === 'production' ? 'tk_prod_' : 'tk_dev_';
  const key = prefix + Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
  const id = Array.from(randomBytes(ID_CHARACTERS), (byte) =>
    ID_ALPHABET.charAt(byte % ID_ALPHABET.length),
  );
  return { id: `key_${id.join('')}`, key, hash: keyHash(key) };
}

/** True if `text` has the form of a key that `newApiKey` makes. */
export function isApiKey(text: string): boolean {
  return KEY_SHAPE.test(text);
}

/** True if `text` has the form of a key's id. */
export function isKeyId(text: string): boolean {
  return ID_SHAPE.test(text);
}
