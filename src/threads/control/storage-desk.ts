import { hostname } from 'node:os';
import { KeyService } from '../../access/key-service.ts';
import { AccountRegistry } from '../../accounts/account-registry.ts';
import type { BrokerAccount } from '../../config/accounts.ts';
import type { Config } from '../../config/settings.ts';
import type { KeyRecord } from '../../domain/access.ts';
import { createSystemClock, type TimerHandle } from '../../domain/clock.ts';
import { errorText, TickerError } from '../../domain/error-codes.ts';
import type { EnvelopeCipher } from '../../secrets/envelope-cipher.ts';
import { openCipher } from '../../secrets/open-cipher.ts';
import { CONTROL } from '../../shm/layout/meters.ts';
import { PostgresAccountStore } from '../../storage/postgres/account-store.ts';
import { PostgresApiKeyStore } from '../../storage/postgres/api-key-store.ts';
import { recordAuditEvent } from '../../storage/postgres/audit-log.ts';
import { KEYS_CHANNEL, tellTaken } from '../../storage/postgres/key-news.ts';
import { PostgresSettingStore } from '../../storage/postgres/setting-store.ts';
import { type Database, POOL_ALERT_SHARE } from '../../storage/postgres/database.ts';
import type { HealthCheck } from '../messages.ts';
import type { ThreadContext } from '../thread-context.ts';
import { ReEncryptionJob } from './re-encryption-job.ts';
import { ServiceDatabase } from './service-database.ts';
import { randomBytes } from '../random.ts';

export interface StorageDeskOptions extends ThreadContext {
  config: Config;
  /** Valid beside those of the database. */
  configuredKeys: readonly KeyRecord[];
  /** The keys that are valid from now on. */
  onKeys: (keys: readonly KeyRecord[]) => void;
  /** What `check` says has changed. */
  onCheck: () => void;
}

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;

/** What stands on the database. */
interface Stores {
  database: Database;
  keys: KeyService;
  accounts: AccountRegistry;
  reEncryption: ReEncryptionJob;
  cipher: EnvelopeCipher;
}

/**
 * The database as the running service uses it: opened beside the tick path, tried again for as long
 * as it takes, and watched. Ticks never wait for it.
 */
export class StorageDesk {
  readonly #options: StorageDeskOptions;
  readonly #service: ServiceDatabase;
  readonly #stopped = new AbortController();
  #stores: Stores | undefined;
  #problem: string | undefined = 'is being opened';
  #storedKeys: readonly KeyRecord[] = [];
  #keysKnown = false;
  #keysRead: Promise<void> | undefined;
  #readAgain = false;
  #retry: TimerHandle | undefined;
  #opened: () => void = () => undefined;
  #failedToOpen: () => void = () => undefined;
  /** Resolves when the database has been opened once. */
  readonly opened = new Promise<void>((resolve) => {
    this.#opened = resolve;
  });
  /** Resolves when the first attempt to open it has failed. */
  readonly failedToOpen = new Promise<void>((resolve) => {
    this.#failedToOpen = resolve;
  });

  constructor(options: StorageDeskOptions) {
    this.#options = options;
    this.#service = new ServiceDatabase(options.config, options.logger);
  }

  /** Opens the database, now or later. */
  start(): void {
    void this.#open(RETRY_FIRST_MS);
  }

  /** False: nothing can have been stored, because the database has never been made. */
  get mayHoldAccounts(): boolean {
    return this.#service.exists();
  }

  /** Keys that are valid, as far as is known. */
  get keys(): readonly KeyRecord[] {
    return [...this.#options.configuredKeys, ...this.#storedKeys];
  }

  /** True from the first time that the stored keys have been read. */
  get isOpen(): boolean {
    return this.#keysKnown;
  }

  /** Where the database is, once it has been opened with the schema of this version. */
  get databaseUrl(): string | undefined {
    return this.#stores === undefined ? undefined : this.#service.url;
  }

  /** What the database server calls this instance in its lists. */
  get instance(): string {
    return this.#service.instance;
  }

  get check(): HealthCheck {
    return this.#problem === undefined
      ? { ok: true, required: false }
      : { ok: false, required: false, detail: this.#problem };
  }

  /** The stored accounts with their secrets. Rejects with TickerErrors of database and cipher. */
  async accounts(): Promise<BrokerAccount[]> {
    const { accounts, database } = this.#usable();
    const loaded = await accounts.load();
    this.#options.meters.set(CONTROL.ACCOUNTS_STORED, loaded.length);
    for (const { id } of loaded) {
      const event = { actor: 'service', action: 'credentials.read', subject: id, detail: {} };
      await recordAuditEvent(database, { ...event, origin: hostname() }, this.#nowMs());
    }
    return loaded;
  }

  /** Keys were used; what is lost with the database is only the time of last use. */
  async noteUses(uses: readonly { keyId: string; timeMs: number }[]): Promise<void> {
    if (this.#stores === undefined) return;
    try {
      await this.#stores.keys.noteUse(uses);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** A key has been revoked: it ends at once, also while the database cannot be asked. */
  revoked(keyId: string): void {
    const left = this.#storedKeys.filter(({ id }) => id !== keyId);
    if (left.length < this.#storedKeys.length) {
      this.#storedKeys = left;
      this.#options.onKeys(this.keys);
    }
    this.keysChanged();
  }

  /** A key may have been revoked: looks at once. */
  keysChanged(): void {
    void this.#readKeys();
  }

  /** Once a second: is the database there, and have keys changed whose news were lost? */
  second(): void {
    const { meters } = this.#options;
    meters.set(CONTROL.API_KEYS, this.keys.length);
    if (this.#stores === undefined) return;
    const { max, used, waiting } = this.#stores.database.gauges();
    meters.set(CONTROL.DATABASE_CONNECTIONS_MAX, max);
    meters.set(CONTROL.DATABASE_CONNECTIONS_USED, used);
    meters.set(CONTROL.DATABASE_WAITING, waiting);
    if (used > max * POOL_ALERT_SHARE) {
      this.#options.logger.warn({ used, max, waiting }, 'most database connections are in use');
    }
    void this.#readKeys();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#retry?.cancel();
    this.#stores?.cipher.close();
    await this.#service.close();
  }

  async #open(delayMs: number): Promise<void> {
    try {
      const database = await this.#service.open();
      if (this.#stopped.signal.aborted) return;
      const stores = this.#storesOn(database);
      this.#stores = stores;
      await this.#readKeys();
      database.listen(
        KEYS_CHANNEL,
        () => this.keysChanged(),
        () => this.keysChanged(),
      );
      this.#opened();
      await stores.reEncryption.run();
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#failed(error);
      this.#failedToOpen();
      this.#retry = this.#options.clock.setTimeout(
        () => void this.#open(Math.min(delayMs * 2, RETRY_MAX_MS)),
        delayMs,
      );
    }
  }

  #storesOn(database: Database): Stores {
    const { config, clock, logger } = this.#options;
    const accounts = new PostgresAccountStore(database);
    const cipher = openCipher({
      config,
      // Of real time, as the key service is.
      clock: createSystemClock(),
      warn: (message) => logger.warn(message),
    });
    return {
      database,
      cipher,
      keys: new KeyService({
        store: new PostgresApiKeyStore(database),
        clock,
        environment: config.environment,
        randomBytes,
      }),
      accounts: new AccountRegistry(accounts, cipher, clock),
      reEncryption: new ReEncryptionJob({
        database,
        stores: { accounts, settings: new PostgresSettingStore(database) },
        cipher,
        clock,
        logger,
        signal: this.#stopped.signal,
      }),
    };
  }

  #usable(): Stores {
    if (this.#stores === undefined) {
      throw new TickerError('DATABASE_UNAVAILABLE', this.#problem ?? 'it is not open');
    }
    return this.#stores;
  }

  /** One reading at a time; a change that comes meanwhile is read after it. */
  #readKeys(): Promise<void> {
    if (this.#keysRead !== undefined) {
      this.#readAgain = true;
      return this.#keysRead;
    }
    this.#keysRead = this.#readKeysNow().finally(() => {
      this.#keysRead = undefined;
      if (!this.#readAgain) return;
      this.#readAgain = false;
      void this.#readKeys();
    });
    return this.#keysRead;
  }

  async #readKeysNow(): Promise<void> {
    if (this.#stores === undefined || this.#stopped.signal.aborted) return;
    try {
      const records = await this.#stores.keys.records();
      this.#setProblem(undefined);
      const isSame = JSON.stringify(records) === JSON.stringify(this.#storedKeys);
      if (isSame && this.#keysKnown) return;
      const old = new Set((this.#keysKnown ? this.#storedKeys : records).map(({ id }) => id));
      this.#keysKnown = true;
      this.#storedKeys = records;
      this.#options.onKeys(this.keys);
      const added = records.map(({ id }) => id).filter((id) => !old.has(id));
      await tellTaken(this.#stores.database, this.#service.instance, added);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (this.#stopped.signal.aborted) return;
    const text = errorText(error);
    if (text !== this.#problem) {
      this.#options.logger.warn({ detail: text }, 'database does not work; ticks go on');
    }
    this.#setProblem(text);
  }

  #setProblem(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.meters.set(CONTROL.DATABASE_UP, problem === undefined ? 1 : 0);
    this.#options.onCheck();
  }

  #nowMs(): number {
    return Math.floor(this.#options.clock.nowUs() / 1000);
  }
}
