import assert from 'node:assert/strict';
import test from 'node:test';
import type { ClientReport } from '../../../bench/socket/client-messages.ts';
import { RunTally } from '../../../bench/socket/run-tally.ts';
import { GREEKS_STATUS, TICK_FLAG, UNDEFINED_F64 } from '../../../src/domain/status.ts';
import { decodeFrame, type FrameView } from '../../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { TICK_LAYOUT } from '../../../src/wire/tick-layout.ts';

const SHARE = 1025;
const OPTION = 2050;
const T0_US = 1_790_000_000_000_000;

interface TickOptions {
  token?: number;
  position: number;
  sequence: number;
  price?: number;
  volume?: number;
  flags?: number;
  merged?: number;
  status?: number;
  iv?: number;
}

/** A frame as the service would send it. */
function frameOf(ticks: readonly TickOptions[], through?: number): FrameView {
  const buffer = new TickFrameBuffer('tick', ticks.length, 1, 2);
  const { u8, u32, f64 } = buffer;
  ticks.forEach((tick, index) => {
    const at = index * TICK_LAYOUT.structBytes;
    const word = (field: number, value: number): void => {
      u32[(at + field) >> 2] = value;
    };
    const token = tick.token ?? SHARE;
    const isOption = token === OPTION;
    word(TICK_LAYOUT.instrumentToken, token);
    word(TICK_LAYOUT.sequenceLow, tick.position);
    word(TICK_LAYOUT.instrumentSequence, tick.sequence);
    word(TICK_LAYOUT.lastPrice, tick.price ?? 100);
    word(TICK_LAYOUT.volume, tick.volume ?? 7);
    word(TICK_LAYOUT.flags, tick.flags ?? 0);
    word(TICK_LAYOUT.merged, tick.merged ?? 0);
    word(TICK_LAYOUT.priceDivisor, 100);
    word(TICK_LAYOUT.greeksSequenceLow, tick.position);
    u8[at + TICK_LAYOUT.status] =
      tick.status ?? (isOption ? GREEKS_STATUS.OK : GREEKS_STATUS.NOT_AN_OPTION);
    f64[(at + TICK_LAYOUT.receiveTime) >> 3] = T0_US;
    f64[(at + TICK_LAYOUT.iv) >> 3] = tick.iv ?? (isOption ? 0.2 : UNDEFINED_F64);
    f64[(at + TICK_LAYOUT.delta) >> 3] = isOption ? 0.5 : UNDEFINED_F64;
  });
  const newest = Math.max(...ticks.map(({ position }) => position));
  return decodeFrame(buffer.finish(ticks.length, T0_US + 1000, through ?? newest));
}

function tallyOf(...frames: FrameView[]): RunTally {
  const tally = new RunTally([SHARE, OPTION], new Set([OPTION]));
  for (const frame of frames) tally.onFrame(frame, 1000, T0_US + 3000);
  return tally;
}

/** The counts of what must not be. */
function faults(report: ClientReport): Partial<ClientReport> {
  const { unexplained, repeated, snapshots, badThrough, badGreeks, otherStatuses } = report;
  const counts = { unexplained, repeated, snapshots, badThrough, badGreeks, otherStatuses };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

test('ticks are counted and summed modulo 2^32, with their latencies', () => {
  const large = 0xffff_fff0;
  const tally = tallyOf(
    frameOf([
      { position: 1, sequence: 1, price: 100, volume: large },
      { token: OPTION, position: 2, sequence: 1, price: 5, volume: 1 },
    ]),
    frameOf([{ position: 3, sequence: 2, price: 101, volume: large }]),
  );
  const report = tally.report();
  assert.deepEqual(faults(report), {});
  assert.deepEqual([...report.sums.counts], [2, 1]);
  assert.deepEqual([...report.sums.priceSums], [201, 5]);
  assert.deepEqual([...report.sums.volumeSums], [(2 * large) >>> 0, 1]);
  assert.deepEqual([...report.sums.lastPrices], [101, 5]);
  assert.deepEqual([report.ticks, report.frames, report.bytes], [3, 2, 2000]);
  assert.equal(report.optionStatuses[GREEKS_STATUS.OK], 1);
  assert.equal(report.fromReceive.maxUs, 3000);
  assert.equal(report.fromSend.maxUs, 2000);
  assert.equal(tally.tokensSeen, 2);
});

test('a new run starts at zero but knows the sequences of the one before', () => {
  const tally = tallyOf(frameOf([{ position: 1, sequence: 1 }]));
  tally.begin();
  tally.onFrame(frameOf([{ position: 5, sequence: 3 }]), 1000, T0_US);
  const report = tally.report();
  assert.equal(report.ticks, 1);
  assert.equal(report.unexplained, 1);
});

test('a jump that nothing names is unexplained', () => {
  const report = tallyOf(
    frameOf([{ position: 1, sequence: 1 }]),
    frameOf([{ position: 9, sequence: 4 }]),
  ).report();
  assert.deepEqual(faults(report), { unexplained: 2 });
});

test('a jump is named by a gap record in whose range the missing ticks can lie', () => {
  const tally = tallyOf(frameOf([{ position: 1, sequence: 1 }]));
  tally.gaps.add(3, 4);
  tally.onFrame(frameOf([{ position: 9, sequence: 4 }]), 1000, T0_US);
  assert.deepEqual(faults(tally.report()), {});
  assert.equal(tally.report().sums.missing[0], 2);
  assert.equal(tally.report().gapPositions, 2);
  tally.onFrame(frameOf([{ position: 12, sequence: 6 }]), 1000, T0_US);
  assert.deepEqual(faults(tally.report()), { unexplained: 1 });
});

test('a jump is named by the tick that others were merged into', () => {
  const report = tallyOf(
    frameOf([{ position: 1, sequence: 1 }]),
    frameOf([{ position: 9, sequence: 4, flags: TICK_FLAG.CONFLATED, merged: 2 }]),
  ).report();
  assert.deepEqual(faults(report), {});
  assert.equal(report.sums.missing[0], 2);
});

test('a tick that comes again is counted as repeated and not summed', () => {
  const report = tallyOf(
    frameOf([{ position: 1, sequence: 1 }]),
    frameOf([{ position: 1, sequence: 1 }]),
  ).report();
  assert.deepEqual(faults(report), { repeated: 1 });
  assert.equal(report.sums.counts[0], 1);
});

test('a snapshot starts the sequence anew and is not summed', () => {
  const report = tallyOf(
    frameOf([{ position: 1, sequence: 1 }]),
    frameOf([{ position: 9, sequence: 5, flags: TICK_FLAG.SNAPSHOT }]),
    frameOf([{ position: 10, sequence: 6 }]),
  ).report();
  assert.deepEqual(faults(report), { snapshots: 1 });
  assert.equal(report.sums.counts[0], 2);
});

test('an instrument that was not asked for is unexplained', () => {
  assert.deepEqual(faults(tallyOf(frameOf([{ token: 77, position: 1, sequence: 1 }])).report()), {
    unexplained: 1,
  });
});

test('through may lag behind in all frames of a flush but the last, and never falls', () => {
  const split = tallyOf(
    frameOf([{ position: 1, sequence: 1 }], 0),
    frameOf([{ position: 2, sequence: 2 }], 2),
  ).report();
  assert.deepEqual(faults(split), {});
  const falling = tallyOf(
    frameOf([{ position: 2, sequence: 1 }], 5),
    frameOf([{ position: 4, sequence: 2 }], 4),
  ).report();
  assert.deepEqual(faults(falling), { badThrough: 1 });
  const early = tallyOf(
    frameOf([{ position: 2, sequence: 1 }], 2),
    frameOf([{ position: 5, sequence: 2 }], 4),
  ).report();
  assert.deepEqual(faults(early), { badThrough: 1 });
});

test('Greeks that cannot be and statuses that do not fit the instrument are found', () => {
  const negative = frameOf([{ token: OPTION, position: 1, sequence: 1, iv: -1 }]);
  assert.deepEqual(faults(tallyOf(negative).report()), { badGreeks: 1 });
  const late = { token: OPTION, position: 1, sequence: 1, status: GREEKS_STATUS.GREEKS_LATE };
  assert.deepEqual(faults(tallyOf(frameOf([late])).report()), { badGreeks: 1 });
  const share = frameOf([{ position: 1, sequence: 1, status: GREEKS_STATUS.OK }]);
  assert.deepEqual(faults(tallyOf(share).report()), { otherStatuses: 1 });
});
