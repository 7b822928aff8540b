import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { AccountRegistry } from '../../../src/accounts/account-registry.ts';
import type { BrokerAccount } from '../../../src/config/accounts.ts';
import { createSystemClock } from '../../../src/domain/clock.ts';
import { EnvelopeCipher } from '../../../src/secrets/envelope-cipher.ts';
import { LocalProvider } from '../../../src/secrets/local-provider.ts';
import { reEncrypt } from '../../../src/secrets/re-encryption.ts';
import { PostgresAccountStore } from '../../../src/storage/postgres/account-store.ts';
import { listAuditEvents, verifyAuditLog } from '../../../src/storage/postgres/audit-log.ts';
import type { Database } from '../../../src/storage/postgres/database.ts';
import { migratedDatabase } from '../../support/migrated-database.ts';
import { temporaryFolder } from '../../support/ticker-process.ts';

const clock = createSystemClock();
const AUTHOR = { actor: 'cli:test', origin: 'test-host' };

function account(id: string, changes: Partial<BrokerAccount> = {}): BrokerAccount {
  return {
    id,
    apiKey: `${id}-api-key`,
    apiSecret: `${id}-api-secret`,
    accessToken: `${id}-access-token`,
    marketData: true,
    trading: false,
    restUrl: 'https://api.kite.trade',
    wsUrl: 'wss://ws.kite.trade/',
    ...changes,
  };
}

interface Rig {
  database: Database;
  store: PostgresAccountStore;
  registry: AccountRegistry;
}

function cipherIn(folder: string): EnvelopeCipher {
  const provider = new LocalProvider({
    dataDirectory: folder,
    randomBytes,
    warn: () => undefined,
  });
  return new EnvelopeCipher({ provider, clock, randomBytes });
}

async function rig(t: TestContext): Promise<Rig> {
  const { database } = await migratedDatabase(t);
  const store = new PostgresAccountStore(database);
  return {
    database,
    store,
    registry: new AccountRegistry(store, cipherIn(temporaryFolder(t)), clock),
  };
}

test('what goes in comes out again for the feed, and is listed without its secrets', async (t) => {
  const { registry } = await rig(t);
  const accounts = [
    account('AB1'),
    account('AB2', { apiSecret: undefined, trading: true, localAddress: '192.0.2.7' }),
  ];
  await registry.save(accounts, AUTHOR, false);
  assert.deepEqual(await registry.load(), accounts);
  const listed = await registry.list();
  assert.deepEqual(
    listed.map(({ id, trading, secrets }) => [id, trading, secrets]),
    [
      ['AB1', false, ['api_key', 'api_secret', 'access_token']],
      ['AB2', true, ['api_key', 'access_token']],
    ],
  );
  for (const secret of ['api-secret', 'access-token']) {
    assert.ok(!JSON.stringify(listed).includes(secret));
  }
});

test('accounts are stored all or none; --replace is asked for', async (t) => {
  const { registry, database } = await rig(t);
  await registry.save([account('AB1')], AUTHOR, false);
  await assert.rejects(registry.save([account('AB0'), account('AB1')], AUTHOR, false), {
    code: 'ACCOUNT_EXISTS',
    detail: /AB1: .*--replace/,
  });
  assert.deepEqual(
    (await registry.list()).map(({ id }) => id),
    ['AB1'],
  );
  await registry.save([account('AB1', { apiSecret: undefined })], AUTHOR, true);
  assert.deepEqual((await registry.list())[0]?.secrets, ['api_key', 'access_token']);
  const actions = (await listAuditEvents(database, 10)).map(({ action, subject }) => [
    action,
    subject,
  ]);
  assert.deepEqual(actions, [
    ['account.replaced', 'AB1'],
    ['account.added', 'AB1'],
  ]);
  assert.equal((await verifyAuditLog(database)).fault, undefined);
});

test('a removed account is gone with its secrets; one that is not there cannot be removed', async (t) => {
  const { registry, database } = await rig(t);
  await registry.save([account('AB1')], AUTHOR, false);
  await registry.remove('AB1', AUTHOR);
  assert.deepEqual(await registry.list(), []);
  assert.deepEqual(await database.sql`select 1 from account_secrets`, []);
  await assert.rejects(registry.remove('AB1', AUTHOR), { code: 'UNKNOWN_ACCOUNT' });
});

test('a ciphertext that was moved to another account or field does not open', async (t) => {
  const { registry, database } = await rig(t);
  await registry.save([account('AB1'), account('AB2')], AUTHOR, false);
  await database.sql`
    update account_secrets a set ciphertext = b.ciphertext from account_secrets b
    where a.account_id = 'AB1' and b.account_id = 'AB2' and a.field = b.field`;
  await assert.rejects(registry.load(), { code: 'SECRET_UNREADABLE' });
  await registry.save([account('AB1')], AUTHOR, true);
  await database.sql`
    update account_secrets a set ciphertext = b.ciphertext from account_secrets b
    where a.account_id = 'AB1' and b.account_id = 'AB1'
      and a.field = 'api_key' and b.field = 'access_token'`;
  await assert.rejects(registry.load(), { code: 'SECRET_UNREADABLE' });
});

test('an account that changes while secrets are brought under another key keeps its change', async (t) => {
  const { database, store, registry } = await rig(t);
  await registry.save([account('AB1'), account('AB2')], AUTHOR, false);
  const [first] = await store.listOfOtherKeys('another key', undefined, 1);
  assert.ok(first);
  assert.equal(first.context.id, 'AB1');
  await registry.save([account('AB1', { accessToken: 'changed-token' })], AUTHOR, true);
  assert.equal(await store.replaceIfUnchanged(first, Buffer.from('stale'), 'another key'), false);
  assert.equal((await registry.load())[0]?.accessToken, 'changed-token');
  const pages: string[] = [];
  let after: string | undefined;
  for (;;) {
    const [next] = await store.listOfOtherKeys('another key', after, 1);
    if (next === undefined) break;
    pages.push(`${next.context.id} ${next.context.field}`);
    after = next.position;
  }
  assert.equal(pages.length, 6);
  assert.equal(new Set(pages).size, 6);
  await database.check();
});

test('re-encryption brings everything under the current key', async (t) => {
  const { database } = await migratedDatabase(t);
  const store = new PostgresAccountStore(database);
  const before = cipherIn(temporaryFolder(t));
  await new AccountRegistry(store, before, clock).save([account('AB1')], AUTHOR, false);
  // A cipher that opens what the old key closed and closes with the new one.
  const after = cipherIn(temporaryFolder(t));
  const both = {
    currentKeyId: () => after.currentKeyId(),
    encrypt: after.encrypt.bind(after),
    decrypt: before.decrypt.bind(before),
    keyIdOf: after.keyIdOf.bind(after),
  };
  const report = await reEncrypt(store, both);
  assert.deepEqual({ ...report, keyId: '' }, { keyId: '', done: 3, skipped: 0, failed: [] });
  assert.deepEqual(await new AccountRegistry(store, after, clock).load(), [account('AB1')]);
  assert.equal((await reEncrypt(store, both)).done, 0, 'a second pass changes nothing');
});
