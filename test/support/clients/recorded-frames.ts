import { createPrivateTicks } from '../../../src/shm/block.ts';
import { decodeFrame } from '../../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import type { TickObject } from '../../../src/wire/messages.ts';
import type { FrameKind } from '../../../src/wire/tick-layout.ts';
import { UNDEFINED_I32, UNDEFINED_U32, UNDEFINED_U8 } from '../../../src/domain/status.ts';
import { writeCompact, writeLtp } from '../wire/narrow.ts';
import {
  type RawLevel,
  type RawTick,
  UNDEFINED_GREEKS,
  UNDEFINED_LEVELS,
  writeTick,
} from '../wire/sample-tick.ts';

const TICK_BYTES = 320;
const POSITION_MAX = 2 ** 53 - 1;
const SENT_US = 1_790_000_000_123_456.5;

const UNDEFINED_QUOTE = {
  exchangeTimestamp: UNDEFINED_U32,
  lastTradeTime: UNDEFINED_U32,
  lastPrice: UNDEFINED_U32,
  lastQuantity: UNDEFINED_U32,
  averagePrice: UNDEFINED_U32,
  volume: UNDEFINED_U32,
  totalBuyQuantity: UNDEFINED_U32,
  totalSellQuantity: UNDEFINED_U32,
  open: UNDEFINED_U32,
  high: UNDEFINED_U32,
  low: UNDEFINED_U32,
  close: UNDEFINED_U32,
  change: UNDEFINED_I32,
  oi: UNDEFINED_U32,
  oiDayHigh: UNDEFINED_U32,
  oiDayLow: UNDEFINED_U32,
} as const satisfies RawTick;

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_unused, index) => from + index);
}

/** Depth of which one level is undefined. */
function withoutLevel(undefinedLevel: number): RawTick {
  const levels = range(0, 9).map((level): RawLevel => {
    if (level === undefinedLevel) return [UNDEFINED_U32, UNDEFINED_U32, 0xffff];
    return [12_000 + level, 65 * level, level];
  });
  return { levels };
}

/** Ticks that between them have every undefined value, code, bit and extreme. */
export const VARIANTS: readonly RawTick[] = [
  {},
  { sequenceLow: 0xffff_ffff, sequenceHigh: 0x1f_ffff, instrumentSequence: 0xffff_ffff },
  { sequenceLow: 0, sequenceHigh: 1, merged: 3_000_000_000, greeksSequenceHigh: 0x1f_ffff },
  { ...UNDEFINED_QUOTE, ...UNDEFINED_GREEKS, status: 7, levels: UNDEFINED_LEVELS, mode: 1 },
  // One at a time, so that none can stand in for another.
  ...Object.entries(UNDEFINED_QUOTE).map(([name, value]) => ({ [name]: value })),
  ...Object.entries(UNDEFINED_GREEKS).map(([name, value]) => ({ [name]: value })),
  ...range(0, 9).map(withoutLevel),
  ...range(0, 31).map((bit) => ({ flags: 2 ** bit })),
  { flags: 0xffff_ffff },
  // Codes of today and of later versions; UNDEFINED_U8 is none.
  ...[...range(0, 16), 200, UNDEFINED_U8].map((status) => ({ status })),
  ...[...range(0, 6), UNDEFINED_U8].map((forwardSource) => ({ forwardSource })),
  ...[...range(0, 4), UNDEFINED_U8].map((model) => ({ model })),
  ...[...range(0, 8), UNDEFINED_U8].map((quality) => ({ quality })),
  ...range(1, 10).map((segment) => ({ segment })),
  ...range(1, 3).map((mode) => ({ mode })),
  { exchangeTimestamp: 0, lastTradeTime: 0, close: 0 },
  { exchangeTimestamp: 0xffff_fffe, volume: 0xffff_fffe, change: 2 ** 31 - 1 },
  { priceDivisor: 10_000_000, lastPrice: 843_275_000, segment: 3 },
  { priceDivisor: 10_000, segment: 6 },
  { priceDivisor: 0 },
  { receiveTime: 0.1 + 0.2, theta: -0, vega: 5e-324, forward: 1.7e308, timeToExpiry: 1e-45 },
];

export interface RecordedFrame {
  name: string;
  bytes: Uint8Array;
}

/** Frames of every kind with all variants, and an empty one. */
export function recordedFrames(): RecordedFrame[] {
  const source = createPrivateTicks(VARIANTS.length, TICK_BYTES);
  for (const [index, variant] of VARIANTS.entries()) {
    writeTick(source, index * TICK_BYTES, { instrumentToken: 1000 + index, ...variant });
  }
  const kinds: FrameKind[] = ['tick', 'quote', 'compact', 'ltp'];
  const full = kinds.map((kind) => {
    const frame = new TickFrameBuffer(kind, VARIANTS.length, 0x9abc_def0, 0x0000_0678);
    for (let index = 0; index < VARIANTS.length; index++) {
      const [from, to] = [index * TICK_BYTES, index * frame.structBytes];
      if (kind === 'compact') writeCompact(source, from, frame, to);
      else if (kind === 'ltp') writeLtp(source, from, frame, to);
      else frame.u8.set(source.u8.subarray(from, from + frame.structBytes), to);
    }
    return { name: kind, bytes: frame.finish(VARIANTS.length, SENT_US, POSITION_MAX) };
  });
  const empty = new TickFrameBuffer('tick', 1, 0xffff_ffff, 0xffff_ffff).finish(0, 0, 0);
  return [...full, { name: 'empty', bytes: empty }];
}

export interface DecodedFrame {
  type: 'ticks';
  epoch: string;
  sent_time: number;
  through: number;
  ticks: TickObject[];
}

/** What our own decoder reads. */
export function decodedFrame(bytes: Uint8Array): DecodedFrame {
  const frame = decodeFrame(bytes);
  return {
    type: 'ticks',
    epoch: frame.epoch,
    sent_time: frame.sentTimeUs,
    through: frame.through,
    ticks: Array.from({ length: frame.count }, (_unused, index) => frame.object(index)),
  };
}
