import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { openDatabase } from '../../src/cli/open-database.ts';
import { loadConfig } from '../../src/config/config.ts';
import {
  runTicker,
  type RunningTicker,
  startService,
  startSimulatorProcess,
  temporaryFolder,
} from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

/** Every row of every table, as text. */
async function dump(dataDirectory: string): Promise<string> {
  const { database, close } = await openDatabase(loadConfig({ TICKER_DATA_DIR: dataDirectory }));
  try {
    const tables = await database.sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = 'public'`;
    assert.ok(tables.length >= 6, 'there are tables');
    const texts: string[] = [];
    for (const { name } of tables) {
      const rows = await database.sql<{ row: string; bytes: string }>`
        select query_to_xml(${`select * from "${name}"`}, true, false, '')::text as row`;
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join('\n');
  } finally {
    await close();
  }
}

class Installation {
  readonly folder: string;
  readonly environment: Record<string, string>;
  logs = '';

  constructor(t: TestContext) {
    this.folder = temporaryFolder(t);
    this.environment = { TICKER_DATA_DIR: this.folder, TICKER_LOG_LEVEL: 'trace' };
  }

  async start(t: TestContext): Promise<RunningTicker> {
    return startService(t, this.environment);
  }

  async end(service: RunningTicker, signal: NodeJS.Signals): Promise<void> {
    service.child.kill(signal);
    const { code } = await service.exited;
    if (signal === 'SIGTERM') assert.equal(code, 0, service.errors());
    this.logs += service.errors();
  }

  /** Runs a command that must succeed; resolves with the JSON that it prints. */
  async json(args: string[], input = ''): Promise<unknown> {
    const { code, out, errors } = await runTicker([...args, '--json'], this.environment, input);
    assert.equal(code, 0, errors);
    this.logs += errors;
    return JSON.parse(out);
  }
}

/** Connects with a new key: until the database is open the service says: later. */
async function connect(t: TestContext, url: string, key: string): Promise<TicksClient> {
  for (;;) {
    const client = new TicksClient(t, url, ['ticker.v1.json', `bearer.${key}`]);
    const hello = client.next((message) => message.type === 'hello').then(() => undefined);
    const code = await Promise.race([hello, client.closed]);
    if (code === undefined) return client;
    assert.equal(code, 1013, 'a new key is never called a wrong one');
    hello.catch(() => undefined);
  }
}

test('accounts, keys and the audit record outlive restarts and kill -9; no secret is found', async (t) => {
  const simulator = await startSimulatorProcess(t, ['--port', '0', '--seed', '7']);
  const canaries = ['key', 'secret', 'token'].map(
    (name) => `canary-${name}-${randomBytes(12).toString('hex')}`,
  );
  const [apiKey, apiSecret, accessToken] = canaries;
  const accounts = [
    {
      id: 'SIM001',
      api_key: 'sim-key-1',
      api_secret: 'sim-secret-1',
      access_token: 'sim-token-1',
      rest_url: simulator.rest,
      ws_url: simulator.ws,
    },
    {
      id: 'XY1234',
      api_key: apiKey,
      api_secret: apiSecret,
      access_token: accessToken,
      market_data: false,
    },
  ];
  const home = new Installation(t);

  const first = await home.start(t);
  const made = (await home.json([
    'keys',
    'create',
    '--scopes',
    'ticks:read,instruments:read',
  ])) as Record<string, unknown>;
  assert.deepEqual(Object.keys(made), ['id', 'key', 'scopes', 'accounts', 'expires']);
  const key = String(made['key']);
  const client = await connect(t, first.ticksUrl, key);
  const imported = await home.json(['accounts', 'import', '-'], JSON.stringify(accounts));
  assert.equal((imported as unknown[]).length, 2);
  await home.end(first, 'SIGTERM');
  assert.equal(await client.closed, 1012);

  const second = await home.start(t);
  const ready = (await (await fetch(`${second.url}/readyz`)).json()) as Record<string, unknown>;
  assert.match(JSON.stringify(ready), /"database":\{"ok":true/);
  await connect(t, second.ticksUrl, key);
  await home.end(second, 'SIGKILL');

  const third = await home.start(t);
  const open = await connect(t, third.ticksUrl, key);
  const listed = (await home.json(['accounts', 'list'])) as { id: string; secrets: string[] }[];
  assert.deepEqual(
    listed.map(({ id, secrets }) => [id, secrets.length]),
    [
      ['SIM001', 3],
      ['XY1234', 3],
    ],
  );
  await home.json(['keys', 'revoke', String(made['id'])]);
  assert.equal(await open.closed, 4501, 'an open socket feels the revocation');
  const refused = await fetch(`${third.url}/v1/instruments?q=NIFTY`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal(refused.status, 401);
  const verified = (await home.json(['audit', 'verify'])) as Record<string, unknown>;
  assert.ok(Number(verified['count']) >= 4, JSON.stringify(verified));
  await home.end(third, 'SIGTERM');

  const content = await dump(home.folder);
  assert.match(content, /XY1234/, 'the dump has the accounts');
  for (const secret of [...canaries, 'sim-secret-1', 'sim-token-1', key]) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]) {
      assert.ok(!content.includes(form), 'a secret stands in the database');
      assert.ok(!home.logs.includes(form), 'a secret stands in the logs');
    }
  }
});

test('without a database ticks flow, and /readyz says what is missing', async (t) => {
  const service = await startService(t, {
    TICKER_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  });
  const answer = await fetch(`${service.url}/readyz`);
  const { status, checks } = (await answer.json()) as {
    status: string;
    checks: Record<string, { ok: boolean; detail?: string }>;
  };
  assert.equal(answer.status, 200);
  assert.equal(status, 'degraded');
  assert.equal(checks['database']?.ok, false);
  assert.match(checks['database'].detail ?? '', /^DATABASE_UNAVAILABLE/);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  await client.request({ type: 'subscribe', instruments: ['NSE:NIFTY 50'] });
  await client.nextTick(() => true);
});

test('the embedded database is made beside the tick path: ticks flow before it', async (t) => {
  const service = await startService(t, { TICKER_LOG_LEVEL: 'info' });
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  await client.request({ type: 'subscribe', instruments: ['NSE:NIFTY 50'] });
  await client.nextTick(() => true);
  const migrated = /"msg":"database migrated"/;
  while (!migrated.test(service.errors())) {
    await new Promise((resolve) => service.child.stderr?.once('data', resolve));
  }
  const [beforeIt = ''] = service.errors().split(migrated);
  assert.match(beforeIt, /"state":"OPEN".*"msg":"broker socket"/, 'the feed was there before it');
});
