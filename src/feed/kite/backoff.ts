const FIRST_CEILING_MS = 1_000;
const LAST_CEILING_MS = 30_000;
/** After so many failures the ceiling is the last one. */
const DOUBLINGS = 5;
const HEALTHY_MS = 30_000;
/** A broker that asks for fewer requests is given at least this. */
const RATE_LIMITED_FLOOR_MS = 5_000;

/**
 * How long to wait before the next connection: anything up to 1, 2, 4, .. 30 s (full jitter, so
 * that sockets that failed together do not come back together). A connection that merely opened
 * proves nothing: the ceiling starts again only after 30 s of data.
 */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;
  #healthySinceMs = Infinity;

  /** `random` gives numbers from 0 to below 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Data came at `nowMs` (monotonic). */
  dataCame(nowMs: number): void {
    if (this.#failures === 0) return;
    if (this.#healthySinceMs === Infinity) this.#healthySinceMs = nowMs;
    else if (nowMs - this.#healthySinceMs >= HEALTHY_MS) this.reset();
  }

  /** A connection failed or ended; milliseconds until the next one. */
  nextDelayMs(): number {
    return this.#random() * this.#nextCeilingMs();
  }

  /** As `nextDelayMs`, after an answer that asks for fewer requests: one to two ceilings. */
  nextDelayWhenRateLimitedMs(): number {
    const ceilingMs = Math.max(RATE_LIMITED_FLOOR_MS, this.#nextCeilingMs());
    return (1 + this.#random()) * ceilingMs;
  }

  /** Forgets the failures: what caused them is gone. */
  reset(): void {
    this.#failures = 0;
    this.#healthySinceMs = Infinity;
  }

  #nextCeilingMs(): number {
    this.#healthySinceMs = Infinity;
    const ceilingMs = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, DOUBLINGS);
    return ceilingMs;
  }
}
