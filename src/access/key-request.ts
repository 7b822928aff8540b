import { nearestName } from '../config/nearest-name.ts';
import { DEFAULT_KEY_LIMITS, type KeyLimits, type Scope, SCOPES } from '../domain/access.ts';
import { TickerError } from '../domain/error-codes.ts';

/** What a new key may do, as it was asked for. */
export interface KeyRequest {
  scopes: readonly string[];
  accounts: readonly string[] | 'all';
  /** Epoch ms; null: never. */
  expiresMs: number | null;
  label: string;
  /** What is left out is as by default. */
  limits: Readonly<Partial<KeyLimits>>;
}

/** What a new key may do, checked. */
export interface KeyTerms {
  scopes: readonly Scope[];
  accounts: readonly string[] | 'all';
  expiresMs: number | null;
  label: string;
  limits: KeyLimits;
}

const LABEL_CHARACTERS_MAX = 100;
const ACCOUNT_CHARACTERS_MAX = 64;
const LIMIT_MAX = 1_000_000;
const CONTROL_CHARACTER = /\p{Cc}/u;

function invalid(detail: string): TickerError {
  return new TickerError('INVALID_REQUEST', detail);
}

/** " (did you mean x?)", or nothing. */
function suggestion(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

function checkScopes(names: readonly string[]): Scope[] {
  for (const name of names) {
    if (SCOPES.some((scope) => scope === name)) continue;
    throw invalid(
      `there is no scope ${JSON.stringify(name)}${suggestion(name, SCOPES)}; ` +
        `scopes: ${SCOPES.join(', ')}`,
    );
  }
  if (names.length === 0) throw invalid('a key needs at least one scope');
  return SCOPES.filter((scope) => names.includes(scope));
}

function checkAccounts(accounts: readonly string[] | 'all'): readonly string[] | 'all' {
  if (accounts === 'all') return 'all';
  if (accounts.length === 0) throw invalid('a key needs at least one account, or all');
  for (const account of accounts) {
    const isId =
      account !== '' && account.trim() === account && account.length <= ACCOUNT_CHARACTERS_MAX;
    if (!isId || CONTROL_CHARACTER.test(account)) {
      throw invalid(`${JSON.stringify(account)} cannot be the id of an account`);
    }
  }
  return [...new Set(accounts)];
}

function checkLimits(limits: Readonly<Partial<KeyLimits>>): KeyLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isInteger(value) && value >= 1 && value <= LIMIT_MAX) continue;
    throw invalid(`the limit ${name} must be a whole number from 1 to ${LIMIT_MAX}`);
  }
  return { ...DEFAULT_KEY_LIMITS, ...limits };
}

/** Checks that `expiresMs` is a time after `nowMs`, or null. */
export function checkExpiry(expiresMs: number | null, nowMs: number): number | null {
  if (expiresMs === null || (Number.isSafeInteger(expiresMs) && expiresMs > nowMs)) {
    return expiresMs;
  }
  throw invalid('the time at which a key expires must be in the future');
}

/** Names of limits as people write them. */
const LIMIT_NAMES: ReadonlyMap<string, keyof KeyLimits> = new Map([
  ['connections', 'connections'],
  ['subscriptions', 'subscriptions'],
  ['requests_per_second', 'requestsPerSecond'],
]);

/** Reads `connections=5,requests_per_second=20`. Throws INVALID_REQUEST. */
export function parseLimits(text: string): Partial<KeyLimits> {
  const limits: Partial<KeyLimits> = {};
  for (const item of text.split(',')) {
    const [name = '', value = ''] = item.split('=').map((part) => part.trim());
    const limit = LIMIT_NAMES.get(name);
    if (limit === undefined) {
      const names = [...LIMIT_NAMES.keys()];
      throw invalid(
        `there is no limit ${JSON.stringify(name)}${suggestion(name, names)}; ` +
          `limits: ${names.join(', ')}`,
      );
    }
    limits[limit] = /^\d+$/.test(value) ? Number(value) : NaN;
  }
  return limits;
}

/** Checks what is asked for a new key. Throws INVALID_REQUEST, saying what is wrong. */
export function checkKeyRequest(request: KeyRequest, nowMs: number): KeyTerms {
  const label = request.label.trim();
  if (label.length > LABEL_CHARACTERS_MAX || CONTROL_CHARACTER.test(label)) {
    throw invalid(`a label is one line of at most ${LABEL_CHARACTERS_MAX} characters`);
  }
  return {
    scopes: checkScopes(request.scopes),
    accounts: checkAccounts(request.accounts),
    expiresMs: checkExpiry(request.expiresMs, nowMs),
    label,
    limits: checkLimits(request.limits),
  };
}
