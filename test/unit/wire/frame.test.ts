import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as flatbuffers from 'flatbuffers';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { TickFrame } from '../../../src/wire/generated/ticker.ts';
import { writeCompact, writeLtp } from '../../support/wire/narrow.ts';
import { LAYOUTS, type FrameKind } from '../../../src/wire/tick-layout.ts';
import { createByteViews } from '../../../src/wire/byte-views.ts';
import { SAMPLE_TICK, writeTick } from '../../support/wire/sample-tick.ts';

const EPOCH_LOW = 0x89ab_cdef;
const EPOCH_HIGH = 0x0123_4567;
const KINDS = Object.keys(LAYOUTS) as FrameKind[];

function readRoot(bytes: Uint8Array): TickFrame {
  const buffer = new flatbuffers.ByteBuffer(bytes);
  assert.ok(TickFrame.bufferHasIdentifier(buffer));
  return TickFrame.getRootAsTickFrame(buffer);
}

function vectorLengths(frame: TickFrame): Record<FrameKind, number> {
  return {
    tick: frame.ticksLength(),
    quote: frame.quotesLength(),
    compact: frame.compactsLength(),
    ltp: frame.ltpsLength(),
  };
}

test('a frame of each kind is read by the generated code, header and count', () => {
  for (const kind of KINDS) {
    const buffer = new TickFrameBuffer(kind, 10, EPOCH_LOW, EPOCH_HIGH);
    const bytes = buffer.finish(3, 1_790_000_000_000_001, 2 ** 53);
    const frame = readRoot(bytes);
    assert.equal(frame.epochLow(), EPOCH_LOW);
    assert.equal(frame.epochHigh(), EPOCH_HIGH);
    assert.equal(frame.sentTime(), 1_790_000_000_000_001);
    assert.equal(frame.throughHigh() * 2 ** 32 + frame.throughLow(), 2 ** 53);
    assert.deepEqual(vectorLengths(frame), {
      tick: 0,
      quote: 0,
      compact: 0,
      ltp: 0,
      [kind]: 3,
    });
    assert.equal(bytes.length, buffer.headerBytes + 3 * LAYOUTS[kind].structBytes);
  }
});

test('structs start on 8 bytes and where the views start', () => {
  for (const kind of KINDS) {
    const buffer = new TickFrameBuffer(kind, 4, 1, 2);
    assert.equal(buffer.u8.byteOffset % 8, 0);
    assert.equal(buffer.u8.byteOffset, buffer.headerBytes);
    assert.equal(buffer.u8.length, 4 * LAYOUTS[kind].structBytes);
    for (const view of [buffer.u16, buffer.u32, buffer.i32, buffer.f32, buffer.f64]) {
      assert.equal(view.byteOffset, buffer.headerBytes);
      assert.equal(view.byteLength, buffer.u8.length);
    }
  }
});

test('the generated code reads from a Tick every value that was written', () => {
  const buffer = new TickFrameBuffer('tick', 3, 1, 2);
  for (let index = 0; index < 3; index += 1) {
    writeTick(buffer, index * 320, { instrumentToken: 1000 + index });
  }
  const frame = readRoot(buffer.finish(3, 1, 1));
  for (let index = 0; index < 3; index += 1) {
    const tick = frame.ticks(index)!;
    const quote = tick.quote()!;
    const greeks = tick.greeks()!;
    const depth = tick.depth()!;
    assert.equal(quote.instrumentToken(), 1000 + index);
    assert.equal(quote.sequenceLow(), SAMPLE_TICK.sequenceLow);
    assert.equal(quote.receiveTime(), SAMPLE_TICK.receiveTime);
    assert.equal(quote.lastPrice(), SAMPLE_TICK.lastPrice);
    assert.equal(quote.volume(), SAMPLE_TICK.volume);
    assert.equal(quote.change(), SAMPLE_TICK.change);
    assert.equal(quote.packetLength(), SAMPLE_TICK.packetLength);
    assert.equal(greeks.status(), SAMPLE_TICK.status);
    assert.equal(greeks.iv(), SAMPLE_TICK.iv);
    assert.equal(greeks.rho(), SAMPLE_TICK.rho);
    assert.equal(greeks.ivOwn(), SAMPLE_TICK.ivOwn);
    assert.equal(greeks.state(), SAMPLE_TICK.state);
    assert.equal(depth.buy1()!.price(), 12_335);
    assert.equal(depth.sell3()!.orders(), 65_535);
  }
});

test('CompactTick and LtpTick carry the values of the Tick they were made from', () => {
  const source = createByteViews(new ArrayBuffer(640), 0, 640);
  writeTick(source, 320);
  const compacts = new TickFrameBuffer('compact', 2, 1, 2);
  writeCompact(source, 320, compacts, 128);
  const compact = readRoot(compacts.finish(2, 1, 1)).compacts(1)!;
  assert.equal(compact.instrumentToken(), SAMPLE_TICK.instrumentToken);
  assert.equal(compact.sequenceHigh(), SAMPLE_TICK.sequenceHigh);
  assert.equal(compact.receiveTime(), SAMPLE_TICK.receiveTime);
  assert.equal(compact.exchangeTimestamp(), SAMPLE_TICK.exchangeTimestamp);
  assert.equal(compact.lastPrice(), SAMPLE_TICK.lastPrice);
  assert.equal(compact.bidPrice(), 12_340);
  assert.equal(compact.bidQuantity(), 65);
  assert.equal(compact.askPrice(), 12_350);
  assert.equal(compact.askQuantity(), 75);
  assert.equal(compact.volume(), SAMPLE_TICK.volume);
  assert.equal(compact.oi(), SAMPLE_TICK.oi);
  assert.equal(compact.priceDivisor(), SAMPLE_TICK.priceDivisor);
  assert.equal(compact.segment(), SAMPLE_TICK.segment);
  assert.equal(compact.mode(), SAMPLE_TICK.mode);
  assert.equal(compact.status(), SAMPLE_TICK.status);
  assert.equal(compact.forwardSource(), SAMPLE_TICK.forwardSource);
  assert.equal(compact.model(), SAMPLE_TICK.model);
  assert.equal(compact.quality(), SAMPLE_TICK.quality);
  assert.equal(compact.timeToExpiry(), SAMPLE_TICK.timeToExpiry);
  assert.equal(compact.forward(), SAMPLE_TICK.forward);
  for (const name of ['iv', 'delta', 'gamma', 'theta', 'vega', 'rho'] as const) {
    assert.equal(compact[name](), Math.fround(SAMPLE_TICK[name]), name);
  }
  for (const name of ['ivBid', 'ivAsk', 'ivOwn'] as const) {
    assert.equal(compact[name](), SAMPLE_TICK[name], name);
  }

  const ltps = new TickFrameBuffer('ltp', 2, 1, 2);
  writeLtp(source, 320, ltps, 48);
  const ltp = readRoot(ltps.finish(2, 1, 1)).ltps(1)!;
  assert.equal(ltp.instrumentToken(), SAMPLE_TICK.instrumentToken);
  assert.equal(ltp.instrumentSequence(), SAMPLE_TICK.instrumentSequence);
  assert.equal(ltp.lastPrice(), SAMPLE_TICK.lastPrice);
  assert.equal(ltp.priceDivisor(), SAMPLE_TICK.priceDivisor);
  assert.equal(ltp.segment(), SAMPLE_TICK.segment);
  assert.equal(ltp.mode(), SAMPLE_TICK.mode);
});

test('a narrow struct overwrites all of an older one', () => {
  const source = createByteViews(new ArrayBuffer(320), 0, 320);
  writeTick(source, 0);
  for (const [kind, write] of [
    ['compact', writeCompact],
    ['ltp', writeLtp],
  ] as const) {
    const clean = new TickFrameBuffer(kind, 1, 1, 2);
    const used = new TickFrameBuffer(kind, 1, 1, 2);
    used.u8.fill(0xa5);
    write(source, 0, clean, 0);
    write(source, 0, used, 0);
    assert.deepEqual(used.u8, clean.u8, kind);
  }
});

test('finish reuses the one buffer and refuses a count beyond its capacity', () => {
  const buffer = new TickFrameBuffer('ltp', 2, 1, 2);
  const first = buffer.finish(2, 1, 1);
  const second = buffer.finish(0, 2, 2);
  assert.equal(first.buffer, second.buffer);
  assert.equal(readRoot(second).ltpsLength(), 0);
  assert.throws(() => buffer.finish(3, 1, 1), RangeError);
  assert.throws(() => buffer.finish(-1, 1, 1), RangeError);
  assert.throws(() => new TickFrameBuffer('ltp', 0, 1, 2), RangeError);
});
