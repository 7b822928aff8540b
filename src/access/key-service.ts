import type { KeyRecord } from '../domain/access.ts';
import type { Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { Author, KeyStore, StoredKey } from '../domain/storage.ts';
import { isApiKey, isKeyId, newApiKey, type RandomBytes } from './api-key.ts';
import { checkExpiry, checkKeyRequest, type KeyRequest, type KeyTerms } from './key-request.ts';

export interface KeyServiceOptions {
  store: KeyStore;
  clock: Clock;
  environment: 'development' | 'production';
  randomBytes: RandomBytes;
}

/** A key that has just been made: the only time that its text is there. */
export interface IssuedKey {
  key: string;
  stored: StoredKey;
}

export interface RotatedKey extends IssuedKey {
  /** When the key that it replaces ends, epoch ms. */
  previousExpiresMs: number;
}

export interface RotationOptions {
  /** How long both keys are valid; 24 h if left out. */
  overlapMs?: number;
  /** Epoch ms, null: never; left out: the new key lasts as long as the old one was made to last. */
  expiresMs?: number | null;
}

const DEFAULT_OVERLAP_MS = 86_400_000;

function isoTime(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

function hasEnded(key: StoredKey, nowMs: number): boolean {
  return key.revokedMs !== null || (key.expiresMs !== null && key.expiresMs <= nowMs);
}

/** Makes, replaces and revokes API keys. Every change is recorded with who made it. */
export class KeyService {
  readonly #options: KeyServiceOptions;

  constructor(options: KeyServiceOptions) {
    this.#options = options;
  }

  /** Rejects with INVALID_REQUEST, saying what is wrong with the request. */
  async create(request: KeyRequest, author: Author): Promise<IssuedKey> {
    const nowMs = this.#nowMs();
    const issued = this.#issue(checkKeyRequest(request, nowMs), nowMs, null);
    const { id, scopes, accounts, label, limits, expiresMs } = issued.stored;
    await this.#options.store.create(issued.stored, {
      ...author,
      action: 'key.created',
      subject: id,
      detail: { scopes, accounts, label, limits, expires: isoTime(expiresMs) },
    });
    return issued;
  }

  /** All keys, revoked and expired ones too, the oldest first. */
  list(): Promise<StoredKey[]> {
    return this.#options.store.list();
  }

  /**
   * Makes a key that may do the same, and ends the old one after an overlap (or when it would have
   * ended anyway). Rejects with UNKNOWN_KEY, with KEY_REVOKED for one that has ended, and with
   * INVALID_REQUEST for one that has been replaced already.
   */
  async rotate(id: string, options: RotationOptions, author: Author): Promise<RotatedKey> {
    requireKeyId(id);
    const { overlapMs = DEFAULT_OVERLAP_MS } = options;
    const nowMs = this.#nowMs();
    let rotated: RotatedKey | undefined;
    await this.#options.store.change(id, (old, successorId) => {
      refuseEnded(old, nowMs);
      if (successorId !== undefined) {
        throw new TickerError(
          'INVALID_REQUEST',
          `${id} has been replaced by ${successorId} already: rotate that one`,
        );
      }
      const expiresMs = checkExpiry(
        options.expiresMs === undefined ? sameLifetime(old, nowMs) : options.expiresMs,
        nowMs,
      );
      const issued = this.#issue({ ...old, expiresMs }, nowMs, id);
      const previousExpiresMs = Math.min(old.expiresMs ?? Infinity, nowMs + overlapMs);
      rotated = { ...issued, previousExpiresMs };
      return {
        timeMs: nowMs,
        update: { expiresMs: previousExpiresMs, revokedMs: null },
        successor: issued.stored,
        event: {
          ...author,
          action: 'key.rotated',
          subject: id,
          detail: {
            successor: issued.stored.id,
            expires: isoTime(expiresMs),
            previousExpires: isoTime(previousExpiresMs),
          },
        },
      };
    });
    if (rotated === undefined) throw new TickerError('UNKNOWN_KEY', `there is no key ${id}`);
    return rotated;
  }

  /** Ends a key at once. False: it was revoked already. Rejects with UNKNOWN_KEY. */
  async revoke(id: string, author: Author): Promise<boolean> {
    requireKeyId(id);
    const revokedMs = this.#nowMs();
    let isChange = false;
    await this.#options.store.change(id, (key) => {
      isChange = key.revokedMs === null;
      if (!isChange) return undefined;
      return {
        timeMs: revokedMs,
        update: { expiresMs: key.expiresMs, revokedMs },
        event: { ...author, action: 'key.revoked', subject: id, detail: { label: key.label } },
      };
    });
    return isChange;
  }

  /** The keys that are valid, for a `KeyTable`. */
  async records(): Promise<KeyRecord[]> {
    const nowMs = this.#nowMs();
    return (await this.list())
      .filter((key) => !hasEnded(key, nowMs))
      .map(({ id, hash, scopes, accounts, limits, expiresMs }) => ({
        id,
        hash,
        scopes,
        accounts,
        limits,
        expiresMs,
      }));
  }

  /** Keeps when keys were last used; those that are not stored are passed over. */
  async noteUse(uses: readonly { keyId: string; timeMs: number }[]): Promise<void> {
    const stored = uses.filter(({ keyId }) => isKeyId(keyId));
    if (stored.length > 0) await this.#options.store.noteUse(stored);
  }

  #issue(terms: KeyTerms, createdMs: number, replaces: string | null): IssuedKey {
    const { environment, randomBytes } = this.#options;
    const { id, key, hash } = newApiKey(environment, randomBytes);
    const { label, scopes, accounts, limits, expiresMs } = terms;
    return {
      key,
      stored: {
        id,
        hash,
        label,
        scopes,
        accounts,
        limits,
        createdMs,
        expiresMs,
        lastUsedMs: null,
        revokedMs: null,
        replaces,
      },
    };
  }

  #nowMs(): number {
    return Math.floor(this.#options.clock.nowUs() / 1000);
  }
}

/* Not repeated in the message: it may be a key that was given in place of its id. */
function requireKeyId(id: string): void {
  if (isKeyId(id)) return;
  const what = isApiKey(id) ? 'a key itself, not its id' : 'not the id of a key';
  throw new TickerError('UNKNOWN_KEY', `that is ${what}: key_ and 16 characters`);
}

function refuseEnded(key: StoredKey, nowMs: number): void {
  if (!hasEnded(key, nowMs)) return;
  const end =
    key.revokedMs === null
      ? `expired at ${isoTime(key.expiresMs)}`
      : `was revoked at ${isoTime(key.revokedMs)}`;
  throw new TickerError('KEY_REVOKED', `${key.id} ${end}: create a new key`);
}

function sameLifetime({ createdMs, expiresMs }: StoredKey, nowMs: number): number | null {
  return expiresMs === null ? null : nowMs + Math.max(1, expiresMs - createdMs);
}
