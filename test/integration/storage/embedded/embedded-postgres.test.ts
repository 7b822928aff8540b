import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeDataDirectory } from '../../../../src/storage/embedded/data-directory-lock.ts';
import { EmbeddedPostgres } from '../../../../src/storage/embedded/embedded-postgres.ts';
import {
  connectTo,
  isRunning,
  killHolder,
  openEmbedded,
  openFolder,
  postgresFolder,
  postmasterPid,
  startHolder,
} from '../../../support/embedded-rig.ts';

const POLL_MS = 10;

test('it starts from nothing: local, behind a password, with all safety on', async (t) => {
  const directory = join(openFolder(t), 'made');
  assert.equal(EmbeddedPostgres.exists(directory), false);
  const opened = await openEmbedded(t, directory);
  assert.equal(EmbeddedPostgres.exists(directory), true);
  const { sql } = connectTo(t, opened);
  const settings = await sql<{ name: string; setting: string }>`
    select name, setting from pg_settings
    where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums',
      'listen_addresses', 'unix_socket_directories', 'password_encryption')
    order by name`;
  assert.deepEqual(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '127.0.0.1',
    password_encryption: 'scram-sha-256',
    synchronous_commit: 'on',
    unix_socket_directories: '',
  });
  assert.deepEqual(await sql`select distinct auth_method from pg_hba_file_rules`, [
    { auth_method: 'scram-sha-256' },
  ]);
  const folder = postgresFolder(directory);
  assert.equal(statSync(join(folder, 'password')).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('initdb') || name.includes('draft')),
    [],
  );
  const { password } = new URL(opened.embedded.url);
  assert.equal(Buffer.from(password, 'base64url').length, 32);
});

test('what was stored is there after a stop, at the same address', async (t) => {
  const directory = openFolder(t);
  const before = await openEmbedded(t, directory);
  await connectTo(t, before).sql`create table kept as select 7 as value`;
  const pid = postmasterPid(postgresFolder(directory));
  await before.embedded.stop();
  assert.equal(isRunning(pid, postgresFolder(directory)), false);

  const after = await openEmbedded(t, directory);
  assert.equal(after.embedded.url, before.embedded.url);
  assert.deepEqual(await connectTo(t, after).sql`select value from kept`, [{ value: 7 }]);
});

test('processes that start at once share one, and none of our secrets reach it', async (t) => {
  const directory = openFolder(t);
  const holders = await Promise.all([1, 2, 3].map(() => startHolder(t, directory)));
  assert.equal(new Set(holders.map(({ url }) => url)).size, 1, JSON.stringify(holders));
  const opened = await openEmbedded(t, directory);
  assert.equal(opened.embedded.url, holders[0]?.url);
  if (process.platform !== 'linux') return;
  const pid = postmasterPid(postgresFolder(directory));
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
  assert.match(environment, /LC_ALL=C/);
  assert.doesNotMatch(environment, /TICKER|AWS|canary/);
});

test('it survives a process that is killed, and the next one has it', async (t) => {
  const directory = openFolder(t);
  const holder = await startHolder(t, directory);
  const pid = postmasterPid(postgresFolder(directory));
  await killHolder(holder);
  const opened = await openEmbedded(t, directory);
  assert.equal(opened.embedded.url, holder.url);
  assert.equal(postmasterPid(postgresFolder(directory)), pid);
  await opened.embedded.stop();
  assert.equal(isRunning(pid, postgresFolder(directory)), false);
});

test('when it is killed it comes back, with all that was committed', async (t) => {
  const directory = openFolder(t);
  const opened = await openEmbedded(t, directory);
  const database = connectTo(t, opened);
  await database.sql`create table kept as select 7 as value`;
  opened.embedded.watch();
  const pid = postmasterPid(postgresFolder(directory));
  process.kill(pid, 'SIGKILL');
  while (isRunning(pid, postgresFolder(directory))) await sleep(POLL_MS);
  let rows: unknown;
  while (rows === undefined) {
    rows = await database.sql`select value from kept`.catch(() => undefined);
    await sleep(POLL_MS);
  }
  assert.deepEqual(rows, [{ value: 7 }]);
  assert.notEqual(postmasterPid(postgresFolder(directory)), pid);
  assert.match(opened.log.join('\n'), /warn the embedded PostgreSQL has died/);
});

test('killed together with its process it is recovered by the next one', async (t) => {
  const directory = openFolder(t);
  const holder = await startHolder(t, directory);
  const opened = await openEmbedded(t, directory);
  await connectTo(t, opened).sql`create table kept as select 7 as value`;
  process.kill(postmasterPid(postgresFolder(directory)), 'SIGKILL');
  await killHolder(holder);
  const again = await openEmbedded(t, directory);
  assert.deepEqual(await connectTo(t, again).sql`select value from kept`, [{ value: 7 }]);
});

test('a number that went to another process is not taken for it', async (t) => {
  const directory = openFolder(t);
  const opened = await openEmbedded(t, directory);
  const file = join(postgresFolder(directory), 'data', 'postmaster.pid');
  const [, ...rest] = readFileSync(file, 'utf8').split('\n');
  await opened.embedded.stop();
  // As after a crash of the machine: the number is now that of this test.
  writeFileSync(file, [process.pid, ...rest].join('\n'));
  const again = await openEmbedded(t, directory);
  await connectTo(t, again).check();
  assert.notEqual(postmasterPid(postgresFolder(directory)), process.pid);
});

test('a port that was taken meanwhile is left to who has it', async (t) => {
  const directory = openFolder(t);
  const before = await openEmbedded(t, directory);
  await before.embedded.stop();
  const { port } = new URL(before.embedded.url);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
  t.after(() => server.close());
  const after = await openEmbedded(t, directory);
  assert.notEqual(new URL(after.embedded.url).port, port);
  await connectTo(t, after).check();
});

test('what is left of a making that was killed is no hindrance', async (t) => {
  const directory = openFolder(t);
  const folder = postgresFolder(directory);
  mkdirSync(join(folder, 'data.draft'), { recursive: true });
  writeFileSync(join(folder, 'data.draft', 'PG_VERSION'), '18\n');
  writeFileSync(join(folder, 'password'), 'of the attempt\n');
  await connectTo(t, await openEmbedded(t, directory)).check();
});

test('the last one that leaves stops it, unless the service runs', async (t) => {
  const directory = openFolder(t);
  const [first, second] = [await openEmbedded(t, directory), await openEmbedded(t, directory)];
  const pid = postmasterPid(postgresFolder(directory));
  await first.embedded.leave(async () => true);
  assert.equal(isRunning(pid, postgresFolder(directory)), true);

  const instance = await takeDataDirectory(directory);
  const third = await openEmbedded(t, directory);
  await third.embedded.leave(async () => false);
  assert.equal(isRunning(pid, postgresFolder(directory)), true);
  instance.release();

  await second.embedded.leave(async () => false);
  assert.equal(isRunning(pid, postgresFolder(directory)), false);
});
