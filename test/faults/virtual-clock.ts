import type { Clock, TimerHandle } from '../../src/domain/clock.ts';

interface Timer {
  dueMs: number;
  /** Timers of the same instant run in the order in which they were set. */
  number: number;
  callback: () => void;
  cancelled: boolean;
}

/**
 * Time that passes only while it is run, from timer to timer: hours of it in seconds, and the same
 * order of events every time.
 */
export class VirtualClock implements Clock {
  readonly #startMs: number;
  /** Binary heap, soonest first. */
  readonly #timers: Timer[] = [];
  #nowMs = 0;
  #wallOffsetMs = 0;
  #number = 0;

  /** Starts at an instant such as `2026-09-10T10:00:00+05:30`. */
  constructor(start: string) {
    this.#startMs = Date.parse(start);
  }

  nowUs(): number {
    return Math.round((this.#startMs + this.#wallOffsetMs + this.#nowMs) * 1000);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Steps the wall clock as an operator or NTP does; intervals do not notice. */
  jump(durationMs: number): void {
    this.#wallOffsetMs += durationMs;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const timer = this.#add(callback, this.#nowMs + Math.max(0, delayMs));
    return { cancel: () => void (timer.cancelled = true), unref: () => undefined };
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    const again = (): void => {
      timer = this.#add(again, this.#nowMs + periodMs);
      callback();
    };
    let timer = this.#add(again, this.#nowMs + periodMs);
    return { cancel: () => void (timer.cancelled = true), unref: () => undefined };
  }

  /**
   * Lets time pass up to `untilMs` (monotonic). What promises have to say after a timer is said
   * before the next one runs.
   */
  async run(untilMs: number): Promise<void> {
    for (;;) {
      const next = this.#timers[0];
      if (next === undefined || next.dueMs > untilMs) break;
      this.#removeFirst();
      if (next.cancelled) continue;
      this.#nowMs = next.dueMs;
      next.callback();
      await promisesSettled();
    }
    this.#nowMs = untilMs;
  }

  #add(callback: () => void, dueMs: number): Timer {
    const timer = { dueMs, number: this.#number++, callback, cancelled: false };
    const timers = this.#timers;
    let at = timers.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, timers[parent]!)) break;
      timers[at] = timers[parent]!;
      at = parent;
    }
    timers[at] = timer;
    return timer;
  }

  #removeFirst(): void {
    const timers = this.#timers;
    const last = timers.pop();
    if (last === undefined || timers.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= timers.length) break;
      if (child + 1 < timers.length && isBefore(timers[child + 1]!, timers[child]!)) child++;
      if (!isBefore(timers[child]!, last)) break;
      timers[at] = timers[child]!;
      at = child;
    }
    timers[at] = last;
  }
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.number < right.number);
}

/** Everything that is due in promises has happened: there is no input that could add to it. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
