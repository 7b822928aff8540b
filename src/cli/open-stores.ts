import { hostname, userInfo } from 'node:os';
import type { Config } from '../config/settings.ts';
import { type Clock, createSystemClock } from '../domain/clock.ts';
import type { Author, SecretCipher } from '../domain/storage.ts';
import { openCipher } from '../secrets/open-cipher.ts';
import { PostgresAccountStore } from '../storage/postgres/account-store.ts';
import { PostgresApiKeyStore } from '../storage/postgres/api-key-store.ts';
import type { Database } from '../storage/postgres/database.ts';
import { commandConfig } from './command-config.ts';
import { openDatabase } from './open-database.ts';

/** The database of the configuration, and what is kept in it. */
export interface Stores {
  config: Config;
  clock: Clock;
  database: Database;
  accounts: PostgresAccountStore;
  keys: PostgresApiKeyStore;
  /** For stored secrets. Throws CONFIG_INVALID where there is no key. */
  cipher(): SecretCipher;
  close(): Promise<void>;
}

/**
 * Opens the stores that the configuration names, for one command. Rejects with CONFIG_*,
 * DATABASE_UNAVAILABLE, EMBEDDED_POSTGRES or MIGRATION_NEEDED.
 */
export async function openStores(): Promise<Stores> {
  const config = await commandConfig();
  // As the service's, so that what expires for one expires for the other.
  const { speed, originEpochMs } = config.clock;
  const nowMs = createSystemClock().nowUs() / 1000;
  const clock = createSystemClock({ speed, originEpochMs: originEpochMs ?? nowMs });
  const { database, close } = await openDatabase(config);
  return {
    config,
    clock,
    database,
    accounts: new PostgresAccountStore(database),
    keys: new PostgresApiKeyStore(database),
    cipher: () => openCipher({ config, clock, warn: () => undefined }),
    close,
  };
}

/** Who runs this command, for the audit record. */
export function localAuthor(): Author {
  return { actor: `cli:${userName()}`, origin: hostname() };
}

/** Containers run under numbers that have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
