import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MarketRig, subscribeFull } from '../../../support/feed/sim/market-rig.ts';

test('ticks come at the wanted rate, from 1 to 200,000 a second', () => {
  for (const ticksPerSecond of [1, 7, 100, 5000, 200_000]) {
    const rig = new MarketRig({ ticksPerSecond });
    const { connection } = rig.connect();
    subscribeFull(connection, rig.tokens());
    const seconds = ticksPerSecond > 10_000 ? 1 : 10;
    rig.clock.advance(seconds * 1000);
    const missing = seconds * ticksPerSecond - rig.feed.ticks;
    assert.ok(
      missing >= 0 && missing <= 1 + ticksPerSecond * 0.05,
      `${ticksPerSecond}: ${missing}`,
    );
    assert.equal(rig.feed.ticksSkipped, 0);
  }
});

test('nothing ticks without a subscription', () => {
  const rig = new MarketRig();
  rig.clock.advance(5000);
  assert.equal(rig.feed.ticks, 0);
});

test('the rate counts an instrument once however many sockets subscribe to it', () => {
  const rig = new MarketRig({ ticksPerSecond: 1000 });
  const [first, second] = [rig.connect(), rig.connect()];
  for (const { connection } of [first, second]) subscribeFull(connection, rig.tokens());
  rig.clock.advance(2000);
  assert.ok(rig.feed.ticks >= 1950 && rig.feed.ticks <= 2000, `${rig.feed.ticks}`);
  assert.deepEqual(first.socket.takePackets(), second.socket.takePackets());
});

test('popular instruments tick often, yet every subscribed one ticks', () => {
  const rig = new MarketRig({ instruments: 3000, ticksPerSecond: 5000 });
  const { connection } = rig.connect();
  subscribeFull(connection, rig.tokens());
  rig.clock.advance(5000);
  const counts = [...rig.market.listed()].map(({ ticks }) => ticks);
  assert.ok(counts.every((count) => count > 0));
  const popular = counts.slice(0, 30).reduce((sum, count) => sum + count, 0);
  const unpopular = counts.slice(-30).reduce((sum, count) => sum + count, 0);
  assert.ok(popular > 10 * unpopular, `${popular} and ${unpopular}`);
});

test('a late round makes up for half a second at most and counts what it leaves out', () => {
  const rig = new MarketRig({ ticksPerSecond: 1000 });
  const { connection } = rig.connect();
  subscribeFull(connection, rig.tokens());
  rig.clock.advance(1000);
  const before = rig.feed.ticks;
  rig.clock.stall(400);
  assert.ok(Math.abs(rig.feed.ticks - before - 400) <= 1);
  const between = rig.feed.ticks;
  rig.clock.stall(3000);
  assert.ok(Math.abs(rig.feed.ticks - between - 500) <= 1);
  assert.equal(rig.feed.ticksSkipped, 2500);
});

test('the rate can be changed, paused and taken up again while running', () => {
  const rig = new MarketRig({ ticksPerSecond: 100 });
  const { connection } = rig.connect();
  subscribeFull(connection, rig.tokens());
  const ticksIn = (durationMs: number): number => {
    const before = rig.feed.ticks;
    rig.clock.advance(durationMs);
    return rig.feed.ticks - before;
  };
  assert.ok(Math.abs(ticksIn(1000) - 100) <= 5);
  rig.feed.setTicksPerSecond(20_000);
  assert.ok(Math.abs(ticksIn(1000) - 20_000) <= 200);
  rig.feed.setTicksPerSecond(0);
  assert.equal(ticksIn(1000), 0);
  rig.feed.setTicksPerSecond(100);
  assert.ok(Math.abs(ticksIn(1000) - 100) <= 5);
  rig.feed.isRunning = false;
  assert.equal(ticksIn(5000), 0);
  rig.feed.isRunning = true;
  assert.ok(Math.abs(ticksIn(1000) - 100) <= 5);
});

test('a rate out of range is refused', () => {
  const rig = new MarketRig();
  for (const rate of [-1, 200_001, Number.NaN, Infinity]) {
    assert.throws(() => {
      rig.feed.setTicksPerSecond(rate);
    }, RangeError);
  }
});

test('frames are sent in batches that mix instruments, of a few hundred packets at most', () => {
  const rig = new MarketRig({ instruments: 3000, ticksPerSecond: 200_000 });
  const { connection, socket } = rig.connect();
  subscribeFull(connection, rig.tokens());
  rig.clock.advance(100);
  const counts = socket.takeFrames().map((frame) => frame.readUInt16BE(0));
  assert.ok(counts.every((count) => count >= 1 && count <= 400));
  assert.ok(counts.filter((count) => count === 400).length > 10);
});
