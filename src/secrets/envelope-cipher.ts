import type { Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { SecretCipher, SecretContext } from '../domain/storage.ts';
import { registerArrival } from '../telemetry/redaction.ts';
import { type DataKey, type DataKeyProvider, type RandomBytes } from './data-key.ts';
import { DataKeyCache, type DataKeyLimits } from './data-key-cache.ts';
import { contextText, encryptionContext, requireUnicode } from './encryption-context.ts';
import {
  NONCE_BYTES,
  openEnvelope,
  parseEnvelope,
  sealEnvelope,
  SECRET_BYTES_MAX,
} from './envelope.ts';

export interface EnvelopeCipherOptions {
  provider: DataKeyProvider;
  clock: Clock;
  randomBytes: RandomBytes;
  /** Of data keys in the clear; decryption has no limit of uses. */
  limits?: DataKeyLimits;
}

/**
 * A key service that withdraws a key is noticed after this age at the latest. Uses stay far below
 * the 2^32 random nonces that AES-GCM allows for one key.
 */
export const DATA_KEY_LIMITS: DataKeyLimits = { ageMaxMs: 300_000, usesMax: 1000, keysMax: 1000 };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Encrypts each secret with a data key of its context, which the provider's key encrypts. */
export class EnvelopeCipher implements SecretCipher {
  readonly #provider: DataKeyProvider;
  readonly #randomBytes: RandomBytes;
  readonly #encryptionKeys: DataKeyCache;
  readonly #decryptionKeys: DataKeyCache;

  constructor({ provider, clock, randomBytes, limits = DATA_KEY_LIMITS }: EnvelopeCipherOptions) {
    this.#provider = provider;
    this.#randomBytes = randomBytes;
    this.#encryptionKeys = new DataKeyCache(limits, clock);
    this.#decryptionKeys = new DataKeyCache({ ...limits, usesMax: Infinity }, clock);
  }

  /** From then on no data key of another key makes ciphertexts. */
  async currentKeyId(): Promise<string> {
    const keyId = await this.#provider.currentKeyId();
    this.#encryptionKeys.evictOthers(keyId);
    return keyId;
  }

  async encrypt(plaintext: string, context: SecretContext): Promise<Uint8Array> {
    requireUnicode(plaintext, 'the secret');
    registerArrival(plaintext);
    const secret = Buffer.from(plaintext);
    if (secret.length > SECRET_BYTES_MAX) {
      const most = `at most ${SECRET_BYTES_MAX} bytes can be kept`;
      throw new TickerError('INVALID_REQUEST', `the secret is too long: ${most}`);
    }
    const bound = encryptionContext(context);
    return this.#encryptionKeys.use(
      contextText(bound),
      () => this.#provider.generate(bound),
      (key) => {
        const nonce = this.#randomBytes(NONCE_BYTES);
        const parts = { keyId: key.keyId, wrappedKey: key.wrapped, nonce };
        return sealEnvelope(parts, key.plaintext, secret, bound);
      },
    );
  }

  async decrypt(ciphertext: Uint8Array, context: SecretContext): Promise<string> {
    // A copy: the caller's bytes may change while the key service is asked.
    const envelope = parseEnvelope(Uint8Array.from(ciphertext));
    const bound = encryptionContext(context);
    const wrappedText = Buffer.from(envelope.wrappedKey).toString('base64');
    const secret = await this.#decryptionKeys.use(
      `${contextText(bound)} ${envelope.keyId} ${wrappedText}`,
      async (): Promise<DataKey> => {
        const { keyId, wrappedKey: wrapped } = envelope;
        return { keyId, wrapped, plaintext: await this.#provider.unwrap(wrapped, keyId, bound) };
      },
      (key) => openEnvelope(envelope, key.plaintext, bound),
    );
    const text = decodeText(secret);
    registerArrival(text);
    return text;
  }

  keyIdOf(ciphertext: Uint8Array): string {
    return parseEnvelope(ciphertext).keyId;
  }

  /** Overwrites the data keys held in the clear. */
  close(): void {
    this.#encryptionKeys.clear();
    this.#decryptionKeys.clear();
    this.#provider.close();
  }
}

function decodeText(secret: Uint8Array): string {
  try {
    return utf8.decode(secret);
  } catch {
    throw new TickerError('SECRET_UNREADABLE', 'the secret is no text');
  }
}
