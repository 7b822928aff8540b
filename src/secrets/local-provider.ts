import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { TickerError } from '../domain/error-codes.ts';
import {
  DATA_KEY_BYTES,
  type DataKey,
  type DataKeyProvider,
  type RandomBytes,
} from './data-key.ts';
import { contextText, type EncryptionContext } from './encryption-context.ts';
import { readOrCreateMasterKey } from './master-key-file.ts';

export interface LocalProviderOptions {
  /** Folder of the file that holds the master key. */
  dataDirectory: string;
  randomBytes: RandomBytes;
  warn: (message: string) => void;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FINGERPRINT_CHARACTERS = 32;

/**
 * Data keys under a master key in a file: for development. Who can read the data directory can read
 * every secret, and it says so. Wrapped keys are nonce, tag and encrypted key.
 */
export class LocalProvider implements DataKeyProvider {
  readonly #masterKey: Uint8Array;
  readonly #keyId: string;
  readonly #randomBytes: RandomBytes;

  /** Throws TickerError DATA_DIR if the file cannot be used or others can read it. */
  constructor({ dataDirectory, randomBytes, warn }: LocalProviderOptions) {
    const { key, path } = readOrCreateMasterKey(dataDirectory, randomBytes);
    this.#masterKey = key;
    this.#randomBytes = randomBytes;
    this.#keyId = `local:${fingerprint(key)}`;
    warn(
      `secrets are encrypted with the key in ${path}: whoever can read that folder can read them ` +
        '(for development only; TICKER_KMS_KEY_ID names a key of AWS KMS instead)',
    );
  }

  async currentKeyId(): Promise<string> {
    return this.#keyId;
  }

  async generate(context: EncryptionContext): Promise<DataKey> {
    const plaintext = Uint8Array.from(this.#randomBytes(DATA_KEY_BYTES));
    const nonce = this.#randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#masterKey, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(contextText(context)));
    const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const wrapped = Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
    return { plaintext, wrapped, keyId: this.#keyId };
  }

  async unwrap(
    wrapped: Uint8Array,
    keyId: string,
    context: EncryptionContext,
  ): Promise<Uint8Array> {
    if (keyId !== this.#keyId) {
      const here = `the key here is ${this.#keyId}`;
      throw new TickerError('SECRET_UNREADABLE', `it was encrypted with ${keyId}; ${here}`);
    }
    const encrypted = wrapped.subarray(NONCE_BYTES + TAG_BYTES);
    if (encrypted.length !== DATA_KEY_BYTES) {
      throw new TickerError('SECRET_UNREADABLE', 'the data key has another length');
    }
    const nonce = wrapped.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.#masterKey, nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(contextText(context)));
    decipher.setAuthTag(wrapped.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const key = decipher.update(encrypted);
    try {
      decipher.final();
    } catch {
      throw new TickerError('SECRET_UNREADABLE', 'the data key belongs to something else');
    }
    return key;
  }

  close(): void {
    this.#masterKey.fill(0);
  }
}

/** Tells keys apart and says nothing about them. */
function fingerprint(key: Uint8Array): string {
  const digest = createHmac('sha256', key).update('ticker local master key').digest('hex');
  return digest.slice(0, FINGERPRINT_CHARACTERS);
}
