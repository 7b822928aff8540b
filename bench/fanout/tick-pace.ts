/**
 * What a late round makes up for; ticks missed beyond it are counted and left out. A server that is
 * late because it is overloaded would only get the later for more.
 */
const CATCH_UP_MAX_MS = 200;
const MS_PER_S = 1000;

/** How many ticks are due, at a steady rate. */
export class TickPace {
  /** Ticks left out. */
  skipped = 0;
  readonly #rate: number;
  readonly #endMs: number;
  #lastMs: number;
  #credit = 0;

  /** `rate` in ticks/s, from `startMs` for `durationMs`. */
  constructor(rate: number, startMs: number, durationMs: number) {
    this.#rate = rate;
    this.#lastMs = startMs;
    this.#endMs = startMs + durationMs;
  }

  get isOver(): boolean {
    return this.#lastMs >= this.#endMs;
  }

  /** Ticks due since the last call. */
  due(nowMs: number): number {
    const untilMs = Math.min(nowMs, this.#endMs);
    const elapsedMs = Math.max(0, untilMs - this.#lastMs);
    this.#lastMs = Math.max(this.#lastMs, untilMs);
    const usedMs = Math.min(elapsedMs, CATCH_UP_MAX_MS);
    this.skipped += Math.round(((elapsedMs - usedMs) * this.#rate) / MS_PER_S);
    this.#credit += (usedMs * this.#rate) / MS_PER_S;
    const due = Math.floor(this.#credit);
    this.#credit -= due;
    return due;
  }
}
