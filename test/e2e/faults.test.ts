import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import type { TickObject } from '../../src/wire/messages.ts';
import { metricsUntil, readMetrics } from '../support/metrics-text.ts';
import { accountsFile, startService, startSimulatorProcess } from '../support/ticker-process.ts';
import { KEY, startInProcess } from '../support/service-in-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

const NIFTY = 256265;
const isNifty = (tick: TickObject) => tick.instrument_token === NIFTY;

test('a simulator that is killed and comes back is reconnected, without a repeat or a silent gap', async (t) => {
  const options = ['--instruments', '200', '--rate', '500'];
  const first = await startSimulatorProcess(t, ['--port', '0', ...options]);
  const service = await startService(t, { TICKER_ACCOUNTS_FILE: accountsFile(t, first) });
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  const seen: number[] = [];
  client.socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as { type: string; ticks?: TickObject[] };
    for (const tick of message.ticks ?? []) {
      if (!tick.flags.includes('SNAPSHOT')) seen.push(tick.instrument_sequence);
    }
  });
  await client.request({ type: 'subscribe', instruments: [NIFTY], mode: 'full' });
  await client.nextTick(isNifty);
  first.child.kill('SIGKILL');
  await first.exited;
  await metricsUntil(service.url, (m) => m.get('ticker_upstream_sockets{state="OPEN"}') === 0);
  const ready = await fetch(new URL('/readyz', service.url));
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /SIM001/);
  await startSimulatorProcess(t, ['--port', String(first.port), ...options]);
  await client.nextTick(isNifty);
  // Told once a second.
  const disconnects = 'ticker_upstream_connection_events_total{event="disconnect"}';
  await metricsUntil(service.url, (m) => (m.get(disconnects) ?? 0) >= 1);
  for (let i = 1; i < seen.length; i++) assert.equal(seen[i], (seen[i - 1] ?? 0) + 1);
});

test('a Greeks worker that is killed is replaced, and Greeks go on', async (t) => {
  const service = await startInProcess(t);
  const url = `${service.marketUrl.replace('http', 'ws')}/ws/ticks`;
  const client = await TicksClient.connect(t, url, KEY);
  const hasGreeks = (tick: TickObject) => tick.greeks?.status === 'OK';
  for (const underlying of ['NIFTY', 'BANKNIFTY']) {
    const chain = { underlying, strikes: 2 };
    await client.request({ type: 'subscribe', chain, mode: 'full', greeks: true });
  }
  await client.nextTick(hasGreeks);
  for (const thread of [...service.threads.greeks]) await thread.terminate();
  await metricsUntil(
    service.marketUrl,
    (m) => m.get('ticker_thread_restarts_total{thread="greeks"}') === 2,
  );
  await client.nextTick(hasGreeks);
  // A tick goes out with or without Greeks: none was held back for the dead workers.
  const sequences = new Map<number, number>();
  for (const message of client.messages) {
    if (message.type !== 'ticks') continue;
    for (const tick of message.ticks) {
      const before = sequences.get(tick.instrument_token);
      if (tick.flags.includes('REPRICED')) {
        assert.equal(tick.instrument_sequence, before, 'it belongs to the newest tick sent');
        continue;
      }
      if (before !== undefined) assert.equal(tick.instrument_sequence, before + 1 + tick.merged);
      sequences.set(tick.instrument_token, tick.instrument_sequence);
    }
  }
});

test('an ingest thread that dies is replaced; positions and counts go on', async (t) => {
  const service = await startInProcess(t);
  const url = `${service.marketUrl.replace('http', 'ws')}/ws/ticks`;
  const client = await TicksClient.connect(t, url, KEY);
  await client.request({ type: 'subscribe', instruments: [NIFTY], mode: 'full' });
  const before = await client.nextTick(isNifty);
  await service.threads.ingest?.terminate();
  const restarts = 'ticker_thread_restarts_total{thread="ingest"}';
  await metricsUntil(service.marketUrl, (m) => m.get(restarts) === 1);
  const after = await client.nextTick(isNifty);
  assert.ok(after.sequence > before.sequence);
  assert.ok(after.instrument_sequence > before.instrument_sequence);
});

test('a publish thread that fails says 1012 to its clients and serves again', async (t) => {
  const service = await startInProcess(t);
  const url = `${service.marketUrl.replace('http', 'ws')}/ws/ticks`;
  const client = await TicksClient.connect(t, url, KEY);
  // A message that no control sends: handling it throws where nothing catches.
  service.threads.publish?.postMessage({ type: 'chain-changed' });
  assert.equal(await client.closed, 1012);
  const restarts = 'ticker_thread_restarts_total{thread="publish"}';
  const served = async () => {
    for (;;) {
      const answer = await readMetrics(service.marketUrl).catch(() => undefined);
      if (answer?.get(restarts) === 1) return;
    }
  };
  await served();
  const again = await TicksClient.connect(t, url, KEY);
  await again.request({ type: 'subscribe', instruments: [NIFTY], mode: 'full' });
  await again.nextTick(isNifty);
});

test('a client that talks nonsense is answered with codes, then closed with 1008', async (t) => {
  const service = await startService(t);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  const refused = client.next((message) => message.type === 'error');
  client.socket.send('{"broken');
  assert.equal(((await refused) as { code: string }).code, 'BAD_JSON');
  const unknown = await client.request({ type: 'dance' });
  assert.equal((unknown as { code: string }).code, 'BAD_MESSAGE');
  for (let i = 0; i < 30; i++) client.socket.send(`garbage ${i}`);
  assert.equal(await client.closed, 1008);
  const other = await TicksClient.connect(t, service.ticksUrl, service.key);
  assert.equal((await other.request({ type: 'ping' })).type, 'pong');
});

test('a message of 10 MB ends its connection and nothing else', async (t) => {
  const service = await startService(t);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  const other = await TicksClient.connect(t, service.ticksUrl, service.key);
  client.socket.send(Buffer.alloc(10 * 1024 * 1024, 'x').toString('latin1'));
  assert.ok([1006, 1009].includes(await client.closed));
  assert.equal((await other.request({ type: 'ping' })).type, 'pong');
});

/** A service with more ticks than the kernel hides for long. */
const BUSY = { TICKER_SIM_RATE: '20000', TICKER_SIM_INSTRUMENTS: '1000' };
const WHOLE_CHAIN = { underlying: 'NIFTY', strikes: 'all' };

test('a client that stops reading costs nothing, and is told what was merged when it goes on', async (t) => {
  const service = await startService(t, BUSY);
  const frozen = await TicksClient.connect(t, service.ticksUrl, service.key);
  const reader = await TicksClient.connect(t, service.ticksUrl, service.key);
  await frozen.request({ type: 'subscribe', chain: WHOLE_CHAIN, mode: 'full' });
  await reader.request({ type: 'subscribe', instruments: [NIFTY], mode: 'full' });
  frozen.socket.pause();
  await metricsUntil(service.url, (m) => m.get('ticker_clients_behind') === 1);
  await reader.nextTick(isNifty);
  const warned = frozen.next((message) => message.type === 'slow_reader_warning');
  const merged = frozen.nextTick((tick) => tick.flags.includes('CONFLATED'));
  frozen.socket.resume();
  await warned;
  assert.ok((await merged).merged > 0);
  await metricsUntil(service.url, (m) => m.get('ticker_clients_behind') === 0);
});

test('a client that must not lose anything and never reads is closed with its last sequence', async (t) => {
  const service = await startService(t, { ...BUSY, TICKER_RING_SLOTS: '16384' });
  const frozen = await TicksClient.connect(t, service.ticksUrl, service.key);
  await frozen.request({
    type: 'subscribe',
    chain: WHOLE_CHAIN,
    mode: 'full',
    policy: 'lossless',
  });
  frozen.socket.pause();
  const slow = 'ticker_clients_closed_total{cause="too_slow"}';
  await metricsUntil(service.url, (m) => m.get(slow) === 1);
  const closed = once(frozen.socket, 'close') as Promise<[code: number, reason: Buffer]>;
  frozen.socket.resume();
  const [code, reason] = await closed;
  assert.equal(code, 4008);
  const last = frozen.messages.filter((message) => message.type === 'ticks').at(-1);
  assert.match(reason.toString(), new RegExp(`; last sequence ${last?.through}$`));
});

test('a socket without a key is told so and closed; a bad key too', async (t) => {
  const service = await startService(t);
  const bad = new WebSocket(service.ticksUrl, ['ticker.v1.json', 'bearer.not-a-key']);
  bad.on('error', () => undefined);
  const [code] = (await once(bad, 'close')) as [number];
  assert.equal(code, 4500);
  const counted = await readMetrics(service.url);
  assert.equal(counted.get('ticker_clients_unauthenticated_total'), 1);
  const anonymous = new TicksClient(t, service.ticksUrl, ['ticker.v1.json']);
  await once(anonymous.socket, 'open');
  const answer = await anonymous.request({ type: 'subscribe', instruments: [NIFTY] });
  assert.equal((answer as { code: string }).code, 'UNAUTHENTICATED');
  const hello = anonymous.next((message) => message.type === 'hello');
  const welcome = await anonymous.request({ type: 'auth', token: service.key });
  assert.equal(welcome.type, 'authenticated');
  await hello;
});

test('bytes that are not HTTP do not disturb the market port', async (t) => {
  const service = await startService(t);
  const { port, hostname } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(Buffer.from([0, 1, 2, 3, 255, 254, 13, 10, 13, 10]));
  assert.equal((await fetch(new URL('/livez', service.url))).status, 200);
  socket.destroy();
});
