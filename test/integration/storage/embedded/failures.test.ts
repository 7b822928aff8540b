import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { prepareBinaries } from '../../../../src/storage/embedded/binaries.ts';
import { embeddedError } from '../../../../src/storage/embedded/embedded-error.ts';
import { choosePostgresUser } from '../../../../src/storage/embedded/postgres-user.ts';
import { startProgram } from '../../../../src/storage/embedded/program.ts';
import { atEnd } from '../../../support/at-end.ts';
import {
  connectTo,
  openEmbedded,
  openFolder,
  postgresFolder,
} from '../../../support/embedded-rig.ts';

function embedded(message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof TickerError, String(error));
    assert.equal(error.code, 'EMBEDDED_POSTGRES');
    assert.match(error.message, message);
    return true;
  };
}

/** A file system of its own of that size; undefined: it takes root to make one, skipped aloud. */
function smallDisk(t: TestContext, megabytes: number): string | undefined {
  const folder = openFolder(t);
  const size = `size=${megabytes}m,mode=755`;
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', folder]);
  if (made.status !== 0) {
    t.skip('a small file system cannot be mounted here');
    return undefined;
  }
  atEnd(t, () => execFileSync('umount', [folder]));
  return folder;
}

test('on a disk too small nothing half-made is left, and with space it works', async (t) => {
  const disk = smallDisk(t, 60);
  if (disk === undefined) return;
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(45 * 2 ** 20));
  const directory = join(disk, 'data');
  await assert.rejects(
    openEmbedded(t, directory, false),
    embedded(/the disk is full: free some space/),
  );
  assert.equal(existsSync(join(postgresFolder(directory), 'data')), false);
  rmSync(ballast);
  await connectTo(t, await openEmbedded(t, directory, false)).check();
});

test('a disk that fills up costs the statement, not what was committed', async (t) => {
  const disk = smallDisk(t, 80);
  if (disk === undefined) return;
  const directory = join(disk, 'data');
  const opened = await openEmbedded(t, directory, false);
  opened.embedded.watch();
  const database = connectTo(t, opened);
  await database.sql`create table kept as select 7 as value`;
  await database.sql`create table filler (text text)`;
  await assert.rejects(
    async () => {
      for (;;) {
        await database.sql`
        insert into filler select md5(n::text) || repeat('x', 500)
        from generate_series(1, 5000) as n`;
      }
    },
    (error) => error instanceof TickerError && error.code === 'DATABASE_UNAVAILABLE',
  );
  // It may even have ended itself; then it comes back once there is space.
  let rows: unknown;
  while (rows === undefined) {
    rows = await database
      .transaction(async (sql) => {
        await sql`truncate filler`;
        return sql`select value from kept`;
      })
      .catch(() => undefined);
    if (rows === undefined) execFileSync('mount', ['-o', 'remount,size=200m', disk]);
  }
  assert.deepEqual(rows, [{ value: 7 }]);
});

test('a data directory that is a file is said to be one', async (t) => {
  const path = join(openFolder(t), 'file');
  writeFileSync(path, '');
  await assert.rejects(openEmbedded(t, path, false), embedded(/EEXIST|ENOTDIR/));
});

test('database files without their password are refused', async (t) => {
  const directory = openFolder(t);
  const opened = await openEmbedded(t, directory, false);
  await opened.embedded.stop();
  rmSync(join(postgresFolder(directory), 'password'));
  await assert.rejects(
    openEmbedded(t, directory, false),
    embedded(/password is missing: put it back/),
  );
  // For the end of the test, which stops it.
  writeFileSync(join(postgresFolder(directory), 'password'), 'none\n');
});

test('a platform without programs, and programs that cannot be run, are named', async (t) => {
  const folder = openFolder(t);
  const user = choosePostgresUser();
  await assert.rejects(
    prepareBinaries(folder, user, () =>
      Promise.reject(embeddedError('there is no PostgreSQL for x', 'set TICKER_DATABASE_URL')),
    ),
    embedded(/set TICKER_DATABASE_URL/),
  );
  const file = join(folder, 'program');
  await assert.rejects(startProgram(file, [], user, {}), embedded(/cannot be run.*ENOENT/));
  writeFileSync(file, 'text');
  chmodSync(file, 0o644);
  await assert.rejects(startProgram(file, [], user, {}), embedded(/cannot be run.*EACCES/));
});

test('a database that is not one does not start, and the reason is told', async (t) => {
  const directory = openFolder(t);
  const opened = await openEmbedded(t, directory, false);
  await opened.embedded.stop();
  const data = join(postgresFolder(directory), 'data');
  rmSync(join(data, 'global'), { recursive: true });
  mkdirSync(join(data, 'global'));
  await assert.rejects(
    openEmbedded(t, directory, false),
    embedded(/does not start.*it said: .*global/),
  );
});
