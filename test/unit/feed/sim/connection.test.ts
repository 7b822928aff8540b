import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_SUBSCRIPTIONS } from '../../../../src/feed/sim/subscription-book.ts';
import { MarketRig, subscribeFull } from '../../../support/feed/sim/market-rig.ts';

const NIFTY = 256_265;
const RELIANCE = 738_561;
const INFY = 408_065;

function message(action: string, value: unknown): string {
  return JSON.stringify({ a: action, v: value });
}

function pausedRig(instruments = 300): MarketRig {
  const rig = new MarketRig({ instruments });
  rig.feed.isRunning = false;
  return rig;
}

test('a bare subscription delivers quote mode, at once, of what was asked for', () => {
  const rig = pausedRig();
  const { connection, socket } = rig.connect();
  connection.receive(message('subscribe', [RELIANCE, NIFTY]));
  rig.clock.advance(50);
  const packets = socket.takePackets();
  assert.deepEqual(
    packets.map(({ token, kind }) => [token, kind]),
    [
      [RELIANCE, 'quote'],
      [NIFTY, 'index_quote'],
    ],
  );
});

test('every mode has its packet length, and a change of mode brings a snapshot in it', () => {
  const rig = pausedRig();
  const { connection, socket } = rig.connect();
  connection.receive(message('subscribe', [RELIANCE, NIFTY]));
  for (const [mode, kinds] of [
    ['ltp', ['ltp', 'ltp']],
    ['full', ['full', 'index_full']],
    ['quote', ['quote', 'index_quote']],
  ] as const) {
    connection.receive(message('mode', [mode, [RELIANCE, NIFTY]]));
    rig.clock.advance(50);
    assert.deepEqual(
      socket.takePackets().map(({ kind }) => kind),
      kinds,
    );
  }
});

test('subscribe and mode in one go bring one snapshot', () => {
  const rig = pausedRig();
  const { connection, socket } = rig.connect();
  subscribeFull(connection, [RELIANCE, INFY]);
  rig.clock.advance(50);
  assert.deepEqual(
    socket.takePackets().map(({ kind }) => kind),
    ['full', 'full'],
  );
  rig.clock.advance(500);
  assert.deepEqual(socket.takePackets(), []);
});

test('after the snapshot only what ticks is sent', () => {
  const rig = new MarketRig({ ticksPerSecond: 20 });
  const { connection, socket } = rig.connect();
  const tokens = rig.tokens();
  subscribeFull(connection, tokens);
  rig.clock.advance(50);
  assert.equal(socket.takePackets().length, tokens.length + 1);
  rig.clock.advance(1000);
  assert.equal(socket.takePackets().length, 20);
});

test('a second subscriber gets the value that the first one has seen', () => {
  const rig = new MarketRig({ ticksPerSecond: 2000 });
  const first = rig.connect();
  subscribeFull(first.connection, rig.tokens());
  rig.clock.advance(2000);
  rig.feed.isRunning = false;
  rig.clock.advance(1000);
  const seen = new Map(first.socket.takePackets().map((packet) => [packet.token, packet]));
  const second = rig.connect();
  subscribeFull(second.connection, rig.tokens());
  rig.clock.advance(50);
  const snapshot = second.socket.takePackets();
  assert.equal(snapshot.length, 300);
  for (const packet of snapshot) assert.deepEqual(packet, seen.get(packet.token));
});

test('a mode without a subscription, tokens as text and unknown tokens are ignored', () => {
  const rig = pausedRig();
  const { connection, socket } = rig.connect();
  connection.receive(message('mode', ['full', [RELIANCE]]));
  connection.receive(message('subscribe', [String(RELIANCE), null, {}, 77, -1, 1.5]));
  rig.clock.advance(100);
  assert.equal(connection.subscriptionCount, 0);
  assert.deepEqual(socket.takePackets(), []);
  assert.deepEqual(socket.texts, []);
});

test('what is not a message of the protocol is ignored and counted', () => {
  const rig = pausedRig();
  const { connection } = rig.connect();
  const bad = ['', '{', 'null', '[]', '7', '{"a":"subscribe"}', '{"a":"subscribe","v":5}'];
  bad.push('{"a":"jump","v":[]}', '{"a":"mode","v":["fast",[1]]}', '{"a":"mode","v":["full",1]}');
  for (const text of bad) connection.receive(text);
  assert.equal(connection.ignoredMessages, bad.length);
});

test('after unsubscribing nothing of the instrument is sent', () => {
  const rig = new MarketRig({ ticksPerSecond: 1000 });
  const { connection, socket } = rig.connect();
  subscribeFull(connection, [RELIANCE, INFY]);
  rig.clock.advance(500);
  connection.receive(message('unsubscribe', [RELIANCE]));
  socket.takeFrames();
  rig.clock.advance(500);
  const packets = socket.takePackets();
  assert.ok(packets.length > 400);
  assert.ok(packets.every(({ token }) => token === INFY));
  connection.receive(message('unsubscribe', [INFY]));
  rig.clock.advance(500);
  assert.deepEqual(socket.takePackets(), []);
  assert.equal(rig.feed.watchedCount, 0);
});

test('beyond 3,000 instruments the rest is refused with an error text', () => {
  const rig = pausedRig(3100);
  const { connection, socket } = rig.connect();
  const tokens = rig.tokens();
  connection.receive(message('subscribe', tokens.slice(0, 2990)));
  assert.deepEqual(socket.texts, []);
  connection.receive(message('subscribe', tokens.slice(2980)));
  assert.equal(connection.subscriptionCount, MAX_SUBSCRIPTIONS);
  assert.equal(socket.texts.length, 1);
  const error = JSON.parse(socket.texts[0]!) as { type: string; data: string };
  assert.equal(error.type, 'error');
  assert.match(error.data, /3000.*100/);
  rig.clock.advance(50);
  const sent = new Set(socket.takePackets().map(({ token }) => token));
  assert.deepEqual([...sent].sort(), tokens.slice(0, 3000).sort());
});

test('a socket with nothing to say sends a heartbeat of one byte every second', () => {
  const rig = pausedRig();
  const { connection, socket } = rig.connect();
  rig.clock.advance(950);
  assert.deepEqual(socket.takeFrames(), []);
  rig.clock.advance(2100);
  assert.deepEqual(
    socket.takeFrames().map((frame) => frame.length),
    [1, 1, 1],
  );
  assert.equal(connection.heartbeats, 3);
});

test('a socket that carries ticks sends no heartbeat', () => {
  const rig = new MarketRig({ ticksPerSecond: 100 });
  const { connection, socket } = rig.connect();
  subscribeFull(connection, rig.tokens());
  rig.clock.advance(5000);
  assert.ok(socket.takeFrames().every((frame) => frame.length > 1));
});

test('a silent connection has heartbeats and texts but no ticks, and can speak again', () => {
  const rig = new MarketRig({ ticksPerSecond: 1000 });
  const silent = rig.connect();
  const other = rig.connect();
  for (const { connection } of [silent, other]) subscribeFull(connection, rig.tokens());
  rig.clock.advance(100);
  silent.socket.takeFrames();
  silent.connection.setFate('silent');
  rig.clock.advance(3000);
  assert.deepEqual(
    silent.socket.takeFrames().map((frame) => frame.length),
    [1, 1, 1],
  );
  assert.ok(other.socket.takePackets().length > 2900);
  silent.connection.sendText('hello');
  assert.deepEqual(silent.socket.texts, ['hello']);
  silent.connection.setFate('open');
  rig.clock.advance(1000);
  assert.ok(silent.socket.takePackets().length > 900);
});

test('a hung connection sends nothing at all and does not read', () => {
  const rig = new MarketRig({ ticksPerSecond: 1000 });
  const { connection, socket } = rig.connect();
  subscribeFull(connection, rig.tokens());
  rig.clock.advance(100);
  socket.takeFrames();
  connection.setFate('hung');
  connection.sendText('hello');
  connection.sendVerbatim(Buffer.of(1, 2));
  rig.clock.advance(5000);
  assert.deepEqual([socket.takeFrames(), socket.texts, socket.calls], [[], [], ['pause']]);
  connection.setFate('open');
  assert.deepEqual(socket.calls, ['pause', 'resume']);
  rig.clock.advance(1000);
  assert.ok(socket.takePackets().length > 900);
});

test('a client that does not read is reset once 64 MiB wait for it', () => {
  const rig = new MarketRig();
  const { connection, socket } = rig.connect();
  subscribeFull(connection, rig.tokens());
  socket.bufferedBytes = 64 * 1024 * 1024;
  rig.clock.advance(50);
  assert.deepEqual(socket.calls, []);
  socket.takeFrames();
  socket.bufferedBytes++;
  rig.clock.advance(50);
  assert.deepEqual(socket.takeFrames(), []);
  assert.equal(socket.calls[0], 'reset');
  assert.ok(connection.isTooSlow);
});

test('a closed connection gives its instruments back and gets nothing more', () => {
  const rig = new MarketRig({ ticksPerSecond: 1000 });
  const { connection, socket } = rig.connect();
  subscribeFull(connection, rig.tokens());
  rig.clock.advance(100);
  connection.closed();
  rig.feed.remove(connection);
  socket.takeFrames();
  const ticks = rig.feed.ticks;
  rig.clock.advance(5000);
  assert.deepEqual(socket.takeFrames(), []);
  assert.equal(rig.feed.ticks, ticks);
  assert.equal(rig.feed.watchedCount, 0);
  assert.equal(connection.subscriptionCount, rig.tokens().length);
});

test('two simulators with one seed and clock send the same bytes', () => {
  const frames = (seed: number): string[] => {
    const rig = new MarketRig({ seed, instruments: 1000, ticksPerSecond: 5000 });
    const { connection, socket } = rig.connect();
    subscribeFull(connection, rig.tokens());
    rig.clock.advance(3000);
    return socket.takeFrames().map((frame) => frame.toString('base64'));
  };
  assert.deepEqual(frames(11), frames(11));
  assert.notDeepEqual(frames(11), frames(12));
});
