import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { AccountRegistry } from '../../../../src/accounts/account-registry.ts';
import { parseAccounts } from '../../../../src/config/accounts.ts';
import { createSystemClock } from '../../../../src/domain/clock.ts';
import { EnvelopeCipher } from '../../../../src/secrets/envelope-cipher.ts';
import { reEncrypt } from '../../../../src/secrets/re-encryption.ts';
import { StoredSecrets } from '../../../../src/secrets/stored-secrets.ts';
import { PostgresAccountStore } from '../../../../src/storage/postgres/account-store.ts';
import { listAuditEvents } from '../../../../src/storage/postgres/audit-log.ts';
import type { Database } from '../../../../src/storage/postgres/database.ts';
import { PostgresSettingStore } from '../../../../src/storage/postgres/setting-store.ts';
import { migratedDatabase } from '../../../support/migrated-database.ts';
import { MemoryProvider } from '../../../support/secrets/memory-provider.ts';

const AUTHOR = { actor: 'cli:ops', origin: 'host' };
const clock = createSystemClock();

interface Rig {
  database: Database;
  provider: MemoryProvider;
  cipher: EnvelopeCipher;
  store: PostgresSettingStore;
  secrets: StoredSecrets;
}

async function rig(t: TestContext): Promise<Rig> {
  const { database } = await migratedDatabase(t);
  const provider = new MemoryProvider();
  const cipher = new EnvelopeCipher({ provider, clock, randomBytes });
  t.after(() => cipher.close());
  const store = new PostgresSettingStore(database);
  return { database, provider, cipher, store, secrets: new StoredSecrets(store, cipher, clock) };
}

test('secrets are stored, replaced, listed by name and removed, with their events', async (t) => {
  const { database, secrets } = await rig(t);
  await secrets.set('redis', 'first text', AUTHOR);
  const other = await secrets.set('api-key', 'another text', AUTHOR);
  const second = await secrets.set('redis', 'second text', AUTHOR);
  assert.equal(await secrets.read('redis'), 'second text');
  assert.deepEqual(await secrets.list(), [other, second]);
  await secrets.remove('redis', AUTHOR);
  await assert.rejects(secrets.remove('redis', AUTHOR), /SECRET_SOURCE: nothing is stored/);
  await assert.rejects(secrets.read('redis'), /SECRET_SOURCE: nothing is stored/);
  const events = await listAuditEvents(database, 10);
  assert.deepEqual(events.map(({ action, subject }) => [action, subject]).reverse(), [
    ['secret.stored', 'redis'],
    ['secret.stored', 'api-key'],
    ['secret.stored', 'redis'],
    ['secret.removed', 'redis'],
  ]);
});

test('nothing in the database is the text, as text or in hex', async (t) => {
  const { database, secrets } = await rig(t);
  const text = randomBytes(18).toString('base64url');
  await secrets.set('api-key', text, AUTHOR);
  const rows = await database.sql`select stored_settings::text as row from stored_settings
    union all select audit_events::text from audit_events`;
  const dump = JSON.stringify(rows);
  assert.ok(!dump.includes(text));
  assert.ok(!dump.includes(Buffer.from(text).toString('hex')));
});

test('everything is re-encrypted page by page while others read, write and remove', async (t) => {
  const { provider, cipher, store, secrets } = await rig(t);
  const names = Array.from({ length: 230 }, (_, i) => `Name_${i % 7}-${i}`);
  for (const name of names) await secrets.set(name, `old text of ${name}`, AUTHOR);
  provider.keyId = 'memory:2';
  const running = reEncrypt(store, cipher);
  const changed = names.filter((_, i) => i % 10 === 0);
  for (const name of changed) {
    assert.equal(await secrets.read(name), `old text of ${name}`);
    await secrets.set(name, `new text of ${name}`, AUTHOR);
    assert.equal(await secrets.read(name), `new text of ${name}`);
  }
  await secrets.remove(names[5]!, AUTHOR);
  const report = await running;
  assert.deepEqual(report.failed, []);
  // Whoever wrote beside it may have used a data key from before: the next run finds those.
  await reEncrypt(store, cipher);
  assert.equal((await reEncrypt(store, cipher)).done, 0);
  for (const { name, keyId } of await secrets.list()) {
    assert.equal(keyId, 'memory:2');
    const age = changed.includes(name) ? 'new' : 'old';
    assert.equal(await secrets.read(name), `${age} text of ${name}`);
  }
  assert.equal((await secrets.list()).length, names.length - 1);
});

test('two instances that re-encrypt at once share the work and lose nothing', async (t) => {
  const { database, provider, cipher, store, secrets } = await rig(t);
  const names = Array.from({ length: 40 }, (_, i) => `name-${i}`);
  for (const name of names) await secrets.set(name, `text of ${name}`, AUTHOR);
  provider.keyId = 'memory:2';
  const second = new EnvelopeCipher({ provider, clock, randomBytes });
  const reports = await Promise.all([
    reEncrypt(store, cipher),
    reEncrypt(new PostgresSettingStore(database), second),
  ]);
  assert.equal(reports[0].done + reports[1].done, names.length);
  assert.deepEqual([...reports[0].failed, ...reports[1].failed], []);
  for (const name of names) assert.equal(await secrets.read(name), `text of ${name}`);
  second.close();
});

test('the secrets of accounts are re-encrypted by the same rules', async (t) => {
  const { database, provider, cipher } = await rig(t);
  const store = new PostgresAccountStore(database);
  const registry = new AccountRegistry(store, cipher, clock);
  const accounts = parseAccounts(
    JSON.stringify(
      ['AB1234', 'AB1235'].map((id) => ({
        id,
        api_key: `api key of ${id}`,
        api_secret: `api secret of ${id}`,
        access_token: `access token of ${id}`,
      })),
    ),
    'test',
  );
  await registry.save(accounts, AUTHOR, false);
  provider.keyId = 'memory:2';
  const report = await reEncrypt(store, cipher);
  assert.deepEqual(report, { keyId: 'memory:2', done: 6, skipped: 0, failed: [] });
  assert.equal((await reEncrypt(store, cipher)).done, 0);
  assert.deepEqual(await registry.load(), accounts);
  for (const { key_ids: keyIds } of await registry.list()) assert.deepEqual(keyIds, ['memory:2']);
});
