import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runningService } from '../../../src/cli/running-service.ts';
import { urlHost } from '../../../src/threads/control/url-host.ts';

const KEY = 'k'.repeat(40);

/** What `runningService` says with nothing in the environment but `settings`. */
function serviceWith(settings: Record<string, string>, url?: string) {
  const { env } = process;
  try {
    process.env = settings;
    return runningService(url);
  } finally {
    process.env = env;
  }
}

function dataDirectory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'ticker-running-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('the key is the one in the data directory, the address the configured one', (t) => {
  const directory = dataDirectory(t);
  writeFileSync(join(directory, 'api-key'), `${KEY}\n`);
  assert.deepEqual(serviceWith({ TICKER_DATA_DIR: directory, TICKER_MARKET_PORT: '1234' }), {
    url: 'http://127.0.0.1:1234',
    key: KEY,
  });
});

test('a key in the environment comes first; an address that is given, too', (t) => {
  const settings = { TICKER_DATA_DIR: dataDirectory(t), TICKER_API_KEY: KEY };
  assert.deepEqual(serviceWith(settings, 'https://ticks.example'), {
    url: 'https://ticks.example',
    key: KEY,
  });
});

test('without a key there is nothing to connect with: DATA_DIR', (t) => {
  const settings = { TICKER_DATA_DIR: dataDirectory(t) };
  assert.throws(() => serviceWith(settings), { code: 'DATA_DIR' });
});

for (const [bind, host] of [
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', 'localhost'],
  ['::', 'localhost'],
  ['::1', '[::1]'],
  ['ticks.example', 'ticks.example'],
] as const) {
  test(`a service that is bound to ${bind} is reached at ${host}`, () => {
    assert.equal(urlHost(bind), host);
    const { url } = serviceWith({ TICKER_BIND: bind, TICKER_API_KEY: KEY });
    assert.equal(url, `http://${host}:8080`);
    assert.ok(URL.canParse(url));
  });
}
