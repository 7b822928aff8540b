import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import type { OldPayload } from '../../src/fanout/old/old-payload.ts';
import { metricsUntil } from '../support/metrics-text.ts';
import { OldTicksClient } from '../support/old-ticks-client.ts';
import {
  accountsFile,
  runTicker,
  type RunningTicker,
  startService,
  startSimulatorProcess,
  temporaryFolder,
} from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

const NIFTY = 256265;
const OLD_SOCKET = { TICKER_OLD_CLIENTS: 'socket', TICKER_SIM_INSTRUMENTS: '300' };

/** Tokens of NIFTY's options around the money. */
async function optionTokens(service: RunningTicker, strikes = 1): Promise<number[]> {
  const { ticksUrl, key } = service;
  const socket = new WebSocket(ticksUrl, ['ticker.v1.json', `bearer.${key}`]);
  await once(socket, 'open');
  const answer = new Promise<{ results: { token: number }[] }>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as { id?: number };
      if (message.id === 1) resolve(message as unknown as { results: { token: number }[] });
    });
  });
  const chain = { underlying: 'NIFTY', strikes };
  socket.send(JSON.stringify({ id: 1, type: 'subscribe', chain, mode: 'ltp' }));
  const { results } = await answer;
  socket.terminate();
  return results.map(({ token }) => token);
}

test('an old client gets ticks of index and options, with token and price, from its address alone', async (t) => {
  const service = await startService(t, OLD_SOCKET);
  const tokens = await optionTokens(service);
  const [option = 0] = tokens;
  const { client, connected } = await OldTicksClient.connect(t, service.ticksUrl, service.key);
  assert.deepEqual(connected.user, { user_id: 'default', email: null, name: null });
  assert.match(connected.connection_id ?? '', /^\S+$/);
  assert.ok(!Number.isNaN(Date.parse(connected.timestamp ?? '')));

  const hasGreeks = (data: OldPayload) => 'iv' in data && data.greeks_status === 'OK';
  const optionTick = client.nextTick((data) => data.token === option && hasGreeks(data));
  const indexTick = client.nextTick((data) => data.token === NIFTY);
  const subscribed = await client.ask(
    { action: 'subscribe', tokens: [NIFTY, option] },
    'subscribed',
  );
  assert.deepEqual([subscribed.tokens, subscribed.total], [[NIFTY, option], 2]);
  for (const data of await Promise.all([optionTick, indexTick])) {
    assert.equal(data.instrument_token, data.token);
    assert.ok((data.price ?? 0) > 0);
    assert.equal(data.last_price, data.price);
    assert.equal(data.symbol, 'NIFTY');
    assert.equal(data.is_mock, true);
  }
  const option1 = await client.nextTick((data) => data.token === option && hasGreeks(data));
  assert.ok('delta' in option1 && option1.depth?.buy.length === 5);
  assert.ok(Math.abs(option1.delta ?? 0) > 0 && Math.abs(option1.delta ?? 9) < 1);

  assert.equal((await client.ask({ action: 'ping' }, 'pong')).type, 'pong');
  const error = await client.ask({ id: 1, type: 'subscribe', instruments: [NIFTY] }, 'error');
  assert.match(error.message ?? '', /subscribe, unsubscribe or ping/);
  const unsubscribed = await client.ask({ action: 'unsubscribe', tokens: [NIFTY] }, 'unsubscribed');
  assert.deepEqual([unsubscribed.tokens, unsubscribed.total], [[NIFTY], 1]);
  const seen = client.messages.length;
  await client.nextTick((data) => data.token === option);
  await client.nextTick((data) => data.token === option);
  assert.ok(client.messages.slice(seen).every(({ data }) => data?.token === option));
  client.socket.close();
  await metricsUntil(service.url, (metrics) => metrics.get('ticker_old_clients') === 0);
});

test('an old client begins with the last value, as the simulator has it', async (t) => {
  const simulator = await startSimulatorProcess(t, [
    ...['--port', '0', '--instruments', '300', '--rate', '2000'],
  ]);
  const service = await startService(t, {
    ...OLD_SOCKET,
    TICKER_ACCOUNTS_FILE: accountsFile(t, simulator),
  });
  const tokens = [NIFTY, ...(await optionTokens(service))];
  const first = await OldTicksClient.connect(t, service.ticksUrl, service.key);
  first.client.say({ action: 'subscribe', tokens });
  await Promise.all(tokens.map((token) => first.client.nextTick((data) => data.token === token)));
  const stop = await fetch(new URL('/sim/faults', simulator.rest), {
    method: 'POST',
    body: JSON.stringify([{ at_ms: 0, fault: 'stop_ticks' }]),
  });
  assert.ok(stop.ok);
  const answer = await fetch(new URL('/sim/ledger', simulator.rest));
  interface Entry {
    instrument_token: number;
    deliveries: { count: number };
    last: { last_price: number; volume?: number };
  }
  const { instruments } = (await answer.json()) as { instruments: Entry[] };
  const sent = instruments.reduce((total, { deliveries }) => total + deliveries.count, 0);
  await metricsUntil(service.url, (now) => now.get('ticker_upstream_ticks_total') === sent);
  // Nothing ticks any more: what comes now is the last value, once for each instrument.
  const second = await OldTicksClient.connect(t, service.ticksUrl, service.key);
  const snapshots = tokens.map((token) => second.client.nextTick((data) => data.token === token));
  second.client.say({ action: 'subscribe', tokens });
  for (const data of await Promise.all(snapshots)) {
    const entry = instruments.find((one) => one.instrument_token === data.token);
    assert.equal(data.price, (entry?.last.last_price ?? 0) / 100);
    if (data.token !== NIFTY) assert.equal(data.volume, entry?.last.volume);
  }
  await second.client.ask({ action: 'ping' }, 'pong');
  const ticks = second.client.messages.filter(({ type }) => type === 'tick');
  assert.equal(ticks.length, tokens.length);
});

test('without the switch a key in the address is refused, and everything else works', async (t) => {
  const service = await startService(t, { TICKER_SIM_INSTRUMENTS: '300' });
  const socket = new WebSocket(`${service.ticksUrl}?token=${service.key}`);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number },
  ];
  assert.equal(response.statusCode, 401);
  socket.terminate();
  assert.doesNotMatch(service.errors(), /TICKER_OLD_CLIENTS/);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  await client.request({ type: 'subscribe', instruments: [NIFTY] });
  await client.nextTick((tick) => tick.instrument_token === NIFTY);
});

test('a wrong token is closed with 1008; tokens stand in no log; a revoked one ends its client', async (t) => {
  const folder = temporaryFolder(t);
  const storage = { TICKER_DATA_DIR: folder };
  const service = await startService(t, {
    ...OLD_SOCKET,
    ...storage,
    TICKER_LOG_LEVEL: 'trace',
  });
  const made = await runTicker(['keys', 'create', '--scopes', 'ticks:read', '--json'], storage);
  assert.equal(made.code, 0, made.errors);
  const { id, key } = JSON.parse(made.out) as { id: string; key: string };
  await metricsUntil(service.url, (metrics) => metrics.get('ticker_api_keys') === 2);
  const { client } = await OldTicksClient.connect(t, service.ticksUrl, key);
  const wrong = `${key.slice(0, 8)}${randomBytes(24).toString('hex')}`;
  const refused = new OldTicksClient(t, service.ticksUrl, wrong);
  assert.deepEqual(await refused.closed, { code: 1008, reason: 'UNAUTHENTICATED' });
  assert.deepEqual(refused.messages, []);
  await client.ask({ action: 'subscribe', tokens: [NIFTY] }, 'subscribed');

  const revoked = await runTicker(['keys', 'revoke', id], storage);
  assert.equal(revoked.code, 0, revoked.errors);
  const { code, reason } = await client.closed;
  assert.equal(code, 1008);
  assert.match(reason, /^KEY_REVOKED: /);
  const again = new OldTicksClient(t, service.ticksUrl, key);
  assert.equal((await again.closed).code, 1008);
  const metrics = await metricsUntil(service.url, (now) => now.get('ticker_old_clients') === 0);
  assert.equal(metrics.get('ticker_old_clients_closed_total{cause="key_revoked"}'), 1);

  service.child.kill('SIGTERM');
  await service.exited;
  const logs = service.errors();
  assert.match(logs, /"level":"warn".*keys in addresses end up in the logs of proxies/);
  for (const token of [key, wrong, service.key]) {
    for (const form of [token, Buffer.from(token).toString('base64')]) {
      // The key of development is printed once, when it is made.
      const text = token === service.key ? logs.replace(/^ticker: API key .*$/m, '') : logs;
      assert.ok(!text.includes(form), 'a token stands in the logs');
    }
  }
});

test('an old client that does not read delays nobody, and then gets the newest', async (t) => {
  const service = await startService(t, { ...OLD_SOCKET, TICKER_SIM_RATE: '10000' });
  const tokens = await optionTokens(service, 8);
  const slow = await OldTicksClient.connect(t, service.ticksUrl, service.key);
  const fast = await OldTicksClient.connect(t, service.ticksUrl, service.key);
  await slow.client.ask({ action: 'subscribe', tokens }, 'subscribed');
  await fast.client.ask({ action: 'subscribe', tokens }, 'subscribed');
  slow.client.socket.pause();
  // More than the buffers of the system take: what comes then is kept back.
  await fast.client.next(() => fast.client.messages.length > slow.client.messages.length + 10_000);
  const during = fast.client.messages.length;
  await fast.client.nextTick(() => true);
  assert.ok(fast.client.messages.length > during);
  slow.client.socket.resume();
  const conflated = 'ticker_old_client_ticks_conflated_total';
  await metricsUntil(service.url, (metrics) => (metrics.get(conflated) ?? 0) > 0);
  const [token = 0] = tokens;
  // Both see the same newest tick again.
  const key = ({ price, volume, ts }: OldPayload) => `${price} ${volume} ${ts}`;
  const ofFast = new Set<string>();
  fast.client.socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as { data?: OldPayload };
    if (message.data?.token === token) ofFast.add(key(message.data));
  });
  await fast.client.nextTick((data) => data.token === token);
  await slow.client.nextTick((data) => data.token === token && ofFast.has(key(data)));
  const { messages } = slow.client;
  const volumes = messages.flatMap(({ data }) => (data?.token === token ? [data.volume ?? 0] : []));
  for (let i = 1; i < volumes.length; i++) {
    assert.ok((volumes[i] ?? 0) >= (volumes[i - 1] ?? 0), 'an older tick after a newer one');
  }
  const metrics = await metricsUntil(service.url, () => true);
  assert.equal(metrics.get('ticker_old_clients_closed_total{cause="too_slow"}'), 0);
});
