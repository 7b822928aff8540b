import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createTestDatabase } from '../../support/test-database.ts';
import { runTicker, temporaryFolder, type TickerRun } from '../../support/ticker-process.ts';

const SECRETS = { api_key: 'k9Qw2mZx', api_secret: 's7Lp4vRt8n', access_token: 't3Bn6cYd1g' };

interface Shell {
  folder: string;
  run: (args: string[], input?: string) => Promise<TickerRun>;
  /** Standard output of a run that must succeed. */
  out: (args: string[], input?: string) => Promise<string>;
}

async function shell(t: TestContext): Promise<Shell> {
  const folder = temporaryFolder(t);
  const environment = {
    TICKER_DATA_DIR: folder,
    TICKER_DATABASE_URL: await createTestDatabase(t),
  };
  const run = (args: string[], input = '') => runTicker(args, environment, input);
  return {
    folder,
    run,
    out: async (args, input) => {
      const { code, out, errors } = await run(args, input);
      assert.equal(code, 0, errors);
      for (const secret of Object.values(SECRETS)) {
        assert.ok(!out.includes(secret) && !errors.includes(secret), 'a secret is echoed');
      }
      return out;
    },
  };
}

test('add takes secrets from standard input or files, list shows none, remove forgets', async (t) => {
  const { folder, out, run } = await shell(t);
  await out(['accounts', 'add', 'AB1234', '--trading'], JSON.stringify(SECRETS));
  const files = Object.entries(SECRETS).flatMap(([field, secret]) => {
    const file = join(folder, field);
    writeFileSync(file, `${secret}\n`, { mode: 0o600 });
    return [`--${field.replace('_', '-')}-file`, file];
  });
  await out(['accounts', 'add', 'CD5678', '--no-market-data', ...files]);
  const listed = JSON.parse(await out(['accounts', 'list', '--json'])) as Record<string, unknown>[];
  assert.deepEqual(
    listed.map(({ id, market_data, trading, secrets }) => [id, market_data, trading, secrets]),
    [
      ['AB1234', true, true, Object.keys(SECRETS)],
      ['CD5678', false, false, Object.keys(SECRETS)],
    ],
  );
  assert.match(await out(['accounts', 'list']), /^AB1234 +yes +yes +api_key/m);
  await out(['accounts', 'remove', 'AB1234']);
  const gone = await run(['accounts', 'remove', 'AB1234']);
  assert.equal(gone.code, 1);
  assert.match(gone.errors, /^ticker: UNKNOWN_ACCOUNT: /);
});

test('import takes the format of the accounts file, from a file or standard input', async (t) => {
  const { folder, out, run } = await shell(t);
  const entries = ['AB1', 'AB2'].map((id) => ({ id, ...SECRETS }));
  const file = join(folder, 'accounts.json');
  writeFileSync(file, JSON.stringify(entries), { mode: 0o600 });
  await out(['accounts', 'import', file]);
  const again = await run(['accounts', 'import', '-'], JSON.stringify(entries));
  assert.equal(again.code, 1);
  assert.match(again.errors, /^ticker: ACCOUNT_EXISTS: AB1, AB2: /);
  await out(['accounts', 'import', '-', '--replace'], JSON.stringify(entries));
});

for (const [what, args, input, code, error] of [
  ['an action that does not exist', ['accounts', 'show'], '', 2, /USAGE: no action "show"/],
  ['no action', ['accounts'], '', 2, /USAGE: an argument is missing/],
  ['add without an id', ['accounts', 'add'], '', 2, /USAGE: accounts add needs an argument/],
  [
    'a missing secret',
    ['accounts', 'add', 'X1'],
    '{"api_key":"k9Qw2mZx"}',
    1,
    /CONFIG_FILE: .*access_token: is missing/,
  ],
  [
    'no JSON',
    ['accounts', 'add', 'X1'],
    's7Lp4vRt8n',
    1,
    /CONFIG_FILE: standard input must be a JSON object/,
  ],
  [
    'a broken file',
    ['accounts', 'import', '-'],
    '[{"id":"s7Lp4vRt8n",]',
    1,
    /CONFIG_FILE: standard input is not valid JSON in line 1/,
  ],
  [
    'a missing file',
    ['accounts', 'import', '/nowhere/accounts.json'],
    '',
    1,
    /CONFIG_FILE: .*\(ENOENT\)/,
  ],
] as const) {
  test(`${what} is one clear line, and no secret`, async (t) => {
    const { run } = await shell(t);
    const result = await run([...args], input);
    assert.equal(result.code, code);
    assert.match(result.errors, error);
    assert.equal(result.errors.trim().split('\n').length, 1, result.errors);
    assert.ok(!result.errors.includes('s7Lp4vRt8n'));
  });
}
