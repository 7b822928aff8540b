import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  runTicker,
  startSimulatorProcess,
  startTicker,
  temporaryFolder,
  type TickerProcess,
} from '../support/ticker-process.ts';
import { AwsServer } from '../support/aws-server/aws-server.ts';
import { createTestDatabase, openTestDatabase } from '../support/test-database.ts';
import { TestRedis } from '../support/test-redis.ts';

const ALIAS = 'alias/ticker';
const API_SECRET = 'Zp4mWq8Rk2Lx7Vt9Ys3N';
const ACCESS_TOKEN = 'Tq92hsKd81mVx4Zr6Bn0';

/** A machine as production has it: database, KMS, Redis. */
class Production {
  readonly environment: Record<string, string>;
  readonly aws: AwsServer;
  readonly databaseUrl: string;

  private constructor(databaseUrl: string, aws: AwsServer, redis: TestRedis, folder: string) {
    this.aws = aws;
    this.databaseUrl = databaseUrl;
    this.environment = {
      ...aws.environment(),
      TICKER_ENV: 'production',
      TICKER_DATABASE_URL: databaseUrl,
      TICKER_KMS_KEY_ID: ALIAS,
      TICKER_REDIS_URL: redis.url,
      TICKER_DATA_DIR: folder,
      TICKER_MARKET_PORT: '0',
      TICKER_ORDERS_PORT: '0',
      TICKER_LOG_LEVEL: 'info',
    };
  }

  /** Undefined: skipped, for want of a redis-server. */
  static async make(t: TestContext): Promise<Production | undefined> {
    const redis = await TestRedis.start(t);
    if (redis === undefined) return undefined;
    const aws = new AwsServer();
    await aws.listen();
    t.after(() => aws.close());
    aws.kms.createKey(ALIAS);
    return new Production(await createTestDatabase(t), aws, redis, temporaryFolder(t));
  }

  async run(
    args: string[],
    input = '',
  ): Promise<{ code: number | null; out: string; errors: string }> {
    return runTicker(args, this.environment, input);
  }

  async json(args: string[], input = ''): Promise<Record<string, unknown>> {
    const { code, out, errors } = await this.run([...args, '--json'], input);
    assert.equal(code, 0, errors);
    return JSON.parse(out) as Record<string, unknown>;
  }
}

/** Waits until the process has logged something that matches. */
async function logged(process: TickerProcess, pattern: RegExp): Promise<RegExpMatchArray> {
  for (;;) {
    const match = pattern.exec(process.errors());
    if (match !== null) return match;
    const more = new Promise((resolve) => process.child.stderr?.once('data', resolve));
    await Promise.race([more, process.exited.then(() => assert.fail(process.errors()))]);
  }
}

test('production: migrations by hand, accounts under KMS, keys of the store, no simulator', async (t) => {
  const production = await Production.make(t);
  if (production === undefined) return;

  const early = await production.run(['keys', 'list']);
  assert.equal(early.code, 1);
  assert.match(early.errors, /MIGRATION_NEEDED: .*ticker migrate/);
  await production.json(['migrate']);

  const key = await production.json(['keys', 'create', '--scopes', 'metrics:read']);
  assert.match(String(key['key']), /^tk_prod_/);
  const simulator = await startSimulatorProcess(t, ['--port', '0', '--seed', '3']);
  await production.json(
    ['accounts', 'import', '-'],
    JSON.stringify([
      {
        id: 'SIM001',
        api_key: 'sim-key-1',
        api_secret: API_SECRET,
        access_token: ACCESS_TOKEN,
        rest_url: simulator.rest,
        ws_url: simulator.ws,
      },
    ]),
  );

  const weak = { api_key: 'sim-key-1', api_secret: 'sim-secret-1', access_token: 'changeme' };
  const refused = await production.run(['accounts', 'add', 'WEAK'], JSON.stringify(weak));
  assert.match(refused.errors, /CONFIG_INVALID: account WEAK, field api_secret: .*access_token/);

  const service = startTicker(t, ['serve'], production.environment);
  const [, port] = await logged(service, /"port":(\d+).*"msg":"clients are served"/);
  const url = `http://127.0.0.1:${port}`;
  await logged(service, /SIMULATOR_REFUSED/);
  const ready = await fetch(`${url}/readyz`);
  assert.equal(ready.status, 503);
  const { checks } = (await ready.json()) as { checks: Record<string, { ok: boolean }> };
  assert.equal(checks['database']?.ok, true);
  assert.equal(checks['redis']?.ok, true);

  const metrics = (token: string) =>
    fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await fetch(`${url}/metrics`)).status, 401);
  const answer = await metrics(String(key['key']));
  assert.equal(answer.status, 200);
  const lines = (await answer.text()).split('\n');
  for (const line of ['database_up 1', 'redis_up 1', 'accounts_stored 1']) {
    assert.ok(lines.includes(`ticker_${line}`), line);
  }

  service.child.kill('SIGTERM');
  assert.equal((await service.exited).code, 0);
  for (const secret of [API_SECRET, ACCESS_TOKEN, String(key['key'])]) {
    assert.ok(!service.errors().includes(secret), 'a secret stands in the log');
  }
});

test('a new KMS key: stored secrets are brought under it by the running service', async (t) => {
  const production = await Production.make(t);
  if (production === undefined) return;
  await production.json(['migrate']);
  const account = { api_key: 'Kx83hdJs92', api_secret: API_SECRET, access_token: ACCESS_TOKEN };
  await production.json(
    [
      'accounts',
      'add',
      'XY1234',
      '--rest-url',
      'http://127.0.0.1:1',
      '--ws-url',
      'ws://127.0.0.1:1',
    ],
    JSON.stringify(account),
  );
  const [before] = (await production.json(['accounts', 'list'])) as unknown as {
    key_ids: string[];
  }[];
  production.aws.kms.createKey(ALIAS);

  const service = startTicker(t, ['serve'], production.environment);
  await logged(service, /"msg":"stored secrets are under the current key"/);
  const [after] = (await production.json(['accounts', 'list'])) as unknown as {
    key_ids: string[];
  }[];
  assert.equal(after?.key_ids.length, 1);
  assert.notDeepEqual(after.key_ids, before?.key_ids);
  service.child.kill('SIGTERM');
  await service.exited;

  const database = openTestDatabase(production.databaseUrl);
  t.after(() => database.end());
  const rows = await database.sql<{
    ciphertext: Uint8Array;
  }>`select ciphertext from account_secrets`;
  assert.equal(rows.length, 3);
  for (const { ciphertext } of rows) {
    const bytes = Buffer.from(ciphertext);
    for (const secret of Object.values(account)) {
      assert.ok(!bytes.includes(secret));
      assert.ok(!bytes.includes(Buffer.from(secret).toString('base64')));
      assert.ok(bytes.length > secret.length + 28, 'longer than the secret by nonce and tag');
    }
  }
});

test('production says everything that is missing in one line, and starts nothing', async (t) => {
  const process = startTicker(t, ['serve'], {
    TICKER_ENV: 'production',
    TICKER_API_KEY: 'changeme-changeme-changeme-changeme',
    TICKER_DATA_DIR: temporaryFolder(t),
  });
  assert.equal((await process.exited).code, 1);
  const errors = process.errors().trim();
  assert.equal(errors.split('\n').length, 1, errors);
  assert.match(errors, /^ticker: CONFIG_INVALID: /);
  for (const name of ['TICKER_DATABASE_URL', 'TICKER_KMS_KEY_ID', 'TICKER_API_KEY']) {
    assert.ok(errors.includes(name), errors);
  }
  assert.ok(!errors.includes('changeme-changeme'), 'the value is not repeated');
});
