/**
 * What is kept, as the parts that keep it and the parts that need it see it. Parts on the same
 * level never import each other; they meet here and are wired in `threads/` and `cli/`.
 */
import type { KeyLimits, Scope } from './access.ts';

/** Binds a ciphertext to what it is: one made for another account or field cannot be opened. */
export interface SecretContext {
  /** What kind of thing has the secret: `account`, `setting`. */
  kind: string;
  /** Which of them. */
  id: string;
  /** Which of its secrets: `api_secret`. */
  field: string;
}

/** Encrypts small secrets. Every failure is a TickerError; nothing is ever returned in part. */
export interface SecretCipher {
  /**
   * Key that new ciphertexts are to be made with, as its keeper names it now (an alias resolved).
   * Rejects with KEY_SERVICE.
   */
  currentKeyId(): Promise<string>;
  /** Rejects with KEY_SERVICE; INVALID_REQUEST for what cannot be kept (too long, no text). */
  encrypt(plaintext: string, context: SecretContext): Promise<Uint8Array>;
  /** Rejects with SECRET_UNREADABLE (tampered, other context) or KEY_SERVICE. */
  decrypt(ciphertext: Uint8Array, context: SecretContext): Promise<string>;
  /** Key id that a ciphertext was made with; throws SECRET_UNREADABLE. */
  keyIdOf(ciphertext: Uint8Array): string;
}

/** A ciphertext where it is kept. */
export interface StoredCiphertext {
  /** Where it stands in its store's order; opaque. */
  position: string;
  context: SecretContext;
  ciphertext: Uint8Array;
}

/** A store whose ciphertexts can be made anew under another key while others use them. */
export interface CiphertextStore {
  /**
   * Ciphertexts made with another key than `keyId`, in the store's order, at most `count`;
   * `after`: the position of the last one seen.
   */
  listOfOtherKeys(
    keyId: string,
    after: string | undefined,
    count: number,
  ): Promise<StoredCiphertext[]>;
  /** False: it is not `stored.ciphertext` any more, and has been left alone. */
  replaceIfUnchanged(
    stored: StoredCiphertext,
    ciphertext: Uint8Array,
    keyId: string,
  ): Promise<boolean>;
}

/** What the text of a stored setting is bound to. */
export function settingContext(name: string): SecretContext {
  return { kind: 'setting', id: name, field: 'value' };
}

/** What may be told of a stored setting. */
export interface StoredSetting {
  name: string;
  keyId: string;
  updatedMs: number;
}

/** Encrypted texts of settings by name. */
export interface SettingStore extends CiphertextStore {
  get(name: string): Promise<Uint8Array | undefined>;
  /** Replaces what was there. The change and its audit event happen together or not at all. */
  put(setting: StoredSetting, ciphertext: Uint8Array, event: AuditEvent): Promise<void>;
  /** By name. */
  list(): Promise<StoredSetting[]>;
  /** False: there was none. With its audit event, as `put`. */
  remove(name: string, event: AuditEvent, timeMs: number): Promise<boolean>;
}

/** An API key as it is stored. */
export interface StoredKey {
  /** Public name: `key_` and 16 characters. */
  id: string;
  /** SHA-256 of the key's text, in hex. */
  hash: string;
  /** What it is for, in the words of who made it; may be empty. */
  label: string;
  scopes: readonly Scope[];
  accounts: readonly string[] | 'all';
  limits: KeyLimits;
  createdMs: number;
  /** Epoch ms; null: never. */
  expiresMs: number | null;
  lastUsedMs: number | null;
  revokedMs: number | null;
  /** The key that this one replaces. */
  replaces: string | null;
}

/** What becomes of a key, and the event that records it. */
export interface KeyChange {
  event: AuditEvent;
  /** When it happens, epoch ms. */
  timeMs: number;
  /** New values of the key. */
  update: Pick<StoredKey, 'expiresMs' | 'revokedMs'>;
  /** The key that replaces it. */
  successor?: StoredKey;
}

/** Keeps API keys; a change and its audit event happen together or not at all. */
export interface KeyStore {
  /** All of them, the oldest first. */
  list(): Promise<StoredKey[]>;
  create(key: StoredKey, event: AuditEvent): Promise<void>;
  /**
   * Changes key `id` as `decide` says, which sees it as it is (no other change comes in between)
   * with the id of the key that replaces it, if any; it may be called again after a conflict.
   * Undefined: nothing changes. Rejects with UNKNOWN_KEY and with what `decide` throws.
   */
  change(
    id: string,
    decide: (key: StoredKey, successorId: string | undefined) => KeyChange | undefined,
  ): Promise<void>;
  /** Moves the last use of keys forward, never back; unknown keys are passed over. */
  noteUse(uses: readonly { keyId: string; timeMs: number }[]): Promise<void>;
}

/** Counters that all instances share. Every method rejects with REDIS_UNAVAILABLE. */
export interface RateCounters {
  /**
   * Adds `by` to the counter `name`, which starts at 0 and ends `windowMs` after its first
   * increment; resolves with its value.
   */
  increment(name: string, windowMs: number, by?: number): Promise<number>;
  /** Sets the counter back to 0. */
  reset(name: string): Promise<void>;
}

/** News of locked out addresses between instances. */
export interface LockNews {
  /** Rejects with REDIS_UNAVAILABLE. */
  publish(address: string, untilMs: number): Promise<void>;
}

/** Something that happened to a key, an account, a credential or the trading state. */
export interface AuditEvent {
  /** Who: a key id, or `cli:<operating system user>`, or `service`. */
  actor: string;
  /** What: `key.created`, `account.added`, ... */
  action: string;
  /** To which key or account. */
  subject: string;
  /** From where: an address, or the host's name. */
  origin: string;
  /** More, without secrets. */
  detail: Readonly<Record<string, unknown>>;
}

/** Who changes something, and from where. */
export type Author = Pick<AuditEvent, 'actor' | 'origin'>;

export interface RecordedAuditEvent extends AuditEvent {
  id: number;
  timeMs: number;
  /** Hex; of the event before, and of this one over it. */
  previousHash: string;
  hash: string;
}

/** A broker account as it is stored: its secrets are ciphertexts by field. */
export interface StoredAccount {
  /** The broker's client id. */
  id: string;
  marketData: boolean;
  trading: boolean;
  restUrl: string;
  wsUrl: string;
  /** IP address of this machine from which its orders leave; left out: the system's choice. */
  localAddress?: string;
  secrets: Readonly<Record<string, { ciphertext: Uint8Array; keyId: string }>>;
  updatedMs: number;
}

/** Keeps broker accounts; a change and its audit event happen together or not at all. */
export interface AccountStore {
  /** In the order of their ids. */
  list(): Promise<StoredAccount[]>;
  /**
   * Stores all of them or, unless `replace`, none: then it resolves with the ids that exist
   * already.
   */
  save(
    changes: readonly { account: StoredAccount; event: AuditEvent }[],
    replace: boolean,
  ): Promise<string[]>;
  /** False: there is none. */
  remove(id: string, event: AuditEvent, timeMs: number): Promise<boolean>;
}
