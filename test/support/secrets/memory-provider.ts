import { createHash, randomBytes } from 'node:crypto';
import { TickerError } from '../../../src/domain/error-codes.ts';
import {
  DATA_KEY_BYTES,
  type DataKey,
  type DataKeyProvider,
} from '../../../src/secrets/data-key.ts';
import { contextText, type EncryptionContext } from '../../../src/secrets/encryption-context.ts';

/** Keeps data keys in this process's memory under a number, and counts what it is asked. */
export class MemoryProvider implements DataKeyProvider {
  keyId = 'memory:1';
  generated = 0;
  unwrapped = 0;
  /** Thrown instead of the next answers. */
  failures: TickerError[] = [];
  /** Every data key given out; what the caller has wiped is zero here too. */
  readonly given: Uint8Array[] = [];
  readonly #keys = new Map<string, Uint8Array>();

  async currentKeyId(): Promise<string> {
    this.#failIfTold();
    return this.keyId;
  }

  async generate(context: EncryptionContext): Promise<DataKey> {
    this.generated++;
    this.#failIfTold();
    const plaintext = new Uint8Array(randomBytes(DATA_KEY_BYTES));
    const wrapped = randomBytes(16);
    this.#keys.set(entryName(wrapped, this.keyId, context), plaintext.slice());
    this.given.push(plaintext);
    return { plaintext, wrapped, keyId: this.keyId };
  }

  async unwrap(
    wrapped: Uint8Array,
    keyId: string,
    context: EncryptionContext,
  ): Promise<Uint8Array> {
    this.unwrapped++;
    this.#failIfTold();
    const key = this.#keys.get(entryName(wrapped, keyId, context))?.slice();
    if (key === undefined) throw new TickerError('SECRET_UNREADABLE', 'no such data key');
    this.given.push(key);
    return key;
  }

  close(): void {
    this.#keys.clear();
  }

  #failIfTold(): void {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }
}

function entryName(wrapped: Uint8Array, keyId: string, context: EncryptionContext): string {
  const hash = createHash('sha256').update(wrapped).digest('hex');
  return `${hash} ${keyId} ${contextText(context)}`;
}
