import type { RequestBudget } from '../domain/access.ts';
import type { Clock } from '../domain/clock.ts';

const SECOND_MS = 1000;
/** Callers whose last request is older than this have their whole budget again. */
const FORGET_AFTER_MS = SECOND_MS;

/**
 * How many requests each caller may still make: a bucket that holds one second's worth and refills
 * evenly. Kept as the one instant at which the bucket would be full.
 */
export class RequestRate {
  readonly #clock: Clock;
  readonly #fullAtMs = new Map<string, number>();
  #sweptMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(caller: string, requestsPerSecond: number): RequestBudget {
    const nowMs = this.#clock.monotonicMs();
    this.#sweep(nowMs);
    const costMs = SECOND_MS / requestsPerSecond;
    const usedMs = Math.max(0, (this.#fullAtMs.get(caller) ?? 0) - nowMs);
    const limit = requestsPerSecond;
    if (usedMs + costMs > SECOND_MS + costMs / 2) {
      return { allowed: false, limit, remaining: 0, resetMs: usedMs + costMs - SECOND_MS };
    }
    this.#fullAtMs.set(caller, nowMs + usedMs + costMs);
    const remaining = Math.max(0, Math.round((SECOND_MS - usedMs - costMs) / costMs));
    return { allowed: true, limit, remaining, resetMs: usedMs + costMs };
  }

  /** Callers that are remembered. */
  get size(): number {
    return this.#fullAtMs.size;
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < FORGET_AFTER_MS) return;
    this.#sweptMs = nowMs;
    for (const [caller, fullAtMs] of this.#fullAtMs) {
      if (fullAtMs <= nowMs) this.#fullAtMs.delete(caller);
    }
  }
}
