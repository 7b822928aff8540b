import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, type Environment } from '../../../src/config/config.ts';
import { configurationDocument } from '../../../src/config/configuration-document.ts';
import { SETTINGS } from '../../../src/config/settings.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';

const KEY = 'f4Zk0sQ9xT2wLr7Yb1Nc8Vd3Mh6Jg5Pa';
const PRODUCTION: Environment = {
  TICKER_ENV: 'production',
  TICKER_DATABASE_URL: 'postgres://ticker@db.internal/ticker?sslmode=verify-full',
  TICKER_KMS_KEY_ID: 'alias/ticker',
  TICKER_API_KEY: KEY,
};

function errorOf(...load: Parameters<typeof loadConfig>): TickerError {
  try {
    loadConfig(...load);
  } catch (error) {
    assert.ok(error instanceof TickerError);
    return error;
  }
  return assert.fail('the configuration was accepted');
}

test('starts with nothing configured', () => {
  const config = loadConfig({ PATH: '/bin', HOME: '/root' });
  assert.equal(config.environment, 'development');
  assert.equal(config.bind, '127.0.0.1');
  assert.equal(config.marketPort, 8080);
  assert.equal(config.simPort, 9080);
  assert.equal(config.simTicksPerSecond, 2000);
  assert.equal(config.simInstruments, 2000);
  assert.equal(config.simSeed, 1);
  assert.equal(config.dataDirectory, '.ticker');
  assert.equal(config.logLevel, 'info');
  assert.equal(config.accountsFile, undefined);
  assert.equal(config.apiKey, undefined);
  assert.deepEqual(config.corsOrigins, []);
  assert.deepEqual(config.clock, { speed: 1, originEpochMs: null });
  assert.ok(config.greeksWorkers >= 1 && config.greeksWorkers <= 4);
  assert.equal(config.ratePerYear, 0.065);
  assert.equal(config.ringSlots, 262_144);
  assert.equal(config.instrumentRows, 32_768);
  assert.equal(config.clientBufferBytes, 4_194_304);
  assert.equal(config.clientsMax, 2000);
});

test('takes every setting from its variable', () => {
  const config = loadConfig({
    TICKER_MARKET_PORT: '0',
    TICKER_SIM_RATE: '200000',
    TICKER_RATE: '-0.005',
    TICKER_BIND: '::1',
    TICKER_LOG_LEVEL: 'debug',
    TICKER_API_KEY: KEY,
    TICKER_CLOCK_SPEED: '50@1796000000000',
    TICKER_CORS_ORIGINS: 'https://app.example, http://localhost:5173',
    TICKER_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8, 2001:db8::/32',
    TICKER_RING_SLOTS: '1024',
    TICKER_ORDERS_PORT: '18081',
    TICKER_DATABASE_URL: 'postgres://u@127.0.0.1/t',
    TICKER_REDIS_URL: 'redis://127.0.0.1',
  });
  assert.equal(config.marketPort, 0);
  assert.equal(config.simTicksPerSecond, 200_000);
  assert.equal(config.ratePerYear, -0.005);
  assert.equal(config.bind, '::1');
  assert.equal(config.logLevel, 'debug');
  assert.equal(config.apiKey, KEY);
  assert.deepEqual(config.clock, { speed: 50, originEpochMs: 1_796_000_000_000 });
  assert.deepEqual(config.corsOrigins, ['https://app.example', 'http://localhost:5173']);
  assert.deepEqual(config.trustedProxies, ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32']);
  assert.equal(config.ringSlots, 1024);
  assert.equal(config.ordersPort, 18_081);
  assert.equal(config.databaseUrl, 'postgres://u@127.0.0.1/t');
});

test('is frozen, lists included, and survives the way to another thread', () => {
  const config = loadConfig({ TICKER_CORS_ORIGINS: 'https://a.example' });
  assert.throws(() => Object.assign(config, { marketPort: 1 }), TypeError);
  assert.throws(() => (config.corsOrigins as string[]).push('x'), TypeError);
  assert.throws(() => Object.assign(config.clock, { speed: 9 }), TypeError);
  assert.deepEqual(structuredClone(config), config);
});

test('names every problem in one error', () => {
  const error = errorOf({
    TICKER_MARKET_PORT: '70000',
    TICKER_SIM_RATE: '1.5',
    TICKER_LOG_LEVEL: 'verbose',
    TICKER_RING_SLOTS: '65537',
    TICKER_BIND: '300.1.1.1',
  });
  assert.equal(error.code, 'CONFIG_INVALID');
  assert.match(error.detail, /TICKER_MARKET_PORT must be an integer from 0 to 65535, not "70000"/);
  assert.match(error.detail, /TICKER_SIM_RATE must be an integer from 1 to 200000, not "1.5"/);
  assert.match(error.detail, /TICKER_LOG_LEVEL must be one of trace, .*silent, not "verbose"/);
  assert.match(error.detail, /TICKER_RING_SLOTS must be a power of two from 1024 to 4194304/);
  assert.match(error.detail, /TICKER_BIND must be an IP address or a host name/);
});

test('refuses an unknown TICKER_ name and says which one it resembles', () => {
  const typo = errorOf({ TICKER_MARKT_PORT: '1' });
  assert.equal(typo.code, 'CONFIG_UNKNOWN');
  assert.equal(typo.detail, 'TICKER_MARKT_PORT is not a setting; did you mean TICKER_MARKET_PORT?');
  assert.equal(
    errorOf({ TICKER_ZQXJVWKY_QQQQ: '1' }).detail,
    'TICKER_ZQXJVWKY_QQQQ is not a setting',
  );
  assert.equal(errorOf({ TICKER_MARKET_PORT_FILE: 'x' }).code, 'CONFIG_UNKNOWN');
  assert.equal(errorOf({ TICKER_X: '1', TICKER_SIM_SEED: 'x' }).code, 'CONFIG_INVALID');
});

test('counts an empty value as not set', () => {
  assert.equal(loadConfig({ TICKER_MARKET_PORT: '', TICKER_API_KEY_FILE: '' }).marketPort, 8080);
});

test('lets overrides win, and checks them the same way', () => {
  const environment = { TICKER_SIM_PORT: '9000', TICKER_SIM_SEED: '5' };
  const config = loadConfig(environment, { TICKER_SIM_PORT: '9001', TICKER_SIM_SEED: undefined });
  assert.equal(config.simPort, 9001);
  assert.equal(config.simSeed, 5);
  assert.match(errorOf({}, { TICKER_SIM_PORT: 'x' }).detail, /TICKER_SIM_PORT must be/);
});

for (const networks of [
  '*',
  'proxy.example',
  '10.0.0.0/33',
  '0.0.0.0/0',
  '::/7',
  '10.0.0.1,',
  'fe80::1%eth0',
]) {
  test(`trusts no proxies called ${networks}`, () => {
    const { detail } = errorOf({ TICKER_TRUSTED_PROXIES: networks });
    assert.match(detail, /TICKER_TRUSTED_PROXIES must be a comma-separated list of IP addresses/);
  });
}

for (const weak of ['short', 'a'.repeat(40), `${KEY}/`, `${KEY} x`, 'k'.repeat(300)]) {
  test(`refuses a weak or unusable key without printing it (${weak.length} characters)`, () => {
    const error = errorOf({ TICKER_API_KEY: weak });
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.ok(!error.message.includes(weak));
  });
}

test('never prints the value of a secret', () => {
  const error = errorOf({ TICKER_DATABASE_URL: 'mysql://user:hunter2@host/db' });
  assert.match(error.detail, /TICKER_DATABASE_URL must be a URL that starts with postgres:\/\//);
  assert.ok(!error.message.includes('hunter2'));
});

test('reads a secret from the file that its _FILE variant names', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'key');
  writeFileSync(file, `${KEY}\n`);
  assert.equal(loadConfig({ TICKER_API_KEY_FILE: file }).apiKey, KEY);

  const both = errorOf({ TICKER_API_KEY_FILE: file, TICKER_API_KEY: KEY });
  assert.match(both.detail, /TICKER_API_KEY and TICKER_API_KEY_FILE are both set/);

  const missing = errorOf({ TICKER_API_KEY_FILE: join(folder, 'none') });
  assert.equal(missing.code, 'CONFIG_FILE');
  assert.match(missing.detail, /TICKER_API_KEY_FILE names a file that cannot be read \(ENOENT\)/);

  writeFileSync(file, 'bad secret in a file');
  chmodSync(file, 0o600);
  const bad = errorOf({ TICKER_API_KEY_FILE: file });
  assert.equal(bad.code, 'CONFIG_INVALID');
  assert.ok(!bad.message.includes('bad secret'));
});

for (const origins of [
  '*',
  'https://*.example',
  'http://app.example',
  'https://app.example/',
  'https://app.example/path',
  'https://user@app.example',
  'app.example',
  'null',
  'https://a.example,,https://b.example',
]) {
  test(`refuses the CORS origins ${origins}`, () => {
    assert.match(errorOf({ TICKER_CORS_ORIGINS: origins }).detail, /TICKER_CORS_ORIGINS must be/);
  });
}

for (const speed of ['0', '-1', 'fast', '2@', '2@x', '1000000', '1e3', '@5']) {
  test(`refuses the clock speed ${speed}`, () => {
    assert.match(errorOf({ TICKER_CLOCK_SPEED: speed }).detail, /TICKER_CLOCK_SPEED must be/);
  });
}

test('production names everything that is missing at once', () => {
  const error = errorOf({
    TICKER_ENV: 'production',
    TICKER_ACCOUNTS_FILE: '/etc/ticker/accounts.json',
    TICKER_REDIS_URL: 'redis://cache.internal',
    TICKER_KMS_URL: 'http://kms.internal',
    TICKER_SECRETS_MANAGER_URL: 'http://secrets.internal',
    TICKER_CORS_ORIGINS: 'http://localhost:5173',
    TICKER_CLOCK_SPEED: '10',
    TICKER_SIM_SEED: 'x',
  });
  assert.equal(error.code, 'CONFIG_INVALID');
  for (const name of [
    'TICKER_ACCOUNTS_FILE',
    'TICKER_DATABASE_URL_FILE',
    'TICKER_KMS_KEY_ID',
    'TICKER_REDIS_URL',
    'TICKER_KMS_URL',
    'TICKER_SECRETS_MANAGER_URL',
    'TICKER_CORS_ORIGINS',
    'TICKER_CLOCK_SPEED',
    'TICKER_SIM_SEED',
  ]) {
    assert.ok(error.detail.includes(name), `${name} is missing in: ${error.detail}`);
  }
});

test('production accepts a complete configuration', () => {
  const config = loadConfig({ ...PRODUCTION, TICKER_CORS_ORIGINS: 'https://app.example' });
  assert.equal(config.environment, 'production');
  assert.equal(config.apiKey, KEY);
});

test('production reaches its database over TLS, unless it is on the same machine', () => {
  const demand = (database: string): string | undefined => {
    try {
      loadConfig({ ...PRODUCTION, TICKER_DATABASE_URL: database });
      return undefined;
    } catch (error) {
      return error instanceof TickerError ? error.detail : assert.fail(String(error));
    }
  };
  for (const plain of ['', '?sslmode=disable', '?sslmode=prefer', '?sslmode=allow']) {
    assert.match(demand(`postgres://db.internal/ticker${plain}`) ?? '', /sslmode=verify-full/);
  }
  for (const fine of [
    'postgres://db.internal/ticker?sslmode=require',
    'postgres://db.internal/ticker?sslmode=verify-full&sslrootcert=/etc/ca.pem',
    'postgres://127.0.0.1/ticker',
    'postgres://localhost/ticker',
  ]) {
    assert.equal(demand(fine), undefined, fine);
  }
});

test('a command that only asks a service makes no demands of production', () => {
  const config = loadConfig({ TICKER_ENV: 'production' }, {}, 'command');
  assert.equal(config.environment, 'production');
});

test('the document lists every setting with its file variant, and no setting twice', () => {
  const text = configurationDocument();
  const names = Object.values(SETTINGS).map((setting) => setting.name);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.ok(text.includes(`\`${name}\``), name);
  assert.ok(text.includes('`TICKER_API_KEY_FILE`'));
});

test('old clients are off unless asked for, and their channels need a Redis', () => {
  assert.equal(loadConfig({}).oldClients, 'off');
  assert.equal(loadConfig({}).oldChannelPrefix, 'ticker:nifty');
  assert.equal(loadConfig({ TICKER_OLD_CLIENTS: 'socket' }).oldClients, 'socket');
  for (const wanted of ['channels', 'all']) {
    const { code, detail } = errorOf({ TICKER_OLD_CLIENTS: wanted });
    assert.equal(code, 'CONFIG_INVALID');
    assert.match(detail, /^TICKER_OLD_CLIENTS=\w+ publishes to Redis: TICKER_REDIS_URL or /);
    const redis = { TICKER_REDIS_URL: 'redis://127.0.0.1' };
    assert.equal(loadConfig({ TICKER_OLD_CLIENTS: wanted, ...redis }).oldClients, wanted);
    // A command that only asks the service needs none of it.
    assert.equal(loadConfig({ TICKER_OLD_CLIENTS: wanted }, {}, 'command').oldClients, wanted);
  }
  assert.equal(loadConfig({ ...PRODUCTION, TICKER_OLD_CLIENTS: 'socket' }).oldClients, 'socket');
  assert.equal(errorOf({ TICKER_OLD_CLIENTS: 'true' }).code, 'CONFIG_INVALID');
  for (const prefix of [':a', 'a::b', 'a b', 'a*', 'x'.repeat(101)]) {
    assert.equal(errorOf({ TICKER_OLD_CHANNEL_PREFIX: prefix }).code, 'CONFIG_INVALID', prefix);
  }
});
