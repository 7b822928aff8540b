import { configuredKey } from '../../access/key-table.ts';
import type { BrokerAccount } from '../../config/accounts.ts';
import type { Config } from '../../config/settings.ts';
import { type KeyRecord, SCOPES } from '../../domain/access.ts';
import type { AccessNews, CallerNews, HealthCheck } from '../messages.ts';
import type { ThreadContext } from '../thread-context.ts';
import { feedAccounts } from './feed-accounts.ts';
import { openRedisDesk, type RedisDesk } from './redis-desk.ts';
import { StorageDesk } from './storage-desk.ts';

export interface BackingServicesOptions extends ThreadContext {
  config: Config;
  /** A key that holds every scope, beside the stored ones. */
  apiKey: string | undefined;
  /** For the threads that have callers. */
  onAccess: (news: AccessNews) => void;
  /** What `checks` says has changed. */
  onCheck: () => void;
}

/** PostgreSQL and, where there is one, Redis: what ticks do without. */
export class BackingServices {
  readonly #options: BackingServicesOptions;
  readonly #storage: StorageDesk;
  readonly #redis: RedisDesk | undefined;

  constructor(options: BackingServicesOptions) {
    const { apiKey, onAccess } = options;
    this.#options = options;
    this.#storage = new StorageDesk({
      ...options,
      configuredKeys: apiKey === undefined ? [] : [configuredKey('default', apiKey, SCOPES)],
      onKeys: (keys) => onAccess({ type: 'keys', keys }),
    });
    this.#redis = openRedisDesk({
      ...options,
      onRevoked: (keyId) => this.#storage.revoked(keyId),
      onKeysChanged: () => this.#storage.keysChanged(),
      onLockedOut: (address, untilMs) =>
        onAccess({ type: 'locked-out', address, untilUs: untilMs * 1000 }),
    });
  }

  /**
   * Opens the database before `ticks` if it may say where they come from, else after: making one
   * takes a core for a second. Rejects with what `ticks` rejects with.
   */
  async startAround(ticks: () => Promise<void>): Promise<void> {
    const isFirst = this.#storage.mayHoldAccounts;
    if (isFirst) this.#storage.start();
    await ticks();
    if (!isFirst) this.#storage.start();
  }

  /** Keys that are valid, as far as is known, and whether there may be more. */
  get keys(): { keys: readonly KeyRecord[]; keysComplete: boolean } {
    return { keys: this.#storage.keys, keysComplete: this.#storage.isOpen };
  }

  /** Where the database is, once it has been opened. */
  get databaseUrl(): string | undefined {
    return this.#storage.databaseUrl;
  }

  /** What the database server calls this instance in its lists. */
  get instance(): string {
    return this.#storage.instance;
  }

  checks(): Record<string, HealthCheck> {
    const database = this.#storage.check;
    return this.#redis === undefined ? { database } : { database, redis: this.#redis.check };
  }

  /** See `feedAccounts`. */
  async accounts(
    configured: readonly BrokerAccount[],
    onWaiting: (detail: string) => void,
    signal: AbortSignal,
  ): Promise<readonly BrokerAccount[]> {
    const { config, clock, logger } = this.#options;
    const production = config.environment === 'production';
    const storage = this.#storage;
    const options = { configured, production, storage, clock, logger, onWaiting };
    return (await feedAccounts(options, signal)) ?? [];
  }

  onCallers(news: CallerNews): void {
    if (news.type === 'key-uses') void this.#storage.noteUses(news.uses);
    else this.#redis?.wrongKeys(news);
  }

  second(): void {
    this.#storage.second();
  }

  async stop(): Promise<void> {
    await this.#redis?.close();
    await this.#storage.stop();
  }
}
