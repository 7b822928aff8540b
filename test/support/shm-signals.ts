/** Words by which a test and its threads tell each other where they are. */

/** The writer stops after the batch it is in. */
export const STOP_SIGNAL = 0;
/** The writer has published its last tick. */
export const WRITER_DONE_SIGNAL = 1;
/** A thread blocked on it goes on when it is 1. */
export const RELEASE_SIGNAL = 2;
/** Never written: to sleep on. */
const NEVER_SIGNAL = 3;
/** Numbers that threads count up. */
export const FIRST_COUNT_SIGNAL = 4;
const SIGNALS = 16;

export type Signals = Int32Array<SharedArrayBuffer>;

export function createSignals(): Signals {
  return new Int32Array(new SharedArrayBuffer(SIGNALS * 4));
}

export function raise(signals: Signals, signal: number): void {
  Atomics.store(signals, signal, 1);
  Atomics.notify(signals, signal);
}

export function isRaised(signals: Signals, signal: number): boolean {
  return Atomics.load(signals, signal) !== 0;
}

/** Blocks this thread until the signal is raised. */
export function blockUntil(signals: Signals, signal: number): void {
  Atomics.wait(signals, signal, 0);
}

/** Gives up the core for about `durationMs`. */
export function pause(signals: Signals, durationMs: number): void {
  Atomics.wait(signals, NEVER_SIGNAL, 0, durationMs);
}
