import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/config.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { openCipher } from '../../../src/secrets/open-cipher.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';
import { temporaryFolder } from '../../support/ticker-process.ts';

const CONTEXT = { kind: 'account', id: 'AB1234', field: 'api_secret' };
const clock = new ManualClock();
const warn = (): void => undefined;

test('development without a key of AWS keeps one in the data directory', async (t) => {
  const folder = temporaryFolder(t);
  const config = loadConfig({ TICKER_DATA_DIR: folder });
  const warned: string[] = [];
  const cipher = openCipher({ config, clock, warn: (message) => void warned.push(message) });
  const ciphertext = await cipher.encrypt('a secret', CONTEXT);
  assert.ok(existsSync(join(folder, 'local-master-key')));
  assert.equal(warned.length, 1);
  cipher.close();
  const later = openCipher({ config, clock, warn });
  assert.equal(await later.decrypt(ciphertext, CONTEXT), 'a secret');
});

test('production without a key of AWS is refused by name, and makes no file', (t) => {
  const folder = temporaryFolder(t);
  const settings = { TICKER_ENV: 'production', TICKER_DATA_DIR: folder };
  const config = loadConfig(settings, {}, 'command');
  assert.throws(
    () => openCipher({ config, clock, warn }),
    (error: unknown) =>
      error instanceof TickerError &&
      error.code === 'CONFIG_INVALID' &&
      error.detail.includes('TICKER_KMS_KEY_ID'),
  );
  assert.ok(!existsSync(join(folder, 'local-master-key')));
});

test('a key of AWS is used in development too, and nothing is kept on the disk', async (t) => {
  const folder = temporaryFolder(t);
  const config = loadConfig({ TICKER_DATA_DIR: folder, TICKER_KMS_KEY_ID: 'alias/ticker' });
  const warned: string[] = [];
  openCipher({ config, clock, warn: (message) => void warned.push(message) }).close();
  assert.deepEqual(warned, []);
  assert.ok(!existsSync(join(folder, 'local-master-key')));
});

for (const url of ['http://kms.example', 'http://10.0.0.1:8080', 'http://localhost.example']) {
  test(`secrets never go to ${url}`, () => {
    const config = loadConfig({ TICKER_KMS_KEY_ID: 'alias/ticker', TICKER_KMS_URL: url });
    assert.throws(
      () => openCipher({ config, clock, warn }),
      (error: unknown) =>
        error instanceof TickerError &&
        error.code === 'CONFIG_INVALID' &&
        error.detail.includes('TICKER_KMS_URL'),
    );
  });
}
