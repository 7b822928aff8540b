import type { Clock, TimerHandle } from '../../src/domain/clock.ts';

/** A clock that moves when told to and calls its intervals at every move: one step, one round. */
export class StepClock implements Clock {
  readonly #startUs: number;
  readonly #intervals = new Set<() => void>();
  #elapsedMs = 0;

  /** `startUs`: epoch us. */
  constructor(startUs: number) {
    this.#startUs = startUs;
  }

  nowUs(): number {
    return this.#startUs + this.#elapsedMs * 1000;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  setTimeout(): TimerHandle {
    throw new Error('a step clock has no time-outs');
  }

  setInterval(callback: () => void): TimerHandle {
    this.#intervals.add(callback);
    return { cancel: () => this.#intervals.delete(callback), unref: () => undefined };
  }

  step(durationMs: number): void {
    this.#elapsedMs += durationMs;
    for (const callback of [...this.#intervals]) callback();
  }
}
