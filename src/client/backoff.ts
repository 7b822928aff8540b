export interface BackoffOptions {
  /** Largest delay before the first retry, ms. */
  firstDelayMs: number;
  /** Largest delay ever, ms. */
  maxDelayMs: number;
  /** 0 <= value < 1 */
  random: () => number;
}

/** Delays of repeated attempts: uniform between 0 and a bound that doubles (full jitter). */
export class Backoff {
  readonly #options: BackoffOptions;
  #boundMs: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#boundMs = options.firstDelayMs;
  }

  /** Delay before the next attempt, ms. */
  next(): number {
    const delayMs = this.#options.random() * this.#boundMs;
    this.#boundMs = Math.min(this.#boundMs * 2, this.#options.maxDelayMs);
    return delayMs;
  }

  /** The last attempt succeeded for good. */
  reset(): void {
    this.#boundMs = this.#options.firstDelayMs;
  }

  /** Called off for now: the next delay comes from the largest bound. */
  saturate(): void {
    this.#boundMs = this.#options.maxDelayMs;
  }
}
