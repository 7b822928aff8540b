import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ByteBuffer } from 'flatbuffers';
import {
  GREEKS_STATUS,
  MODE,
  UNDEFINED_F32,
  UNDEFINED_F64,
  UNDEFINED_U32,
} from '../../../src/domain/status.ts';
import { BLANK, FrameAssembler, frameKind } from '../../../src/fanout/assembler.ts';
import { createPrivateTicks, type TickViews } from '../../../src/shm/block.ts';
import { TICK_SLOT_BYTES } from '../../../src/shm/layout/tick-slot.ts';
import { TickFrame } from '../../../src/wire/generated/ticker.ts';
import type { FrameKind } from '../../../src/wire/tick-layout.ts';
import {
  type RawTick,
  SAMPLE_TICK,
  UNDEFINED_GREEKS,
  UNDEFINED_LEVELS,
  writeTick,
} from '../../support/wire/sample-tick.ts';

/** Where the source tick lies; not at the start. */
const SLOT_BYTES = TICK_SLOT_BYTES;

function source(changes: RawTick = {}): TickViews {
  const ticks = createPrivateTicks(2, TICK_SLOT_BYTES);
  writeTick(ticks, SLOT_BYTES, changes);
  return ticks;
}

/** A frame whose third tick is the source's; the first two are the sample, with Greeks. */
function frameOf(kind: FrameKind, ticks: TickViews, greeks: boolean): TickFrame {
  const assembler = new FrameAssembler(1, 2);
  const other = source();
  assembler.put(kind, 0, other, SLOT_BYTES, BLANK.NOTHING);
  assembler.put(kind, 2, other, SLOT_BYTES, BLANK.NOTHING);
  assembler.put(kind, 1, other, SLOT_BYTES, BLANK.NOTHING);
  // Over what an earlier frame has left there.
  assembler.put(kind, 2, ticks, SLOT_BYTES, greeks ? BLANK.NOTHING : BLANK.NOT_REQUESTED);
  const bytes = assembler.frame(kind).finish(3, 5, 6);
  return TickFrame.getRootAsTickFrame(new ByteBuffer(Uint8Array.from(bytes)));
}

type Accessors = Record<string, (() => unknown) | undefined>;

/** Values of the accessors `names` of a generated struct. */
function read(struct: unknown, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (struct as Accessors)[name]?.()]));
}

const HEAD = ['instrumentToken', 'flags', 'sequenceLow', 'sequenceHigh', 'receiveTime'];
const COUNTS = ['instrumentSequence', 'merged', 'exchangeTimestamp', 'lastPrice'];
const LTP_FIELDS = [...HEAD, ...COUNTS, 'priceDivisor', 'segment', 'mode'];
const GREEKS_BYTES = ['status', 'forwardSource', 'model', 'quality'];
const GREEKS_F64 = ['forward', 'iv', 'delta', 'gamma', 'theta', 'vega', 'rho'];
const GREEKS_F32 = ['timeToExpiry', 'ivBid', 'ivAsk', 'ivOwn'];

function sampleOf(names: readonly string[], changes: RawTick = {}): Record<string, unknown> {
  const sample: Record<string, unknown> = { ...SAMPLE_TICK, ...changes };
  return Object.fromEntries(names.map((name) => [name, sample[name]]));
}

describe('ltp', () => {
  test('has the fields of the slot', () => {
    const frame = frameOf('ltp', source({ flags: 8, merged: 3 }), true);
    assert.deepEqual(
      read(frame.ltps(2), LTP_FIELDS),
      sampleOf(LTP_FIELDS, { flags: 8, merged: 3 }),
    );
    assert.equal(frame.ltpsLength(), 3);
  });
});

describe('compact', () => {
  const fields = [...LTP_FIELDS, 'volume', 'oi'];

  test('has the fields of the slot and the top of its book', () => {
    const tick = frameOf('compact', source({ flags: 9, merged: 2 }), true).compacts(2);
    assert.deepEqual(read(tick, fields), sampleOf(fields, { flags: 9, merged: 2 }));
    assert.deepEqual(read(tick, ['bidPrice', 'bidQuantity', 'askPrice', 'askQuantity']), {
      bidPrice: 12_340,
      bidQuantity: 65,
      askPrice: 12_350,
      askQuantity: 75,
    });
  });

  test('has the Greeks of the slot, rounded to 32 bits but for the forward', () => {
    const tick = frameOf('compact', source(), true).compacts(2);
    assert.deepEqual(read(tick, GREEKS_BYTES), sampleOf(GREEKS_BYTES));
    assert.deepEqual(read(tick, GREEKS_F32), sampleOf(GREEKS_F32));
    assert.equal(tick?.forward(), SAMPLE_TICK.forward);
    for (const name of GREEKS_F64.slice(1)) {
      const exact = SAMPLE_TICK[name as 'iv'];
      assert.equal(read(tick, [name])[name], Math.fround(exact), name);
    }
  });

  test('undefined values stay undefined in their narrower type', () => {
    const ticks = source({
      ...UNDEFINED_GREEKS,
      status: GREEKS_STATUS.NO_UNDERLYING,
      volume: UNDEFINED_U32,
      oi: UNDEFINED_U32,
      levels: UNDEFINED_LEVELS,
    });
    const tick = frameOf('compact', ticks, true).compacts(2);
    assert.equal(tick?.forward(), UNDEFINED_F64);
    for (const name of [...GREEKS_F64.slice(1), ...GREEKS_F32]) {
      assert.equal(read(tick, [name])[name], UNDEFINED_F32, name);
    }
    for (const name of ['volume', 'oi', 'bidPrice', 'bidQuantity', 'askPrice', 'askQuantity']) {
      assert.equal(read(tick, [name])[name], UNDEFINED_U32, name);
    }
    assert.equal(tick.status(), GREEKS_STATUS.NO_UNDERLYING);
  });

  test('without Greeks asked for: all undefined, NOT_REQUESTED', () => {
    const tick = frameOf('compact', source(), false).compacts(2);
    assert.deepEqual(read(tick, GREEKS_BYTES), {
      status: GREEKS_STATUS.NOT_REQUESTED,
      forwardSource: 0,
      model: 0,
      quality: 0,
    });
    assert.equal(tick?.forward(), UNDEFINED_F64);
    for (const name of [...GREEKS_F64.slice(1), ...GREEKS_F32]) {
      assert.equal(read(tick, [name])[name], UNDEFINED_F32, name);
    }
    assert.deepEqual(read(tick, fields), sampleOf(fields));
  });
});

for (const kind of ['quote', 'tick'] as const) {
  describe(kind === 'tick' ? 'full' : 'quote', () => {
    const structOf = (ticks: TickViews, greeks: boolean) => {
      const frame = frameOf(kind, ticks, greeks);
      return kind === 'tick' ? frame.ticks(2) : frame.quotes(2);
    };
    const quoteFields = Object.keys(SAMPLE_TICK).filter(
      (name) =>
        !['levels', 'state', 'greeksSequenceLow', 'greeksSequenceHigh'].includes(name) &&
        ![...GREEKS_BYTES, ...GREEKS_F64, ...GREEKS_F32].includes(name),
    );

    test('has every field of the slot', () => {
      const struct = structOf(source(), true);
      assert.deepEqual(read(struct?.quote(), quoteFields), sampleOf(quoteFields));
      const greeks = struct?.greeks();
      const names = [...GREEKS_BYTES, ...GREEKS_F64, ...GREEKS_F32];
      assert.deepEqual(read(greeks, names), sampleOf(names));
      assert.deepEqual([greeks?.sequenceLow(), greeks?.sequenceHigh()], [6, 1]);
    });

    test('without Greeks asked for: the quote’s own section says NOT_REQUESTED', () => {
      const struct = structOf(source(), false);
      const greeks = struct?.greeks();
      assert.equal(greeks?.status(), GREEKS_STATUS.NOT_REQUESTED);
      assert.deepEqual([greeks.sequenceLow(), greeks.sequenceHigh()], [7, 1]);
      for (const name of GREEKS_F64) assert.equal(read(greeks, [name])[name], UNDEFINED_F64, name);
      for (const name of GREEKS_F32) assert.equal(read(greeks, [name])[name], UNDEFINED_F32, name);
      assert.deepEqual(read(struct?.quote(), quoteFields), sampleOf(quoteFields));
    });
  });
}

test('full has all ten levels of the slot', () => {
  const depth = frameOf('tick', source(), false).ticks(2)?.depth();
  const names = [0, 1, 2, 3, 4].map((level) => `buy${level}`);
  names.push(...[0, 1, 2, 3, 4].map((level) => `sell${level}`));
  const levels = names.map((name) => {
    const { price, quantity, orders } = read(read(depth, [name])[name], [
      'price',
      'quantity',
      'orders',
    ]);
    return [price, quantity, orders];
  });
  assert.deepEqual(levels, SAMPLE_TICK.levels);
});

test('the source is not changed', () => {
  const ticks = source();
  const before = ticks.u8.slice();
  for (const kind of ['tick', 'quote', 'compact', 'ltp'] as const) frameOf(kind, ticks, false);
  assert.deepEqual(ticks.u8, before);
});

test('each mode has its frame', () => {
  const kinds = [MODE.LTP, MODE.QUOTE, MODE.FULL, MODE.COMPACT].map(frameKind);
  assert.deepEqual(kinds, ['ltp', 'quote', 'tick', 'compact']);
});
