import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrokerLevel, BrokerPacket } from '../../../support/feed/sim/broker-packet.ts';
import { decodePacket } from '../../../support/feed/sim/broker-packet.ts';
import { MarketRig, subscribeFull } from '../../../support/feed/sim/market-rig.ts';

/** All packets of every instrument of a busy minute, in order, by token. */
function packetsByToken(instruments: number): {
  rig: MarketRig;
  packets: Map<number, BrokerPacket[]>;
} {
  const rig = new MarketRig({ instruments, ticksPerSecond: 5000, seed: 9 });
  const { connection, socket } = rig.connect();
  subscribeFull(connection, rig.tokens().slice(0, 3000));
  const packets = new Map<number, BrokerPacket[]>();
  for (let second = 0; second < 10; second++) {
    rig.clock.advance(1000);
    for (const packet of socket.takePackets()) {
      const list = packets.get(packet.token);
      if (list === undefined) packets.set(packet.token, [packet]);
      else list.push(packet);
    }
  }
  return { rig, packets };
}

const { rig, packets } = packetsByToken(1500);

function* tradable(): Generator<[BrokerPacket, tickPaise: number, lotSize: number]> {
  for (const [token, list] of packets) {
    const { spec } = rig.market.find(token)!;
    if (spec.segment === 'INDICES') continue;
    for (const packet of list) yield [packet, spec.tickPaise, spec.lotSize];
  }
}

function assertSide(levels: readonly BrokerLevel[], sign: 1 | -1, tickPaise: number): void {
  let isEmpty = false;
  levels.forEach((level, index) => {
    if (level.price === 0) {
      assert.deepEqual([level.quantity, level.orders], [0, 0]);
      isEmpty = true;
      return;
    }
    assert.ok(!isEmpty, 'a level behind an empty one');
    assert.ok(level.quantity > 0 && level.orders > 0);
    assert.equal(level.price % tickPaise, 0);
    const better = levels[index - 1];
    if (better !== undefined) assert.ok(sign * (level.price - better.price) > 0);
  });
}

test('every instrument has ticked, options and others', () => {
  assert.equal(packets.size, 1500);
  for (const list of packets.values()) assert.ok(list.length > 1);
});

test('the book has five levels a side, best first, on the tick grid, bid below ask', () => {
  for (const [packet, tickPaise] of tradable()) {
    const { bids = [], offers = [] } = packet;
    assertSide(bids, -1, tickPaise);
    assertSide(offers, 1, tickPaise);
    const ask = offers[0]!.price;
    assert.ok(ask >= tickPaise, 'an ask of at least one tick');
    assert.ok(bids[0]!.price < ask);
  }
});

test('totals cover the levels, quantities are whole lots', () => {
  const sum = (levels: readonly BrokerLevel[]): number =>
    levels.reduce((total, level) => total + level.quantity, 0);
  for (const [packet, , lotSize] of tradable()) {
    assert.ok(packet.buyQuantity! >= sum(packet.bids!));
    assert.ok(packet.sellQuantity! >= sum(packet.offers!));
    for (const quantity of [packet.volume!, packet.openInterest!, packet.buyQuantity!]) {
      assert.equal(quantity % lotSize, 0);
    }
  }
});

test('last, average, open and the range of the day agree once something has been traded', () => {
  for (const [packet, tickPaise] of tradable()) {
    if (packet.volume === 0) {
      assert.deepEqual([packet.open, packet.high, packet.low, packet.lastTradeTime], [0, 0, 0, 0]);
      assert.equal(packet.lastPrice, packet.close);
      continue;
    }
    for (const price of [packet.lastPrice, packet.open!, packet.averagePrice!]) {
      assert.ok(packet.low! <= price && price <= packet.high!, JSON.stringify(packet));
    }
    assert.equal(packet.lastPrice % tickPaise, 0);
    assert.ok(packet.lastTradeTime! > 0 && packet.lastTradeTime! <= packet.exchangeTime!);
  }
});

test('volume, times and the range of the day only move outward, the close never', () => {
  for (const list of packets.values()) {
    for (let index = 1; index < list.length; index++) {
      const before = list[index - 1]!;
      const after = list[index]!;
      assert.ok(after.exchangeTime! >= before.exchangeTime!);
      assert.equal(after.close, before.close);
      if (before.kind === 'full' && after.kind === 'full') {
        assert.ok(after.volume! >= before.volume!);
        if (before.volume === 0) continue;
        assert.equal(after.open, before.open);
      }
      assert.ok(after.high! >= before.high! && after.low! <= before.low!);
    }
  }
});

test('open interest stays between its low and its high and is 0 for shares', () => {
  let moved = 0;
  for (const [packet] of tradable()) {
    assert.ok(packet.openInterestLow! <= packet.openInterest!);
    assert.ok(packet.openInterest! <= packet.openInterestHigh!);
    if (packet.openInterestLow! < packet.openInterestHigh!) moved++;
    if (rig.market.find(packet.token)!.spec.expiry === null) assert.equal(packet.openInterest, 0);
  }
  assert.ok(moved > 1000);
});

test('an option far out of the money has an ask and no bid', () => {
  const expiryDay = new MarketRig({ instruments: 1000, start: '2026-09-15T11:00:00+05:30' });
  const { connection, socket } = expiryDay.connect();
  subscribeFull(connection, expiryDay.tokens());
  expiryDay.clock.advance(1000);
  const worthless = socket.takePackets().filter(({ bids }) => bids?.[0]?.price === 0);
  assert.ok(worthless.length > 10);
  for (const packet of worthless) {
    const { spec } = expiryDay.market.find(packet.token)!;
    assert.ok(spec.strikePaise > 0);
    assert.ok(packet.offers![0]!.price >= 5);
    assertSide(packet.bids!, -1, 5);
  }
});

test('an index packet has value, range, close and change, and the time', () => {
  const list = packets.get(256_265)!;
  assert.ok(list.length > 100);
  for (const packet of list) {
    assert.equal(packet.lastPrice % 5, 0);
    assert.ok(packet.low! <= packet.lastPrice && packet.lastPrice <= packet.high!);
    assert.ok(packet.low! <= packet.open! && packet.open! <= packet.high!);
    assert.equal(packet.change, packet.lastPrice - packet.close!);
  }
  const [first] = list.slice(-1);
  assert.equal(first?.kind, 'index_full');
});

test('an option that ticks is priced from the present state of its underlying', () => {
  const quiet = new MarketRig({ instruments: 300, ticksPerSecond: 1000 });
  const { connection, socket } = quiet.connect();
  subscribeFull(connection, quiet.tokens());
  quiet.clock.advance(50);
  socket.takePackets();
  quiet.market.jump('NIFTY', 4);
  quiet.clock.advance(5000);
  const option = [...quiet.market.listed()].find(
    ({ spec }) => spec.name === 'NIFTY' && spec.type === 'CE' && spec.strikePaise === 2_520_000,
  )!;
  const packet = socket.takePackets().findLast(({ token }) => token === option.spec.token)!;
  const intrinsic = option.slice!.forward - option.spec.strikePaise;
  assert.ok(intrinsic > 80_000);
  assert.ok(packet.offers![0]!.price > 0.99 * intrinsic);
});

test('volume stops below 2^32 instead of beginning again', () => {
  const small = new MarketRig({ instruments: 50, ticksPerSecond: 1000 });
  const { connection, socket } = small.connect();
  const instrument = small.market.find(738_561)!;
  instrument.volume = 0xffff_ffff - 3;
  subscribeFull(connection, [738_561]);
  small.clock.advance(2000);
  const last = socket.takePackets().at(-1)!;
  assert.ok(last.volume! > 0xffff_ffff - 4 && last.volume! <= 0xffff_ffff);
});

test('packets begin alike in every mode', () => {
  const instrument = rig.market.find(738_561)!;
  const full = decodePacket(Buffer.from(instrument.full));
  const quote = decodePacket(Buffer.from(instrument.full.subarray(0, 44)));
  const ltp = decodePacket(Buffer.from(instrument.full.subarray(0, 8)));
  assert.equal(ltp.lastPrice, full.lastPrice);
  assert.deepEqual({ ...full, ...quote, kind: 'full' }, full);
});
