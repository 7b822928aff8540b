import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as flatbuffers from 'flatbuffers';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { UNDEFINED_F64, UNDEFINED_U32 } from '../../../src/domain/status.ts';
import { decodeFrame } from '../../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { TickFrame } from '../../../src/wire/generated/ticker.ts';
import { writeCompact, writeLtp } from '../../support/wire/narrow.ts';
import {
  SAMPLE_TICK,
  UNDEFINED_GREEKS,
  UNDEFINED_LEVELS,
  writeTick,
} from '../../support/wire/sample-tick.ts';

function refuses(bytes: Uint8Array, detail: RegExp): void {
  assert.throws(
    () => decodeFrame(bytes),
    (error) =>
      error instanceof TickerError && error.code === 'BAD_MESSAGE' && detail.test(error.detail),
  );
}

function tickFrame(count: number): Uint8Array {
  const buffer = new TickFrameBuffer('tick', Math.max(count, 1), 0xdead_beef, 0x1);
  for (let index = 0; index < count; index += 1) {
    writeTick(buffer, index * 320, { instrumentToken: index + 1 });
  }
  return buffer.finish(count, 1_790_000_000_000_000, 2 ** 32 + 9);
}

test('the header of a frame is read', () => {
  const frame = decodeFrame(tickFrame(2));
  assert.equal(frame.kind, 'tick');
  assert.equal(frame.count, 2);
  assert.equal(frame.epoch, '00000001deadbeef');
  assert.equal(frame.sentTimeUs, 1_790_000_000_000_000);
  assert.equal(frame.through, 2 ** 32 + 9);
});

test('every field of a full tick is read, in rupees and epoch us', () => {
  const tick = decodeFrame(tickFrame(1)).tick(0);
  assert.equal(tick.kind, 'tick');
  assert.equal(tick.instrumentToken, 1);
  assert.equal(tick.sequence, 2 ** 32 + 7);
  assert.equal(tick.instrumentSequence, 42);
  assert.equal(tick.receiveTimeUs, SAMPLE_TICK.receiveTime);
  assert.equal(tick.exchangeTimestampUs, 1_790_000_000_000_000);
  assert.equal(tick.lastTradeTimeUs, 1_789_999_999_000_000);
  assert.equal(tick.lastPriceRaw, 12_345);
  assert.equal(tick.lastPrice, 123.45);
  assert.equal(tick.priceDivisor, 100);
  assert.equal(tick.lastQuantity, 65);
  assert.equal(tick.averagePrice, 120.01);
  assert.equal(tick.volume, 3_000_000_000);
  assert.equal(tick.totalBuyQuantity, 70_001);
  assert.equal(tick.totalSellQuantity, 80_002);
  assert.deepEqual([tick.open, tick.high, tick.low, tick.close], [110, 130, 105, 120]);
  assert.equal(tick.change, ((123.45 - 120) * 100) / 120);
  assert.equal(tick.changeRaw, -123);
  assert.deepEqual([tick.oi, tick.oiDayHigh, tick.oiDayLow], [555_555, 600_000, 500_000]);
  assert.deepEqual([tick.segment, tick.packetMode, tick.packetLengthBytes], [2, 3, 184]);
  assert.deepEqual([tick.bidPrice(), tick.bidQuantity(), tick.bidOrders()], [123.4, 65, 1]);
  assert.deepEqual(
    [tick.askPrice(3), tick.askQuantity(3), tick.askOrders(3)],
    [123.65, 300, 65_535],
  );
  assert.deepEqual([tick.bidPrice(4), tick.bidQuantity(4), tick.bidOrders(4)], [0, 0, 0]);
  assert.equal(tick.bidPrice(5), undefined);
  assert.equal(tick.greeksSequence, 2 ** 32 + 6);
  assert.deepEqual([tick.greeksStatus, tick.greeksStatusName], [1, 'OK']);
  assert.deepEqual([tick.forwardSource, tick.model, tick.quality], [1, 1, 1]);
  assert.equal(tick.timeToExpiryYears, SAMPLE_TICK.timeToExpiry);
  for (const name of ['forward', 'iv', 'delta', 'gamma', 'theta', 'vega', 'rho'] as const) {
    assert.equal(tick[name], SAMPLE_TICK[name], name);
  }
  assert.deepEqual([tick.ivBid, tick.ivAsk, tick.ivOwn], [0.125, 0.25, 0.1875]);
});

test('the raw readers give the number as it stands in the struct', () => {
  const buffer = new TickFrameBuffer('tick', 1, 1, 2);
  writeTick(buffer, 0, { volume: UNDEFINED_U32, ...UNDEFINED_GREEKS, ivBid: 0.25 });
  const tick = decodeFrame(buffer.finish(1, 1, 1)).tick(0);
  assert.equal(tick.uint32(tick.layout.lastPrice), SAMPLE_TICK.lastPrice);
  assert.equal(tick.uint32(tick.layout.volume), UNDEFINED_U32);
  assert.equal(tick.float64(tick.layout.iv), UNDEFINED_F64);
  assert.equal(tick.float32(tick.layout.ivBid), 0.25);
});

test('undefined values and fields that a struct does not have read as undefined', () => {
  const buffer = new TickFrameBuffer('tick', 1, 1, 2);
  writeTick(buffer, 0, {
    ...UNDEFINED_GREEKS,
    exchangeTimestamp: 0,
    lastTradeTime: UNDEFINED_U32,
    volume: UNDEFINED_U32,
    close: UNDEFINED_U32,
    change: -(2 ** 31),
    levels: UNDEFINED_LEVELS,
  });
  const compacts = new TickFrameBuffer('compact', 1, 1, 2);
  writeCompact(buffer, 0, compacts, 0);
  const ltps = new TickFrameBuffer('ltp', 1, 1, 2);
  writeLtp(buffer, 0, ltps, 0);

  for (const owner of [buffer, compacts, ltps]) {
    const tick = decodeFrame(owner.finish(1, 1, 1)).tick(0);
    const { exchangeTimestampUs, lastTradeTimeUs, volume, close, change, changeRaw } = tick;
    for (const value of [exchangeTimestampUs, lastTradeTimeUs, volume, close, change, changeRaw]) {
      assert.equal(value, undefined);
    }
    for (const side of ['bid', 'ask'] as const) {
      assert.equal(tick[`${side}Price`](), undefined);
      assert.equal(tick[`${side}Quantity`](), undefined);
      assert.equal(tick[`${side}Orders`](), undefined);
    }
    for (const name of ['iv', 'delta', 'gamma', 'theta', 'vega', 'rho', 'forward'] as const) {
      assert.equal(tick[name], undefined, name);
    }
    for (const name of ['ivBid', 'ivAsk', 'ivOwn', 'timeToExpiryYears'] as const) {
      assert.equal(tick[name], undefined, name);
    }
    assert.equal(tick.lastPrice, 123.45);
  }
});

test('tick() moves one view and refuses an index outside the frame', () => {
  const frame = decodeFrame(tickFrame(3));
  const first = frame.tick(0);
  assert.equal(frame.tick(2), first);
  assert.equal(first.instrumentToken, 3);
  for (const index of [-1, 3, NaN, Infinity]) assert.throws(() => frame.tick(index), RangeError);
});

test('a frame is read at any alignment', () => {
  const bytes = tickFrame(2);
  for (let shift = 0; shift < 8; shift += 1) {
    const moved = new Uint8Array(bytes.length + shift);
    moved.set(bytes, shift);
    const frame = decodeFrame(moved.subarray(shift));
    assert.equal(frame.tick(1).iv, SAMPLE_TICK.iv);
    assert.equal(frame.tick(1).instrumentToken, 2);
  }
});

test('a frame made by another FlatBuffers writer is read, defaults left out', () => {
  const builder = new flatbuffers.Builder(64);
  TickFrame.startTickFrame(builder);
  TickFrame.addThroughLow(builder, 5);
  TickFrame.finishTickFrameBuffer(builder, TickFrame.endTickFrame(builder));
  const frame = decodeFrame(builder.asUint8Array());
  assert.deepEqual([frame.count, frame.through, frame.epoch], [0, 5, '0000000000000000']);
});

test('broken frames are refused with the reason', () => {
  const frame = tickFrame(2);
  refuses(new Uint8Array(0), /too few/);
  refuses(frame.subarray(0, 11), /too few/);
  refuses(frame.subarray(0, frame.length - 1), /ticks are cut off/);
  refuses(new TextEncoder().encode('{"type":"ticks"}'), /identifier/);

  function patched(offset: number, value: number): Uint8Array {
    const copy = frame.slice();
    new DataView(copy.buffer).setUint32(offset, value, true);
    return copy;
  }
  const table = new DataView(frame.buffer).getUint32(0, true);
  const vtable = table - new DataView(frame.buffer).getInt32(table, true);
  const countOffset = frame.length - 2 * 320 - 4;
  refuses(patched(0, 0xffff_fff0), /root/);
  refuses(patched(table, 0x7fff_ffff), /vtable lies outside/);
  refuses(patched(table, -0x7fff_ffff), /vtable lies outside/);
  refuses(patched(vtable, 0x0004_ffff), /vtable is cut off/);
  refuses(patched(vtable, 0xffff_0016), /table is cut off/);
  refuses(patched(countOffset, 3), /ticks are cut off/);
  refuses(patched(countOffset, 0xffff_ffff), /ticks are cut off/);
});

test('a frame with two vectors is refused', () => {
  const builder = new flatbuffers.Builder(64);
  TickFrame.startTicksVector(builder, 0);
  const ticks = builder.endVector();
  TickFrame.startLtpsVector(builder, 0);
  const ltps = builder.endVector();
  TickFrame.startTickFrame(builder);
  TickFrame.addTicks(builder, ticks);
  TickFrame.addLtps(builder, ltps);
  TickFrame.finishTickFrameBuffer(builder, TickFrame.endTickFrame(builder));
  refuses(builder.asUint8Array(), /more than one vector/);
});
