import { FORWARD_SOURCE, PRICING_MODEL, UNDEFINED_F32, UNDEFINED_F64 } from '../domain/status.ts';
import { createPrivateTicks, type TickViews } from './block.ts';
import {
  GREEKS_OFFSET_BYTES,
  TICK_FORWARD_F64,
  TICK_FORWARD_SOURCE_U8,
  TICK_GREEKS_SEQUENCE_HIGH_U32,
  TICK_GREEKS_SEQUENCE_LOW_U32,
  TICK_GREEKS_STATE_I32,
  TICK_GREEKS_STATUS_U8,
  TICK_IV_BID_F32,
  TICK_IV_OWN_F32,
  TICK_MODEL_U8,
  TICK_QUALITY_U8,
  TICK_RHO_F64,
  TICK_SEQUENCE_HIGH_U32,
  TICK_SEQUENCE_LOW_U32,
  TICK_SLOT_BYTES,
  TICK_TIME_TO_EXPIRY_F32,
} from './layout/tick-slot.ts';

const FIRST_U32 = GREEKS_OFFSET_BYTES >> 2;
/** Words of the Greeks section before its state word. */
const WORDS = TICK_GREEKS_STATE_I32 - FIRST_U32;

/**
 * Overwrites the Greeks section of the tick at `slotBytes` with "nothing, for this reason"
 * (`status`, a GREEKS_STATUS): all but the position it belongs to and the state word.
 */
export function blankGreeks(
  target: Pick<TickViews, 'u8' | 'f32' | 'f64'>,
  slotBytes: number,
  status: number,
): void {
  const { u8, f32, f64 } = target;
  const words = slotBytes >> 2;
  const doubles = slotBytes >> 3;
  u8[slotBytes + TICK_GREEKS_STATUS_U8] = status;
  u8[slotBytes + TICK_FORWARD_SOURCE_U8] = FORWARD_SOURCE.NONE;
  u8[slotBytes + TICK_MODEL_U8] = PRICING_MODEL.NONE;
  u8[slotBytes + TICK_QUALITY_U8] = 0;
  f32[words + TICK_TIME_TO_EXPIRY_F32] = UNDEFINED_F32;
  for (let i = TICK_FORWARD_F64; i <= TICK_RHO_F64; i++) f64[doubles + i] = UNDEFINED_F64;
  for (let i = TICK_IV_BID_F32; i <= TICK_IV_OWN_F32; i++) f32[words + i] = UNDEFINED_F32;
}

/** The words of a blank section, all but its state word: made once, written often. */
export function blankSection(status: number): Uint32Array {
  const tick = createPrivateTicks(1, TICK_SLOT_BYTES);
  blankGreeks(tick, 0, status);
  return tick.u32.slice(FIRST_U32, FIRST_U32 + WORDS);
}

/** Writes a blank section into the tick that starts at word `slotWord`, for that tick's quote. */
export function writeBlankGreeks(u32: Uint32Array, slotWord: number, blank: Uint32Array): void {
  const first = slotWord + FIRST_U32;
  for (let i = 0; i < WORDS; i++) u32[first + i] = blank[i]!;
  u32[slotWord + TICK_GREEKS_SEQUENCE_LOW_U32] = u32[slotWord + TICK_SEQUENCE_LOW_U32]!;
  u32[slotWord + TICK_GREEKS_SEQUENCE_HIGH_U32] = u32[slotWord + TICK_SEQUENCE_HIGH_U32]!;
}
