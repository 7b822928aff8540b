/** Time as the service sees it. Passed in everywhere, so that tests own it. */
export interface Clock {
  /**
   * Microseconds since the Unix epoch, with sub-millisecond resolution where the platform has it.
   */
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

/** How a clock runs. Threads and processes with equal settings see the same time. */
export interface ClockSettings {
  /** Times as fast as the machine's clock. */
  speed: number;
  /** Epoch ms at which machine time and this clock agree. */
  originEpochMs: number;
}

/** Resolves with true after `delayMs`, with false as soon as `signal` aborts. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (isOver: boolean): void => {
      timer.cancel();
      forget?.();
      resolve(isOver);
    };
    const timer = clock.setTimeout(() => end(true), delayMs);
    const forget = signal && onceAborted(signal, () => end(false));
  });
}

interface Pauses {
  readonly ends: Set<() => void>;
  readonly onAbort: () => void;
}

/* One listener for all pauses on a signal: many wait at once, and Node warns above ten. */
const pausesBySignal = new WeakMap<AbortSignal, Pauses>();

/** Returns what takes `end` back. */
function onceAborted(signal: AbortSignal, end: () => void): () => void {
  const pauses = pausesBySignal.get(signal) ?? listen(signal);
  pauses.ends.add(end);
  return () => {
    pauses.ends.delete(end);
    if (pauses.ends.size > 0) return;
    signal.removeEventListener('abort', pauses.onAbort);
    pausesBySignal.delete(signal);
  };
}

function listen(signal: AbortSignal): Pauses {
  const ends = new Set<() => void>();
  const pauses = {
    ends,
    onAbort: () => {
      for (const end of [...ends]) end();
    },
  };
  pausesBySignal.set(signal, pauses);
  signal.addEventListener('abort', pauses.onAbort);
  return pauses;
}

export const REAL_TIME: ClockSettings = { speed: 1, originEpochMs: 0 };

/** Milliseconds between two comparisons of the machine's two clocks. */
const STEP_CHECK_MS = 1000;
/** A difference above this is a step of the wall clock, not the jitter of reading two clocks. */
const STEP_MIN_MS = 50;

/* The one place that reads the machine's clock. */
class SystemClock implements Clock {
  readonly #settings: ClockSettings;
  #offsetMs = performance.timeOrigin;
  #checkedMs = performance.now();

  constructor(settings: ClockSettings) {
    this.#settings = settings;
  }

  nowUs(): number {
    const { speed, originEpochMs } = this.#settings;
    const machineMs = this.#machineMs();
    return (originEpochMs + (machineMs - originEpochMs) * speed) * 1000;
  }

  /**
   * The finer clock, corrected when the wall clock was stepped (NTP, an operator, a suspended VM).
   */
  #machineMs(): number {
    const sinceStartMs = performance.now();
    if (sinceStartMs - this.#checkedMs >= STEP_CHECK_MS) {
      this.#checkedMs = sinceStartMs;
      const offsetMs = Date.now() - sinceStartMs;
      if (Math.abs(offsetMs - this.#offsetMs) > STEP_MIN_MS) this.#offsetMs = offsetMs;
    }
    return this.#offsetMs + sinceStartMs;
  }

  monotonicMs(): number {
    return performance.now() * this.#settings.speed;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return timerHandle(setTimeout(callback, delayMs / this.#settings.speed), clearTimeout);
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    const machineMs = Math.max(1, periodMs / this.#settings.speed);
    return timerHandle(setInterval(callback, machineMs), clearInterval);
  }
}

/* Browsers return numbers, Node returns objects. */
function timerHandle<Timer>(timer: Timer, clear: (timer: Timer) => void): TimerHandle {
  return {
    cancel: () => clear(timer),
    unref: () => (timer as { unref?: () => void }).unref?.(),
  };
}

/**
 * The machine's clock, as `settings` say (TICKER_CLOCK_SPEED). Throws RangeError for a bad speed.
 */
export function createSystemClock(settings: ClockSettings = REAL_TIME): Clock {
  if (!Number.isFinite(settings.speed) || settings.speed <= 0) {
    throw new RangeError('clock speed must be positive');
  }
  return new SystemClock(settings);
}
