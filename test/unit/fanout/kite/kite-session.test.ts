import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { MESSAGE_BYTES_PER_SECOND_MAX } from '../../../../src/fanout/kite/kite-session.ts';
import { CONGESTED_BYTES, KiteRig, packetOf } from '../../../support/kite-rig.ts';

test('a bare subscribe is quote mode, and a mode that follows at once counts from the start', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  rig.write(infy, packetOf(infy, 184));
  const [bare, both] = [rig.connect(), rig.connect()];
  bare.say('subscribe', [infy.token]);
  both.say('subscribe', [infy.token]);
  rig.clock.advance(40);
  both.say('mode', ['full', [infy.token]]);
  await rig.settle();
  assert.deepEqual(bare.socket.sizes, [44]);
  assert.deepEqual(both.socket.sizes, [184]);
});

test('a mode without a subscription does nothing, nor does an unsubscribe', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const client = rig.connect();
  client.say('mode', ['full', [infy.token]]);
  client.say('unsubscribe', [infy.token]);
  await rig.settle();
  rig.tick(infy, packetOf(infy, 184));
  assert.deepEqual(client.socket.frames, []);
  assert.deepEqual(client.socket.texts, []);
});

test('what is unsubscribed while it is looked up does not begin', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  rig.write(infy, packetOf(infy, 184));
  const client = rig.connect();
  rig.directory.hold();
  client.say('subscribe', [infy.token]);
  await rig.settle();
  assert.equal(rig.directory.waiting, 1);
  client.say('unsubscribe', [infy.token]);
  rig.directory.release();
  await rig.settle();
  assert.deepEqual(client.socket.packets, []);
  client.say('subscribe', [infy.token]);
  await rig.settle();
  assert.equal(client.socket.packets.length, 1);
  assert.equal(rig.taker.size, 1);
});

test('a client that is gone while it waits leaves nothing behind', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const client = rig.connect();
  rig.directory.hold();
  client.say('subscribe', [infy.token]);
  await rig.settle();
  client.session.onClose();
  rig.directory.release();
  await rig.settle();
  assert.equal(rig.taker.size, 0);
  assert.equal(rig.demand.get(infy.row) ?? 0, 0);
  client.say('subscribe', [infy.token]);
  await rig.settle();
  assert.equal(rig.taker.size, 0);
});

test('unknown tokens and items that are no tokens are named in an error, the others begin', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { say, socket } = rig.connect();
  say('subscribe', [99, infy.token, '408065', 98]);
  await rig.settle();
  assert.deepEqual(socket.errors, [
    'instrument tokens are numbers; 1 other items were passed over',
    'UNKNOWN_INSTRUMENT: No such instrument. 99, 98',
  ]);
  rig.tick(infy, packetOf(infy, 184));
  assert.equal(socket.packets.length, 1);
  assert.equal(rig.counts.refused, 2);
});

test('an error names ten tokens at the most', async () => {
  const rig = new KiteRig();
  const { say, socket } = rig.connect();
  say(
    'subscribe',
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  await rig.settle();
  assert.match(socket.errors[0] ?? '', / 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more$/);
});

test('what cannot be had for the moment is said once, and tried again until it can be had', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { say, session, socket } = rig.connect();
  rig.directory.failure = new TickerError('NOT_READY');
  say('subscribe', [infy.token]);
  await rig.settle();
  assert.match(socket.errors.join('\n'), /^NOT_READY: .* 257$/);
  rig.directory.failure = new TickerError('TIMEOUT');
  rig.clock.advance(2_000);
  session.second();
  await rig.settle();
  assert.equal(socket.errors.length, 1);
  assert.equal(rig.taker.size, 0);
  rig.clock.advance(2_000);
  session.second();
  await rig.settle();
  assert.equal(rig.taker.size, 1);
  assert.deepEqual(rig.errors, []);
});

test('an unexpected error is reported, and the instruments are tried again', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { say, session, socket } = rig.connect();
  rig.directory.failure = new Error('broken');
  say('subscribe', [infy.token]);
  await rig.settle();
  assert.equal(rig.errors.length, 1);
  assert.match(socket.errors.join('\n'), /^INTERNAL/);
  rig.clock.advance(2_000);
  session.second();
  await rig.settle();
  assert.equal(rig.taker.size, 1);
});

test('3,000 instruments, or fewer if the key has fewer', async () => {
  const rig = new KiteRig();
  const tokens = Array.from({ length: 3002 }, (_, i) => rig.list(`NSE:S${i}`).token);
  const [broker, poor] = [rig.connect(), rig.connect({ subscriptions: 2 })];
  broker.say('subscribe', tokens);
  poor.say('subscribe', tokens.slice(0, 3));
  await rig.settle();
  assert.deepEqual(broker.socket.errors, ['Limit of 3000 instruments reached, 2 not subscribed']);
  assert.deepEqual(poor.socket.errors, ['Limit of 2 instruments reached, 1 not subscribed']);
  poor.say('unsubscribe', tokens.slice(0, 1));
  poor.say('subscribe', tokens.slice(2, 3));
  await rig.settle();
  assert.equal(poor.socket.errors.length, 1);
  assert.equal(rig.taker.size, 3002);
});

test('a heartbeat of one byte for every second in which nothing was sent', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { session, socket } = await rig.subscribed('ltp', infy);
  session.second();
  assert.deepEqual(socket.frames, [Buffer.of(0)]);
  rig.tick(infy, packetOf(infy, 8));
  session.second();
  assert.equal(socket.heartbeats, 1);
  session.second();
  assert.equal(socket.heartbeats, 2);
  session.sendText('order', { order_id: '1' });
  session.second();
  assert.deepEqual(socket.texts, [{ type: 'order', data: { order_id: '1' } }]);
  assert.equal(socket.heartbeats, 2);
});

test('what is no message is refused, and after twenty of it the client is closed', () => {
  const rig = new KiteRig();
  const { session, socket } = rig.connect();
  session.onBinary();
  session.onText('x'.repeat(65_537));
  for (let i = 0; i < 18; i++) session.onText('{');
  assert.deepEqual(socket.errors.slice(0, 3), [
    'messages are JSON text',
    'a message has at most 65536 bytes',
    'the message is not valid JSON',
  ]);
  assert.equal(socket.ended?.code, 1008);
  const { length } = socket.texts;
  session.onText('{');
  assert.equal(socket.texts.length, length);
});

test('a client may send a megabyte of messages a second', () => {
  const rig = new KiteRig();
  const { session, socket } = rig.connect();
  const message = JSON.stringify({ a: 'unsubscribe', v: Array.from({ length: 9000 }, () => 1) });
  const allowed = Math.floor(MESSAGE_BYTES_PER_SECOND_MAX / message.length);
  for (let second = 0; second < 2; second++) {
    for (let i = 0; i < allowed; i++) session.onText(message);
    session.second();
  }
  assert.deepEqual(socket.texts, []);
  for (let i = 0; i <= allowed; i++) session.onText(message);
  assert.equal(socket.ended?.code, 4502);
  assert.match(socket.errors.join(), /RATE_LIMITED/);
});

test('a client that reads nothing for 30 seconds is cut off, one that reads a little is not', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const [stuck, slow] = [await rig.subscribed('full', infy), await rig.subscribed('full', infy)];
  stuck.socket.unreadBytes = slow.socket.unreadBytes = 10 * CONGESTED_BYTES;
  const second = () => {
    for (const { session } of [stuck, slow]) session.second();
    rig.clock.advance(1_000);
    slow.socket.unreadBytes -= 10;
  };
  for (let seconds = 0; seconds < 30; seconds++) second();
  assert.equal(stuck.socket.terminated, false);
  second();
  assert.equal(stuck.socket.terminated, true);
  assert.equal(slow.socket.terminated, false);
  assert.equal(rig.counts.tooSlow, 1);
  assert.equal(stuck.socket.heartbeats + slow.socket.heartbeats, 0);
});

test('a revoked key ends the connection and says why', async () => {
  const rig = new KiteRig();
  const { session, socket } = await rig.subscribed('full', rig.list('NSE:INFY'));
  assert.equal(
    session.endIfRevoked(() => true),
    false,
  );
  assert.equal(
    session.endIfRevoked((id) => id !== 'test'),
    true,
  );
  assert.equal(socket.ended?.code, 4501);
  assert.match(socket.errors.join(), /^KEY_REVOKED/);
  assert.equal(
    session.endIfRevoked(() => false),
    false,
  );
});
