import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readApiKeyFile, readOrCreateApiKey } from '../../../src/config/api-key-file.ts';
import { loadConfig } from '../../../src/config/config.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'ticker-key-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('a key is made once, for the owner only, and used again', (t) => {
  const directory = join(folder(t), 'data');
  assert.equal(readApiKeyFile(directory), undefined);
  const made = readOrCreateApiKey(directory);
  assert.equal(made.created, true);
  assert.equal(statSync(made.path).mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(readFileSync(made.path, 'utf8'), `${made.key}\n`);
  assert.deepEqual(readOrCreateApiKey(directory), { ...made, created: false });
  assert.deepEqual(readdirSync(directory), ['api-key']);
});

test('a made key is as strong as one that is given must be', (t) => {
  const { key } = readOrCreateApiKey(folder(t));
  assert.equal(loadConfig({ TICKER_API_KEY: key }).apiKey, key);
  assert.notEqual(readOrCreateApiKey(folder(t)).key, key);
});

test('a file that holds no key is an error, not a new key', (t) => {
  const directory = folder(t);
  for (const content of ['', 'too-short', 'a b\n'.repeat(20)]) {
    writeFileSync(join(directory, 'api-key'), content);
    assert.throws(() => readOrCreateApiKey(directory), { code: 'DATA_DIR' });
  }
});

test('a data directory that cannot be made is an error that names it', (t) => {
  const file = join(folder(t), 'file');
  writeFileSync(file, '');
  assert.throws(() => readOrCreateApiKey(join(file, 'data')), {
    code: 'DATA_DIR',
    message: /file\/data\/api-key/,
  });
});
