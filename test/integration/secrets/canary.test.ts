import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { AccountRegistry } from '../../../src/accounts/account-registry.ts';
import { commandConfig } from '../../../src/cli/command-config.ts';
import { runCommandLine } from '../../../src/cli/command-line.ts';
import { parseAccounts } from '../../../src/config/accounts.ts';
import type { Config } from '../../../src/config/settings.ts';
import { createSystemClock } from '../../../src/domain/clock.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { problem, problemReply } from '../../../src/http/problem.ts';
import { openCipher } from '../../../src/secrets/open-cipher.ts';
import { StoredSecrets } from '../../../src/secrets/stored-secrets.ts';
import { PostgresAccountStore } from '../../../src/storage/postgres/account-store.ts';
import { PostgresSettingStore } from '../../../src/storage/postgres/setting-store.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { METRICS } from '../../../src/telemetry/metric-table.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { type AwsServer, startAwsServer } from '../../support/aws-server/aws-server.ts';
import { runTicker } from '../../support/cli-process.ts';
import { withSettings } from '../../support/cli-environment.ts';
import { migratedDatabase } from '../../support/migrated-database.ts';
import { temporaryFolder } from '../../support/ticker-process.ts';
import { openTestDatabase } from '../../support/test-database.ts';
import { readingsWith } from '../../unit/telemetry/readings.ts';

const ALIAS = 'alias/ticker';
const AUTHOR = { actor: 'cli:test', origin: 'here' };
const clock = createSystemClock();
/** A metric with a label. */
const [LABELLED] = Object.entries(METRICS).find(([, row]) => 'label' in row) ?? [''];

function canary(): string {
  return `cnry${randomBytes(24).toString('base64url')}`;
}

/** What this thread prints of `secret` through each of its doors. */
async function printed(t: TestContext, secret: string): Promise<Record<string, string>> {
  const lines: string[] = [];
  const sink = { write: (line: string): void => void lines.push(line) };
  const logger = createLogger({ level: 'trace', thread: 'test', clock, sink });
  logger.info({ detail: secret, err: new Error(`with ${secret}`) }, `and ${secret}`);

  const errors: string[] = [];
  const mock = t.mock.method(console, 'error', (text: string) => void errors.push(text));
  const { exitCode } = process;
  await runCommandLine([`a command named ${secret}`]);
  process.exitCode = exitCode;
  mock.mock.restore();

  const error = new TickerError('INVALID_REQUEST', `the value ${secret} is refused`);
  const metrics = createMetrics({ build: { version: '1', node: 'v20' }, startTimeSeconds: 0 });
  return {
    log: lines.join(''),
    command: errors.join('\n'),
    answer: problemReply(problem(error.code, error.detail), '/x', 'id').body as string,
    metrics: await metrics.render(readingsWith({ [LABELLED]: { [secret]: 1 } })),
  };
}

async function assertKept(t: TestContext, secret: string): Promise<void> {
  for (const [place, text] of Object.entries(await printed(t, secret))) {
    assert.ok(!text.includes(secret), `${place}: ${text.slice(0, 300)}`);
    assert.ok(text.includes('[redacted]'), `${place} does not print what it was given`);
  }
}

function configOf(settings: Record<string, string>, aws?: AwsServer): Promise<Config> {
  for (const [name, value] of Object.entries(aws?.environment() ?? {})) {
    if (name.startsWith('AWS_')) process.env[name] = value;
  }
  return withSettings({ ...settings }, () => commandConfig());
}

test('a text that is no secret is printed by every door', async (t) => {
  const text = canary();
  for (const [place, all] of Object.entries(await printed(t, text))) {
    assert.ok(all.includes(text), place);
  }
});

test('a secret of the environment is printed nowhere', async (t) => {
  const secret = canary();
  const config = await configOf({ TICKER_API_KEY: secret });
  assert.equal(config.apiKey, secret);
  await assertKept(t, secret);
});

test('the password in an address of the environment is printed nowhere', async (t) => {
  const secret = canary();
  await configOf({ TICKER_REDIS_URL: `redis://:${secret}@127.0.0.1` });
  await assertKept(t, secret);
});

test('a secret of a file is printed nowhere', async (t) => {
  const secret = canary();
  const file = join(temporaryFolder(t), 'key');
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  const config = await configOf({ TICKER_API_KEY_FILE: file });
  assert.equal(config.apiKey, secret);
  await assertKept(t, secret);
});

test('a secret of AWS Secrets Manager is printed nowhere', async (t) => {
  const aws = await startAwsServer(t);
  const secret = canary();
  aws.secretsManager.put('ticker', JSON.stringify({ key: secret }));
  const settings = {
    TICKER_AWS_REGION: aws.region,
    TICKER_SECRETS_MANAGER_URL: aws.url,
    TICKER_API_KEY: 'aws-secrets-manager:ticker#key',
  };
  const config = await configOf(settings, aws);
  assert.equal(config.apiKey, secret);
  await assertKept(t, secret);
});

/* Stored by hands that do not tell this thread, so that only the way out can. */
async function storedElsewhere(
  t: TestContext,
): Promise<{ settings: Record<string, string>; secret: string; token: string }> {
  const { database, url } = await migratedDatabase(t);
  const settings = { TICKER_DATA_DIR: temporaryFolder(t), TICKER_DATABASE_URL: url };
  const secret = canary();
  const token = canary();
  const account = { api_key: 'key-of-x', api_secret: 'secret-of-x', access_token: token };
  for (const result of [
    await runTicker(['secrets', 'set', 'api-key'], settings, secret),
    await runTicker(['accounts', 'add', 'AB1'], settings, JSON.stringify(account)),
  ]) {
    assert.equal(result.code, 0, result.errors);
  }
  assert.equal((await database.sql`select 1 from stored_settings`).length, 1);
  return { settings, secret, token };
}

test('secrets of the encrypted store and of accounts are printed nowhere', async (t) => {
  const { settings, secret, token } = await storedElsewhere(t);
  const config = await configOf({ ...settings, TICKER_API_KEY: 'encrypted-store:api-key' });
  assert.equal(config.apiKey, secret);
  await assertKept(t, secret);
  const database = openTestDatabase(settings['TICKER_DATABASE_URL'] ?? '');
  t.after(() => database.end());
  const cipher = openCipher({ config, clock, warn: () => undefined });
  const [account] = await new AccountRegistry(
    new PostgresAccountStore(database),
    cipher,
    clock,
  ).load();
  assert.equal(account?.accessToken, token);
  await assertKept(t, token);
});

test('a secret on its way into the store and a new account are printed nowhere', async (t) => {
  const aws = await startAwsServer(t);
  aws.kms.createKey(ALIAS);
  const { database, url } = await migratedDatabase(t);
  const config = await configOf(
    {
      TICKER_DATABASE_URL: url,
      TICKER_KMS_KEY_ID: ALIAS,
      TICKER_KMS_URL: aws.url,
      TICKER_AWS_REGION: aws.region,
    },
    aws,
  );
  const cipher = openCipher({ config, clock, warn: () => undefined });
  t.after(() => cipher.close());
  const [secret, token] = [canary(), canary()];
  await new StoredSecrets(new PostgresSettingStore(database), cipher, clock).set(
    'x',
    secret,
    AUTHOR,
  );
  await assertKept(t, secret);
  const entry = { id: 'AB1', api_key: 'key-of-x', access_token: token };
  const registry = new AccountRegistry(new PostgresAccountStore(database), cipher, clock);
  await registry.save(parseAccounts(JSON.stringify([entry]), 'test'), AUTHOR, false);
  await assertKept(t, token);
});
