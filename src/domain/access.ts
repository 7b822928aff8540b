/**
 * Who may do what: keys, their scopes and the principal that a valid key stands for.
 */

/** Scopes a key can hold. `admin` includes every other one. */
export const SCOPES = [
  'ticks:read',
  'instruments:read',
  'subscriptions:write',
  'orders:read',
  'orders:write',
  'accounts:admin',
  'trading-state:write',
  'metrics:read',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** What one key may use at a time. */
export interface KeyLimits {
  /** WebSocket connections. */
  connections: number;
  /** Instruments of one connection. */
  subscriptions: number;
  /** HTTP requests per second. */
  requestsPerSecond: number;
}

/** Limits of a key that was given none of its own. */
export const DEFAULT_KEY_LIMITS: KeyLimits = {
  connections: 100,
  subscriptions: 9_000,
  requestsPerSecond: 50,
};

/** Who is calling. */
export interface Principal {
  keyId: string;
  scopes: ReadonlySet<Scope>;
  /** Broker accounts that it may touch. */
  accounts: ReadonlySet<string> | 'all';
  limits: KeyLimits;
}

/** A key as threads know it: everything but its text. Plain data that can be sent to a thread. */
export interface KeyRecord {
  id: string;
  /** SHA-256 of the key's text in hex. */
  hash: string;
  scopes: readonly Scope[];
  accounts: readonly string[] | 'all';
  limits: KeyLimits;
  /** Epoch ms after which it is no longer valid; null: never. */
  expiresMs: number | null;
}

/** What came of presenting a key. */
export type Admission =
  | { principal: Principal }
  | { refused: 'UNAUTHENTICATED' }
  /** It looks like a key, and the stored keys are not known yet. */
  | { refused: 'NOT_READY' }
  | { refused: 'LOCKED_OUT'; retryAfterMs: number };

/** What came from one address within a while. */
export interface WrongKeys {
  address: string;
  /** A right key came, which forgets the wrong ones before it. */
  forgiven: boolean;
  /** Wrong keys, after the last right one. */
  count: number;
}

/** What is left of a key's requests. */
export interface RequestBudget {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Until all of them are there again, or, if not `allowed`, until the next one. */
  resetMs: number;
}

/** The one door through which callers come in, whatever carries them. */
export interface Gate {
  /** Who presents `token` from the IP address `address`. */
  admit(token: string, address: string): Admission;
  /** Counts one HTTP request. */
  takeRequest(principal: Principal): RequestBudget;
  /** Counts one WebSocket connection; false: the key has as many as it may. */
  enter(principal: Principal): boolean;
  /** A connection that had entered is gone. */
  leave(principal: Principal): void;
}

/** True if the principal holds `scope`, by name or as `admin`. */
export function holdsScope(principal: Principal, scope: Scope): boolean {
  return principal.scopes.has(scope) || principal.scopes.has('admin');
}

/** True if the principal may touch the broker account `account`. */
export function mayTouchAccount(principal: Principal, account: string): boolean {
  return principal.accounts === 'all' || principal.accounts.has(account);
}
