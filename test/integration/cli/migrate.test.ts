import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { takeDataDirectory } from '../../../src/storage/embedded/data-directory-lock.ts';
import { MIGRATIONS } from '../../../src/storage/postgres/migrations/migration-list.ts';
import { runTicker } from '../../support/cli-process.ts';
import {
  connectTo,
  isRunning,
  openEmbedded,
  openFolder,
  postgresFolder,
  postmasterPid,
} from '../../support/embedded-rig.ts';
import { createTestDatabase, openTestDatabase } from '../../support/test-database.ts';

const STEPS = MIGRATIONS.map(({ version, name }) => ({ version, name }));

test('ticker migrate brings the database of TICKER_DATABASE_URL up to date, once', async (t) => {
  const settings = { TICKER_DATABASE_URL: await createTestDatabase(t) };
  const pending = await runTicker(['migrate', '--check', '--json'], settings);
  assert.equal(pending.code, 1);
  assert.deepEqual(JSON.parse(pending.out), { pending: STEPS });

  const applied = await runTicker(['migrate', '--json'], settings);
  assert.equal(applied.code, 0, applied.errors);
  assert.deepEqual(JSON.parse(applied.out), { applied: STEPS });

  const checked = await runTicker(['migrate', '--check', '--json'], settings);
  assert.equal(checked.code, 0);
  assert.deepEqual(JSON.parse(checked.out), { pending: [] });
  assert.equal((await runTicker(['migrate'], settings)).out, 'the schema is up to date\n');
});

test('ticker migrate says in words what it did', async (t) => {
  const settings = { TICKER_DATABASE_URL: await createTestDatabase(t) };
  const { code, out } = await runTicker(['migrate'], settings);
  assert.equal(code, 0);
  assert.equal(out, STEPS.map(({ version, name }) => `applied ${version} ${name}\n`).join(''));
});

test('a schema of a newer version is one line and exit code 1', async (t) => {
  const url = await createTestDatabase(t);
  await runTicker(['migrate'], { TICKER_DATABASE_URL: url });
  const database = openTestDatabase(url);
  await database.sql`
    insert into schema_migrations (version, name, checksum, service_version)
    values (${STEPS.length + 1}, 'of tomorrow', 'x', '9.9.9')`;
  await database.end();
  const { code, out, errors } = await runTicker(['migrate'], { TICKER_DATABASE_URL: url });
  assert.deepEqual([code, out], [1, '']);
  assert.match(errors, /^ticker: MIGRATION_CONFLICT: .*\(of tomorrow\) is of a newer version.*\n$/);
});

test('production has no embedded database', async (t) => {
  const directory = join(openFolder(t), 'data');
  const settings = { TICKER_ENV: 'production', TICKER_DATA_DIR: directory };
  const { code, errors } = await runTicker(['migrate'], settings);
  assert.equal(code, 1);
  assert.match(errors, /^ticker: CONFIG_INVALID: in production TICKER_DATABASE_URL must name/);
});

test('with no database running a command starts the embedded one for its own duration', async (t) => {
  const directory = join(openFolder(t), 'data');
  const settings = { TICKER_DATA_DIR: directory };
  const [one, other] = await Promise.all([
    runTicker(['migrate', '--json'], settings),
    runTicker(['migrate', '--json'], settings),
  ]);
  assert.deepEqual([one.code, other.code], [0, 0], one.errors + other.errors);
  const applied = [one, other].flatMap(
    ({ out }) => (JSON.parse(out) as { applied: typeof STEPS }).applied,
  );
  assert.deepEqual(
    applied.sort((a, b) => a.version - b.version),
    STEPS,
  );
  assert.throws(() => postmasterPid(postgresFolder(directory)), /ENOENT/);
});

test('a command uses the database of the running service and leaves it alone', async (t) => {
  const directory = openFolder(t);
  const instance = await takeDataDirectory(directory);
  const service = await openEmbedded(t, directory);
  const pid = postmasterPid(postgresFolder(directory));
  const settings = { TICKER_DATA_DIR: directory };
  assert.equal((await runTicker(['migrate'], settings)).code, 0);
  assert.equal(isRunning(pid, postgresFolder(directory)), true);
  instance.release();

  // Also without a service: somebody is connected.
  const database = connectTo(t, service);
  const [row] = await database.sql`select count(*) as n from schema_migrations`;
  assert.deepEqual(row, { n: STEPS.length });
  assert.equal((await runTicker(['migrate', '--check'], settings)).code, 0);
  assert.equal(isRunning(pid, postgresFolder(directory)), true);
});
