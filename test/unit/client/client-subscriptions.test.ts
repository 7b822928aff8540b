import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientBench, rejectsWith, result } from '../../support/client/client-bench.ts';

test('subscribe is answered by its id, or refused with the code of the service', async () => {
  const bench = new ClientBench();
  await bench.open();
  const first = bench.client.subscribe({ instruments: ['NSE:INFY'], mode: 'full', greeks: true });
  const { id, ...sent } = bench.socket.last('subscribe');
  assert.deepEqual(sent, {
    type: 'subscribe',
    instruments: ['NSE:INFY'],
    mode: 'full',
    greeks: true,
  });
  const second = bench.client.subscribe({ chain: { underlying: 'X', strikes: 1 } });
  const secondId = bench.socket.last('subscribe').id;
  bench.socket.say({ type: 'error', id: secondId, code: 'UNKNOWN_UNDERLYING', detail: 'no X' });
  bench.socket.say({ id, type: 'subscribed', results: [result('NSE:INFY')] });
  assert.deepEqual(await first, [result('NSE:INFY')]);
  await rejectsWith(second, 'UNKNOWN_UNDERLYING');
  assert.equal(bench.heard.error.length, 0);
});

test('policy and window pass as they are, and only equal ones share a message', async () => {
  const bench = new ClientBench();
  const items = [
    { instruments: [1], policy: 'lossless' as const, window_ms: 'adaptive' as const },
    { instruments: [2], policy: 'skip' as const },
    { instruments: [3], policy: 'skip' as const, window_ms: 0 as const },
  ];
  const answered = items.map((item) => bench.client.subscribe(item));
  await bench.open();
  for (const { id } of [...bench.socket.sent]) {
    const request = bench.socket.sent.find((message) => message.id === id);
    const { instruments = [] } = request as { instruments?: number[] };
    const results = instruments.map((each) => result(each, each));
    bench.socket.say({ id, type: 'subscribed', results });
  }
  await Promise.all(answered);
  assert.deepEqual(
    bench.socket.sent.map(({ id: _, type: __, ...item }) => item),
    items,
  );
  bench.reconnect();
  assert.deepEqual(bench.socket.last('resume').subscriptions, items);
});

test('an error code that this version does not know is kept in the text', async () => {
  const bench = new ClientBench();
  await bench.open();
  bench.socket.say({ type: 'error', code: 'FROM_THE_FUTURE', detail: 'beep' });
  assert.equal(bench.heard.error[0]?.code, 'INTERNAL');
  assert.match(bench.heard.error[0].detail, /FROM_THE_FUTURE: beep/);
});

test('subscriptions made before the connection are sent when it opens', async () => {
  const bench = new ClientBench();
  const results = bench.client.subscribe({ instruments: [1] });
  await bench.open();
  const { id, instruments } = bench.socket.last('subscribe');
  assert.deepEqual(instruments, [1]);
  bench.socket.say({ id, type: 'subscribed', results: [result(1)] });
  assert.deepEqual(await results, [result(1)]);
});

test('a reconnect subscribes everything again, merged, in order, newest options', async () => {
  const bench = new ClientBench();
  await bench.open();
  const chain = { underlying: 'NIFTY', strikes: 2 };
  const items = [
    { instruments: [1, 2] },
    { instruments: [3], mode: 'full' as const },
    { chain, mode: 'compact' as const, greeks: true },
    { instruments: [4], mode: 'full' as const },
    { instruments: [2, 5], mode: 'full' as const },
  ];
  for (const item of items) {
    const answered = bench.client.subscribe(item);
    const { id } = bench.socket.last('subscribe');
    const results = (item.instruments ?? [9]).map((token) => result(token, token));
    bench.socket.say({
      id,
      type: 'subscribed',
      results: item.chain ? results.map((line) => ({ ...line, request: chain })) : results,
    });
    await answered;
  }
  bench.reconnectWithoutResume();
  assert.deepEqual(
    bench.socket.sent.slice(1).map(({ id: _, ...message }) => message),
    [
      { type: 'subscribe', instruments: [1] },
      { type: 'subscribe', instruments: [3], mode: 'full' },
      { type: 'subscribe', chain, mode: 'compact', greeks: true },
      { type: 'subscribe', instruments: [4, 2, 5], mode: 'full' },
    ],
  );
});

test('a call that waits when the connection breaks is answered by the next one', async () => {
  const bench = new ClientBench();
  await bench.open();
  const results = bench.client.subscribe({ instruments: [1, 2] });
  bench.socket.end(1006);
  bench.clock.advance(500);
  bench.socket.hello();
  const { id } = bench.socket.last('subscribe');
  bench.socket.say({ id, type: 'subscribed', results: [result(1, 1), result(2, 2)] });
  assert.equal((await results).length, 2);
  assert.equal(bench.socket.sent.length, 1);
});

test('what was refused or unsubscribed is not asked for again', async () => {
  const bench = new ClientBench();
  await bench.open();
  const answered = bench.client.subscribe({ instruments: [1, 'NSE:X', 'NSE:INFY'] });
  bench.socket.say({
    id: bench.socket.last('subscribe').id,
    type: 'subscribed',
    results: [
      result(1, 1),
      { request: 'NSE:X', ok: false, code: 'UNKNOWN_INSTRUMENT' },
      result('NSE:INFY', 408065),
    ],
  });
  await answered;
  // By token, although it was subscribed by name.
  const ended = bench.client.unsubscribe({ instruments: [408065] });
  const { id } = bench.socket.last('unsubscribe');
  bench.socket.say({ id, type: 'unsubscribed', results: [result(408065, 408065)] });
  assert.equal((await ended).length, 1);
  bench.reconnectWithoutResume();
  assert.deepEqual(bench.socket.last('subscribe').instruments, [1]);
});

test('unsubscribe without a connection ends what waits to be subscribed', async () => {
  const bench = new ClientBench();
  const results = bench.client.subscribe({ instruments: [1] });
  assert.deepEqual(await bench.client.unsubscribe({ instruments: [1] }), []);
  await bench.open();
  assert.deepEqual(await results, []);
  assert.equal(bench.socket.sent.length, 0);
});

test('a subscription is instruments or a chain; many instruments split up', async () => {
  const bench = new ClientBench();
  await rejectsWith(bench.client.subscribe({}), 'BAD_MESSAGE');
  await rejectsWith(
    bench.client.subscribe({ instruments: [1], chain: { underlying: 'X', strikes: 1 } }),
    'BAD_MESSAGE',
  );
  await bench.open();
  const instruments = Array.from({ length: 1200 }, (_, index) => index + 1);
  const results = bench.client.subscribe({ instruments });
  for (const message of bench.socket.sent) {
    assert.equal(message.type, 'subscribe');
    const lines = (message.instruments ?? []).map((token) => result(token));
    bench.socket.say({ id: message.id, type: 'subscribed', results: lines });
  }
  assert.equal(bench.socket.sent.length, 3);
  assert.deepEqual(
    (await results).map((line) => line.request),
    instruments,
  );
});

test('a renewal that is refused for now is reported and tried again', async () => {
  const bench = new ClientBench();
  await bench.open();
  const answered = bench.client.subscribe({ instruments: [1] });
  bench.socket.say({
    id: bench.socket.last('subscribe').id,
    type: 'subscribed',
    results: [result(1, 1)],
  });
  await answered;
  bench.reconnectWithoutResume();
  const { id } = bench.socket.last('subscribe');
  bench.socket.say({ type: 'error', id, code: 'NOT_READY', detail: 'starting' });
  assert.equal(bench.heard.error[0]?.code, 'NOT_READY');
  bench.clock.advance(12_000);
  bench.socket.say({ type: 'heartbeat', through: 0, time: 0 });
  bench.clock.advance(18_000);
  assert.equal(bench.socket.sent.length, 3);
  assert.deepEqual(bench.socket.last('subscribe').instruments, [1]);
});
