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
  /** Key that new ciphertexts are made with. */
  readonly keyId: string;
  encrypt(plaintext: string, context: SecretContext): Promise<Uint8Array>;
  /** Rejects with SECRET_UNREADABLE (tampered, other context) or KEY_SERVICE. */
  decrypt(ciphertext: Uint8Array, context: SecretContext): Promise<string>;
  /** Key id that a ciphertext was made with; throws SECRET_UNREADABLE. */
  keyIdOf(ciphertext: Uint8Array): string;
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

export interface RecordedAuditEvent extends AuditEvent {
  id: number;
  timeMs: number;
  /** Hex; of the event before, and of this one over it. */
  previousHash: string;
  hash: string;
}
