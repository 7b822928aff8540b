import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { KiteFrameParser } from '../../../../src/feed/kite/parser.ts';
import { CapturingSink, frameOf, uint16, words } from '../../../support/feed/kite/frames.ts';
import { sharedDataOrSkip } from '../../../support/shared-data.ts';

const U32 = 0xffff_ffff;
const NO_LEVEL = { price: U32, quantity: U32, orders: 0xffff, padding: 0xffff };
const NO_DEPTH = { buy: Array(5).fill(NO_LEVEL), sell: Array(5).fill(NO_LEVEL) };
const NOTHING_REJECTED = {
  heartbeats: 0,
  unknownLength: 0,
  truncated: 0,
  trailingBytes: 0,
  passedOver: 0,
};
const INFY = 408065;
const NIFTY_50 = 256265;
const RECEIVED_US = 1_790_000_000_123_456.5;

/** Parses one packet and returns the tick it became. */
function parsed(packet: Uint8Array): ReturnType<CapturingSink['tick']> {
  const sink = new CapturingSink(1);
  const parser = new KiteFrameParser(sink);
  assert.equal(parser.parse(frameOf([packet]), RECEIVED_US), 1);
  assert.deepEqual(parser.rejects, NOTHING_REJECTED);
  assert.deepEqual(sink.closed, [0]);
  return sink.tick(0);
}

/** A full packet whose words are 1000, 1001, ... behind the token. */
function fullPacket(token: number): Buffer {
  const head = Array.from({ length: 15 }, (_, i) => 1000 + i);
  const levels = Array.from({ length: 10 }, (_, i) => {
    return Buffer.concat([words(200 + i, 100 + i), uint16(300 + i), uint16(0xab00 + i)]);
  });
  return Buffer.concat([words(token, ...head), ...levels]);
}

test('an 8-byte packet has a last price and nothing else', () => {
  assert.deepEqual(parsed(words(INFY, 157_315)), {
    instrument_token: INFY,
    receive_time: RECEIVED_US,
    exchange_timestamp: U32,
    last_trade_time: U32,
    last_price: 157_315,
    last_quantity: U32,
    average_price: U32,
    volume: U32,
    total_buy_quantity: U32,
    total_sell_quantity: U32,
    open: U32,
    high: U32,
    low: U32,
    close: U32,
    change: -0x8000_0000,
    oi: U32,
    oi_day_high: U32,
    oi_day_low: U32,
    price_divisor: 100,
    segment: 1,
    mode: 1,
    packet_length: 8,
    ...NO_DEPTH,
    reserved: [0, 0],
  });
});

const INDEX_TICK = {
  instrument_token: NIFTY_50,
  receive_time: RECEIVED_US,
  exchange_timestamp: U32,
  last_trade_time: U32,
  last_price: 1,
  last_quantity: U32,
  average_price: U32,
  volume: U32,
  total_buy_quantity: U32,
  total_sell_quantity: U32,
  high: 2,
  low: 3,
  open: 4,
  close: 5,
  change: -6,
  oi: U32,
  oi_day_high: U32,
  oi_day_low: U32,
  price_divisor: 100,
  segment: 9,
  mode: 2,
  packet_length: 28,
  ...NO_DEPTH,
  reserved: [0, 0],
};

test('a 28-byte packet is an index quote: high, low, open, close and a signed change', () => {
  assert.deepEqual(parsed(words(NIFTY_50, 1, 2, 3, 4, 5, 0xffff_fffa)), INDEX_TICK);
});

test('a 32-byte packet is a full index packet: the exchange time is added', () => {
  const tick = parsed(words(NIFTY_50, 1, 2, 3, 4, 5, 0xffff_fffa, 1_625_461_887));
  const added = { exchange_timestamp: 1_625_461_887, mode: 3, packet_length: 32 };
  assert.deepEqual(tick, { ...INDEX_TICK, ...added });
});

const QUOTE_TICK = {
  instrument_token: INFY,
  receive_time: RECEIVED_US,
  exchange_timestamp: U32,
  last_trade_time: U32,
  last_price: 1000,
  last_quantity: 1001,
  average_price: 1002,
  volume: 1003,
  total_buy_quantity: 1004,
  total_sell_quantity: 1005,
  open: 1006,
  high: 1007,
  low: 1008,
  close: 1009,
  change: -0x8000_0000,
  oi: U32,
  oi_day_high: U32,
  oi_day_low: U32,
  price_divisor: 100,
  segment: 1,
  mode: 2,
  packet_length: 44,
  ...NO_DEPTH,
  reserved: [0, 0],
};

test('a 44-byte packet is a quote: open, high, low, close, no time and no depth', () => {
  assert.deepEqual(parsed(fullPacket(INFY).subarray(0, 44)), QUOTE_TICK);
});

test('a 184-byte packet has everything, the padding of its depth included', () => {
  const side = (from: number) => {
    return Array.from({ length: 5 }, (_, i) => ({
      price: 100 + from + i,
      quantity: 200 + from + i,
      orders: 300 + from + i,
      padding: 0xab00 + from + i,
    }));
  };
  assert.deepEqual(parsed(fullPacket(INFY)), {
    ...QUOTE_TICK,
    last_trade_time: 1010,
    oi: 1011,
    oi_day_high: 1012,
    oi_day_low: 1013,
    exchange_timestamp: 1014,
    mode: 3,
    packet_length: 184,
    buy: side(0),
    sell: side(5),
  });
});

test('values of 2^31 and more stay positive', () => {
  const tick = parsed(Buffer.alloc(184, 0xfe));
  assert.equal(tick.instrument_token, 0xfefe_fefe);
  assert.equal(tick.volume, 0xfefe_fefe);
  const level = { price: 0xfefe_fefe, quantity: 0xfefe_fefe, orders: 0xfefe, padding: 0xfefe };
  assert.deepEqual(tick.sell, Array(5).fill(level));
});

test('the price divisor follows the segment: 10^7 for CDS, 10^4 for BCD, else 100', () => {
  const divisors = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255].map((segment) => {
    const tick = parsed(words(0x1200 + segment, 1));
    assert.equal(tick.segment, segment);
    return tick.price_divisor;
  });
  assert.deepEqual(divisors, [100, 100, 1e7, 100, 100, 1e4, 100, 100, 100, 100, 100]);
});

test('the fields of the ring writer and the Greeks section are left alone', () => {
  const sink = new CapturingSink(1);
  new KiteFrameParser(sink).parse(frameOf([fullPacket(INFY)]), RECEIVED_US);
  const untouched = [...sink.ticks.u8.subarray(4, 16), ...sink.ticks.u8.subarray(24, 32)];
  assert.deepEqual(untouched, Array(20).fill(0xa5));
  assert.deepEqual(sink.ticks.u8.subarray(104, 192), new Uint8Array(88).fill(0xa5));
});

test('a frame mixes instruments and kinds of packets; unknown lengths are passed over', () => {
  const sink = new CapturingSink(4);
  const parser = new KiteFrameParser(sink);
  const frame = frameOf([
    words(INFY, 1),
    Buffer.alloc(12),
    words(NIFTY_50, 1, 2, 3, 4, 5, 6),
    Buffer.alloc(0),
    fullPacket(0x301),
  ]);
  assert.equal(parser.parse(frame, 1), 3);
  assert.deepEqual(sink.tokens, [INFY, NIFTY_50, 0x301]);
  assert.deepEqual(parser.rejects, { ...NOTHING_REJECTED, unknownLength: 2 });
});

test('a packet that the sink does not want is counted and the next one is written', () => {
  const sink = new CapturingSink(1);
  sink.unwanted.add(INFY);
  const parser = new KiteFrameParser(sink);
  assert.equal(parser.parse(frameOf([words(INFY, 1), words(NIFTY_50, 2)]), 1), 1);
  assert.deepEqual(sink.tokens, [NIFTY_50]);
  assert.deepEqual(parser.rejects, { ...NOTHING_REJECTED, passedOver: 1 });
});

test('a frame of less than two bytes is a heartbeat', () => {
  const parser = new KiteFrameParser(new CapturingSink(1));
  assert.equal(parser.parse(Buffer.from([0]), 1), 0);
  assert.equal(parser.parse(new Uint8Array(0), 1), 0);
  assert.deepEqual(parser.rejects, { ...NOTHING_REJECTED, heartbeats: 2 });
});

test('a frame that announces too many packets delivers those it holds, counts the others', () => {
  const sink = new CapturingSink(2);
  const parser = new KiteFrameParser(sink);
  const frame = frameOf([words(INFY, 1), words(NIFTY_50, 2)]);
  frame.writeUInt16BE(40, 0);
  assert.equal(parser.parse(frame, 1), 2);
  assert.deepEqual(parser.rejects, { ...NOTHING_REJECTED, truncated: 38 });
});

test('a frame cut anywhere delivers the packets before the cut and counts the others', () => {
  const frame = frameOf([words(INFY, 1), fullPacket(NIFTY_50), words(INFY, 3)]);
  const ends = [12, 198, 208];
  for (let length = 2; length < frame.length; length++) {
    const parser = new KiteFrameParser(new CapturingSink(3));
    const whole = ends.filter((end) => end <= length).length;
    assert.equal(parser.parse(frame.subarray(0, length), 1), whole);
    assert.deepEqual(parser.rejects, { ...NOTHING_REJECTED, truncated: 3 - whole });
  }
});

test('a packet length that leads out of the frame ends the frame', () => {
  const sink = new CapturingSink(3);
  const parser = new KiteFrameParser(sink);
  const frame = frameOf([words(INFY, 1), words(INFY, 2), words(INFY, 3)]);
  frame.writeUInt16BE(0xffff, 12);
  assert.equal(parser.parse(frame, 1), 1);
  assert.deepEqual(parser.rejects, { ...NOTHING_REJECTED, truncated: 2 });
});

test('bytes behind the last announced packet are counted', () => {
  const parser = new KiteFrameParser(new CapturingSink(2));
  const frame = frameOf([words(INFY, 1), words(INFY, 2)]);
  frame.writeUInt16BE(1, 0);
  assert.equal(parser.parse(frame, 1), 1);
  assert.deepEqual(parser.rejects, { ...NOTHING_REJECTED, trailingBytes: 10 });
});

test('packetCount is what parse will write at most', () => {
  const parser = new KiteFrameParser(new CapturingSink(1));
  assert.equal(parser.packetCount(new Uint8Array(1)), 0);
  assert.equal(parser.packetCount(frameOf([words(INFY, 1), fullPacket(INFY)])), 2);
  const lie = frameOf([words(INFY, 1)]);
  lie.writeUInt16BE(0xffff, 0);
  assert.equal(parser.packetCount(lie), 1);
});

type Json = Readonly<Record<string, unknown>>;

function readMock(t: TestContext, name: string): Buffer | undefined {
  const path = sharedDataOrSkip(t, 'kite-mocks', name);
  return path === undefined ? undefined : readFileSync(path);
}

/** The broker's expected JSON, rebuilt from a tick: prices in rupees, the broker's own names. */
function brokerJson(tick: ReturnType<CapturingSink['tick']>, fields: readonly string[]): Json {
  const rupees = (price: number | undefined): number => (price ?? 0) / tick.price_divisor;
  const time = (epochS: number): string => {
    const ist = new Date((epochS + 19_800) * 1000).toISOString().slice(0, 19);
    return `${ist}+05:30`;
  };
  const level = ({ price, quantity, orders }: (typeof tick.buy)[number]) => {
    return { price: rupees(price), quantity, orders };
  };
  const all: Json = {
    mode: ['', 'ltp', 'quote', 'full'][tick.mode],
    tradable: tick.segment !== 9,
    instrument_token: tick.instrument_token,
    last_price: rupees(tick.last_price),
    last_quantity: tick.last_quantity,
    average_price: rupees(tick.average_price),
    volume: tick.volume,
    buy_quantity: tick.total_buy_quantity,
    sell_quantity: tick.total_sell_quantity,
    ohlc: {
      open: rupees(tick.open),
      high: rupees(tick.high),
      low: rupees(tick.low),
      close: rupees(tick.close),
    },
    last_trade_time: time(tick.last_trade_time),
    oi: tick.oi,
    oi_day_high: tick.oi_day_high,
    oi_day_low: tick.oi_day_low,
    timestamp: time(tick.exchange_timestamp),
    depth: { buy: tick.buy.map(level), sell: tick.sell.map(level) },
  };
  return Object.fromEntries(fields.map((field) => [field, all[field]]));
}

for (const kind of ['full', 'quote']) {
  test(`the broker's own ${kind} packet becomes the broker's own ${kind} tick`, (t) => {
    const packet = readMock(t, `ticker_${kind}.packet`);
    const json = readMock(t, `ticker_${kind}.json`);
    if (packet === undefined || json === undefined) return;
    const expected = JSON.parse(json.toString('utf8')) as Record<string, unknown>;
    // Computed by clients, each in its own way.
    delete expected['change'];
    const tick = parsed(Buffer.from(packet.toString('utf8'), 'base64'));
    assert.deepEqual(brokerJson(tick, Object.keys(expected)), expected);
  });
}

test("the frames of the broker's own client tests become its expected ticks", (t) => {
  const frames = ['ltp', 'quote', 'full'].map((mode) => readMock(t, `${mode}Mode_binary.packet`));
  const ticks = frames.map((frame) => {
    if (frame === undefined) return undefined;
    const sink = new CapturingSink(1);
    assert.equal(new KiteFrameParser(sink).parse(frame, 1), 1);
    return sink.tick(0);
  });
  const [ltp, quote, full] = ticks;
  if (ltp === undefined || quote === undefined || full === undefined) return;
  assert.deepEqual(
    [ltp, quote, full].map(({ mode, instrument_token, last_price }) => {
      return { mode, instrument_token, last_price };
    }),
    [1, 2, 3].map((mode) => ({ mode, instrument_token: 884_737, last_price: 39_295 })),
  );
  assert.deepEqual(
    [full.open, full.high, full.low, full.close],
    [quote.open, quote.high, quote.low, quote.close],
  );
  assert.deepEqual([full.open, full.high, full.low, full.close], [42_000, 42_090, 39_010, 41_410]);
  assert.equal(full.volume, 22_261_032);
  assert.equal(full.last_trade_time, 0x62ab_05a0);
  assert.equal(full.exchange_timestamp, 0x62ab_1198);
  assert.deepEqual(full.buy[0], { price: 39_295, quantity: 5617, orders: 30, padding: 0 });
  assert.deepEqual(full.sell[4], { price: 0, quantity: 0, orders: 0, padding: 0 });
});
