import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { OldPayload } from '../../src/fanout/old/old-payload.ts';
import type { TickObject } from '../../src/wire/messages.ts';
import { metricsUntil } from '../support/metrics-text.ts';
import { OldChannelListener } from '../support/old-channel-listener.ts';
import { connectRedis } from '../support/redis-rig.ts';
import { TestRedis } from '../support/test-redis.ts';
import {
  accountsFile,
  runTicker,
  type RunningTicker,
  startService,
  startSimulatorProcess,
} from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

interface LedgerInstrument {
  instrument_token: number;
  symbol: string;
  deliveries: { count: number; last_price_sum: number; volume_sum: number };
}
interface Ledger {
  instruments: LedgerInstrument[];
}

const NIFTY = 256265;
const CONNECTED = 'ticker_old_channels_connected';
const WAITING = 'ticker_old_channels_waiting';
const PUBLISHED = 'ticker_old_channels_ticks_total';
const UPSTREAM = 'ticker_upstream_ticks_total';

/** A service with the old channels on a simulator of its own, both to be talked to. */
async function start(t: TestContext, server: TestRedis, rate: number) {
  const simulator = await startSimulatorProcess(t, [
    ...['--port', '0', '--instruments', '300', '--rate', String(rate)],
  ]);
  const service = await startService(t, {
    TICKER_ACCOUNTS_FILE: accountsFile(t, simulator),
    TICKER_OLD_CLIENTS: 'channels',
    TICKER_REDIS_URL: server.url,
  });
  await metricsUntil(service.url, (metrics) => metrics.get(CONNECTED) === 1);
  return { simulator, service };
}

/** A client that wants one of every kind: index, share, future, options with Greeks. */
async function subscribeEveryKind(t: TestContext, service: RunningTicker): Promise<TicksClient> {
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  const search = await fetch(new URL('/v1/instruments?underlying=NIFTY&type=FUT', service.url), {
    headers: { Authorization: `Bearer ${service.key}` },
  });
  const { instruments } = (await search.json()) as { instruments: { instrument_token: number }[] };
  const future = instruments[0]?.instrument_token;
  assert.ok(future !== undefined);
  const chain = { underlying: 'NIFTY', strikes: 2 };
  await client.request({ type: 'subscribe', chain, mode: 'full', greeks: true });
  await client.request({ type: 'subscribe', instruments: [NIFTY, 'NSE:INFY', future] });
  return client;
}

async function faults(rest: string, script: object[]): Promise<void> {
  const answer = await fetch(new URL('/sim/faults', rest), {
    method: 'POST',
    body: JSON.stringify(script),
  });
  assert.ok(answer.ok, await answer.text());
}

/** Asks /readyz until its check of the old channels is `ok`; resolves with its detail. */
async function untilChecked(service: RunningTicker, ok: boolean): Promise<string> {
  for (;;) {
    const answer = await fetch(new URL('/readyz', service.url));
    const { checks } = (await answer.json()) as {
      checks: Record<string, { ok: boolean; required: boolean; detail?: string }>;
    };
    const check = checks['old_channels'];
    if (check?.ok === ok) return check.detail ?? '';
  }
}

/** Count and sums of what the channels had, as the ledger counts, by token. */
function sumsByToken(payloads: readonly OldPayload[]) {
  const sums = new Map<number, { count: number; last_price_sum: number; volume_sum: number }>();
  for (const { token, price, volume } of payloads) {
    assert.ok(price !== null);
    const sum = sums.get(token) ?? { count: 0, last_price_sum: 0, volume_sum: 0 };
    sum.count++;
    sum.last_price_sum = (sum.last_price_sum + Math.round(price * 100)) % 2 ** 32;
    sum.volume_sum = (sum.volume_sum + (volume ?? 0)) % 2 ** 32;
    sums.set(token, sum);
  }
  return sums;
}

const KIND_OF_CHANNEL: Readonly<Record<string, RegExp>> = {
  options: /^(NFO|BFO):.*(CE|PE)$/,
  futures: /^(NFO|BFO):.*FUT$/,
  equities: /^NSE:[A-Z0-9]+$/,
  underlying: /^(NSE|BSE):(NIFTY|SENSEX|BANKEX)/,
};

test('the old channels carry what the simulator sent, each kind on its own, in one shape', async (t) => {
  const server = await TestRedis.start(t);
  if (server === undefined) return;
  const listener = await OldChannelListener.start(t, server.url);
  const { simulator, service } = await start(t, server, 1000);
  await subscribeEveryKind(t, service);
  await listener.until((heard) => {
    const isOk = ({ payload }: { payload: OldPayload }) =>
      'greeks_status' in payload && payload.greeks_status === 'OK';
    const channels = new Set(heard.map(({ channel }) => channel));
    return heard.length > 2000 && channels.size === 4 && heard.some(isOk);
  });
  await faults(simulator.rest, [{ at_ms: 0, fault: 'stop_ticks' }]);
  const answer = await fetch(new URL('/sim/ledger', simulator.rest));
  const { instruments } = (await answer.json()) as Ledger;
  const sent = instruments.reduce((total, { deliveries }) => total + deliveries.count, 0);
  await metricsUntil(service.url, (metrics) => metrics.get(UPSTREAM) === sent);
  await listener.until((heard) => heard.length >= sent);

  const { heard } = listener;
  const sums = sumsByToken(heard.map(({ payload }) => payload));
  const symbols = new Map(instruments.map((one) => [one.instrument_token, one.symbol]));
  for (const { instrument_token: token, symbol, deliveries } of instruments) {
    assert.deepEqual(sums.get(token), deliveries, symbol);
  }
  assert.equal(sums.size, instruments.length);
  const shapes = new Map<string, Set<string>>();
  for (const { channel, payload } of heard) {
    assert.match(symbols.get(payload.token) ?? '', KIND_OF_CHANNEL[channel] ?? /^$/);
    assert.equal(payload.instrument_token, payload.token);
    assert.equal(payload.is_mock, true);
    const fields = Object.keys(payload).filter((name) => !/^depth$|^total_/.test(name));
    shapes.set(channel, (shapes.get(channel) ?? new Set()).add(fields.join()));
    if ('iv' in payload && payload.greeks_status !== 'OK') assert.equal(payload.iv, null);
  }
  for (const [channel, all] of shapes) assert.equal(all.size, 1, `${channel} has several shapes`);
});

test('the last ticks before SIGTERM reach the old channels', async (t) => {
  const server = await TestRedis.start(t);
  if (server === undefined) return;
  const listener = await OldChannelListener.start(t, server.url);
  const { service } = await start(t, server, 5000);
  const client = await subscribeEveryKind(t, service);
  const last = new Map<number, TickObject>();
  client.socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as { type: string; ticks?: TickObject[] };
    for (const tick of message.ticks ?? []) last.set(tick.instrument_token, tick);
  });
  await listener.until((heard) => heard.length > 5000);
  service.child.kill('SIGTERM');
  await client.closed;
  assert.deepEqual(await service.exited, { code: 0, signal: null });
  // The client has had everything up to the end: nothing newer may be missing on the channels.
  const isNewest = (payload: OldPayload, tick: TickObject) =>
    payload.price === tick.last_price &&
    payload.volume === (tick.volume_traded ?? null) &&
    payload.ts === (tick.exchange_timestamp ?? 0) / 1_000_000;
  assert.ok(last.size >= 8);
  await listener.everything();
  const newest = new Map(listener.heard.map(({ payload }) => [payload.token, payload]));
  for (const [token, tick] of last) {
    const payload = newest.get(token);
    assert.ok(payload !== undefined && isNewest(payload, tick), `${token} ends too early`);
  }
});

describe('a Redis that fails', () => {
  test('and refuses ticks is not called well, and nothing of it is called published', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const { service } = await start(t, server, 500);
    const rig = connectRedis(t, server.url);
    await rig.reached('ready');
    await untilChecked(service, true);
    await rig.redis.run('ACL', 'SETUSER', 'default', '-publish');
    await untilChecked(service, false);
    const unconfirmed = 'ticker_old_channels_dropped_total{reason="unconfirmed"}';
    const before = await metricsUntil(service.url, (now) => (now.get(unconfirmed) ?? 0) > 0);
    const later = await metricsUntil(
      service.url,
      (now) => (now.get(unconfirmed) ?? 0) > (before.get(unconfirmed) ?? 0),
    );
    assert.equal(later.get(PUBLISHED), before.get(PUBLISHED));
    await rig.redis.run('ACL', 'SETUSER', 'default', '+publish');
    await untilChecked(service, true);
    await metricsUntil(
      service.url,
      (now) => (now.get(PUBLISHED) ?? 0) > (later.get(PUBLISHED) ?? 0),
    );
    const warnings = service.errors().match(/Redis did not take ticks/g);
    assert.equal(warnings?.length, 1);
  });

  test('and is killed stops nobody else; ticks wait, and the channels go on when it is back', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const { service } = await start(t, server, 500);
    const client = await subscribeEveryKind(t, service);
    await server.kill();
    await metricsUntil(
      service.url,
      (metrics) => metrics.get(CONNECTED) === 0 && (metrics.get(WAITING) ?? 0) > 0,
    );
    await client.nextTick((tick) => tick.instrument_token === NIFTY);
    assert.match(await untilChecked(service, false), /Redis does not take ticks; \d+ wait/);
    await server.restart();
    const listener = await OldChannelListener.start(t, server.url);
    await listener.until((heard) => heard.some(({ channel }) => channel === 'options'));
    const metrics = await metricsUntil(service.url, (now) => now.get(CONNECTED) === 1);
    await untilChecked(service, true);
    assert.equal(metrics.get('ticker_thread_restarts_total{thread="old-channels"}'), 0);
    assert.equal(metrics.get('ticker_old_channels_dropped_total{reason="ring_overrun"}'), 0);
  });
});

test('the old channels without a Redis to publish to are an error of the configuration', async () => {
  const { code, errors } = await runTicker(['serve'], { TICKER_OLD_CLIENTS: 'channels' });
  assert.equal(code, 1);
  assert.match(errors, /^ticker: CONFIG_INVALID: TICKER_OLD_CLIENTS=channels .*TICKER_REDIS_URL/);
});
