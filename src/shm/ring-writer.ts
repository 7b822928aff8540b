import { writeBlankGreeks } from './blank-greeks.ts';
import type { TickViews } from './block.ts';
import { armGreeks, finishGreeks, takeGreeks } from './greeks-section.ts';
import {
  TICK_FLAGS_U32,
  TICK_GREEKS_STATE_I32,
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_INSTRUMENT_TOKEN_U32,
  TICK_MERGED_U32,
  TICK_SEQUENCE_HIGH_U32,
  TICK_SEQUENCE_LOW_U32,
} from './layout/tick-slot.ts';
import type { Ring } from './ring.ts';

/** What stands in a slot that was published without a tick; no instrument has it. */
export const VOID_TOKEN = 0;

/**
 * Control, after the writer has exited and before its successor starts: publishes the positions
 * that it may have touched, without a tick, so that no other tick gets them and who reads the ring
 * in order finds that something is missing there. Returns how many.
 */
export function publishVoid(ring: Ring): number {
  const newest = ring.newest();
  const to = ring.intent(newest);
  for (let position = newest + 1; position <= to; position++) {
    ring.ticks.u32[(ring.slotBytes(position) >> 2) + TICK_INSTRUMENT_TOKEN_U32] = VOID_TOKEN;
  }
  if (to > newest) ring.publish(to);
  ring.publishWake.wake();
  return to - newest;
}

/** Position of the newest committed tick. */
const POSITION = 0;
/** Slots of positions up to here may have been touched, by this writer or by one before it. */
const INTENT = 1;

/**
 * The ring's one writer. A batch is: `begin(n)`, about n times `open` and `commit`, `end`.
 * Readers see nothing of a batch before `end`.
 */
export class RingWriter {
  readonly ticks: TickViews;
  /** Sections left alone because a worker was still writing for an older quote. */
  sectionsInUse = 0;
  readonly #ring: Ring;
  /** In a typed array: from 2^31 on a field would hold an object, and each tick make a new one. */
  readonly #cursors = new Float64Array(2);
  #needsGreeks = false;
  #needsNone = false;

  /** Continues after the newest published position. */
  constructor(ring: Ring) {
    this.#ring = ring;
    this.ticks = ring.ticks;
    const position = ring.newest();
    this.#cursors[POSITION] = position;
    this.#cursors[INTENT] = ring.intent(position);
  }

  /** Position of the newest committed tick. */
  get position(): number {
    return this.#cursors[POSITION]!;
  }

  /**
   * Starts a batch of about `count` ticks: declares in one store which slots it overwrites. As many
   * old positions are lost to readers, so `count` must be well below the ring's size.
   */
  begin(count: number): void {
    this.#declare(this.#cursors[POSITION]! + count);
    this.#needsGreeks = false;
    this.#needsNone = false;
  }

  /** Byte offset in `ticks` of the slot to write the next quote into. */
  open(): number {
    const position = this.#cursors[POSITION]! + 1;
    this.#declare(position);
    return this.#ring.slotBytes(position);
  }

  /** Never back: a slot that was opened and not committed, or a dead writer's, holds no tick. */
  #declare(position: number): void {
    if (position <= this.#cursors[INTENT]!) return;
    this.#cursors[INTENT] = position;
    this.#ring.declareIntent(position);
  }

  /**
   * Completes the open slot (must follow `open`): position, flags, counts, ownership of the Greeks
   * section. With `blank` (made by `blankSection`) the tick carries no Greeks and the section is
   * filled from it; without, a worker will fill it.
   */
  commit(flags: number, instrumentSequence: number, blank: Uint32Array | undefined): number {
    const position = this.#cursors[POSITION]! + 1;
    const { u32, i32 } = this.ticks;
    const base = this.#ring.slotBytes(position) >> 2;
    u32[base + TICK_SEQUENCE_LOW_U32] = position;
    u32[base + TICK_SEQUENCE_HIGH_U32] = position / 0x1_0000_0000;
    u32[base + TICK_FLAGS_U32] = flags;
    u32[base + TICK_INSTRUMENT_SEQUENCE_U32] = instrumentSequence;
    u32[base + TICK_MERGED_U32] = 0;
    const state = base + TICK_GREEKS_STATE_I32;
    if (blank === undefined) {
      this.#needsGreeks = true;
      if (!armGreeks(i32, state, position)) this.sectionsInUse++;
    } else {
      this.#needsNone = true;
      if (takeGreeks(i32, state, position)) {
        writeBlankGreeks(u32, base, blank);
        finishGreeks(i32, state, position);
      } else {
        this.sectionsInUse++;
      }
    }
    this.#cursors[POSITION] = position;
    return position;
  }

  /** Makes the batch visible and wakes who has something to do. */
  end(): void {
    this.#ring.publish(this.#cursors[POSITION]!);
    if (this.#needsGreeks) this.#ring.greeksWake.wake();
    // With Greeks to wait for, the worker wakes publish; woken now it would only wait again.
    if (this.#needsNone || this.#ring.workers === 0) this.#ring.publishWake.wake();
  }
}
