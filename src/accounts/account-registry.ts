import type { BrokerAccount } from '../config/accounts.ts';
import type { Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type {
  AccountStore,
  AuditEvent,
  Author,
  SecretCipher,
  SecretContext,
  StoredAccount,
} from '../domain/storage.ts';

/** Fields that are stored encrypted; the others can be listed. */
const SECRET_FIELDS = ['api_key', 'api_secret', 'access_token'] as const;
type SecretField = (typeof SECRET_FIELDS)[number];

/** What may be shown of an account. */
export interface AccountSummary {
  id: string;
  market_data: boolean;
  trading: boolean;
  rest_url: string;
  ws_url: string;
  local_address?: string;
  /** Names of the secrets that it has. */
  secrets: string[];
  /** Keys of the key service that protect them. */
  key_ids: string[];
  updated: string;
}

function given(localAddress: string | undefined): { localAddress?: string } {
  return localAddress === undefined ? {} : { localAddress };
}

function context(id: string, field: string): SecretContext {
  return { kind: 'account', id, field };
}

function secretsOf(account: BrokerAccount): Partial<Record<SecretField, string>> {
  const { apiKey, apiSecret, accessToken } = account;
  return {
    api_key: apiKey,
    access_token: accessToken,
    ...(apiSecret === undefined ? {} : { api_secret: apiSecret }),
  };
}

/** Broker accounts, encrypted before they are stored and decrypted for the feed only. */
export class AccountRegistry {
  readonly #store: AccountStore;
  readonly #cipher: SecretCipher;
  readonly #clock: Clock;

  constructor(store: AccountStore, cipher: SecretCipher, clock: Clock) {
    this.#store = store;
    this.#cipher = cipher;
    this.#clock = clock;
  }

  /**
   * Stores accounts, all or none. Rejects with ACCOUNT_EXISTS, naming them, unless `replace`, and
   * with KEY_SERVICE.
   */
  async save(
    accounts: readonly BrokerAccount[],
    author: Author,
    replace: boolean,
  ): Promise<AccountSummary[]> {
    const changes: { account: StoredAccount; event: AuditEvent }[] = [];
    for (const account of accounts) {
      const { id: subject, marketData, trading, restUrl, wsUrl, localAddress } = account;
      changes.push({
        account: await this.#encrypted(account),
        event: {
          ...author,
          action: replace ? 'account.replaced' : 'account.added',
          subject,
          detail: { marketData, trading, restUrl, wsUrl, ...given(localAddress) },
        },
      });
    }
    const existing = await this.#store.save(changes, replace);
    if (existing.length > 0) {
      const names = existing.join(', ');
      throw new TickerError('ACCOUNT_EXISTS', `${names}: stored already; --replace overwrites`);
    }
    return changes.map(({ account }) => summary(account));
  }

  async list(): Promise<AccountSummary[]> {
    return (await this.#store.list()).map(summary);
  }

  /** Rejects with UNKNOWN_ACCOUNT. */
  async remove(id: string, author: Author): Promise<void> {
    const event = { ...author, action: 'account.removed', subject: id, detail: {} };
    if (await this.#store.remove(id, event, this.#nowMs())) return;
    throw new TickerError('UNKNOWN_ACCOUNT', `there is no account ${JSON.stringify(id)}`);
  }

  /** The accounts with their secrets, for the feed. Rejects with SECRET_UNREADABLE, KEY_SERVICE. */
  async load(): Promise<BrokerAccount[]> {
    // Together: a key service is asked once for each secret, and may be far away.
    return Promise.all((await this.#store.list()).map((stored) => this.#decrypted(stored)));
  }

  async #encrypted(account: BrokerAccount): Promise<StoredAccount> {
    const { id, marketData, trading, restUrl, wsUrl, localAddress } = account;
    const secrets: Record<string, { ciphertext: Uint8Array; keyId: string }> = {};
    for (const [field, plaintext] of Object.entries(secretsOf(account))) {
      const ciphertext = await this.#cipher.encrypt(plaintext, context(id, field));
      secrets[field] = { ciphertext, keyId: this.#cipher.keyIdOf(ciphertext) };
    }
    const plain = { id, marketData, trading, restUrl, wsUrl, ...given(localAddress) };
    return { ...plain, secrets, updatedMs: this.#nowMs() };
  }

  #nowMs(): number {
    return Math.floor(this.#clock.nowUs() / 1000);
  }

  async #decrypted(stored: StoredAccount): Promise<BrokerAccount> {
    const { id, marketData, trading, restUrl, wsUrl, localAddress, secrets } = stored;
    const open = async (field: SecretField): Promise<string | undefined> => {
      const secret = secrets[field];
      return secret && (await this.#cipher.decrypt(secret.ciphertext, context(id, field)));
    };
    const [apiKey, apiSecret, accessToken] = await Promise.all(SECRET_FIELDS.map(open));
    if (apiKey === undefined || accessToken === undefined) {
      throw new TickerError('SECRET_UNREADABLE', `account ${id} lacks api_key or access_token`);
    }
    const plain = { id, marketData, trading, restUrl, wsUrl, ...given(localAddress) };
    return { ...plain, apiKey, apiSecret, accessToken };
  }
}

function summary(stored: StoredAccount): AccountSummary {
  const { id, marketData, trading, restUrl, wsUrl, localAddress, secrets, updatedMs } = stored;
  return {
    id,
    market_data: marketData,
    trading,
    rest_url: restUrl,
    ws_url: wsUrl,
    ...(localAddress !== undefined && { local_address: localAddress }),
    secrets: SECRET_FIELDS.filter((field) => secrets[field] !== undefined),
    key_ids: [...new Set(Object.values(secrets).map(({ keyId }) => keyId))],
    updated: new Date(updatedMs).toISOString(),
  };
}
