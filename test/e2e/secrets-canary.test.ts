import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAwsServer } from '../support/aws-server/aws-server.ts';
import { type CommandResult, runTicker } from '../support/cli-process.ts';
import { migratedDatabase } from '../support/migrated-database.ts';
import { startSimulatorProcess, startTicker, temporaryFolder } from '../support/ticker-process.ts';

const ALIAS = 'alias/ticker';

function canary(): string {
  return `cnry${randomBytes(24).toString('base64url')}`;
}

/** The forms in which a secret would still be one. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString('hex'), bytes.toString('base64')];
}

test('secrets from every source appear in no log, error, metric, answer or table', async (t) => {
  const aws = await startAwsServer(t);
  aws.kms.createKey(ALIAS);
  const { database, url: databaseUrl } = await migratedDatabase(t);
  const databasePassword = new URL(databaseUrl).password;
  assert.notEqual(databasePassword, '');
  const simulator = await startSimulatorProcess(t, ['--port', '0']);
  const apiKey = `tk_dev_${canary()}`;
  const redisPassword = canary();
  const secrets = {
    apiKey,
    redisPassword,
    databasePassword,
    accessToken: 'sim-token-1',
    apiSecret: 'sim-secret-1',
    awsSecretKey: aws.identity.secretAccessKey,
  };

  // From AWS Secrets Manager, a file, the encrypted store and, for accounts, the database.
  aws.secretsManager.put('ticker', JSON.stringify({ database: databaseUrl }));
  const redisFile = join(temporaryFolder(t), 'redis-url');
  writeFileSync(redisFile, `redis://:${redisPassword}@127.0.0.1:1`, { mode: 0o600 });
  const storage = {
    ...aws.environment(),
    TICKER_DATA_DIR: temporaryFolder(t),
    TICKER_KMS_KEY_ID: ALIAS,
    TICKER_DATABASE_URL: 'aws-secrets-manager:ticker#database',
  };
  const settings = {
    ...storage,
    TICKER_API_KEY: 'encrypted-store:api-key',
    TICKER_REDIS_URL_FILE: redisFile,
    TICKER_MARKET_PORT: '0',
    TICKER_ORDERS_PORT: '0',
    TICKER_LOG_LEVEL: 'trace',
  };
  const account = {
    api_key: 'sim-key-1',
    api_secret: secrets.apiSecret,
    access_token: secrets.accessToken,
  };
  const accountArgs = ['accounts', 'add', 'SIM001', '--rest-url', simulator.rest];
  const commands: CommandResult[] = [
    await runTicker(['secrets', 'set', 'api-key'], storage, apiKey),
    await runTicker([...accountArgs, '--ws-url', simulator.ws], storage, JSON.stringify(account)),
  ];
  for (const { code, errors } of commands) assert.equal(code, 0, errors);

  const service = startTicker(t, ['serve'], settings);
  const [ready, url = ''] = await service.line(/^ready market=(\S+) orders=\S+$/);
  const said: string[] = [ready];
  const ask = async (path: string, key?: string): Promise<number> => {
    const headers = key === undefined ? undefined : { Authorization: `Bearer ${key}` };
    const answer = await fetch(url + path, { headers: { ...headers } });
    said.push(JSON.stringify([...answer.headers]), await answer.text());
    return answer.status;
  };
  assert.equal(await ask('/v1/expiries?underlying=NIFTY', apiKey), 200);
  assert.equal(await ask('/v1/expiries?underlying=NIFTY', `${apiKey}x`), 401);
  await ask('/metrics', apiKey);
  await ask('/readyz');

  // Commands that fail on the way, with the secrets in their hands.
  const { accessToken, apiSecret } = secrets;
  aws.fail({ kind: 'error', name: 'AccessDeniedException', message: apiKey });
  commands.push(
    await runTicker(['secrets', 'set', 'other'], { ...storage }, apiKey),
    await runTicker(
      ['accounts', 'add', 'SIM002'],
      storage,
      JSON.stringify({ ...account, access_token: 5, extra: accessToken }),
    ),
    await runTicker(['accounts', 'import', '-'], storage, `[{"api_secret":"${apiSecret}"`),
    await runTicker(['secrets', 'list'], {
      ...storage,
      TICKER_DATABASE_URL: `postgres://ticker:${databasePassword}@127.0.0.1:1/ticker`,
    }),
  );
  for (const { code, errors } of commands.slice(2)) {
    assert.equal(code, 1);
    assert.match(errors, /^ticker: [A-Z_]+: .+$/m);
  }

  // The broker goes away: whoever reconnects has a token in its address.
  simulator.child.kill('SIGKILL');
  await simulator.exited;
  await untilLogged(service, /"state":"(CLOSED|WAITING|CONNECTING)".*\n[^]*"state":"CONNECTING"/);
  service.child.kill('SIGTERM');
  await service.exited;

  const tables = await database.sql`
    select stored_settings::text as row from stored_settings
    union all select account_secrets::text from account_secrets
    union all select broker_accounts::text from broker_accounts
    union all select audit_events::text from audit_events
    union all select api_keys::text from api_keys`;
  assert.ok(tables.length >= 4);
  const places = {
    log: service.errors(),
    answers: said.join('\n'),
    commands: commands.flatMap(({ out, errors }) => [out, errors]).join('\n'),
    tables: JSON.stringify(tables),
  };
  assert.match(places.log, /"msg"/);
  assert.match(places.answers, /ticker_/);
  for (const [name, secret] of Object.entries(secrets)) {
    for (const [place, text] of Object.entries(places)) {
      for (const form of formsOf(secret)) {
        const at = text.indexOf(form);
        const around = text.slice(Math.max(0, at - 200), at + 200);
        assert.equal(at, -1, `${name} stands in ${place}: ${around}`);
      }
    }
  }
});

/** Waits until the log of `service` matches. */
function untilLogged(service: ReturnType<typeof startTicker>, pattern: RegExp): Promise<void> {
  const before = service.errors().length;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (pattern.test(service.errors().slice(before))) resolve();
    };
    service.child.stderr?.on('data', look);
    void service.exited.then(() => reject(new Error(`ended: ${service.errors()}`)));
  });
}
