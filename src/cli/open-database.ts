import type { Config } from '../config/settings.ts';
import { createSystemClock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import { EmbeddedPostgres } from '../storage/embedded/embedded-postgres.ts';
import { Database, type DatabaseOptions } from '../storage/postgres/database.ts';
import { requireSchema } from '../storage/postgres/migrator.ts';
import { createLogger } from '../telemetry/logger.ts';
import { random } from '../threads/random.ts';
import { serviceVersion } from '../threads/service-version.ts';

/** The database of the configuration, open for one command. */
export interface OpenDatabase {
  database: Database;
  /** With which it was opened. */
  settings: DatabaseOptions;
  close: () => Promise<void>;
}

const POOL_MAX = 4;
const clock = createSystemClock();

/**
 * Opens the database of the configuration: TICKER_DATABASE_URL or the embedded one, which runs
 * already or is started until the last command that uses it ends. In development its schema is
 * brought up to date unless `allowPending`. Rejects with CONFIG_INVALID, DATABASE_*,
 * EMBEDDED_POSTGRES, MIGRATION_CONFLICT or, in production, MIGRATION_NEEDED.
 */
export async function openDatabase(
  config: Config,
  { allowPending = false }: { allowPending?: boolean } = {},
): Promise<OpenDatabase> {
  const embedded = config.databaseUrl === undefined ? await openEmbedded(config) : undefined;
  const settings: DatabaseOptions = {
    url: config.databaseUrl ?? (() => embedded?.url ?? ''),
    clock,
    random,
    applicationName: `ticker-command-${process.pid}`,
    poolMax: POOL_MAX,
  };
  const database = new Database(settings);
  const close = async (): Promise<void> => {
    if (embedded === undefined) return database.end();
    return embedded.leave(async () => {
      const isUsed = await hasOtherUsers(database);
      await database.end();
      return isUsed;
    });
  };
  try {
    if (!allowPending) {
      const mayMigrate = config.environment === 'development';
      await requireSchema(database, settings, serviceVersion(), mayMigrate);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { database, settings, close };
}

async function openEmbedded(config: Config): Promise<EmbeddedPostgres> {
  if (config.environment === 'production') {
    throw new TickerError(
      'CONFIG_INVALID',
      'in production TICKER_DATABASE_URL must name the database: the embedded one is refused',
    );
  }
  return EmbeddedPostgres.open({
    dataDirectory: config.dataDirectory,
    clock,
    logger: createLogger({
      // What a service may tell of its work would be noise beside the output of a command.
      level: config.logLevel === 'info' ? 'warn' : config.logLevel,
      thread: 'command',
      clock,
    }),
  });
}

/** True also when it cannot be asked: what we do not know we leave alone. */
async function hasOtherUsers(database: Database): Promise<boolean> {
  try {
    const [row] = await database.sql<{ others: number }>`
      select count(*) as others from pg_stat_activity
      where backend_type = 'client backend'
        and application_name <> current_setting('application_name')`;
    return row?.others !== 0;
  } catch {
    return true;
  }
}
