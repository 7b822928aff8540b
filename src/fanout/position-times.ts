import type { Clock } from '../domain/clock.ts';

/** How many moments are remembered; noted ten times a second they go back about a minute. */
const MOMENTS = 600;

/** When ring positions were passed on, to about a tenth of a second. */
export class PositionTimes {
  readonly #clock: Clock;
  readonly #positions = new Float64Array(MOMENTS);
  readonly #timesMs = new Float64Array(MOMENTS);
  #noted = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Positions up to `position` have been passed on by now. */
  note(position: number): void {
    const at = this.#noted++ % MOMENTS;
    this.#positions[at] = position;
    this.#timesMs[at] = this.#clock.monotonicMs();
  }

  /** Positions a second over the moments remembered; 0: none yet. */
  perSecond(): number {
    if (this.#noted < 2) return 0;
    const oldest = Math.max(0, this.#noted - MOMENTS) % MOMENTS;
    const newest = (this.#noted - 1) % MOMENTS;
    const positions = this.#positions[newest]! - this.#positions[oldest]!;
    const ms = this.#timesMs[newest]! - this.#timesMs[oldest]!;
    return ms > 0 ? (1000 * positions) / ms : 0;
  }

  /** How long ago `position` was passed on, ms; of more than a minute, at least a minute. */
  ageMs(position: number): number {
    const nowMs = this.#clock.monotonicMs();
    const oldest = Math.max(0, this.#noted - MOMENTS);
    let low = oldest;
    let high = this.#noted;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#positions[middle % MOMENTS]! >= position) high = middle;
      else low = middle + 1;
    }
    return low === this.#noted ? 0 : nowMs - this.#timesMs[low % MOMENTS]!;
  }
}
