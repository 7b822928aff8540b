import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { KiteFrameParser } from '../../../../src/feed/kite/parser.ts';
import { rebuildPacket } from '../../../../src/fanout/kite/kite-packet.ts';
import { TICK_SLOT_BYTES } from '../../../../src/shm/layout/tick-slot.ts';
import { CapturingSink, frameOf, PACKET_LENGTHS } from '../../../support/feed/kite/frames.ts';

const MOST_PACKETS = 12;

/** Bytes that look like nothing in particular, with the values at which signs and sums break. */
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => {
  const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 0x7f, 0x80, 0xff));
  return fc
    .array(byte, { minLength: length, maxLength: length })
    .map((bytes) => Uint8Array.from(bytes));
};

const packet = fc.constantFrom(...PACKET_LENGTHS).chain(bytesOf);
const packets = fc.array(packet, { maxLength: MOST_PACKETS });

test('a packet parsed into a slot can be rebuilt byte for byte', () => {
  fc.assert(
    fc.property(packets, (originals) => {
      const sink = new CapturingSink(MOST_PACKETS);
      const parser = new KiteFrameParser(sink);
      assert.equal(parser.parse(frameOf(originals), 1), originals.length);
      originals.forEach((original, i) => {
        const out = new Uint8Array(200).fill(0x5a);
        assert.equal(rebuildPacket(sink.ticks, i * TICK_SLOT_BYTES, out, 7), original.length);
        assert.deepEqual(out.subarray(7, 7 + original.length), original);
        assert.ok(out.subarray(0, 7).every((byte) => byte === 0x5a));
        assert.ok(out.subarray(7 + original.length).every((byte) => byte === 0x5a));
      });
    }),
    { numRuns: 300 },
  );
});

/** Frames with lies: wrong counts, wrong and unknown lengths, cuts and additions. */
const hostileFrame = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc
    .record({
      originals: packets,
      count: fc.option(fc.integer({ min: 0, max: 0xffff })),
      overwrites: fc.array(
        fc.record({ at: fc.nat(2000), value: fc.constantFrom(0, 1, 8, 28, 44, 184, 255) }),
        { maxLength: 6 },
      ),
      cut: fc.nat(2300),
      more: fc.uint8Array({ maxLength: 20 }),
    })
    .map(({ originals, count, overwrites, cut, more }) => {
      const frame = frameOf(originals);
      if (count !== null) frame.writeUInt16BE(count, 0);
      for (const { at, value } of overwrites) if (at < frame.length) frame[at] = value;
      return Buffer.concat([frame.subarray(0, cut), more]);
    }),
);

interface Expected {
  packets: Uint8Array[];
  unknownLength: number;
  truncated: number;
  trailingBytes: number;
}

/** The framing rule, written a second time and without regard to speed. */
function split(frame: Uint8Array): Expected {
  const bytes = [...frame];
  const expected: Expected = { packets: [], unknownLength: 0, truncated: 0, trailingBytes: 0 };
  const take = (length: number): number[] | undefined => {
    return length > bytes.length ? undefined : bytes.splice(0, length);
  };
  const number = (pair: number[]): number => (pair[0] ?? 0) * 256 + (pair[1] ?? 0);
  const head = take(2);
  if (head === undefined) return expected;
  const count = number(head);
  for (let i = 0; i < count; i++) {
    const prefix = take(2);
    const body = prefix === undefined ? undefined : take(number(prefix));
    if (body === undefined) return { ...expected, truncated: count - i };
    if ((PACKET_LENGTHS as readonly number[]).includes(body.length)) {
      expected.packets.push(Uint8Array.from(body));
    } else {
      expected.unknownLength++;
    }
  }
  return { ...expected, trailingBytes: bytes.length };
}

test('hostile bytes never throw, are never read past, and every reject is counted', () => {
  let withRejects = 0;
  fc.assert(
    fc.property(hostileFrame, fc.nat(9), (frame, offset) => {
      // What lies around the frame would be noticed: it looks like more packets.
      const surroundings = Buffer.alloc(offset + frame.length + 400, 0x00);
      for (let at = 0; at < surroundings.length; at += 2) surroundings.writeUInt8(8, at);
      surroundings.set(frame, offset);
      const sink = new CapturingSink(60);
      const parser = new KiteFrameParser(sink);
      const bound = parser.packetCount(surroundings.subarray(offset, offset + frame.length));
      const written = parser.parse(surroundings.subarray(offset, offset + frame.length), 1);
      const { packets: expected, ...rejects } = split(frame);
      assert.equal(written, expected.length);
      assert.ok(written <= bound);
      expected.forEach((body, i) => {
        const out = new Uint8Array(body.length);
        rebuildPacket(sink.ticks, i * TICK_SLOT_BYTES, out, 0);
        assert.deepEqual(out, body);
      });
      const heartbeats = frame.length < 2 ? 1 : 0;
      assert.deepEqual(parser.rejects, { heartbeats, passedOver: 0, ...rejects });
      if (rejects.truncated + rejects.unknownLength + rejects.trailingBytes > 0) withRejects++;
    }),
    { numRuns: 2000 },
  );
  assert.ok(withRejects > 200, `only ${withRejects} frames were hostile`);
});

interface OfficialTick {
  mode: string;
  tradable: boolean;
  instrument_token: number;
  last_price: number;
  last_traded_quantity?: number;
  average_traded_price?: number;
  volume_traded?: number;
  total_buy_quantity?: number;
  total_sell_quantity?: number;
  ohlc?: { open: number; high: number; low: number; close: number };
  change?: number;
  last_trade_time?: Date | null;
  exchange_timestamp?: Date | null;
  oi?: number;
  oi_day_high?: number;
  oi_day_low?: number;
  depth?: Record<'buy' | 'sell', { price: number; quantity: number; orders: number }[]>;
}

interface OfficialTicker {
  parseBinary(frame: ArrayBuffer): OfficialTick[];
}

function officialTicker(): OfficialTicker {
  const { KiteTicker } = createRequire(import.meta.url)('kiteconnect') as {
    KiteTicker: new (options: { api_key: string; access_token: string }) => OfficialTicker;
  };
  return new KiteTicker({ api_key: 'key', access_token: 'token' });
}

type OurTick = ReturnType<CapturingSink['tick']>;

/** Our tick as the official client gives it, which reads 32-bit values as signed. */
function asOfficial(tick: OurTick): OfficialTick {
  const signed = (value: number): number => value | 0;
  const price = (value: number): number => signed(value) / tick.price_divisor;
  const time = (epochS: number): Date | null => {
    return epochS === 0 ? null : new Date(signed(epochS) * 1000);
  };
  const level = ({ price: raw = 0, quantity = 0, orders = 0 }: OurTick['buy'][number]) => {
    return { quantity: signed(quantity), price: price(raw), orders };
  };
  const head = {
    mode: ['', 'ltp', 'quote', 'full'][tick.mode] ?? '',
    tradable: tick.segment !== 9,
    instrument_token: signed(tick.instrument_token),
    last_price: price(tick.last_price),
  };
  if (tick.packet_length === 8) return head;
  const [open, high] = [price(tick.open), price(tick.high)];
  const [low, close] = [price(tick.low), price(tick.close)];
  const isIndex = tick.packet_length < 44;
  const raw = isIndex ? tick.change : 0;
  const change = close === 0 ? raw : ((head.last_price - close) * 100) / close;
  if (isIndex) {
    const index = { ...head, ohlc: { high, low, open, close }, change };
    if (tick.packet_length === 28) return index;
    return { ...index, exchange_timestamp: time(tick.exchange_timestamp) };
  }
  const quote = {
    ...head,
    last_traded_quantity: signed(tick.last_quantity),
    average_traded_price: price(tick.average_price),
    volume_traded: signed(tick.volume),
    total_buy_quantity: signed(tick.total_buy_quantity),
    total_sell_quantity: signed(tick.total_sell_quantity),
    ohlc: { open, high, low, close },
    change,
  };
  if (tick.packet_length === 44) return quote;
  return {
    ...quote,
    last_trade_time: time(tick.last_trade_time),
    exchange_timestamp: time(tick.exchange_timestamp),
    oi: signed(tick.oi),
    oi_day_high: signed(tick.oi_day_high),
    oi_day_low: signed(tick.oi_day_low),
    depth: { buy: tick.buy.map(level), sell: tick.sell.map(level) },
  };
}

test("ticks equal those of the broker's own client, modulo its signed reading", () => {
  const official = officialTicker();
  const seen = new Set<number>();
  fc.assert(
    fc.property(packets, (originals) => {
      const frame = frameOf(originals);
      const sink = new CapturingSink(MOST_PACKETS);
      new KiteFrameParser(sink).parse(frame, 1);
      const ours = originals.map((_, i) => asOfficial(sink.tick(i)));
      const copy = new Uint8Array(frame);
      assert.deepEqual(ours, official.parseBinary(copy.buffer));
      for (const { length } of originals) seen.add(length);
    }),
    { numRuns: 200 },
  );
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [...PACKET_LENGTHS],
  );
});
