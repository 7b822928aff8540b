/** Contents of a tick that follow from its position, so that any mixture of two ticks shows. */
import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { blankSection } from '../../src/shm/blank-greeks.ts';
import type { TickViews } from '../../src/shm/block.ts';
import type { RingWriter } from '../../src/shm/ring-writer.ts';
import {
  TICK_DEPTH_U32,
  TICK_FLAGS_U32,
  TICK_GREEKS_SEQUENCE_HIGH_U32,
  TICK_GREEKS_SEQUENCE_LOW_U32,
  TICK_GREEKS_STATE_I32,
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_MERGED_U32,
  TICK_SEQUENCE_HIGH_U32,
  TICK_SEQUENCE_LOW_U32,
  TICK_SLOT_BYTES,
} from '../../src/shm/layout/tick-slot.ts';

const SLOT_WORDS = TICK_SLOT_BYTES >> 2;
/** First word of the Greeks that is not their position. */
const GREEKS_VALUES = TICK_GREEKS_SEQUENCE_HIGH_U32 + 1;
const HALF_OF_GREEKS = (GREEKS_VALUES + TICK_GREEKS_STATE_I32) >> 1;

const COMMITTED = new Set([
  TICK_SEQUENCE_LOW_U32,
  TICK_SEQUENCE_HIGH_U32,
  TICK_FLAGS_U32,
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_MERGED_U32,
]);
/** Words of the quote and the depth that the parser, not the ring writer, fills. */
const PARSED_WORDS = Array.from({ length: SLOT_WORDS }, (_, word) => word).filter((word) => {
  return !COMMITTED.has(word) && (word < TICK_GREEKS_SEQUENCE_LOW_U32 || word >= TICK_DEPTH_U32);
});

/** The Greeks of ticks that have none. */
export const BLANK = blankSection(GREEKS_STATUS.NOT_AN_OPTION);

/** Whether the tick at `position` is written without Greeks, where some are. */
export function isBlankPosition(position: number): boolean {
  return position % 4 === 0;
}

function highWord(position: number): number {
  return Math.floor(position / 0x1_0000_0000);
}

/** Word `word` of the tick at `position`: differs from other words' and other positions'. */
export function patternWord(position: number, word: number): number {
  const seed = Math.imul(position | 0, 0x9e37_79b1) ^ Math.imul(highWord(position), 0x85eb_ca6b);
  return (seed + Math.imul(word + 1, 0x0100_0193)) >>> 0;
}

/** Fills quote and depth of the slot at `slotBytes`, all that the ring writer leaves. */
export function fillParsed(ticks: TickViews, slotBytes: number, position: number): void {
  const base = slotBytes >> 2;
  for (const word of PARSED_WORDS) ticks.u32[base + word] = patternWord(position, word);
}

/** Opens, fills and commits one tick. */
export function writeTick(writer: RingWriter, blank: Uint32Array | undefined): number {
  const position = writer.position + 1;
  fillParsed(writer.ticks, writer.open(), position);
  const flags = patternWord(position, TICK_FLAGS_U32);
  return writer.commit(flags, patternWord(position, TICK_INSTRUMENT_SEQUENCE_U32), blank);
}

/** Fills a whole tick in private memory as `writeTick` does in the ring, Greeks included. */
export function fillTick(ticks: TickViews, slotBytes: number, position: number): void {
  const base = slotBytes >> 2;
  fillParsed(ticks, slotBytes, position);
  ticks.u32[base + TICK_SEQUENCE_LOW_U32] = position;
  ticks.u32[base + TICK_SEQUENCE_HIGH_U32] = highWord(position);
  ticks.u32[base + TICK_FLAGS_U32] = patternWord(position, TICK_FLAGS_U32);
  ticks.u32[base + TICK_INSTRUMENT_SEQUENCE_U32] = patternWord(
    position,
    TICK_INSTRUMENT_SEQUENCE_U32,
  );
  ticks.u32[base + TICK_MERGED_U32] = 0;
  fillGreeks(ticks, slotBytes, position);
}

/** Position that the tick at `slotBytes` says it has. */
export function tickPosition(ticks: TickViews, slotBytes: number): number {
  const base = slotBytes >> 2;
  const high = ticks.u32[base + TICK_SEQUENCE_HIGH_U32]!;
  return high * 0x1_0000_0000 + ticks.u32[base + TICK_SEQUENCE_LOW_U32]!;
}

/** Whether quote and depth are wholly those of `position`. */
export function isQuoteIntact(ticks: TickViews, slotBytes: number, position: number): boolean {
  const base = slotBytes >> 2;
  const { u32 } = ticks;
  for (const word of PARSED_WORDS) {
    if (u32[base + word] !== patternWord(position, word)) return false;
  }
  return (
    tickPosition(ticks, slotBytes) === position &&
    u32[base + TICK_FLAGS_U32] === patternWord(position, TICK_FLAGS_U32) &&
    u32[base + TICK_INSTRUMENT_SEQUENCE_U32] ===
      patternWord(position, TICK_INSTRUMENT_SEQUENCE_U32) &&
    u32[base + TICK_MERGED_U32] === 0
  );
}

/** Fills the Greeks of `position`, all but the state word; `halfway` is called in the middle. */
export function fillGreeks(
  ticks: TickViews,
  slotBytes: number,
  position: number,
  halfway?: () => void,
): void {
  const base = slotBytes >> 2;
  ticks.u32[base + TICK_GREEKS_SEQUENCE_LOW_U32] = position;
  ticks.u32[base + TICK_GREEKS_SEQUENCE_HIGH_U32] = highWord(position);
  for (let word = GREEKS_VALUES; word < TICK_GREEKS_STATE_I32; word++) {
    if (word === HALF_OF_GREEKS) halfway?.();
    ticks.u32[base + word] = patternWord(position, word);
  }
}

/** Position that the Greeks of the tick at `slotBytes` say they belong to. */
export function greeksPosition(ticks: TickViews, slotBytes: number): number {
  const base = slotBytes >> 2;
  const high = ticks.u32[base + TICK_GREEKS_SEQUENCE_HIGH_U32]!;
  return high * 0x1_0000_0000 + ticks.u32[base + TICK_GREEKS_SEQUENCE_LOW_U32]!;
}

/** Whether the Greeks are wholly those of `position`. */
export function areGreeksIntact(ticks: TickViews, slotBytes: number, position: number): boolean {
  const base = slotBytes >> 2;
  for (let word = GREEKS_VALUES; word < TICK_GREEKS_STATE_I32; word++) {
    if (ticks.u32[base + word] !== patternWord(position, word)) return false;
  }
  return greeksPosition(ticks, slotBytes) === position;
}

/** Whether the section is `BLANK`, for the tick's own position. */
export function isBlank(ticks: TickViews, slotBytes: number, position: number): boolean {
  const base = (slotBytes >> 2) + TICK_GREEKS_SEQUENCE_LOW_U32;
  for (let i = 2; i < TICK_GREEKS_STATE_I32 - TICK_GREEKS_SEQUENCE_LOW_U32; i++) {
    if (ticks.u32[base + i] !== BLANK[i]) return false;
  }
  return greeksPosition(ticks, slotBytes) === position;
}
