import { hostname } from 'node:os';
import type { Config } from '../../config/settings.ts';
import { createSystemClock } from '../../domain/clock.ts';
import { EmbeddedPostgres } from '../../storage/embedded/embedded-postgres.ts';
import { Database, type DatabaseOptions } from '../../storage/postgres/database.ts';
import { instanceName } from '../../storage/postgres/key-news.ts';
import { requireSchema } from '../../storage/postgres/migrator.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { random } from '../random.ts';
import { serviceVersion } from '../service-version.ts';
import { controlPool } from './thread-data.ts';

/** The database of the running service: that of the configuration, or the embedded one. */
export class ServiceDatabase {
  /** What the server calls this instance in its lists. */
  readonly instance = instanceName(hostname(), process.pid);
  readonly #config: Config;
  readonly #logger: Logger;
  /* Servers and networks know no other time than the real one. */
  readonly #clock = createSystemClock();
  #embedded: EmbeddedPostgres | undefined;
  #database: Database | undefined;
  #isClosed = false;

  constructor(config: Config, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
  }

  /** False: it will be made by the first `open`. */
  exists(): boolean {
    const { databaseUrl, dataDirectory } = this.#config;
    return databaseUrl !== undefined || EmbeddedPostgres.exists(dataDirectory);
  }

  /**
   * Resolves when it answers and has the schema of this version: development brings it up to date,
   * production rejects with MIGRATION_NEEDED. Rejects with EMBEDDED_POSTGRES and as `Database`
   * does. May be called again after a failure.
   */
  async open(): Promise<Database> {
    const { databaseUrl, environment } = this.#config;
    if (databaseUrl === undefined) await this.#openEmbedded();
    const settings: DatabaseOptions = {
      url: databaseUrl ?? (() => this.url ?? ''),
      clock: this.#clock,
      random,
      applicationName: this.instance,
      poolMax: controlPool(this.#config),
      onNotice: (notice) => this.#logger.debug({ notice }, 'database notice'),
      onListenProblem: (error) => this.#logger.debug({ detail: error.message }, 'no database news'),
    };
    this.#database ??= new Database(settings);
    const mayMigrate = environment === 'development';
    const steps = await requireSchema(this.#database, settings, serviceVersion(), mayMigrate);
    for (const { version, name } of steps) {
      this.#logger.info({ version, name }, 'database migrated');
    }
    return this.#database;
  }

  /** Where it is now; undefined: it has not been opened. */
  get url(): string | undefined {
    return this.#config.databaseUrl ?? this.#embedded?.url;
  }

  /** Ends the connections, and an embedded database unless the other role uses it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { role } = this.#config;
    await this.#database?.end();
    if (role === 'all') await this.#embedded?.stop();
    else await this.#embedded?.leave(async () => false, role);
  }

  async #openEmbedded(): Promise<void> {
    if (this.#embedded !== undefined) return;
    const embedded = await EmbeddedPostgres.open({
      dataDirectory: this.#config.dataDirectory,
      clock: this.#clock,
      logger: this.#logger,
    });
    this.#embedded = embedded;
    // The service may have been stopped while it was started.
    if (this.#isClosed) await embedded.stop();
    else embedded.watch();
  }
}
