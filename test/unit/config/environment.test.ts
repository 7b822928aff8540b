import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readProcessEnvironment, withDotEnv } from '../../../src/config/environment.ts';

function folderWith(t: TestContext, dotEnv?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-env-'));
  t.after(() => rmSync(folder, { recursive: true }));
  if (dotEnv !== undefined) writeFileSync(join(folder, '.env'), dotEnv);
  return folder;
}

test('.env adds settings, and the environment wins', (t) => {
  const folder = folderWith(t, '# ours\nTICKER_SIM_SEED=7\nTICKER_SIM_PORT="9999"\n');
  const environment = withDotEnv({ TICKER_SIM_PORT: '1', HOME: '/h' }, folder);
  assert.deepEqual(environment, { TICKER_SIM_SEED: '7', TICKER_SIM_PORT: '1', HOME: '/h' });
});

test('without .env the environment is all there is', (t) => {
  assert.deepEqual(withDotEnv({ A: 'b' }, folderWith(t)), { A: 'b' });
});

test('.env is not read in production', (t) => {
  const folder = folderWith(t, 'TICKER_SIM_SEED=7\n');
  const environment = withDotEnv({ TICKER_ENV: 'production' }, folder);
  assert.deepEqual(environment, { TICKER_ENV: 'production' });
});

test('.env cannot declare production', (t) => {
  const folder = folderWith(t, 'TICKER_ENV=production\n');
  assert.throws(() => withDotEnv({}, folder), { code: 'CONFIG_INVALID' });
});

test('a .env that cannot be read is an error that names it', (t) => {
  const folder = folderWith(t);
  mkdirSync(join(folder, '.env'));
  assert.throws(() => withDotEnv({}, folder), { code: 'CONFIG_FILE', message: /\.env .*EISDIR/ });
});

test('the process environment is read as it is', (t) => {
  const folder = folderWith(t, 'TICKER_TEST_ONLY=1\n');
  const environment = readProcessEnvironment(folder);
  assert.equal(environment['PATH'], process.env['PATH']);
  assert.equal(environment['TICKER_TEST_ONLY'], '1');
});
