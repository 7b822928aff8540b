import type { TickViews } from './block.ts';
import { TICK_SLOT_BYTES } from './layout/tick-slot.ts';
import type { Ring } from './ring.ts';

/**
 * Copies runs of published slots into private memory. What the writer may have overwritten during
 * the copy is reported as lost, never returned: there is no torn slot.
 */
export class RingReader {
  /** Positions that were overwritten before they could be read. */
  lost = 0;
  readonly #ring: Ring;
  readonly #target: TickViews;
  readonly #capacity: number;
  #position: number;

  /** Starts after `position`. `target` holds `capacity` slots. */
  constructor(ring: Ring, position: number, target: TickViews, capacity: number) {
    this.#ring = ring;
    this.#position = position;
    this.#target = target;
    this.#capacity = capacity;
  }

  /** Position of the newest slot read. */
  get position(): number {
    return this.#position;
  }

  /** Positions from the reader's to the newest published one. */
  get lag(): number {
    return this.#ring.published(this.#position) - this.#position;
  }

  /**
   * Copies the slots after `position`, at most up to `limit` (a published position) and the
   * target's capacity, to the start of the target. Returns how many are valid; they are the newest
   * of the run and lie at the start of the target in order. `position` is then the last one copied.
   * Of Greeks it knows nothing: look at `isGreeksDone` before the call, during it is too late.
   */
  read(limit: number): number {
    // What is gone already is not worth a copy, and a run must not be longer than the ring.
    this.skipTo(Math.min(this.#ring.firstIntact(limit) - 1, limit));
    const from = this.#position + 1;
    const wanted = Math.min(limit - this.#position, this.#capacity);
    if (wanted <= 0) return 0;
    const to = from + wanted - 1;
    this.#copy(from, wanted);
    const intact = this.#ring.firstIntact(to);
    this.#position = to;
    if (intact <= from) return wanted;
    const lost = Math.min(intact - from, wanted);
    this.lost += lost;
    this.#target.u8.copyWithin(0, lost * TICK_SLOT_BYTES, wanted * TICK_SLOT_BYTES);
    return wanted - lost;
  }

  /** Passes over everything up to `position` and counts it as lost. */
  skipTo(position: number): void {
    if (position <= this.#position) return;
    this.lost += position - this.#position;
    this.#position = position;
  }

  #copy(from: number, count: number): void {
    const source = this.#ring.ticks.u8;
    const first = this.#ring.slotBytes(from);
    const untilEnd = Math.min(count * TICK_SLOT_BYTES, source.length - first);
    this.#target.u8.set(source.subarray(first, first + untilEnd), 0);
    const rest = count * TICK_SLOT_BYTES - untilEnd;
    if (rest > 0) this.#target.u8.set(source.subarray(0, rest), untilEnd);
  }
}
