import type { Clock } from '../../../domain/clock.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerSettings {
  /** So many in a row open it. */
  failures: number;
  openMs: number;
}

/** Half-open and its probe is under way: when to ask again. */
const PROBE_MS = 1_000;

/**
 * Stops calls to a broker that fails again and again, and lets one through after a while to see
 * whether it has recovered. Made for the purpose because its time comes from the clock that is
 * passed in and because some calls (cancellations) must pass at any time and then count as probes.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #settings: BreakerSettings;
  #failures = 0;
  /** Null: closed. */
  #openedMs: number | null = null;
  #isProbing = false;

  constructor(clock: Clock, settings: BreakerSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  get state(): BreakerState {
    if (this.#openedMs === null) return 'closed';
    const ageMs = this.#clock.monotonicMs() - this.#openedMs;
    return ageMs < this.#settings.openMs ? 'open' : 'half-open';
  }

  /** Ms until a call may be tried; 0: now. */
  waitMs(): number {
    if (this.#openedMs === null) return 0;
    const leftMs = this.#openedMs + this.#settings.openMs - this.#clock.monotonicMs();
    if (leftMs > 0) return leftMs;
    return this.#isProbing ? PROBE_MS : 0;
  }

  /** A call leaves; it ends with exactly one of the three below. */
  begin(): void {
    if (this.#openedMs !== null) this.#isProbing = true;
  }

  succeed(): void {
    this.#failures = 0;
    this.#openedMs = null;
    this.#isProbing = false;
  }

  fail(): void {
    this.#isProbing = false;
    this.#failures++;
    if (this.#failures >= this.#settings.failures) this.#openedMs = this.#clock.monotonicMs();
  }

  /** It says nothing of the broker's health. */
  pass(): void {
    this.#isProbing = false;
  }
}
