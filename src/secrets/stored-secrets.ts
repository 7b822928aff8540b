import type { Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import {
  type AuditEvent,
  type SecretCipher,
  settingContext,
  type SettingStore,
  type StoredSetting,
} from '../domain/storage.ts';
import type { SecretSource } from './secret-sources.ts';

/** Who changes something, and from where. */
export type SecretAuthor = Pick<AuditEvent, 'actor' | 'origin'>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function requireName(name: string): void {
  if (NAME.test(name)) return;
  throw new TickerError(
    'INVALID_REQUEST',
    'a name has 1 to 64 characters of A-Z a-z 0-9 . _ -, a letter or digit first',
  );
}

/** Secrets by name, encrypted in a store; the source `encrypted-store:<name>` of settings. */
export class StoredSecrets implements SecretSource {
  readonly scheme = 'encrypted-store';
  readonly #store: SettingStore;
  readonly #cipher: SecretCipher;
  readonly #clock: Clock;

  constructor(store: SettingStore, cipher: SecretCipher, clock: Clock) {
    this.#store = store;
    this.#cipher = cipher;
    this.#clock = clock;
  }

  /** Rejects with SECRET_SOURCE (none of that name), or as the store and the cipher do. */
  async read(name: string): Promise<string> {
    requireName(name);
    const ciphertext = await this.#store.get(name);
    if (ciphertext === undefined) throw nothingStored(name);
    return this.#cipher.decrypt(ciphertext, settingContext(name));
  }

  /** Replaces what was there. Rejects with INVALID_REQUEST for a name that is none. */
  async set(name: string, text: string, author: SecretAuthor): Promise<StoredSetting> {
    requireName(name);
    const ciphertext = await this.#cipher.encrypt(text, settingContext(name));
    const keyId = this.#cipher.keyIdOf(ciphertext);
    const setting = { name, keyId, updatedMs: this.#nowMs() };
    const event = { ...author, action: 'secret.stored', subject: name, detail: { keyId } };
    await this.#store.put(setting, ciphertext, event);
    return setting;
  }

  /** By name, without their texts. */
  list(): Promise<StoredSetting[]> {
    return this.#store.list();
  }

  /** Rejects with SECRET_SOURCE: nothing of that name. */
  async remove(name: string, author: SecretAuthor): Promise<void> {
    const event = { ...author, action: 'secret.removed', subject: name, detail: {} };
    if (!(await this.#store.remove(name, event, this.#nowMs()))) throw nothingStored(name);
  }

  #nowMs(): number {
    return Math.floor(this.#clock.nowUs() / 1000);
  }
}

function nothingStored(name: string): TickerError {
  return new TickerError(
    'SECRET_SOURCE',
    `nothing is stored under the name ${JSON.stringify(name)}`,
  );
}
