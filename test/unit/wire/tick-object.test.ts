import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE, TICK_FLAG, UNDEFINED_U32 } from '../../../src/domain/status.ts';
import { type ByteViews, createByteViews } from '../../../src/wire/byte-views.ts';
import { decodeFrame } from '../../../src/wire/decode.ts';
import { epochHex } from '../../../src/wire/epoch.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import type { TickObject } from '../../../src/wire/messages.ts';
import { writeCompact, writeLtp } from '../../support/wire/narrow.ts';
import type { FrameKind } from '../../../src/wire/tick-layout.ts';
import { tickObject } from '../../../src/wire/tick-object.ts';
import {
  type RawTick,
  UNDEFINED_GREEKS,
  UNDEFINED_LEVELS,
  writeTick,
} from '../../support/wire/sample-tick.ts';

/** The staging memory of a server, and its bytes. */
const staging: ByteViews = createByteViews(new ArrayBuffer(960), 0, 960);
const bytes = new DataView(staging.u8.buffer);

function objectOf(kind: FrameKind, changes: RawTick = {}, greeks = true): TickObject {
  writeTick(staging, 320, changes);
  if (kind === 'compact') writeCompact(staging, 320, staging, 640);
  if (kind === 'ltp') writeLtp(staging, 320, staging, 640);
  return tickObject(bytes, kind === 'compact' || kind === 'ltp' ? 640 : 320, kind, { greeks });
}

const HEAD = {
  instrument_token: 12_345_602,
  sequence: 2 ** 32 + 7,
  instrument_sequence: 42,
  merged: 0,
  flags: [],
  tradable: true,
  receive_time: 1_790_000_000_123_456.5,
  exchange_timestamp: 1_790_000_000_000_000,
  last_price: 123.45,
};
const QUOTE = {
  last_trade_time: 1_789_999_999_000_000,
  last_traded_quantity: 65,
  average_traded_price: 120.01,
  volume_traded: 3_000_000_000,
  total_buy_quantity: 70_001,
  total_sell_quantity: 80_002,
  ohlc: { open: 110, high: 130, low: 105, close: 120 },
  change: ((123.45 - 120) * 100) / 120,
  oi: 555_555,
  oi_day_high: 600_000,
  oi_day_low: 500_000,
};
const GREEKS = {
  status: 'OK',
  iv: 0.1234,
  delta: 0.512,
  gamma: 0.000_321,
  theta: -12.5,
  vega: 9.75,
  rho: -0.021,
  forward: 24_123.45,
  iv_own: 0.1875,
  iv_bid: 0.125,
  iv_ask: 0.25,
  forward_source: 'PARITY',
  model: 'BLACK_76',
  quality: ['PRICE_FROM_LAST_TRADE'],
  time_to_expiry: 0.015625,
};

test('a full tick has the field names of KiteTicker, rupees, epoch us and five levels', () => {
  assert.deepEqual(objectOf('tick'), {
    ...HEAD,
    mode: 'full',
    ...QUOTE,
    depth: {
      buy: [
        { price: 123.4, quantity: 65, orders: 1 },
        { price: 123.35, quantity: 130, orders: 2 },
        { price: 123.3, quantity: 195, orders: 3 },
        { price: 123.25, quantity: 260, orders: 4 },
        { price: 0, quantity: 0, orders: 0 },
      ],
      sell: [
        { price: 123.5, quantity: 75, orders: 11 },
        { price: 123.55, quantity: 150, orders: 12 },
        { price: 123.6, quantity: 225, orders: 13 },
        { price: 123.65, quantity: 300, orders: 65_535 },
        { price: 0, quantity: 0, orders: 0 },
      ],
    },
    greeks: GREEKS,
  });
});

test('a quote tick is the full one without depth', () => {
  assert.deepEqual(objectOf('quote'), { ...HEAD, mode: 'quote', ...QUOTE, greeks: GREEKS });
});

test('a compact tick has one level a side and Greeks in single precision', () => {
  assert.deepEqual(objectOf('compact'), {
    ...HEAD,
    mode: 'compact',
    volume_traded: 3_000_000_000,
    oi: 555_555,
    depth: {
      buy: [{ price: 123.4, quantity: 65, orders: null }],
      sell: [{ price: 123.5, quantity: 75, orders: null }],
    },
    greeks: {
      ...GREEKS,
      iv: Math.fround(GREEKS.iv),
      delta: Math.fround(GREEKS.delta),
      gamma: Math.fround(GREEKS.gamma),
      theta: GREEKS.theta,
      vega: GREEKS.vega,
      rho: Math.fround(GREEKS.rho),
    },
  });
});

test('an ltp tick has the last price and nothing below it', () => {
  assert.deepEqual(objectOf('ltp'), { ...HEAD, mode: 'ltp' });
});

test('the mode is what was both asked for and sent by the broker', () => {
  const ltpPacket = { mode: MODE.LTP };
  const quotePacket = { mode: MODE.QUOTE };
  assert.equal(objectOf('tick', ltpPacket).mode, 'ltp');
  assert.equal(objectOf('tick', quotePacket).mode, 'quote');
  assert.equal(objectOf('quote', ltpPacket).mode, 'ltp');
  assert.equal(objectOf('quote').mode, 'quote');
  assert.equal(objectOf('compact', quotePacket).mode, 'compact');
});

test('undefined is null; a packet without depth has null depth', () => {
  const tick = objectOf('tick', {
    exchangeTimestamp: 0,
    lastTradeTime: 0,
    lastQuantity: UNDEFINED_U32,
    volume: UNDEFINED_U32,
    open: UNDEFINED_U32,
    oi: UNDEFINED_U32,
    levels: UNDEFINED_LEVELS,
    segment: 9,
  });
  assert.equal(tick.exchange_timestamp, null);
  assert.equal(tick.last_trade_time, null);
  assert.equal(tick.last_traded_quantity, null);
  assert.equal(tick.volume_traded, null);
  assert.equal(tick.ohlc?.open, null);
  assert.equal(tick.oi, null);
  assert.equal(tick.depth, null);
  assert.equal(tick.tradable, false);
  assert.deepEqual(JSON.parse(JSON.stringify(tick)), tick);
});

test('change is null where the previous close is zero or undefined', () => {
  assert.equal(objectOf('tick', { close: 0 }).change, null);
  assert.equal(objectOf('tick', { close: UNDEFINED_U32 }).change, null);
});

test('greeks: absent if not requested, null if not an option, else a reason for every null', () => {
  assert.equal('greeks' in objectOf('tick', {}, false), false);
  assert.equal('greeks' in objectOf('tick', { ...UNDEFINED_GREEKS, status: 14 }), false);
  assert.equal(objectOf('tick', { ...UNDEFINED_GREEKS, status: 13 }).greeks, null);
  for (const kind of ['tick', 'quote', 'compact'] as const) {
    assert.deepEqual(objectOf(kind, { ...UNDEFINED_GREEKS, status: 7 }).greeks, {
      status: 'NO_QUOTE',
      iv: null,
      delta: null,
      gamma: null,
      theta: null,
      vega: null,
      rho: null,
      forward: null,
      iv_own: null,
      iv_bid: null,
      iv_ask: null,
      forward_source: null,
      model: null,
      quality: [],
      time_to_expiry: null,
    });
  }
});

test('flags have their names, codes newer than this version their number', () => {
  const flags = TICK_FLAG.SNAPSHOT | TICK_FLAG.SIMULATED | TICK_FLAG.CROSSED_BOOK;
  const tick = objectOf('tick', { flags, status: 99, forwardSource: 77 });
  assert.deepEqual(tick.flags, ['SNAPSHOT', 'SIMULATED', 'CROSSED_BOOK']);
  assert.equal(tick.greeks?.status, 'STATUS_99');
  assert.equal(tick.greeks.forward_source, 'CODE_77');
});

test('the server, from its staging memory, and a client, from a frame, make equal objects', () => {
  for (const kind of ['tick', 'quote', 'compact', 'ltp'] as const) {
    const buffer = new TickFrameBuffer(kind, 1, 1, 2);
    const made = objectOf(kind);
    const at = kind === 'compact' || kind === 'ltp' ? 640 : 320;
    buffer.u8.set(staging.u8.subarray(at, at + buffer.structBytes));
    assert.deepEqual(decodeFrame(buffer.finish(1, 1, 1)).object(0), made);
  }
});

test('an epoch is 16 hex digits, high word first', () => {
  assert.equal(epochHex(0x0000_00ff, 0x8000_0000), '80000000000000ff');
});
