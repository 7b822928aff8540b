import { BLANK, type FrameAssembler } from '../../src/fanout/assembler.ts';
import { TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import type { FrameKind } from '../../src/wire/tick-layout.ts';
import type { ComputedTicks } from '../market/computed-ticks.ts';

/** Copied slots from which frames are made. */
export const TICKS = 2048;
export const FRAME_TICKS = 50;
export const SENT_US = 1_790_000_000_000_000;
/** Odd, so that the ticks of a frame lie apart and every slot comes up. */
const STRIDE = 37;

/** Slots of frame `frame`: some of a client's instruments in one batch. */
export function slotsOf(frame: number): number[] {
  return Array.from({ length: FRAME_TICKS }, (_unused, index) => {
    return ((frame * FRAME_TICKS + index) * STRIDE) % TICKS;
  });
}

/** A frame of these slots; its bytes are valid until the next one of its kind. */
export function assemble(
  assembler: FrameAssembler,
  { copies }: ComputedTicks,
  kind: FrameKind,
  slots: readonly number[],
  greeks: boolean,
): Uint8Array {
  for (let place = 0; place < slots.length; place++) {
    const blank = greeks ? BLANK.NOTHING : BLANK.NOT_REQUESTED;
    assembler.put(kind, place, copies, slots[place]! * TICK_SLOT_BYTES, blank);
  }
  return assembler.frame(kind).finish(slots.length, SENT_US, TICKS);
}
