import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadAccounts, type BrokerAccount } from '../../../src/config/accounts.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';

const ENTRY = {
  id: 'AB1234',
  api_key: 'canary-api-key',
  api_secret: 'canary-api-secret',
  access_token: 'canary-access-token',
};

function accountsFile(t: TestContext, content: unknown, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-accounts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'accounts.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(file, mode);
  return file;
}

function load(file: string, production = false): { accounts: BrokerAccount[]; warned: string[] } {
  const warned: string[] = [];
  const warn = (message: string): void => void warned.push(message);
  return { accounts: loadAccounts(file, { production, warn }), warned };
}

function errorOf(file: string, production = false): TickerError {
  try {
    load(file, production);
  } catch (error) {
    assert.ok(error instanceof TickerError);
    assert.ok(!`${error.message} ${String(error.cause)}`.includes('canary'), error.message);
    return error;
  }
  return assert.fail('the file was accepted');
}

test('fills in the addresses of the broker and trades only where told to', (t) => {
  const { accounts, warned } = load(accountsFile(t, [ENTRY]), true);
  assert.deepEqual(accounts, [
    {
      id: 'AB1234',
      apiKey: 'canary-api-key',
      apiSecret: 'canary-api-secret',
      accessToken: 'canary-access-token',
      marketData: true,
      trading: false,
      restUrl: 'https://api.kite.trade',
      wsUrl: 'wss://ws.kite.trade/',
    },
  ]);
  assert.deepEqual(warned, []);
});

test('takes all fields, several accounts, and a byte order mark', (t) => {
  const second = {
    id: 'CD5678',
    api_key: 'canary-2',
    access_token: 'canary-3',
    market_data: false,
    trading: true,
    rest_url: 'http://127.0.0.1:9080/',
    ws_url: 'ws://localhost:9080/',
    local_address: '192.0.2.7',
  };
  const file = accountsFile(t, `\uFEFF${JSON.stringify([ENTRY, second])}`);
  const [, account] = load(file, true).accounts;
  assert.deepEqual(account, {
    id: 'CD5678',
    apiKey: 'canary-2',
    apiSecret: undefined,
    accessToken: 'canary-3',
    marketData: false,
    trading: true,
    restUrl: 'http://127.0.0.1:9080',
    wsUrl: 'ws://localhost:9080/',
    localAddress: '192.0.2.7',
  });
});

test('names entry and field of every problem, never a value', (t) => {
  const error = errorOf(
    accountsFile(t, [
      { ...ENTRY, access_token: 'canry', market_data: 'canary' },
      { id: 'X', api_key: 'canary-api-key', local_address: 'canary' },
      'canary',
      { ...ENTRY, id: 'Y', ws_url: 'https://canary/', rest_url: 'canary' },
      { ...ENTRY, id: 'Z', acces_token: 'canary', 'canary-value': 1 },
    ]),
  );
  assert.equal(error.code, 'CONFIG_FILE');
  for (const text of [
    'entry 1, field access_token: must be text of at least 6 characters',
    'entry 1, field market_data: must be true or false',
    'entry 2, field access_token: is missing',
    'entry 2, field local_address: must be an IP address',
    'entry 3 must be an object',
    'entry 4, field ws_url: must be a URL that starts with wss:// or ws://',
    'entry 4, field rest_url: must be a URL that starts with https:// or http://',
    'entry 5: acces_token is not a field; did you mean access_token?',
    'entry 5: there is an unknown field',
  ]) {
    assert.ok(error.detail.includes(text), `${text} is missing in: ${error.detail}`);
  }
});

test('refuses two entries of one account', (t) => {
  const error = errorOf(accountsFile(t, [ENTRY, ENTRY]));
  assert.match(error.detail, /entry 2, field id: is that of another entry/);
});

test('says where the JSON is broken, not what stands there', (t) => {
  const error = errorOf(accountsFile(t, '[\n{"api_key": "canary-api-key"\n"id": "canary"}]'));
  assert.match(error.detail, /is not valid JSON in line 3/);
  assert.match(errorOf(accountsFile(t, '[{"id": "canary"')).detail, /is not valid JSON/);
});

test('refuses anything but a list of accounts', (t) => {
  for (const content of [{}, [], 'null', '']) {
    assert.equal(errorOf(accountsFile(t, content)).code, 'CONFIG_FILE');
  }
});

test('names a file that is not there', () => {
  const error = errorOf('/nowhere/accounts.json');
  assert.equal(error.code, 'CONFIG_FILE');
  assert.equal(error.detail, '/nowhere/accounts.json cannot be read (ENOENT)');
});

test('a file that everybody can read is refused in production and warned of elsewhere', (t) => {
  const file = accountsFile(t, [ENTRY], 0o644);
  assert.match(errorOf(file, true).detail, /can be read by every user.*chmod 600/);
  assert.equal(load(file).warned.length, 1);
  assert.deepEqual(load(accountsFile(t, [ENTRY], 0o640), true).warned, []);
});

test('a token does not leave the machine unencrypted in production', (t) => {
  const file = accountsFile(t, [{ ...ENTRY, ws_url: 'ws://feed.example/' }]);
  assert.match(errorOf(file, true).detail, /entry 1 sends its access token unencrypted \(ws:\)/);
  assert.equal(load(file).warned.length, 1);
});
