import { createHash } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';

const REQUEST_TOKEN_LIFE_MS = 5 * 60_000;

/** One simulated broker account with the key of its one app. */
export interface SimAccount {
  /** SIM001, SIM002, ... */
  id: string;
  apiKey: string;
  apiSecret: string;
  /** The one live session, or null. */
  accessToken: string | null;
  sessions: number;
}

interface RequestToken {
  account: SimAccount;
  expiresMs: number;
}

/** Accounts and their sessions: one live token per key, a login ends the session before. */
export class SimAccounts {
  readonly #clock: Clock;
  readonly #byApiKey = new Map<string, SimAccount>();
  readonly #byId = new Map<string, SimAccount>();
  readonly #requestTokens = new Map<string, RequestToken>();
  #logins = 0;

  constructor(clock: Clock, count: number) {
    this.#clock = clock;
    for (let number = 1; number <= count; number++) {
      const account: SimAccount = {
        id: `SIM${String(number).padStart(3, '0')}`,
        apiKey: `sim-key-${number}`,
        apiSecret: `sim-secret-${number}`,
        accessToken: `sim-token-${number}`,
        sessions: 1,
      };
      this.#byApiKey.set(account.apiKey, account);
      this.#byId.set(account.id, account);
    }
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Ids of all accounts. */
  ids(): string[] {
    return [...this.#byId.keys()];
  }

  /** Throws RangeError for an account that is not there. */
  get(id: string): SimAccount {
    const account = this.#byId.get(id);
    if (account === undefined) throw new RangeError(`no account ${id}`);
    return account;
  }

  byApiKey(apiKey: string): SimAccount | undefined {
    return this.#byApiKey.get(apiKey);
  }

  /** The account of a live session, or null. */
  authenticate(apiKey: string, accessToken: string): SimAccount | null {
    const account = this.#byApiKey.get(apiKey);
    return account?.accessToken === accessToken ? account : null;
  }

  /** What a user's login gives: a token that `startSession` takes once, within five minutes. */
  login(account: SimAccount): string {
    const requestToken = `sim-request-${++this.#logins}`;
    const expiresMs = this.#clock.monotonicMs() + REQUEST_TOKEN_LIFE_MS;
    this.#requestTokens.set(requestToken, { account, expiresMs });
    return requestToken;
  }

  /** Exchanges a request token for a session; the refusal names what is wrong. */
  startSession(
    apiKey: string,
    requestToken: string,
    checksum: string,
  ): SimAccount | 'request_token' | 'checksum' {
    const pending = this.#requestTokens.get(requestToken);
    this.#requestTokens.delete(requestToken);
    if (pending?.account.apiKey !== apiKey) return 'request_token';
    if (pending.expiresMs < this.#clock.monotonicMs()) return 'request_token';
    const { account } = pending;
    const expected = createHash('sha256')
      .update(apiKey + requestToken + account.apiSecret)
      .digest('hex');
    if (checksum !== expected) return 'checksum';
    account.sessions++;
    account.accessToken = `${apiKey.replace('key', 'token')}-${account.sessions}`;
    return account;
  }

  /** Ends the sessions of one account, or of all. */
  endSessions(id: string | null): void {
    for (const account of this.#byApiKey.values()) {
      if (id === null || account.id === id) account.accessToken = null;
    }
  }
}
