import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type RunningService, runningService } from '../../../src/cli/running-service.ts';
import { withSettings } from '../../support/cli-environment.ts';
import { urlHost } from '../../../src/threads/control/url-host.ts';

const KEY = 'abcdefghijklmnopqrstuvwxyz-0123456789';

/** What `runningService` says with no settings but `settings`. */
function serviceWith(settings: Record<string, string>, url?: string): Promise<RunningService> {
  return withSettings(settings, () => runningService(url));
}

function dataDirectory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'ticker-running-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('the key is the one in the data directory, the address the configured one', async (t) => {
  const directory = dataDirectory(t);
  writeFileSync(join(directory, 'api-key'), `${KEY}\n`);
  assert.deepEqual(await serviceWith({ TICKER_DATA_DIR: directory, TICKER_MARKET_PORT: '1234' }), {
    url: 'http://127.0.0.1:1234',
    key: KEY,
  });
});

test('a key in the environment comes first; an address that is given, too', async (t) => {
  const settings = { TICKER_DATA_DIR: dataDirectory(t), TICKER_API_KEY: KEY };
  assert.deepEqual(await serviceWith(settings, 'https://ticks.example'), {
    url: 'https://ticks.example',
    key: KEY,
  });
});

test('without a key there is nothing to connect with: DATA_DIR', async (t) => {
  const settings = { TICKER_DATA_DIR: dataDirectory(t) };
  await assert.rejects(serviceWith(settings), { code: 'DATA_DIR' });
});

for (const [bind, host] of [
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', 'localhost'],
  ['::', 'localhost'],
  ['::1', '[::1]'],
  ['ticks.example', 'ticks.example'],
] as const) {
  test(`a service that is bound to ${bind} is reached at ${host}`, async () => {
    assert.equal(urlHost(bind), host);
    const { url } = await serviceWith({
      TICKER_BIND: bind,
      TICKER_MARKET_PORT: '8080',
      TICKER_API_KEY: KEY,
    });
    assert.equal(url, `http://${host}:8080`);
    assert.ok(URL.canParse(url));
  });
}
