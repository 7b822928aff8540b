import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type AwsServer, startAwsServer } from '../../support/aws-server/aws-server.ts';
import { type CommandResult, runTicker } from '../../support/cli-process.ts';
import { migratedDatabase } from '../../support/migrated-database.ts';
import type { Database } from '../../../src/storage/postgres/database.ts';
import { temporaryFolder } from '../../support/ticker-process.ts';

const ALIAS = 'alias/ticker';

interface Rig {
  server: AwsServer;
  database: Database;
  environment: Record<string, string>;
  ticker: (args: string[], input?: string) => Promise<CommandResult>;
}

/** Commands on a real database with keys of the KMS on this machine. */
async function rig(t: TestContext): Promise<Rig> {
  const server = await startAwsServer(t);
  server.kms.createKey(ALIAS);
  const { database, url } = await migratedDatabase(t);
  const environment = {
    ...server.environment(),
    TICKER_DATA_DIR: temporaryFolder(t),
    TICKER_DATABASE_URL: url,
    TICKER_KMS_KEY_ID: ALIAS,
  };
  const ticker: Rig['ticker'] = (args, input) => runTicker(args, environment, input);
  return { server, database, environment, ticker };
}

/** All that the database holds of secrets and events. */
async function dump(database: Database): Promise<string> {
  const rows = await database.sql`
    select stored_settings::text as row from stored_settings
    union all select account_secrets::text from account_secrets
    union all select broker_accounts::text from broker_accounts
    union all select audit_events::text from audit_events`;
  return JSON.stringify(rows);
}

function assertNowhere(secret: string, ...texts: string[]): void {
  const forms = [secret, Buffer.from(secret).toString('hex')];
  for (const form of [...forms, Buffer.from(secret).toString('base64').slice(0, -4)]) {
    for (const text of texts) assert.ok(!text.includes(form), text);
  }
}

function assertDone(result: CommandResult): CommandResult {
  assert.equal(result.code, 0, result.errors);
  return result;
}

test('set, list, remove; the text shows nowhere', async (t) => {
  const { database, ticker } = await rig(t);
  const canary = `canary-${randomBytes(16).toString('hex')}`;
  const results = [
    assertDone(await ticker(['secrets', 'set', 'api-key'], `${canary}\n`)),
    assertDone(await ticker(['secrets', 'list'])),
    assertDone(await ticker(['secrets', 'list', '--json'])),
    assertDone(await ticker(['audit', 'list', '--json'])),
  ];
  assert.equal(results[0]?.out, 'stored api-key\n');
  assert.match(results[1]?.out ?? '', /^api-key +\d{4}-.*arn:aws:kms:/m);
  const listed = JSON.parse(results[2]?.out ?? '') as Record<string, unknown>[];
  assert.deepEqual(Object.keys(listed[0] ?? {}), ['name', 'key_id', 'updated']);
  assert.match(results[3]?.out ?? '', /secret\.stored/);
  assertNowhere(
    canary,
    await dump(database),
    ...results.flatMap(({ out, errors }) => [out, errors]),
  );
  assert.equal(assertDone(await ticker(['secrets', 'remove', 'api-key'])).out, 'removed api-key\n');
  const again = await ticker(['secrets', 'remove', 'api-key']);
  assert.equal(again.code, 1);
  assert.match(again.errors, /ticker: SECRET_SOURCE: nothing is stored under the name "api-key"\n/);
});

test('what is not understood ends with 2, without a secret being taken', async (t) => {
  const environment = { TICKER_DATA_DIR: temporaryFolder(t) };
  for (const [args, pattern] of [
    [[], /an argument is missing/],
    [['fly'], /no action "fly"/],
    [['set'], /secrets set needs a name/],
    [['list', 'x'], /secrets list takes no name/],
    [['set', 'a', 'text'], /unexpected argument "text"/],
  ] as const) {
    const { code, errors } = await runTicker(['secrets', ...args], environment);
    assert.equal(code, 2);
    assert.match(errors, pattern);
  }
});

test('a new key under the alias is taken over by re-encrypt', async (t) => {
  const { server, ticker } = await rig(t);
  assertDone(await ticker(['secrets', 'set', 'one'], 'text number one'));
  assertDone(await ticker(['secrets', 'set', 'two'], 'text number two'));
  const account = {
    api_key: 'key-of-ab1234',
    api_secret: 'secret-of-x',
    access_token: 'token-of-x',
  };
  assertDone(await ticker(['accounts', 'add', 'AB1234'], JSON.stringify(account)));
  const arn = server.kms.createKey(ALIAS);
  const { out } = assertDone(await ticker(['secrets', 're-encrypt', '--json']));
  assert.deepEqual(JSON.parse(out), { key_id: arn, done: 5, skipped: 0, failed: [] });
  assert.match(
    assertDone(await ticker(['secrets', 're-encrypt'])).out,
    /^0 made anew under arn:.*, 0 changed by others meanwhile\n$/,
  );
  assert.match(assertDone(await ticker(['audit', 'list'])).out, /credentials\.reencrypted/);
});

test('what cannot be re-encrypted is named, and the exit code says so', async (t) => {
  const { server, database, ticker } = await rig(t);
  for (const name of ['one', 'two']) {
    assertDone(await ticker(['secrets', 'set', name], `text number ${name}`));
  }
  await database.sql`
    update stored_settings one set ciphertext = two.ciphertext
    from stored_settings two where one.name = 'one' and two.name = 'two'`;
  server.kms.createKey(ALIAS);
  const { code, out, errors } = await ticker(['secrets', 're-encrypt']);
  assert.equal(code, 1);
  assert.match(out, /^1 made anew under /);
  assert.match(errors, /ticker: setting one value: SECRET_UNREADABLE: /);
});

test('a denial of KMS is one line without the secret', async (t) => {
  const { server, database, ticker } = await rig(t);
  const canary = `canary-${randomBytes(16).toString('hex')}`;
  server.fail({ kind: 'error', name: 'AccessDeniedException', message: canary });
  const { code, out, errors } = await ticker(['secrets', 'set', 'api-key'], canary);
  assert.equal(code, 1);
  assert.match(errors, /ticker: KEY_SERVICE: AWS KMS GenerateDataKey: AccessDeniedException\n/);
  assertNowhere(canary, out, errors, await dump(database));
});

test('settings can be references to both sources, and to each other', async (t) => {
  const { server, environment, ticker } = await rig(t);
  const { TICKER_DATABASE_URL: databaseUrl = '', ...others } = environment;
  const apiKey = `tk_prod_${randomBytes(32).toString('base64url')}`;
  assertDone(await ticker(['secrets', 'set', 'api-key'], apiKey));
  server.secretsManager.put('prod/ticker', JSON.stringify({ database: databaseUrl }));
  const referring = {
    ...others,
    TICKER_DATABASE_URL: 'aws-secrets-manager:prod/ticker#database',
    TICKER_API_KEY: 'encrypted-store:api-key',
  };
  const { out } = assertDone(await runTicker(['secrets', 'list', '--json'], referring));
  assert.match(out, /"api-key"/);

  const missing = await runTicker(['secrets', 'list'], {
    ...referring,
    TICKER_API_KEY: 'encrypted-store:nothing',
    TICKER_REDIS_URL: 'encrypted-store:nothing-either',
  });
  assert.equal(missing.code, 1);
  assert.match(missing.errors, /SECRET_SOURCE: TICKER_API_KEY, from encrypted-store: nothing is/);
  assert.match(missing.errors, /TICKER_REDIS_URL, from encrypted-store: nothing is stored/);

  const circular = await runTicker(['secrets', 'list'], {
    ...others,
    TICKER_DATABASE_URL: 'encrypted-store:database',
  });
  assert.equal(circular.code, 1);
  assert.match(circular.errors, /SECRET_SOURCE: TICKER_DATABASE_URL: .*its own address/);
});

test('a secret that makes a setting invalid is not quoted, from wherever it came', async (t) => {
  const { server, environment, ticker } = await rig(t);
  const canary = `canary ${randomBytes(16).toString('hex')}`;
  assertDone(await ticker(['secrets', 'set', 'bad'], canary));
  server.secretsManager.put('bad', canary);
  const file = join(temporaryFolder(t), 'bad');
  writeFileSync(file, canary, { mode: 0o600 });
  for (const source of [
    { TICKER_API_KEY: canary },
    { TICKER_API_KEY_FILE: file },
    { TICKER_API_KEY: 'encrypted-store:bad' },
    { TICKER_API_KEY: 'aws-secrets-manager:bad' },
    { TICKER_REDIS_URL: 'encrypted-store:bad' },
  ]) {
    const { code, out, errors } = await runTicker(['secrets', 'list'], {
      ...environment,
      ...source,
    });
    assert.equal(code, 1);
    assert.match(errors, /CONFIG_INVALID: TICKER_(API_KEY|REDIS_URL) must be/);
    assertNowhere(canary, out, errors);
  }
});
