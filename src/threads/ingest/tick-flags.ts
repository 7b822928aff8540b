import { SEGMENT } from '../../domain/price-scale.ts';
import { TICK_FLAG, UNDEFINED_U32 } from '../../domain/status.ts';
import type { TickViews } from '../../shm/block.ts';
import {
  DEPTH_LEVELS,
  TICK_DEPTH_U32,
  TICK_EXCHANGE_TIMESTAMP_U32,
  TICK_LAST_PRICE_U32,
  TICK_SEGMENT_U8,
  TICK_VOLUME_U32,
} from '../../shm/layout/tick-slot.ts';

/**
 * Validation flags of the tick at `slotBytes`, compared with the instrument's previous one at
 * `previousBytes` in `previous` (all zeros if there is none). Flagged ticks are delivered: what
 * the broker sent is the client's to judge.
 */
export function validationFlags(
  ticks: TickViews,
  slotBytes: number,
  previous: TickViews,
  previousBytes: number,
): number {
  const { u32 } = ticks;
  const at = slotBytes >> 2;
  const before = previousBytes >> 2;
  let flags = 0;
  if (u32[at + TICK_LAST_PRICE_U32] === 0) flags |= TICK_FLAG.ZERO_LAST_PRICE;
  const bid = u32[at + TICK_DEPTH_U32]!;
  const ask = u32[at + TICK_DEPTH_U32 + DEPTH_LEVELS * 3]!;
  // All ones where the mode has no depth: then bid is not above ask.
  if (bid > ask && ask !== 0) flags |= TICK_FLAG.CROSSED_BOOK;
  if (
    wentBack(
      u32[at + TICK_EXCHANGE_TIMESTAMP_U32]!,
      previous.u32[before + TICK_EXCHANGE_TIMESTAMP_U32]!,
    ) ||
    wentBack(u32[at + TICK_VOLUME_U32]!, previous.u32[before + TICK_VOLUME_U32]!)
  ) {
    flags |= TICK_FLAG.OUT_OF_ORDER;
  }
  const segment = ticks.u8[slotBytes + TICK_SEGMENT_U8]!;
  if (segment < SEGMENT.NSE || segment > SEGMENT.INDICES) flags |= TICK_FLAG.UNKNOWN_SEGMENT;
  return flags;
}

function wentBack(now: number, before: number): boolean {
  return now < before && now !== 0 && before !== UNDEFINED_U32;
}
