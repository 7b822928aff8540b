import type { Clock } from '../domain/clock.ts';

/** A client that starts or resumes may send what it has at once. */
const BURST_SECONDS = 4;

/** Token bucket of one connection's messages. */
export class MessageRate {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #left: number;
  #filledMs: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#left = perSecond * BURST_SECONDS;
    this.#filledMs = clock.monotonicMs();
  }

  /** False: one message too many. */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    const filled = ((nowMs - this.#filledMs) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond * BURST_SECONDS, this.#left + filled);
    this.#filledMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
