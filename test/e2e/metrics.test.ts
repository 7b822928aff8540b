import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { metricsUntil } from '../support/metrics-text.ts';
import { toolOrSkip } from '../support/required-tool.ts';
import { startService } from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

test('metrics move with the hot path and promtool finds nothing to complain about', async (t) => {
  const promtool = toolOrSkip(t, 'promtool');
  if (promtool === undefined) return;
  const service = await startService(t);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  const chain = { underlying: 'NIFTY', strikes: 2 };
  await client.request({ type: 'subscribe', chain, mode: 'full', greeks: true });
  await client.nextTick((tick) => tick.greeks?.status === 'OK');
  await metricsUntil(
    service.url,
    (m) =>
      (m.get('ticker_upstream_ticks_total') ?? 0) > 100 &&
      (m.get('ticker_published_ticks_total') ?? 0) > 10 &&
      (m.get('ticker_greeks_total{status="OK"}') ?? 0) > 10 &&
      (m.get('ticker_publish_age_seconds_count') ?? 0) > 100 &&
      (m.get('ticker_upstream_ticks_per_second_count') ?? 0) > 0 &&
      m.get('ticker_clients') === 1 &&
      m.get('ticker_client_subscriptions') === 10,
  );
  const text = await (await fetch(new URL('/metrics', service.url))).text();
  const checked = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stderr + checked.stdout);
  assert.equal(checked.stderr.trim(), '');
});

test('probes, version and documents are open; the rest needs the key', async (t) => {
  const service = await startService(t);
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, service.url), { headers });
  for (const path of [
    '/livez',
    '/readyz',
    '/startupz',
    '/version',
    '/openapi.json',
    '/asyncapi.json',
    '/docs',
    '/',
  ]) {
    const answer = await get(path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
  }
  assert.equal((await get('/v1/instruments?q=NIFTY')).status, 401);
  const bearer = { authorization: `Bearer ${service.key}` };
  const found = (await (await get('/v1/instruments?q=NIFTY%2050', bearer)).json()) as {
    instruments: { symbol: string; instrument_token: number }[];
  };
  assert.equal(found.instruments[0]?.symbol, 'NSE:NIFTY 50');
  assert.equal(found.instruments[0].instrument_token, 256265);
  const expiries = (await (await get('/v1/expiries?underlying=NIFTY', bearer)).json()) as {
    expiries: string[];
  };
  assert.ok(expiries.expiries.length >= 4);
  assert.deepEqual(expiries.expiries, [...expiries.expiries].sort());
  const unknown = await get('/v1/expiries?underlying=NOTHING', bearer);
  assert.equal(unknown.headers.get('content-type'), 'application/problem+json');
  assert.equal(((await unknown.json()) as { code: string }).code, 'UNKNOWN_UNDERLYING');
});
