import type { EncryptionContext } from './encryption-context.ts';

export const DATA_KEY_BYTES = 32;

/** A key that encrypts secrets, in the clear and as it is kept beside what it encrypted. */
export interface DataKey {
  /** 256 bits; overwritten when the key is not used any more. */
  plaintext: Uint8Array;
  /** Encrypted by the key named `keyId`. */
  wrapped: Uint8Array;
  keyId: string;
}

/** Keeps the key that encrypts data keys. Every failure is a TickerError. */
export interface DataKeyProvider {
  /** The key that new data keys are made with, by its one name. Rejects with KEY_SERVICE. */
  currentKeyId(): Promise<string>;
  /** A new data key. Rejects with KEY_SERVICE. */
  generate(context: EncryptionContext): Promise<DataKey>;
  /**
   * A data key in the clear. Rejects with SECRET_UNREADABLE (not made by this key for this
   * context) or KEY_SERVICE.
   */
  unwrap(wrapped: Uint8Array, keyId: string, context: EncryptionContext): Promise<Uint8Array>;
  close(): void;
}

/** As `randomBytes` of node:crypto. */
export type RandomBytes = (count: number) => Uint8Array;
