import { createHash } from 'node:crypto';
import { TickerError } from '../../domain/error-codes.ts';
import type { Sql } from './connection.ts';
import { Database, type DatabaseOptions, type Script } from './database.ts';
import type { Migration } from './migrations/migration.ts';
import { MIGRATIONS } from './migrations/migration-list.ts';

/** What has been run, or is to be run. */
export interface MigrationStep {
  version: number;
  name: string;
}

type MigrateSettings = Pick<DatabaseOptions, 'url' | 'clock' | 'random' | 'applicationName'>;

/** Any number: instances agree on it to go one after the other. */
const LOCK_ID = 7_402_655_113;
/** Index builds and waiting for another instance's migrations take longer than other statements. */
const STATEMENT_TIMEOUT_MS = 600_000;

/**
 * Brings the database to the schema of this version, each migration in a transaction of its own;
 * resolves with what was run. Instances that start together are safe: each transaction takes the
 * same lock and looks at what is left. Rejects with MIGRATION_CONFLICT if a migration that was run
 * is not, or not in that form, one of ours; else as `Database`.
 */
export async function migrate(
  options: MigrateSettings,
  serviceVersion: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<MigrationStep[]> {
  const database = new Database({
    ...options,
    poolMax: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const done: MigrationStep[] = [];
  try {
    for (;;) {
      const step = await database.transaction((sql, script) =>
        runNext(sql, script, serviceVersion, migrations),
      );
      if (step === undefined) return done;
      done.push(step);
    }
  } finally {
    await database.end();
  }
}

/**
 * What `migrate` would run; nothing is changed. Rejects as `migrate`.
 */
export async function pendingMigrations(
  database: Pick<Database, 'sql'>,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<MigrationStep[]> {
  const [found] = await database.sql<{ exists: boolean }>`
    select to_regclass('schema_migrations') is not null as exists`;
  if (found?.exists !== true) return migrations.map(stepOf);
  return (await pending(database.sql, migrations)).map(stepOf);
}

/**
 * Sees to it that the database has the schema of this version: runs what is pending if
 * `mayMigrate`, else rejects with MIGRATION_NEEDED. Resolves with what was run.
 */
export async function requireSchema(
  database: Database,
  settings: MigrateSettings,
  serviceVersion: string,
  mayMigrate: boolean,
): Promise<MigrationStep[]> {
  const pending = await pendingMigrations(database);
  if (pending.length === 0) return [];
  if (mayMigrate) return migrate(settings, serviceVersion);
  const names = pending.map(({ version, name }) => `${version} (${name})`).join(', ');
  throw new TickerError('MIGRATION_NEEDED', `run ticker migrate; it is to run ${names}`);
}

/** SHA-256 in hex. */
export function checksumOf({ version, name, sql }: Migration): string {
  return createHash('sha256').update(`${version}\n${name}\n${sql}`).digest('hex');
}

async function runNext(
  sql: Sql,
  script: Script,
  serviceVersion: string,
  migrations: readonly Migration[],
): Promise<MigrationStep | undefined> {
  await sql`select pg_advisory_xact_lock(${LOCK_ID})`;
  await sql`
    create table if not exists schema_migrations (
      version integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now(),
      service_version text not null
    )`;
  const [next] = await pending(sql, migrations);
  if (next === undefined) return undefined;
  await script(next.sql);
  await sql`
    insert into schema_migrations (version, name, checksum, service_version)
    values (${next.version}, ${next.name}, ${checksumOf(next)}, ${serviceVersion})`;
  return stepOf(next);
}

async function pending(sql: Sql, migrations: readonly Migration[]): Promise<Migration[]> {
  const applied = await sql<{ version: number; name: string; checksum: string }>`
    select version, name, checksum from schema_migrations order by version`;
  for (const [index, { version, name, checksum }] of applied.entries()) {
    const ours = migrations[index];
    if (ours === undefined) {
      throw conflict(`migration ${version} (${name}) is of a newer version of the service`);
    }
    if (checksumOf(ours) !== checksum) {
      throw conflict(`migration ${version} (${name}) was run with another content`);
    }
  }
  return migrations.slice(applied.length);
}

function stepOf({ version, name }: Migration): MigrationStep {
  return { version, name };
}

function conflict(detail: string): TickerError {
  return new TickerError('MIGRATION_CONFLICT', detail);
}
