import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isApiKey, isKeyId, newApiKey } from '../../../src/access/api-key.ts';
import { readOrCreateApiKey } from '../../../src/config/api-key-file.ts';

test('a key is 256 random bits behind a prefix that says where it opens', () => {
  const sizes: number[] = [];
  const bytes = (size: number): Buffer => {
    sizes.push(size);
    return Buffer.alloc(size, 0xff);
  };
  const { key, id, hash } = newApiKey('production', bytes);
  assert.equal(key, `tk_prod_${'_'.repeat(42)}8`);
  assert.equal(sizes[0], 32);
  assert.match(newApiKey('development', randomBytes).key, /^tk_dev_/);
  assert.equal(hash, createHash('sha256').update(key).digest('hex'));
  assert.ok(isApiKey(key) && isKeyId(id));
});

test('its id is random too, not made from the key', () => {
  let calls = 0;
  // The same key twice, with other bytes for the id.
  const bytes = (size: number): Buffer => Buffer.alloc(size, size === 32 ? 1 : ++calls);
  const [one, two] = [newApiKey('development', bytes), newApiKey('development', bytes)];
  assert.equal(one.key, two.key);
  assert.notEqual(one.id, two.id);
});

test('no two keys are alike', () => {
  const all = Array.from({ length: 1000 }, () => newApiKey('development', randomBytes));
  assert.equal(new Set(all.map(({ key }) => key)).size, all.length);
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  assert.ok(all.every(({ key, id }) => isApiKey(key) && isKeyId(id)));
});

test('the development key of a data directory has the same form', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-api-key-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.ok(isApiKey(readOrCreateApiKey(folder).key));
});

test('what is not a key or an id is told from one', () => {
  const { key, id } = newApiKey('development', randomBytes);
  for (const text of ['', key.slice(1), key.slice(0, -1), `${key}A`, `${key}\n`, id]) {
    assert.ok(!isApiKey(text), text);
  }
  for (const text of ['', key, id.toUpperCase(), `${id}a`, id.slice(0, -1), `${id}\n`]) {
    assert.ok(!isKeyId(text), text);
  }
});
