import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { asyncApiDocument } from '../../../src/http/asyncapi/document.ts';
import { marketRoutes, type MarketRoutesOptions } from '../../../src/http/market-routes.ts';
import type { InstrumentSearch } from '../../../src/domain/ports.ts';
import { type BookSide, liquidityOf } from '../../../src/pricing/liquidity.ts';
import type { Readiness } from '../../../src/http/routes/system.ts';
import { streamLimits } from '../../../src/threads/publish/stream-limits.ts';
import {
  FULL_KEY,
  TICKS_KEY,
  authorization,
  startWeb,
  type WebFixture,
} from '../../support/http/web-fixture.ts';

function side(price: number, quantity: number, orders: number): BookSide {
  return { prices: [price], quantities: [quantity], orders: [orders] };
}

interface Market extends WebFixture {
  searches: InstrumentSearch[];
  state: { live: boolean; started: boolean; ready: Readiness };
}

function pagesFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-pages-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Live</title>');
  writeFileSync(join(folder, 'page.js'), 'export {};');
  mkdirSync(join(folder, 'img'));
  writeFileSync(join(folder, 'img', 'icon.svg'), '<svg/>');
  return folder;
}

async function startMarket(
  t: TestContext,
  changes: Partial<MarketRoutesOptions> = {},
): Promise<Market> {
  const searches: InstrumentSearch[] = [];
  const state = {
    live: true,
    started: true,
    ready: { checks: { feed: { ok: true, required: true } } } as Readiness,
  };
  const production = changes.production ?? false;
  const routes = marketRoutes({
    version: '1.2.3',
    production,
    metricsContentType: 'text/plain; version=0.0.4; charset=utf-8',
    status: {
      live: () => state.live,
      started: () => state.started,
      ready: () => state.ready,
      version: () => ({ name: 'ticker-service', version: '1.2.3' }),
      metrics: async () => 'ticker_clients 1\n',
    },
    instruments: {
      search: async (search) => {
        searches.push(search);
        return '{"instruments":[],"total":0}';
      },
      expiries: async (underlying) => {
        if (underlying !== 'NIFTY') {
          throw new TickerError('UNKNOWN_UNDERLYING', `There is no underlying ${underlying}.`);
        }
        return '{"underlying":"NIFTY","expiries":["2026-12-01"]}';
      },
      instrument: async (id) => JSON.stringify({ symbol: id }),
    },
    liquidity: {
      liquidity: async (token) => {
        if (token !== 256265) throw new TickerError('NO_QUOTE');
        return liquidityOf(side(99.95, 500, 10), side(100.05, 499, 10), 100);
      },
    },
    stream: streamLimits(1024),
    ...changes,
  });
  return { ...(await startWeb(t, { routes, production })), searches, state };
}

test('live, started and ready say so, and what is missing otherwise', async (t) => {
  const { url, state } = await startMarket(t);
  const statusOf = async (path: string): Promise<[number, Record<string, unknown>]> => {
    const response = await fetch(url + path);
    return [response.status, (await response.json()) as Record<string, unknown>];
  };
  assert.deepEqual(await statusOf('/livez'), [200, { status: 'alive' }]);
  assert.deepEqual(await statusOf('/startupz'), [200, { status: 'started' }]);
  assert.deepEqual(await statusOf('/readyz'), [
    200,
    { status: 'ready', checks: { feed: { ok: true, required: true } } },
  ]);
  const database = { ok: false, required: false, detail: 'DATABASE_UNAVAILABLE' };
  state.ready = { checks: { feed: { ok: true, required: true }, database } };
  assert.deepEqual(await statusOf('/readyz'), [
    200,
    { status: 'degraded', checks: state.ready.checks },
  ]);

  state.live = false;
  state.started = false;
  state.ready = {
    checks: {
      feed: { ok: false, required: true, detail: 'no tick yet' },
      instruments: { ok: true, required: true },
      database,
    },
  };
  assert.equal((await statusOf('/livez'))[0], 503);
  assert.equal((await statusOf('/startupz'))[0], 503);
  const [status, problem] = await statusOf('/readyz');
  assert.equal(status, 503);
  assert.equal(problem['code'], 'NOT_READY');
  assert.equal(problem['retryable'], true);
  assert.equal(problem['detail'], 'Not ready: feed (no tick yet).');
  assert.deepEqual(problem['checks'], state.ready.checks);
});

test('version and metrics are open in development', async (t) => {
  const { url } = await startMarket(t);
  const version = (await (await fetch(`${url}/version`)).json()) as Record<string, unknown>;
  assert.equal(version['version'], '1.2.3');
  const metrics = await fetch(`${url}/metrics`);
  assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(await metrics.text(), 'ticker_clients 1\n');
});

test('metrics need their scope in production', async (t) => {
  const { url } = await startMarket(t, { production: true });
  assert.equal((await fetch(`${url}/metrics`)).status, 401);
  const wrong = await fetch(`${url}/metrics`, { headers: authorization(TICKS_KEY) });
  assert.equal(wrong.status, 403);
  const right = await fetch(`${url}/metrics`, { headers: authorization(FULL_KEY) });
  assert.equal(right.status, 200);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
});

test('passes a search on as it was checked, with the defaults filled in', async (t) => {
  const { url, searches } = await startMarket(t);
  const headers = authorization(FULL_KEY);
  const query =
    'q=NIFTY%2050&exchange=NFO&segment=NFO-OPT&underlying=NIFTY&expiry=2026-12-01&type=CE' +
    '&limit=1000&offset=20';
  const full = await fetch(`${url}/v1/instruments?${query}`, { headers });
  assert.equal(full.status, 200);
  assert.equal(full.headers.get('content-type'), 'application/json');
  await fetch(`${url}/v1/instruments`, { headers });
  assert.deepEqual(searches, [
    {
      q: 'NIFTY 50',
      exchange: 'NFO',
      segment: 'NFO-OPT',
      underlying: 'NIFTY',
      expiry: '2026-12-01',
      type: 'CE',
      limit: 1000,
      offset: 20,
    },
    { limit: 100, offset: 0 },
  ]);
});

test('refuses a search that cannot be meant', async (t) => {
  const { url, searches } = await startMarket(t);
  const headers = authorization(FULL_KEY);
  for (const query of [
    'limit=1001',
    'limit=0',
    'limit=ten',
    'offset=-1',
    'type=XX',
    'expiry=01-12-2026',
    'expiry=2026-02-30',
    'symbol=NIFTY',
    'q=',
    'q=a&q=b',
  ]) {
    const response = await fetch(`${url}/v1/instruments?${query}`, { headers });
    assert.equal(response.status, 400, query);
    assert.equal(((await response.json()) as { code: string }).code, 'INVALID_REQUEST');
  }
  assert.deepEqual(searches, []);
});

test('finds one instrument by token or by symbol with any character', async (t) => {
  const { url } = await startMarket(t);
  const headers = authorization(FULL_KEY);
  for (const id of ['256265', 'NSE:NIFTY 50', 'NSE:M&M', 'BSE:A/B']) {
    const response = await fetch(`${url}/v1/instruments/${encodeURIComponent(id)}`, { headers });
    assert.deepEqual(await response.json(), { symbol: id });
  }
});

test('lists expiries, and knows which underlying it does not know', async (t) => {
  const { url } = await startMarket(t);
  const headers = authorization(FULL_KEY);
  const known = await fetch(`${url}/v1/expiries?underlying=NIFTY`, { headers });
  assert.deepEqual(await known.json(), { underlying: 'NIFTY', expiries: ['2026-12-01'] });
  const unknown = await fetch(`${url}/v1/expiries?underlying=NOPE`, { headers });
  assert.equal(unknown.status, 404);
  assert.equal(((await unknown.json()) as { code: string }).code, 'UNKNOWN_UNDERLYING');
  assert.equal((await fetch(`${url}/v1/expiries`, { headers })).status, 400);
});

test('instruments need their scope', async (t) => {
  const { url } = await startMarket(t);
  for (const path of ['/v1/instruments', '/v1/instruments/1', '/v1/expiries?underlying=NIFTY']) {
    assert.equal((await fetch(url + path)).status, 401, path);
    const wrong = await fetch(url + path, { headers: authorization(TICKS_KEY) });
    assert.equal(wrong.status, 403, path);
  }
});

test('serves the pages from memory, with a tag that saves sending them again', async (t) => {
  const folder = pagesFolder(t);
  const { url } = await startMarket(t, { consoleDirectory: folder });
  const root = await fetch(`${url}/`);
  assert.equal(root.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(await root.text(), /<title>Live/);
  assert.match(root.headers.get('content-security-policy') ?? '', /default-src 'self'/);
  assert.equal(root.headers.get('cache-control'), 'no-cache');
  const etag = root.headers.get('etag') ?? '';
  assert.match(etag, /^"[\w-]{22}"$/);

  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await fetch(`${url}/`, { headers: { 'If-None-Match': known } });
    assert.equal(again.status, 304, known);
    assert.equal(await again.text(), '');
  }
  const changed = await fetch(`${url}/`, { headers: { 'If-None-Match': '"other"' } });
  assert.equal(changed.status, 200);

  const script = await fetch(`${url}/page.js`);
  assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  const icon = await fetch(`${url}/img/icon.svg`);
  assert.equal(icon.headers.get('content-type'), 'image/svg+xml');
  writeFileSync(join(folder, 'later.js'), '');
  for (const path of ['/later.js', '/../package.json', '/%2e%2e/package.json', '/img']) {
    assert.equal((await fetch(url + path)).status, 404, path);
  }
});

test('pages that are missing or of an unknown type are an error of the start', (t) => {
  const folder = pagesFolder(t);
  const start = async (consoleDirectory: string): Promise<void> => {
    await startMarket(t, { consoleDirectory });
  };
  writeFileSync(join(folder, 'data.bin'), '');
  return Promise.all([
    assert.rejects(start(join(folder, 'none')), { code: 'CONFIG_FILE' }),
    assert.rejects(start(join(folder, 'img')), { code: 'CONFIG_FILE' }),
    assert.rejects(start(folder), { code: 'CONFIG_FILE', message: /data\.bin/ }),
  ]).then(() => undefined);
});

test('describes itself, for programs and for people', async (t) => {
  const { url } = await startMarket(t);
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, unknown>;
  };
  assert.equal(document.openapi, '3.1.0');
  assert.ok('/v1/instruments/{id}' in document.paths);
  const stream = await fetch(`${url}/asyncapi.json`);
  assert.deepEqual(await stream.json(), asyncApiDocument('1.2.3', streamLimits(1024)));
  const docs = await fetch(`${url}/docs`);
  assert.equal(docs.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(await docs.text(), /\/v1\/instruments/);
  const style = await fetch(`${url}/docs/style.css`);
  assert.equal(style.headers.get('content-type'), 'text/css; charset=utf-8');
  const errors = await fetch(`${url}/docs/errors`);
  assert.match(await errors.text(), /id="NOT_FOUND"/);
});

test('liquidity: measures of the newest quote, null where the book does not say', async (t) => {
  const { url } = await startMarket(t);
  const headers = authorization(TICKS_KEY);
  const response = await fetch(`${url}/v1/liquidity/256265`, { headers });
  assert.equal(response.status, 200);
  const answer = (await response.json()) as Record<string, unknown>;
  assert.equal(answer['instrument_token'], 256265);
  assert.equal(answer['best_bid_quantity'], 500);
  assert.equal(answer['average_ask_order'], 49.9);
  assert.equal(Number(answer['impact_100']).toFixed(9), '0.050000000');
  assert.equal(answer['impact_500'], null);
  assert.equal(Number(answer['score']).toFixed(1), '75.9');
  assert.deepEqual([answer['tier'], answer['flags']], ['MEDIUM', ['FEW_ORDERS']]);
});

test('the liquidity answer has exactly the fields that the document describes', async (t) => {
  const { url } = await startMarket(t);
  const headers = authorization(TICKS_KEY);
  const answer = (await (await fetch(`${url}/v1/liquidity/256265`, { headers })).json()) as object;
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<
      string,
      {
        get: {
          responses: Record<
            string,
            {
              content: Record<
                string,
                {
                  schema: { properties: object };
                }
              >;
            }
          >;
        };
      }
    >;
  };
  const schema =
    document.paths['/v1/liquidity/{token}']?.get.responses['200']?.content['application/json'];
  assert.deepEqual(Object.keys(answer), Object.keys(schema?.schema.properties ?? {}));
});

test('liquidity of an instrument that is not received is 404 NO_QUOTE, retryable', async (t) => {
  const { url } = await startMarket(t);
  const headers = authorization(TICKS_KEY);
  const missing = await fetch(`${url}/v1/liquidity/5`, { headers });
  const problem = (await missing.json()) as Record<string, unknown>;
  assert.deepEqual(
    [missing.status, problem['code'], problem['retryable']],
    [404, 'NO_QUOTE', true],
  );
  const nonsense = await fetch(`${url}/v1/liquidity/NIFTY`, { headers });
  assert.equal(nonsense.status, 400);
  assert.equal((await fetch(`${url}/v1/liquidity/5`)).status, 401);
});

test('every documented route but the public ones refuses a caller without a key, and a wrong key', async (t) => {
  const { url } = await startMarket(t, { production: true });
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security?: unknown[] }>>;
  };
  const open = new Set(['/livez', '/readyz', '/startupz', '/version']);
  let guarded = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const ask = (headers: Record<string, string>) =>
        fetch(url + path.replaceAll(/\{[^}]*\}/g, '1'), { method: method.toUpperCase(), headers });
      const isOpen = open.has(path);
      assert.equal(security?.length === 0, isOpen, `${path} says who may call`);
      if (isOpen) continue;
      guarded += 1;
      assert.equal((await ask({})).status, 401, `${method} ${path}`);
      assert.equal((await ask({ authorization: 'Bearer wrong' })).status, 401, `${method} ${path}`);
    }
  }
  assert.ok(guarded >= 3, `${guarded} guarded routes`);
});
