/** Time as the service sees it. Passed in everywhere, so that tests own it. */
export interface Clock {
  /** Microseconds since the Unix epoch, with sub-millisecond resolution where the platform has it. */
  nowUs(): number;
  /** Milliseconds that only ever rise; for intervals, ages and deadlines. */
  monotonicMs(): number;
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  setInterval(callback: () => void, periodMs: number): TimerHandle;
}

export interface TimerHandle {
  cancel(): void;
  /** Lets the process end while the timer is pending. */
  unref(): void;
}

type NodeTimer = ReturnType<typeof setTimeout> & { unref?: () => void };

/* The one place that reads the machine's clock. */
class SystemClock implements Clock {
  readonly #speed: number;
  readonly #originEpochUs: number;
  readonly #originMs: number;

  constructor(speed: number) {
    this.#speed = speed;
    this.#originMs = performance.now();
    this.#originEpochUs = (performance.timeOrigin + this.#originMs) * 1000;
  }

  nowUs(): number {
    return this.#originEpochUs + (performance.now() - this.#originMs) * 1000 * this.#speed;
  }

  monotonicMs(): number {
    return (performance.now() - this.#originMs) * this.#speed;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const timer: NodeTimer = setTimeout(callback, delayMs / this.#speed);
    return { cancel: () => clearTimeout(timer), unref: () => timer.unref?.() };
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    const timer: NodeTimer = setInterval(callback, Math.max(1, periodMs / this.#speed));
    return { cancel: () => clearInterval(timer), unref: () => timer.unref?.() };
  }
}

/**
 * The machine's clock, run `speed` times as fast (TICKER_CLOCK_SPEED).
 * `performance` is used instead of `Date` because it has sub-millisecond resolution; a step of the
 * wall clock (NTP, an operator) is picked up at the next start.
 */
export function createSystemClock(speed = 1): Clock {
  if (!Number.isFinite(speed) || speed <= 0) throw new RangeError('clock speed must be positive');
  return new SystemClock(speed);
}
