import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { settingContext } from '../../../src/domain/storage.ts';
import { EnvelopeCipher } from '../../../src/secrets/envelope-cipher.ts';
import { reEncrypt } from '../../../src/secrets/re-encryption.ts';
import { StoredSecrets } from '../../../src/secrets/stored-secrets.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';
import { MemoryProvider } from '../../support/secrets/memory-provider.ts';
import { MemorySettingStore } from '../../support/secrets/memory-setting-store.ts';

const AUTHOR = { actor: 'test', origin: 'here' };
const KEY_SERVICE_DOWN = new TickerError('KEY_SERVICE', 'down');

/** `count` secrets under the key memory:1; the current one is memory:2. */
async function rig(count: number): Promise<{
  provider: MemoryProvider;
  cipher: EnvelopeCipher;
  store: MemorySettingStore;
  secrets: StoredSecrets;
  names: string[];
}> {
  const provider = new MemoryProvider();
  // Every use of a data key asks the provider.
  const limits = { ageMaxMs: 0, usesMax: 1, keysMax: 1 };
  const clock = new ManualClock();
  const cipher = new EnvelopeCipher({ provider, clock, randomBytes, limits });
  const store = new MemorySettingStore();
  const secrets = new StoredSecrets(store, cipher, clock);
  const names = Array.from({ length: count }, (_, i) => `secret-${String(i).padStart(4, '0')}`);
  for (const name of names) await secrets.set(name, `text of ${name}`, AUTHOR);
  provider.keyId = 'memory:2';
  return { provider, cipher, store, secrets, names };
}

test('everything is made anew under the current key, page by page, once', async () => {
  const { provider, cipher, store, secrets, names } = await rig(250);
  const report = await reEncrypt(store, cipher);
  assert.deepEqual(report, { keyId: 'memory:2', done: 250, skipped: 0, failed: [] });
  for (const row of store.rows.values()) {
    assert.equal(row.keyId, 'memory:2');
    assert.equal(cipher.keyIdOf(row.ciphertext), 'memory:2');
  }
  for (const name of names) assert.equal(await secrets.read(name), `text of ${name}`);
  const { generated } = provider;
  assert.deepEqual(await reEncrypt(store, cipher), { ...report, done: 0 });
  assert.equal(provider.generated, generated);
});

test('what somebody else writes or removes meanwhile is left to them', async () => {
  const { cipher, store, secrets } = await rig(5);
  const replace = store.replaceIfUnchanged.bind(store);
  store.replaceIfUnchanged = async (stored, ciphertext, keyId) => {
    if (stored.position === 'secret-0001') await secrets.set('secret-0001', 'a newer text', AUTHOR);
    if (stored.position === 'secret-0003') await secrets.remove('secret-0003', AUTHOR);
    return replace(stored, ciphertext, keyId);
  };
  const report = await reEncrypt(store, cipher);
  assert.deepEqual({ done: report.done, skipped: report.skipped }, { done: 3, skipped: 2 });
  assert.equal(await secrets.read('secret-0001'), 'a newer text');
  assert.equal(store.rows.has('secret-0003'), false);
});

test('what cannot be read is named, left as it is, and does not hold up the rest', async () => {
  const { cipher, store } = await rig(120);
  const row = store.rows.get('secret-0000');
  assert.ok(row);
  const broken = Uint8Array.from(row.ciphertext);
  broken[broken.length - 1]! ^= 1;
  store.rows.set('secret-0000', { ...row, ciphertext: broken });
  const report = await reEncrypt(store, cipher);
  assert.equal(report.done, 119);
  assert.deepEqual(
    report.failed.map(({ context, code }) => ({ context, code })),
    [{ context: settingContext('secret-0000'), code: 'SECRET_UNREADABLE' }],
  );
  assert.deepEqual(store.rows.get('secret-0000'), { ...row, ciphertext: broken });
});

test('one refusal of the key service is one failure; a service that stays away ends it', async () => {
  const { provider, cipher, store } = await rig(10);
  provider.failures = [];
  const unwrap = provider.unwrap.bind(provider);
  let calls = 0;
  provider.unwrap = async (...args) => {
    calls++;
    if (calls === 2) throw KEY_SERVICE_DOWN;
    return unwrap(...args);
  };
  const report = await reEncrypt(store, cipher);
  assert.deepEqual({ done: report.done, failed: report.failed.length }, { done: 9, failed: 1 });
  provider.keyId = 'memory:3';
  provider.unwrap = async () => {
    calls++;
    throw KEY_SERVICE_DOWN;
  };
  calls = 0;
  await assert.rejects(reEncrypt(store, cipher), KEY_SERVICE_DOWN);
  assert.equal(calls, 3);
  provider.unwrap = unwrap;
  assert.equal((await reEncrypt(store, cipher)).done, 10);
});

test('without a current key nothing is touched', async () => {
  const { provider, cipher, store } = await rig(2);
  const before = new Map(store.rows);
  provider.failures.push(KEY_SERVICE_DOWN);
  await assert.rejects(reEncrypt(store, cipher), KEY_SERVICE_DOWN);
  assert.deepEqual(store.rows, before);
});

test('it stops when told and goes on later where it was', async () => {
  const { cipher, store } = await rig(6);
  const abort = new AbortController();
  const replace = store.replaceIfUnchanged.bind(store);
  let replaced = 0;
  store.replaceIfUnchanged = (...args) => {
    replaced++;
    if (replaced === 2) abort.abort();
    return replace(...args);
  };
  assert.equal((await reEncrypt(store, cipher, abort.signal)).done, 2);
  assert.equal((await reEncrypt(store, cipher)).done, 4);
});

test('a key that changes again meanwhile leaves nothing under a wrong name', async () => {
  const { provider, cipher, store } = await rig(1);
  const generate = provider.generate.bind(provider);
  provider.generate = (context) => {
    provider.keyId = 'memory:3';
    return generate(context);
  };
  const report = await reEncrypt(store, cipher);
  assert.equal(report.failed.length, 1);
  assert.equal(store.rows.get('secret-0000')?.keyId, 'memory:1');
  assert.equal((await reEncrypt(store, cipher)).done, 1);
  assert.equal(store.rows.get('secret-0000')?.keyId, 'memory:3');
});
