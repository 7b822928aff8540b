import { createHash, timingSafeEqual } from 'node:crypto';
import {
  DEFAULT_KEY_LIMITS,
  type KeyRecord,
  type Principal,
  type Scope,
} from '../domain/access.ts';
import type { Clock } from '../domain/clock.ts';

const HASH_BYTES = 32;

interface KnownKey {
  hash: Buffer;
  expiresMs: number | null;
  principal: Principal;
}

/** SHA-256 of a key in hex. A key is 256 random bits, so that a slow hash would add nothing. */
export function keyHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A key that the configuration gives: valid as long as the process, for every account. */
export function configuredKey(id: string, token: string, scopes: readonly Scope[]): KeyRecord {
  return {
    id,
    hash: keyHash(token),
    scopes,
    accounts: 'all',
    limits: DEFAULT_KEY_LIMITS,
    expiresMs: null,
  };
}

function known({ id, hash, scopes, accounts, limits, expiresMs }: KeyRecord): KnownKey {
  const principal: Principal = {
    keyId: id,
    scopes: new Set(scopes),
    accounts: accounts === 'all' ? 'all' : new Set(accounts),
    limits,
  };
  return { hash: Buffer.from(hash, 'hex'), expiresMs, principal };
}

/**
 * The keys that are valid now. Compares digests, all of them every time, so that the time it takes
 * says nothing about the keys.
 */
export class KeyTable {
  readonly #clock: Clock;
  #keys: readonly KnownKey[] = [];
  #isComplete: boolean;

  /** `isComplete` false: there may be more keys than these, which are not known yet. */
  constructor(clock: Clock, records: readonly KeyRecord[] = [], isComplete = true) {
    this.#clock = clock;
    this.replace(records);
    this.#isComplete = isComplete;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** From now on these keys are valid and no others. */
  replace(records: readonly KeyRecord[]): void {
    this.#isComplete = true;
    this.#keys = records.map(known).filter(({ hash }) => hash.length === HASH_BYTES);
  }

  /** Undefined: not a valid key. */
  authenticate(token: string): Principal | undefined {
    const presented = createHash('sha256').update(token).digest();
    let found: KnownKey | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.hash, presented)) found = key;
    return found !== undefined && this.#isValid(found) ? found.principal : undefined;
  }

  /** True if the key of a principal that was authenticated earlier is still valid. */
  isValid(keyId: string): boolean {
    return this.#keys.some((key) => key.principal.keyId === keyId && this.#isValid(key));
  }

  #isValid({ expiresMs }: KnownKey): boolean {
    return expiresMs === null || this.#clock.nowUs() / 1000 < expiresMs;
  }
}
