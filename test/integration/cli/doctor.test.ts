import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createTestDatabase, openTestDatabase } from '../../support/test-database.ts';
import { runTicker, temporaryFolder } from '../../support/ticker-process.ts';

interface Finding {
  check: string;
  state: string;
  detail: string;
  advice: string;
}

async function doctor(
  environment: Record<string, string>,
): Promise<{ code: number | null; by: Map<string, Finding> }> {
  const { code, out, errors } = await runTicker(['doctor', '--json'], environment);
  const findings = JSON.parse(out || `"${errors}"`) as Finding[];
  return { code, by: new Map(findings.map((finding) => [finding.check, finding])) };
}

async function settings(t: TestContext): Promise<Record<string, string>> {
  const folder = temporaryFolder(t);
  return {
    TICKER_DATA_DIR: folder,
    TICKER_DATABASE_URL: await createTestDatabase(t),
    TICKER_MARKET_PORT: '0',
    TICKER_ORDERS_PORT: '0',
  };
}

test('on a machine where all is well every check is ok', async (t) => {
  const environment = await settings(t);
  assert.equal((await runTicker(['migrate'], environment)).code, 0);
  const { code, by } = await doctor(environment);
  assert.equal(code, 0);
  for (const { check, state, detail } of by.values())
    assert.equal(state, 'ok', `${check}: ${detail}`);
  for (const check of [
    'settings',
    'native build',
    'data folder',
    'API key',
    'market port',
    'secret files',
    'database',
    'migrations',
    'API keys',
    'accounts',
    'audit record',
    'clock',
    'key service',
  ]) {
    assert.ok(by.has(check), check);
  }
});

test('what is wrong is named with what to do about it', async (t) => {
  const environment = await settings(t);
  const folder = environment['TICKER_DATA_DIR'] ?? '';
  const keyFile = join(folder, 'api-key');
  writeFileSync(keyFile, `tk_dev_${'a1B2c3D4'.repeat(6)}\n`);
  chmodSync(keyFile, 0o644);
  chmodSync(folder, 0o755);
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { code, by } = await doctor({
    ...environment,
    TICKER_MARKET_PORT: String(port),
    TICKER_REDIS_URL: 'redis://127.0.0.1:1',
  });
  assert.equal(code, 1);
  assert.deepEqual(
    ['data folder', 'API key', 'market port', 'migrations', 'Redis'].map(
      (check) => by.get(check)?.state,
    ),
    ['warn', 'warn', 'fail', 'fail', 'warn'],
  );
  assert.match(by.get('API key')?.advice ?? '', /chmod 600/);
  assert.match(by.get('data folder')?.advice ?? '', /chmod 700/);
  assert.match(by.get('migrations')?.advice ?? '', /ticker migrate/);
  assert.match(by.get('market port')?.advice ?? '', /TICKER_MARKET_PORT/);
});

test('files of secrets that others can read are found', async (t) => {
  const environment = await settings(t);
  const file = join(environment['TICKER_DATA_DIR'] ?? '', 'key-of-mine');
  writeFileSync(file, 'f4Zk0sQ9xT2wLr7Yb1Nc8Vd3Hp6Mj5Gu', { mode: 0o600 });
  const withFile = { ...environment, TICKER_API_KEY_FILE: file };
  const closed = (await doctor(withFile)).by.get('secret files');
  // The master key is there now: the check of the key service has made it.
  assert.equal(closed?.state, 'ok');
  chmodSync(file, 0o644);
  const open = (await doctor(withFile)).by.get('secret files');
  assert.equal(open?.state, 'warn');
  assert.match(open.detail, /key-of-mine can be read by every user of the machine: run chmod 600/);
  chmodSync(file, 0o600);
  chmodSync(join(environment['TICKER_DATA_DIR'] ?? '', 'local-master-key'), 0o644);
  const { code, by } = await doctor(withFile);
  assert.equal(code, 1);
  assert.equal(by.get('secret files')?.state, 'fail');
  assert.match(by.get('secret files')?.detail ?? '', /local-master-key can be read by/);
});

test('a changed audit record and secrets under a lost key are found', async (t) => {
  const environment = await settings(t);
  const account = { api_key: 'k9Qw2mZx', api_secret: 's7Lp4vRt8n', access_token: 't3Bn6cYd1g' };
  const added = await runTicker(['accounts', 'add', 'AB1'], environment, JSON.stringify(account));
  assert.equal(added.code, 0, added.errors);
  const database = openTestDatabase(environment['TICKER_DATABASE_URL'] ?? '');
  t.after(() => database.end());
  await database.transaction(async (sql) => {
    await sql`alter table audit_events disable trigger all`;
    await sql`update audit_events set actor = 'somebody else' where id = 1`;
    await sql`alter table audit_events enable trigger all`;
  });
  const { code, by } = await doctor({ ...environment, TICKER_DATA_DIR: temporaryFolder(t) });
  assert.equal(code, 1);
  assert.match(by.get('audit record')?.detail ?? '', /^AUDIT_BROKEN: /);
  assert.match(by.get('accounts')?.detail ?? '', /^SECRET_UNREADABLE: /);
});

test('bad settings are the only finding', async () => {
  const { code, by } = await doctor({ TICKER_MARKET_PORT: 'x' });
  assert.equal(code, 1);
  assert.deepEqual([...by.keys()], ['settings']);
});
