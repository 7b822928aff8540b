import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST_PACKET_MS } from '../../../../src/fanout/kite/kite-taker.ts';
import { FRAME_PACKETS_MAX } from '../../../../src/fanout/kite/kite-frame.ts';
import { CONGESTED_BYTES, KiteRig, packetOf } from '../../../support/kite-rig.ts';

test('each client gets the packet in its own mode, all packets of a run in one frame', async () => {
  const rig = new KiteRig();
  const [infy, index] = [rig.list('NSE:INFY'), rig.list('NSE:NIFTY 50')];
  const clients = [];
  for (const mode of ['full', 'quote', 'ltp']) {
    clients.push(await rig.subscribed(mode, infy, index));
  }
  const [share, other] = [packetOf(infy, 184), packetOf(index, 32)];
  rig.take(infy, share);
  rig.take(index, other);
  rig.taker.flush();
  const expected = [
    [share, other],
    [share.subarray(0, 44), other.subarray(0, 28)],
    [share.subarray(0, 8), other.subarray(0, 8)],
  ];
  clients.forEach(({ socket }, i) => {
    assert.deepEqual(socket.packets, expected[i]);
    assert.equal(socket.frames.length, 1);
  });
  assert.equal(rig.taker.sent.packets, 6);
  assert.equal(rig.taker.sent.frames, 3);
});

test('a quote packet is passed on to who wants full: the broker sent no more', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { socket } = await rig.subscribed('full', infy);
  const packet = packetOf(infy, 44);
  rig.tick(infy, packet);
  assert.deepEqual(socket.packets, [packet]);
});

test('demand is ltp for ltp only, full as soon as anybody wants more, and ends with the last', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { row, token } = infy;
  const one = await rig.subscribed('ltp', infy);
  assert.equal(rig.demand.get(row), 1);
  const two = await rig.subscribed('quote', infy);
  assert.equal(rig.demand.get(row), 3);
  two.say('mode', ['ltp', [token]]);
  assert.equal(rig.demand.get(row), 1);
  one.say('mode', ['full', [token]]);
  assert.equal(rig.demand.get(row), 3);
  one.say('unsubscribe', [token]);
  assert.equal(rig.demand.get(row), 1);
  two.session.onClose();
  assert.equal(rig.demand.get(row), 0);
  assert.equal(rig.taker.size, 0);
});

test('a new subscriber gets the last value at once, and no tick that is older', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const first = await rig.subscribed('full', infy);
  const [a, b, c] = [packetOf(infy, 184), packetOf(infy, 184), packetOf(infy, 184)];
  rig.tick(infy, a);
  // In the ring, but ahead of it in the table: two more.
  rig.take(infy, b);
  const pending = rig.connect();
  pending.say('subscribe', [infy.token]);
  await rig.settle();
  assert.deepEqual(pending.socket.packets, [b.subarray(0, 44)]);
  rig.taker.flush();
  rig.tick(infy, c);
  assert.deepEqual(first.socket.packets, [a, b, c]);
  assert.deepEqual(pending.socket.packets, [b.subarray(0, 44), c.subarray(0, 44)]);
});

test('a tick that is older than the last value that was sent is passed over', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { say, socket } = await rig.subscribed('full', infy);
  rig.take(infy, packetOf(infy, 184));
  // The table is ahead of the ring.
  const newest = packetOf(infy, 184);
  rig.write(infy, newest);
  say('subscribe', [infy.token]);
  rig.clock.advance(0);
  assert.deepEqual(socket.packets, [newest]);
  rig.taker.flush();
  assert.deepEqual(socket.packets, [newest]);
});

test('subscribing again or changing the mode sends the last value once more, never an older one', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const client = await rig.subscribed('ltp', infy);
  const { socket } = client;
  rig.tick(infy, packetOf(infy, 184));
  client.say('subscribe', [infy.token]);
  await rig.settle();
  client.say('mode', ['quote', [infy.token]]);
  client.say('mode', ['full', [infy.token]]);
  await rig.settle();
  assert.deepEqual(socket.sizes, [8, 8, 184]);
});

test('who wants more than last prices waits for the first packet that has it', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const ltp = await rig.subscribed('ltp', infy);
  rig.tick(infy, packetOf(infy, 8));
  const full = await rig.subscribed('full', infy);
  rig.tick(infy, packetOf(infy, 8));
  assert.deepEqual(full.socket.sizes, []);
  rig.tick(infy, packetOf(infy, 184));
  assert.deepEqual(full.socket.sizes, [184]);
  assert.deepEqual(ltp.socket.sizes, [8, 8, 8]);
});

test('but not for ever: then it gets what there is', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  await rig.subscribed('ltp', infy);
  rig.tick(infy, packetOf(infy, 8));
  const { session, socket } = await rig.subscribed('full', infy);
  session.second();
  assert.deepEqual(socket.packets, []);
  rig.clock.advance(FIRST_PACKET_MS);
  session.second();
  assert.deepEqual(socket.sizes, [8]);
  rig.tick(infy, packetOf(infy, 8));
  assert.deepEqual(socket.sizes, [8, 8]);
});

test('a value from the time before anybody was subscribed waits for a newer one', async () => {
  const rig = new KiteRig();
  const [infy, tcs] = [rig.list('NSE:INFY'), rig.list('NSE:TCS')];
  for (const instrument of [infy, tcs]) rig.write(instrument, packetOf(instrument, 184));
  rig.clock.advance(60_000);
  const { session, socket } = await rig.subscribed('full', infy, tcs);
  assert.equal(socket.frames.length, 0);
  const fresh = packetOf(infy, 184);
  rig.tick(infy, fresh);
  assert.deepEqual(socket.packets, [fresh]);
  // Nothing new comes of the other one: after a while the old value is better than none.
  rig.clock.advance(FIRST_PACKET_MS);
  session.second();
  assert.deepEqual(
    socket.packets.map((packet) => packet.readUInt32BE(0)),
    [infy.token, tcs.token],
  );
});

test('a client that does not read gets nothing, and later the newest of each instrument', async () => {
  const rig = new KiteRig();
  const [infy, tcs, idle] = [rig.list('NSE:INFY'), rig.list('NSE:TCS'), rig.list('NSE:IDLE')];
  const { session, socket } = await rig.subscribed('full', infy, tcs, idle);
  const other = await rig.subscribed('full', infy, tcs, idle);
  rig.tick(idle, packetOf(idle, 184));
  socket.unreadBytes = CONGESTED_BYTES + 1;
  let newest = packetOf(infy, 184);
  for (let i = 0; i < 5; i++) {
    newest = packetOf(infy, 184);
    rig.tick(infy, newest);
  }
  const last = packetOf(tcs, 184);
  rig.tick(tcs, last);
  assert.equal(socket.packets.length, 1);
  assert.equal(other.socket.packets.length, 7);
  assert.equal(rig.taker.sent.conflated, 4);
  socket.unreadBytes = CONGESTED_BYTES;
  session.onDrain();
  assert.deepEqual(socket.packets.slice(1), [newest, last]);
  const next = packetOf(infy, 184);
  rig.tick(infy, next);
  assert.deepEqual(socket.packets.slice(3), [next]);
  // Slow once more: each time begins anew.
  socket.unreadBytes = CONGESTED_BYTES + 1;
  rig.tick(infy, packetOf(infy, 184));
  assert.equal(rig.taker.sent.conflated, 4);
});

test('a first answer larger than the socket takes goes on when the client has read', async () => {
  const rig = new KiteRig();
  const instruments = Array.from({ length: 3000 }, (_, i) => rig.list(`NSE:S${i}`));
  for (const instrument of instruments) rig.write(instrument, packetOf(instrument, 184));
  const client = rig.connect();
  const { session, socket } = client;
  socket.fills = true;
  const tokens = instruments.map(({ token }) => token);
  client.say('subscribe', tokens);
  client.say('mode', ['full', tokens]);
  await rig.settle();
  assert.equal(socket.packets.length, 2 * FRAME_PACKETS_MAX);
  assert.ok(socket.unreadBytes < CONGESTED_BYTES + FRAME_PACKETS_MAX * 186 + 2);
  // The oldest packet of the rest is not the newest of its instrument any more.
  const late = instruments[2999] ?? assert.fail();
  const newer = packetOf(late, 184);
  rig.tick(late, newer);
  for (let reads = 0; socket.packets.length < 3000; reads++) {
    assert.ok(reads < 8, `${socket.packets.length} packets`);
    socket.unreadBytes = 0;
    session.onDrain();
  }
  assert.equal(new Set(socket.packets.map((packet) => packet.readUInt32BE(0))).size, 3000);
  const ofLate = socket.packets.filter((packet) => packet.readUInt32BE(0) === late.token);
  assert.deepEqual(ofLate, [newer]);
});

test('a run that was overwritten is not sent: the last values are', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { socket } = await rig.subscribed('full', infy);
  rig.take(infy, packetOf(infy, 184));
  const newest = packetOf(infy, 184);
  rig.take(infy, newest);
  rig.taker.discard();
  assert.deepEqual(socket.packets, []);
  await rig.settle();
  assert.deepEqual(socket.packets, [newest]);
  rig.taker.flush();
  assert.deepEqual(socket.packets, [newest]);
});

test('after ticks were lost every instrument with a newer value is sent, no other', async () => {
  const rig = new KiteRig();
  const [infy, tcs] = [rig.list('NSE:INFY'), rig.list('NSE:TCS')];
  const { session, socket } = await rig.subscribed('full', infy, tcs);
  rig.tick(infy, packetOf(infy, 184));
  rig.tick(tcs, packetOf(tcs, 184));
  const lost = packetOf(tcs, 184);
  rig.write(tcs, lost);
  rig.taker.refresh(session.client);
  await rig.settle();
  assert.deepEqual(socket.packets.slice(2), [lost]);
});

test('the count of ticks wraps at 2^32', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { session, socket } = await rig.subscribed('full', infy);
  rig.tick(infy, packetOf(infy, 184));
  const subscription = session.client.subscriptions.get(infy.token) ?? assert.fail();
  subscription.lastSequence = 2 ** 32 - 1;
  const packet = packetOf(infy, 184);
  rig.tick(infy, packet);
  assert.deepEqual(socket.packets[1], packet);
});

test('with many clients packets are gathered for some ms into one frame', async () => {
  const rig = new KiteRig();
  const [infy, tcs] = [rig.list('NSE:INFY'), rig.list('NSE:TCS')];
  const { say, socket } = await rig.subscribed('full', infy, tcs);
  rig.taker.clients = 40;
  const packets = Array.from({ length: 5 }, () => packetOf(infy, 184));
  for (const packet of packets.slice(0, 2)) rig.tick(infy, packet);
  assert.equal(socket.frames.length, 2);
  rig.taker.clients = 200;
  for (const packet of packets.slice(2)) rig.tick(infy, packet);
  rig.tick(tcs, packetOf(tcs, 184));
  assert.equal(socket.frames.length, 2);
  // Ended while it waited: it is not sent any more.
  say('unsubscribe', [tcs.token]);
  rig.clock.advance(4);
  assert.equal(socket.frames.length, 3);
  assert.deepEqual(socket.packets, packets);
  const late = packetOf(infy, 184);
  rig.clock.advance(10);
  rig.tick(infy, late);
  assert.deepEqual(socket.packets.at(-1), late);
});

test('a window never holds more than some thousand packets', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { socket } = await rig.subscribed('ltp', infy);
  rig.taker.clients = 1000;
  rig.tick(infy, packetOf(infy, 8));
  for (let i = 0; i < 4095; i++) rig.tick(infy, packetOf(infy, 8));
  assert.equal(socket.packets.length, 1);
  rig.tick(infy, packetOf(infy, 8));
  assert.equal(socket.packets.length, 4097);
});

test('an overwritten run takes with it what waits: the last value stands for all of it', async () => {
  const rig = new KiteRig();
  const infy = rig.list('NSE:INFY');
  const { socket } = await rig.subscribed('full', infy);
  rig.taker.clients = 200;
  rig.tick(infy, packetOf(infy, 184));
  rig.tick(infy, packetOf(infy, 184));
  const newest = packetOf(infy, 184);
  rig.take(infy, newest);
  rig.taker.discard();
  await rig.settle();
  assert.deepEqual(socket.packets.slice(1), [newest]);
  assert.deepEqual(rig.clock.pendingMs, []);
});
