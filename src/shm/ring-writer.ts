import type { TickViews } from './block.ts';
import { armGreeks, finishGreeks, takeGreeks } from './greeks-section.ts';
import {
  GREEKS_OFFSET_BYTES,
  TICK_FLAGS_U32,
  TICK_GREEKS_STATE_I32,
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_MERGED_U32,
  TICK_SEQUENCE_HIGH_U32,
  TICK_SEQUENCE_LOW_U32,
} from './layout/tick-slot.ts';
import type { Ring } from './ring.ts';

/** Words of the Greeks section before its state word. */
const GREEKS_WORDS = (TICK_GREEKS_STATE_I32 * 4 - GREEKS_OFFSET_BYTES) >> 2;

/**
 * The ring's one writer. A batch is: `begin(n)`, at most n times `open` and `commit`, `end`.
 * Readers see nothing of a batch before `end`.
 */
export class RingWriter {
  readonly ticks: TickViews;
  /** Sections left alone because a worker was still writing for an older quote. */
  sectionsInUse = 0;
  readonly #ring: Ring;
  #position: number;
  #needsGreeks = false;
  #needsNone = false;

  /** Continues after the newest published position. */
  constructor(ring: Ring) {
    this.#ring = ring;
    this.ticks = ring.ticks;
    this.#position = ring.newest();
  }

  /** Position of the newest committed tick. */
  get position(): number {
    return this.#position;
  }

  /** Starts a batch of at most `count` ticks; `count` must be well below the ring's size. */
  begin(count: number): void {
    this.#ring.declareIntent(this.#position + count);
    this.#needsGreeks = false;
    this.#needsNone = false;
  }

  /** Byte offset in `ticks` of the slot to write the next quote into. */
  open(): number {
    return this.#ring.slotBytes(this.#position + 1);
  }

  /**
   * Completes the open slot: position, flags, counts, ownership of the Greeks section.
   * With `blankGreeks` (22 words and the state word's place) the tick carries no Greeks and the
   * section is filled from it; without, a worker will fill it.
   */
  commit(flags: number, instrumentSequence: number, blankGreeks: Uint32Array | undefined): number {
    const position = this.#position + 1;
    const { u32, i32 } = this.ticks;
    const base = this.#ring.slotBytes(position) >> 2;
    u32[base + TICK_SEQUENCE_LOW_U32] = position;
    u32[base + TICK_SEQUENCE_HIGH_U32] = position / 0x1_0000_0000;
    u32[base + TICK_FLAGS_U32] = flags;
    u32[base + TICK_INSTRUMENT_SEQUENCE_U32] = instrumentSequence;
    u32[base + TICK_MERGED_U32] = 0;
    const state = base + TICK_GREEKS_STATE_I32;
    if (blankGreeks === undefined) {
      this.#needsGreeks = true;
      if (!armGreeks(i32, state, position)) this.sectionsInUse++;
    } else {
      this.#needsNone = true;
      if (takeGreeks(i32, state, position)) {
        const section = base + (GREEKS_OFFSET_BYTES >> 2);
        for (let i = 0; i < GREEKS_WORDS; i++) u32[section + i] = blankGreeks[i]!;
        u32[section] = u32[base + TICK_SEQUENCE_LOW_U32]!;
        u32[section + 1] = u32[base + TICK_SEQUENCE_HIGH_U32]!;
        finishGreeks(i32, state, position);
      } else {
        this.sectionsInUse++;
      }
    }
    this.#position = position;
    return position;
  }

  /** Makes the batch visible and wakes who has something to do. */
  end(): void {
    this.#ring.publish(this.#position);
    if (this.#needsGreeks) this.#ring.greeksWake.wake();
    // With Greeks to wait for, the worker wakes publish; waking it now would only make it wait again.
    if (this.#needsNone || this.#ring.workers === 0) this.#ring.publishWake.wake();
  }
}
