import assert from 'node:assert/strict';
import { hostname, userInfo } from 'node:os';
import { test, type TestContext } from 'node:test';
import { KeyTable, keyHash } from '../../../src/access/key-table.ts';
import { isApiKey } from '../../../src/access/api-key.ts';
import { createSystemClock } from '../../../src/domain/clock.ts';
import { PostgresApiKeyStore } from '../../../src/storage/postgres/api-key-store.ts';
import { listAuditEvents } from '../../../src/storage/postgres/audit-log.ts';
import type { Database } from '../../../src/storage/postgres/database.ts';
import { migratedDatabase } from '../../support/migrated-database.ts';
import { type CommandRun, runCommand } from '../../support/run-command.ts';
import { temporaryFolder } from '../../support/ticker-process.ts';

interface Issued {
  id: string;
  key: string;
  scopes: string[];
  accounts: string[] | 'all';
  expires: string | null;
}

class Rig {
  readonly database: Database;
  readonly #t: TestContext;
  readonly #settings: Record<string, string>;

  private constructor(t: TestContext, database: Database, url: string) {
    this.#t = t;
    this.database = database;
    this.#settings = { TICKER_DATABASE_URL: url, TICKER_DATA_DIR: temporaryFolder(t) };
  }

  static async open(t: TestContext): Promise<Rig> {
    const { database, url } = await migratedDatabase(t);
    return new Rig(t, database, url);
  }

  run(...args: string[]): Promise<CommandRun> {
    return runCommand(this.#t, ['keys', ...args], this.#settings);
  }

  async json<Answer>(...args: string[]): Promise<Answer> {
    const { exitCode, out, errors } = await this.run(...args, '--json');
    assert.equal(exitCode, 0, errors);
    return JSON.parse(out) as Answer;
  }
}

test('create prints the key once, as JSON of exactly these fields', async (t) => {
  const rig = await Rig.open(t);
  const expires = '2099-01-31T18:00:00+05:30';
  const issued = await rig.json<Issued>(
    ...['create', '--scopes', 'ticks:read, metrics:read', '--accounts', 'AB1234,CD5678'],
    ...['--expires', expires, '--label', 'desk 7', '--limits', 'connections=3'],
  );
  assert.deepEqual(Object.keys(issued), ['id', 'key', 'scopes', 'accounts', 'expires']);
  assert.ok(isApiKey(issued.key) && issued.key.startsWith('tk_dev_'));
  assert.deepEqual(issued.scopes, ['ticks:read', 'metrics:read']);
  assert.deepEqual(issued.accounts, ['AB1234', 'CD5678']);
  assert.equal(issued.expires, '2099-01-31T12:30:00.000Z');

  const [stored] = await new PostgresApiKeyStore(rig.database).list();
  assert.ok(stored !== undefined);
  assert.equal(stored.hash, keyHash(issued.key));
  assert.deepEqual([stored.label, stored.limits.connections], ['desk 7', 3]);
  const table = new KeyTable(createSystemClock(), [stored]);
  assert.equal(table.authenticate(issued.key)?.keyId, issued.id);

  const [event] = await listAuditEvents(rig.database, 1);
  assert.equal(event?.actor, `cli:${userInfo().username}`);
  assert.equal(event.origin, hostname());
  const list = await rig.run('list');
  const again = await rig.run('list', '--json');
  assert.match(list.out, new RegExp(issued.id));
  for (const { out } of [list, again]) {
    assert.ok(!out.includes(issued.key) && !out.includes(stored.hash));
  }
});

test('create without more is for all accounts and for ever; people get a table', async (t) => {
  const rig = await Rig.open(t);
  const issued = await rig.json<Issued>('create', '--scopes', 'admin');
  assert.deepEqual([issued.accounts, issued.expires], ['all', null]);
  const { out, errors } = await rig.run('create', '--scopes', 'admin');
  assert.match(out, /^key +tk_dev_\S{43}$/m);
  assert.match(out, /^accounts +all$/m);
  assert.match(out, /^expires +never$/m);
  assert.ok(!errors.includes('tk_dev_'), errors);
});

test('an account that is not stored yet is a warning', async (t) => {
  const rig = await Rig.open(t);
  const { exitCode, errors } = await rig.run(
    ...['create', '--scopes', 'orders:read', '--accounts', 'AB1234'],
  );
  assert.equal(exitCode, 0);
  assert.match(errors, /no account "AB1234" is stored/);
});

test('rotate gives a new key, and says until when the old one is valid', async (t) => {
  const rig = await Rig.open(t);
  const old = await rig.json<Issued>('create', '--scopes', 'ticks:read', '--accounts', 'AB1234');
  const fresh = await rig.json<Issued & { replaces: string; replaced_expires: string }>(
    ...['rotate', old.id, '--overlap', '2h'],
  );
  assert.notEqual(fresh.key, old.key);
  assert.deepEqual([fresh.scopes, fresh.accounts], [old.scopes, old.accounts]);
  assert.equal(fresh.replaces, old.id);
  assert.ok(Date.parse(fresh.replaced_expires) > 0);
  const [stored] = await new PostgresApiKeyStore(rig.database).list();
  assert.equal(stored?.expiresMs, Date.parse(fresh.replaced_expires));
  const again = await rig.run('rotate', old.id);
  assert.equal(again.exitCode, 1);
  assert.match(again.errors, new RegExp(`replaced by ${fresh.id} already`));
});

test('revoke ends a key, and is no error the second time', async (t) => {
  const rig = await Rig.open(t);
  const { id } = await rig.json<Issued>('create', '--scopes', 'ticks:read');
  assert.deepEqual(await rig.json('revoke', id), { id, revoked: true });
  assert.match((await rig.run('revoke', id)).out, /was revoked already/);
  const [listed] = await rig.json<{ state: string; revoked: string }[]>('list');
  assert.equal(listed?.state, 'revoked');
  assert.ok(Date.parse(listed.revoked) > 0);
});

test('what is wrong is one line on standard error', async (t) => {
  const KEY = `tk_dev_${'A'.repeat(43)}`;
  const WRONG: [string[], number, RegExp][] = [
    [['create'], 2, /--scopes is missing/],
    [['create', '--scopes', 'tick:read'], 1, /did you mean ticks:read\?/],
    [['create', '--scopes', ''], 1, /there is no scope ""/],
    [['create', '--scopes', 'admin', '--expires', 'soon'], 2, /neither a duration nor a time/],
    [['create', '--scopes', 'admin', '--expires', '2020-01-01'], 1, /in the future/],
    [['create', '--scopes', 'admin', '--expires', '0s'], 1, /in the future/],
    [['create', '--scopes', 'admin', '--limits', 'x=1'], 1, /there is no limit "x"/],
    [['create', 'me', '--scopes', 'admin'], 2, /takes no argument/],
    [['list', '--scopes', 'admin'], 2, /list does not take --scopes/],
    [['rotate'], 2, /needs the id/],
    [['rotate', `key_${'a'.repeat(16)}`, '--overlap', 'long'], 2, /is not a duration/],
    [['rotate', `key_${'a'.repeat(16)}`], 1, /UNKNOWN_KEY/],
    [['revoke', KEY], 1, /that is a key itself, not its id/],
    [['revoke', 'desk 7'], 1, /that is not the id of a key/],
    [['remove'], 2, /no action "remove"/],
    [[], 2, /an argument is missing/],
  ];
  const rig = await Rig.open(t);
  for (const [args, code, message] of WRONG) {
    const { exitCode, out, errors } = await rig.run(...args);
    const name = args.join(' ');
    assert.equal(exitCode, code, name);
    assert.equal(out, '', name);
    assert.match(errors, message);
    assert.equal(errors.split('\n').length, 1, errors);
    assert.ok(!errors.includes(KEY));
  }
});
