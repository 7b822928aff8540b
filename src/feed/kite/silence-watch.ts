import type { Clock, TimerHandle } from '../../domain/clock.ts';

/** Time for one turn of the event loop, in which what waits in the kernel is read. */
const SECOND_LOOK_MS = 1;

/** Says when a connection has been silent for too long. */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #lastFrameMs = 0;
  #timer: TimerHandle | undefined;

  constructor(clock: Clock, limitMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
  }

  /** Since the last frame, or since the start if none came yet. */
  get ageMs(): number {
    return this.#clock.monotonicMs() - this.#lastFrameMs;
  }

  start(): void {
    this.frameCame(this.#clock.monotonicMs());
    this.#arm(this.#limitMs);
  }

  /** A frame came at `nowMs` (monotonic). */
  frameCame(nowMs: number): void {
    this.#lastFrameMs = nowMs;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => this.#look(), delayMs);
  }

  #look(): void {
    const remainingMs = this.#limitMs - this.ageMs;
    if (remainingMs > 0) {
      this.#arm(remainingMs);
      return;
    }
    // If this thread was the one that stood still, the frames are there but not read yet.
    const lastFrameMs = this.#lastFrameMs;
    this.#timer = this.#clock.setTimeout(() => {
      if (this.#lastFrameMs === lastFrameMs) this.#onSilence();
      else this.#look();
    }, SECOND_LOOK_MS);
  }
}
