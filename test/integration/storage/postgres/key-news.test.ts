import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import { Database } from '../../../../src/storage/postgres/database.ts';
import { instanceName, TakenKeys, tellTaken } from '../../../../src/storage/postgres/key-news.ts';
import { ManualClock } from '../../../support/client/manual-clock.ts';
import { createTestDatabase, openTestDatabase } from '../../../support/test-database.ts';

const KEY_ID = 'key_abcdefghijklmnop';

/** An instance of the service that is connected to the database. */
async function connectInstance(t: TestContext, url: string, applicationName: string) {
  const database = new Database({
    url,
    clock: createSystemClock(),
    random: Math.random,
    applicationName,
  });
  t.after(() => database.end());
  await database.check();
  return database;
}

async function openCommand(t: TestContext): Promise<{ url: string; database: Database }> {
  const url = await createTestDatabase(t);
  const database = openTestDatabase(url);
  t.after(() => database.end());
  return { url, database };
}

test('where no instance runs, nobody is waited for', async (t) => {
  const { database } = await openCommand(t);
  const taken = await TakenKeys.listen(database, new ManualClock());
  assert.equal(await taken.until(KEY_ID), true);
});

test('a key is taken when every instance has said so', async (t) => {
  const { url, database } = await openCommand(t);
  const names = [instanceName('one', 1), instanceName('two', 1)];
  const instances = await Promise.all(names.map((name) => connectInstance(t, url, name)));
  const taken = await TakenKeys.listen(database, new ManualClock());
  let isTaken = false;
  const waiting = taken.until(KEY_ID).then((all) => {
    isTaken = true;
    return all;
  });
  // Another key of the same instance, and somebody who is no instance, do not count.
  await tellTaken(instances[0] ?? database, names[0] ?? '', [KEY_ID, 'key_ponmlkjihgfedcba']);
  await tellTaken(database, 'somebody', [KEY_ID]);
  const heard = new Promise<void>((resolve) => {
    database.listen(
      'ticker_keys_taken',
      (news) => {
        if (news === 'the end') resolve();
      },
      () => void database.sql`select pg_notify('ticker_keys_taken', 'the end')`,
    );
  });
  await heard;
  assert.equal(isTaken, false, 'one instance is not all');
  await tellTaken(instances[1] ?? database, names[1] ?? '', [KEY_ID]);
  assert.equal(await waiting, true);
});

test('an instance that is silent is given up', async (t) => {
  const { url, database } = await openCommand(t);
  await connectInstance(t, url, instanceName('frozen', 1));
  const clock = new ManualClock();
  const taken = await TakenKeys.listen(database, clock);
  const waiting = taken.until(KEY_ID);
  clock.advance(1_000);
  assert.equal(await waiting, false);
});

test('instances have names that PostgreSQL keeps whole, of any host', async (t) => {
  const { url } = await openCommand(t);
  const name = instanceName(`${'very-long-name-of-a-deployment-'.repeat(3)}7d9f8-x2k4z`, 4194304);
  const database = await connectInstance(t, url, name);
  const [row] = await database.sql`select current_setting('application_name') as name`;
  assert.equal(row?.['name'], name);
  assert.match(name, /x2k4z$/);
  assert.equal(instanceName('höst a', 7), 'ticker-service-7-h_st_a');
});
