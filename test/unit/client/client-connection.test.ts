import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError, type TickerClientOptions } from '../../../src/client/client.ts';
import { ClientBench, KEY, rejectsWith, result } from '../../support/client/client-bench.ts';

test('it asks for its format and gives the key beside it, never in the URL', () => {
  for (const [format, name] of [
    ['binary', 'ticker.v1.fbs'],
    ['json', 'ticker.v1.json'],
  ] as const) {
    const bench = new ClientBench({ format });
    void bench.client.connect();
    assert.deepEqual(bench.socket.protocols, [name, `bearer.${KEY}`]);
    assert.equal(bench.socket.url, 'ws://service/ws/ticks');
    assert.equal(bench.socket.binaryType, 'arraybuffer');
  }
});

test('a token that no subprotocol can carry is refused at once and not repeated', () => {
  assert.throws(
    () => new ClientBench({ token: 'has space' }),
    (error) =>
      error instanceof TickerError &&
      error.code === 'UNAUTHENTICATED' &&
      !error.message.includes('has space'),
  );
});

test('connect resolves with hello', async () => {
  const bench = new ClientBench();
  assert.equal(bench.client.state, 'idle');
  const opened = bench.client.connect();
  bench.socket.hello({ session: 'abc', sequence: 5 });
  assert.equal((await opened).session, 'abc');
  assert.equal(bench.client.through, 5);
  assert.deepEqual(bench.heard.state, ['connecting', 'open']);
  assert.equal((await bench.client.connect()).session, 'abc');
  assert.equal(bench.sockets.length, 1);
});

test('a request without an answer is a TIMEOUT and gives up the connection', async () => {
  const bench = new ClientBench();
  await bench.open();
  const lost = bench.client.subscribe({ instruments: [1] });
  bench.clock.advance(10_000);
  await rejectsWith(lost, 'TIMEOUT');
  assert.equal(bench.sockets[0]?.ended, 'terminate');
  assert.equal(bench.client.state, 'waiting');
});

test('ping measures the round trip and needs a connection', async () => {
  const bench = new ClientBench();
  await rejectsWith(bench.client.ping(), 'NOT_READY');
  await bench.open();
  const answered = bench.client.ping();
  bench.clock.advance(12);
  bench.socket.say({ id: bench.socket.last('ping').id, type: 'pong' });
  assert.equal(await answered, 12);
  const lost = bench.client.ping();
  bench.socket.end(1006);
  await rejectsWith(lost, 'NOT_READY');
});

test('the delay before a reconnect doubles until a connection has lasted', async () => {
  const bench = new ClientBench();
  void bench.client.connect();
  const delays: (number | undefined)[] = [];
  bench.client.on('close', ({ reconnectInMs }) => delays.push(reconnectInMs));
  for (let attempt = 0; attempt < 3; attempt += 1) {
    bench.socket.end(1006);
    bench.clock.advance(delays.at(-1) ?? 0);
  }
  // Open, but only for a moment.
  bench.socket.hello();
  bench.socket.end(4008);
  bench.clock.advance(delays.at(-1) ?? 0);
  bench.socket.hello();
  for (let second = 0; second < 30; second += 10) {
    bench.clock.advance(10_000);
    bench.socket.say({ type: 'heartbeat', through: 0, time: 0 });
  }
  bench.socket.end(1006);
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 500]);
});

/** Delays with the jitter at its middle: the first bound is 1 s, the last 30 s. */
for (const [code, meaning, reconnectInMs] of [
  [1006, 'broken', 4000],
  [1008, 'broke the protocol: late', 15_000],
  [1009, 'too large a message: late', 15_000],
  [1011, 'an error of the service', 4000],
  [1012, 'restart: now', 500],
  [1013, 'overload: late', 15_000],
  [4008, 'too slow', 4000],
  [4009, 'drained: now', 500],
  [4400, 'idle: now', 500],
] as const) {
  test(`after ${code} (${meaning}) it connects again and resumes`, async () => {
    const bench = new ClientBench();
    void bench.client.connect();
    for (const wait of [500, 1000, 2000]) {
      bench.socket.end(1006);
      bench.clock.advance(wait);
    }
    bench.socket.hello();
    const answered = bench.client.subscribe({ instruments: [1] });
    const { id } = bench.socket.last('subscribe');
    bench.socket.say({ id, type: 'subscribed', results: [result(1, 1)] });
    await answered;
    bench.socket.end(code);
    assert.equal(bench.client.state, 'waiting');
    assert.equal(bench.heard.close.at(-1)?.code, code);
    assert.equal(bench.heard.close.at(-1)?.reconnectInMs, reconnectInMs);
    bench.clock.advance(reconnectInMs);
    bench.socket.hello();
    assert.equal(bench.client.state, 'open');
    assert.deepEqual(bench.socket.last('resume').subscriptions, [{ instruments: [1] }]);
    assert.deepEqual(bench.heard.error, []);
  });
}

test('a restart that goes on is waited for longer and longer', () => {
  const bench = new ClientBench();
  void bench.client.connect();
  for (const delay of [500, 1000, 2000]) {
    bench.socket.end(1012);
    assert.equal(bench.heard.close.at(-1)?.reconnectInMs, delay);
    bench.clock.advance(delay);
  }
});

test('codes from 4500 on end the client, with the error that the reason names', async () => {
  for (const [code, reason, expected] of [
    [4500, 'UNAUTHENTICATED: not a valid key', 'UNAUTHENTICATED'],
    [4500, 'FORBIDDEN: the key lacks scope ticks:read', 'FORBIDDEN'],
    [4501, '', 'UNAUTHENTICATED'],
    [4502, '', 'LIMIT_EXCEEDED'],
    [4599, '', 'UNAUTHENTICATED'],
  ] as const) {
    const bench = new ClientBench();
    const opened = bench.client.connect();
    const waiting = bench.client.subscribe({ instruments: [1] });
    bench.socket.end(code, reason);
    await rejectsWith(opened, expected);
    await rejectsWith(waiting, expected);
    assert.equal(bench.client.state, 'closed');
    assert.equal(bench.heard.error[0]?.code, expected);
    bench.clock.advance(100_000);
    assert.equal(bench.sockets.length, 1);
    assert.deepEqual(bench.clock.pendingMs, []);
  }
});

test('an upgrade refused with 401 ends the client', async () => {
  const bench = new ClientBench();
  const opened = bench.client.connect();
  bench.socket.refusedStatus = 401;
  bench.socket.end(1006);
  await rejectsWith(opened, 'UNAUTHENTICATED');
});

test('a URL that the platform refuses ends the client', async () => {
  function Refusing(): never {
    throw new SyntaxError('no such scheme');
  }
  const WebSocket = Refusing as unknown as TickerClientOptions['WebSocket'];
  const bench = new ClientBench({ WebSocket });
  await rejectsWith(bench.client.connect(), 'CONFIG_INVALID');
  assert.equal(bench.client.state, 'closed');
});

test('no hello in time gives up the attempt', () => {
  const bench = new ClientBench();
  void bench.client.connect();
  bench.clock.advance(9999);
  assert.equal(bench.socket.ended, undefined);
  bench.clock.advance(1);
  assert.equal(bench.socket.ended, 'terminate');
  assert.equal(bench.heard.close[0]?.code, 1006);
  assert.match(bench.heard.close[0].reason, /no hello/);
});

test('silence beyond the heartbeat gives up the connection, any message prolongs it', async () => {
  const bench = new ClientBench({ heartbeatSlackMs: 2000 });
  await bench.open();
  bench.clock.advance(16_000);
  bench.socket.say({ type: 'heartbeat', through: 9, time: 5 });
  assert.deepEqual(bench.heard.heartbeat, [{ through: 9, time: 5 }]);
  bench.clock.advance(16_999);
  assert.equal(bench.client.state, 'open');
  bench.clock.advance(1);
  assert.equal(bench.client.state, 'waiting');
  assert.equal(bench.sockets[0]?.ended, 'terminate');
  assert.match(bench.heard.close[0]?.reason ?? '', /silent for 17000 ms/);
});

test('events of a socket that was given up are not heard', async () => {
  const bench = new ClientBench();
  await bench.open();
  const old = bench.socket;
  bench.clock.advance(20_000);
  assert.equal(bench.client.state, 'waiting');
  old.say({ type: 'heartbeat', through: 1, time: 1 });
  old.end(4500);
  assert.equal(bench.heard.heartbeat.length, 0);
  assert.equal(bench.client.state, 'waiting');
});

test('close ends everything and nothing comes after it', async () => {
  const bench = new ClientBench();
  const opened = bench.client.connect();
  const waiting = bench.client.subscribe({ instruments: [1] });
  bench.client.close();
  await rejectsWith(opened, 'SHUTTING_DOWN');
  await rejectsWith(waiting, 'SHUTTING_DOWN');
  assert.equal(bench.socket.ended, 'close');
  assert.deepEqual(bench.clock.pendingMs, []);
  bench.client.close();
  assert.equal(bench.heard.close.length, 1);
});

test('close during the wait for a reconnect ends the wait, and connect starts again', async () => {
  const bench = new ClientBench();
  await bench.open();
  bench.socket.end(1006);
  bench.client.close();
  assert.deepEqual(bench.clock.pendingMs, []);
  await bench.open();
  assert.equal(bench.sockets.length, 2);
});
