import type { Clock, TimerHandle } from '../../../../src/domain/clock.ts';

interface Timer {
  dueMs: number;
  periodMs: number | null;
  callback: () => void;
}

/** A clock that stands still until it is told to advance. */
export class ManualClock implements Clock {
  readonly #startMs: number;
  readonly #timers = new Set<Timer>();
  #nowMs = 0;

  /** Starts at an instant such as `2026-09-10T10:00:00+05:30`. */
  constructor(start: string) {
    this.#startMs = Date.parse(start);
  }

  nowUs(): number {
    return (this.#startMs + this.#nowMs) * 1000;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return this.#add({ dueMs: this.#nowMs + delayMs, periodMs: null, callback });
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    return this.#add({ dueMs: this.#nowMs + periodMs, periodMs, callback });
  }

  /** Runs the timers that fall due within the next `durationMs`, each at its own time. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      const next = [...this.#timers]
        .filter((timer) => timer.dueMs <= endMs)
        .sort((left, right) => left.dueMs - right.dueMs)[0];
      if (next === undefined) break;
      this.#nowMs = next.dueMs;
      if (next.periodMs === null) this.#timers.delete(next);
      else next.dueMs += next.periodMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }

  /** Moves on without running timers in between: what is due runs late, once. */
  stall(durationMs: number): void {
    this.#nowMs += durationMs;
    for (const timer of this.#timers) {
      if (timer.dueMs > this.#nowMs) continue;
      if (timer.periodMs === null) this.#timers.delete(timer);
      else timer.dueMs = this.#nowMs + timer.periodMs;
      timer.callback();
    }
  }

  #add(timer: Timer): TimerHandle {
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer), unref: () => undefined };
  }
}
