import type { Clock, TimerHandle } from '../../../src/domain/clock.ts';

interface Timer {
  dueMs: number;
  callback: () => void;
}

/** A clock that stands still until the test advances it. */
export class ManualClock implements Clock {
  #nowMs = 1_000_000;
  readonly #timers = new Set<Timer>();

  nowUs(): number {
    return 1_790_000_000_000_000 + this.#nowMs * 1000;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Delays of the pending timers, ms, soonest first. */
  get pendingMs(): number[] {
    return [...this.#timers].map((timer) => timer.dueMs - this.#nowMs).sort((a, b) => a - b);
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer), unref: () => undefined };
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    let timer = this.setTimeout(tick.bind(this), periodMs);
    function tick(this: ManualClock): void {
      timer = this.setTimeout(tick.bind(this), periodMs);
      callback();
    }
    return { cancel: () => timer.cancel(), unref: () => undefined };
  }

  /** Lets `ms` pass and runs what falls due, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers]
        .filter((timer) => timer.dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }
}
