import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import { TickerError, type ErrorCode } from '../../../../src/domain/error-codes.ts';
import { DatabaseError } from '../../../../src/storage/postgres/database-error.ts';
import type { Database } from '../../../../src/storage/postgres/database.ts';
import type { Migration } from '../../../../src/storage/postgres/migrations/migration.ts';
import { MIGRATIONS } from '../../../../src/storage/postgres/migrations/migration-list.ts';
import { migrate, pendingMigrations } from '../../../../src/storage/postgres/migrator.ts';
import { createTestDatabase, openTestDatabase } from '../../../support/test-database.ts';

interface Subject {
  database: Database;
  run: (migrations?: readonly Migration[]) => Promise<number[]>;
}

async function emptyDatabase(t: TestContext): Promise<Subject> {
  const url = await createTestDatabase(t);
  const database = openTestDatabase(url);
  t.after(() => database.end());
  const settings = { url, clock: createSystemClock(), random: () => 0.5, applicationName: 'test' };
  return {
    database,
    run: async (migrations) =>
      (await migrate(settings, '1.2.3', migrations)).map(({ version }) => version),
  };
}

function coded(code: ErrorCode, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof TickerError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

const FIRST: Migration = { version: 1, name: 'first', sql: 'create table one (id int)' };
const SECOND: Migration = {
  version: 2,
  name: 'second',
  sql: 'create table two (id int); insert into two values (1);',
};

test('the versions of the list are 1, 2, 3, ...', () => {
  assert.deepEqual(
    MIGRATIONS.map(({ version }) => version),
    MIGRATIONS.map((_, index) => index + 1),
  );
});

test('an empty database gets everything once, and it is recorded', async (t) => {
  const { database, run } = await emptyDatabase(t);
  const all = MIGRATIONS.map(({ version }) => version);
  assert.deepEqual(
    (await pendingMigrations(database)).map(({ version }) => version),
    all,
  );
  assert.deepEqual(await run(), all);
  assert.deepEqual(await pendingMigrations(database), []);
  assert.deepEqual(await run(), []);
  const recorded = await database.sql`
    select version, name, service_version, length(checksum) as digits,
      applied_at <= now() as applied
    from schema_migrations order by version`;
  assert.deepEqual(
    recorded,
    MIGRATIONS.map(({ version, name }) => ({
      version,
      name,
      service_version: '1.2.3',
      digits: 64,
      applied: true,
    })),
  );
});

test('only what is new is run', async (t) => {
  const { database, run } = await emptyDatabase(t);
  assert.deepEqual(await run([FIRST]), [1]);
  assert.deepEqual(await run([FIRST, SECOND]), [2]);
  assert.deepEqual(await database.sql`select id from two`, [{ id: 1 }]);
});

test('instances that start together run everything once between them', async (t) => {
  const { database, run } = await emptyDatabase(t);
  const runs = await Promise.all([run(), run(), run(), run()]);
  assert.deepEqual(
    runs.flat().sort((a, b) => a - b),
    MIGRATIONS.map(({ version }) => version),
  );
  assert.deepEqual(await pendingMigrations(database), []);
});

test('a migration that fails leaves nothing of itself, and what was before it', async (t) => {
  const { database, run } = await emptyDatabase(t);
  const broken: Migration = { version: 2, name: 'broken', sql: `${SECOND.sql} select 1 / 0` };
  await assert.rejects(run([FIRST, broken]), coded('DATABASE_REFUSED', /22012/));
  const tables = await database.sql`
    select to_regclass('one') is not null as one, to_regclass('two') is not null as two`;
  assert.deepEqual(tables, [{ one: true, two: false }]);
  assert.deepEqual(await pendingMigrations(database, [FIRST, SECOND]), [
    { version: 2, name: 'second' },
  ]);
  assert.deepEqual(await run([FIRST, SECOND]), [2]);
});

test('a migration that was changed after it was run is a conflict', async (t) => {
  const { database, run } = await emptyDatabase(t);
  await run([FIRST, SECOND]);
  const changed = [{ ...FIRST, sql: `${FIRST.sql} ` }, SECOND];
  const conflict = coded('MIGRATION_CONFLICT', /migration 1 \(first\) was run with another/);
  await assert.rejects(run(changed), conflict);
  await assert.rejects(pendingMigrations(database, changed), conflict);
});

test('a database of a newer version is a conflict', async (t) => {
  const { database, run } = await emptyDatabase(t);
  await run([FIRST, SECOND]);
  const conflict = coded('MIGRATION_CONFLICT', /migration 2 \(second\) is of a newer version/);
  await assert.rejects(run([FIRST]), conflict);
  await assert.rejects(pendingMigrations(database, [FIRST]), conflict);
});

test('audit events can be added and never changed or taken away', async (t) => {
  const { database, run } = await emptyDatabase(t);
  await run();
  const { sql } = database;
  const hash = Buffer.alloc(32);
  await sql`
    insert into audit_events
    values (1, now(), 'someone', 'did', 'something', 'here', ${{}}, ${hash}, ${hash})`;
  const refused = (error: unknown): true => {
    assert.ok(error instanceof DatabaseError);
    assert.equal(error.sqlState, '42501');
    assert.match(error.message, /append-only/);
    return true;
  };
  await assert.rejects(sql`update audit_events set actor = 'nobody'`, refused);
  await assert.rejects(sql`delete from audit_events`, refused);
  await assert.rejects(sql`truncate audit_events`, refused);
  assert.equal((await sql`select from audit_events`).length, 1);
});

test('changes of keys and accounts are news, the use of a key is not', async (t) => {
  const { database, run } = await emptyDatabase(t);
  await run();
  const heard: string[] = [];
  let wake: () => void = () => undefined;
  const channels = ['ticker_keys', 'ticker_accounts', 'end'];
  await Promise.all(
    channels.map(
      (channel) =>
        new Promise<void>((resolve) =>
          database.listen(
            channel,
            () => {
              heard.push(channel);
              wake();
            },
            resolve,
          ),
        ),
    ),
  );
  const { sql } = database;
  const ended = async (): Promise<string[]> => {
    await sql`select pg_notify('end', '')`;
    while (heard.at(-1) !== 'end') await new Promise<void>((resolve) => (wake = resolve));
    return heard.splice(0).filter((channel) => channel !== 'end');
  };
  await sql`
    insert into api_keys (id, hash, label, scopes, limits, created_at, created_by)
    values ('key_1', ${Buffer.alloc(32)}, '', '{}', '{}', now(), 'test')`;
  assert.deepEqual(await ended(), ['ticker_keys']);
  await sql`update api_keys set last_used_at = now()`;
  assert.deepEqual(await ended(), []);
  await sql`update api_keys set revoked_at = now()`;
  assert.deepEqual(await ended(), ['ticker_keys']);
  await sql`
    insert into broker_accounts values ('A1', true, false, 'https://r', 'wss://w', now(), now(), 1)`;
  assert.deepEqual(await ended(), ['ticker_accounts']);
  await sql`
    insert into account_secrets values ('A1', 'api_key', ${Buffer.alloc(8)}, 'key', now())`;
  assert.deepEqual(await ended(), ['ticker_accounts']);
  await sql`delete from broker_accounts`;
  assert.deepEqual(new Set(await ended()), new Set(['ticker_accounts']));
  assert.deepEqual(await sql`select * from account_secrets`, []);
});

test('no column can hold a credential as it is', async (t) => {
  const { database, run } = await emptyDatabase(t);
  await run();
  const columns = await database.sql<{ place: string; type: string }>`
    select table_name || '.' || column_name as place, data_type as type
    from information_schema.columns
    where table_schema = 'public' and table_name <> 'schema_migrations'
      and column_name ~ '(secret|token|password|credential|cipher|hash)'
    order by 1`;
  assert.deepEqual(columns, [
    { place: 'account_secrets.ciphertext', type: 'bytea' },
    { place: 'api_keys.hash', type: 'bytea' },
    { place: 'audit_events.hash', type: 'bytea' },
    { place: 'audit_events.previous_hash', type: 'bytea' },
    { place: 'stored_settings.ciphertext', type: 'bytea' },
  ]);
});
