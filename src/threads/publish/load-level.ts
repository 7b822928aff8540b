/** healthy, warning, critical, overload. */
export const LOAD_LEVELS = ['healthy', 'warning', 'critical', 'overload'] as const;

/**
 * A level is reached when any of its limits is passed; ticks that wait count if they also are more
 * than come in the time of the age limit.
 */
const LIMITS = [
  { ratioBelow: 0.95, ageAboveMs: 10, pendingAbove: 100 },
  { ratioBelow: 0.8, ageAboveMs: 50, pendingAbove: 500 },
  { ratioBelow: 0.5, ageAboveMs: 200, pendingAbove: 2000 },
] as const;
/** Fewer ticks than these say nothing about rates. */
const TICKS_MIN = 100;

/** What has happened since the last look. */
export interface LoadReading {
  /** Ticks that came into the ring, and that were passed on. */
  received: number;
  passedOn: number;
  /** Sum of their ages when they were passed on, ms. */
  ageSumMs: number;
  /** Ticks in the ring that wait to be passed on. */
  pending: number;
  /** Time since the last look, ms. */
  elapsedMs: number;
}

/**
 * How publish copes, 0 to 3. It rises at once and falls one level at a look, so that it does not
 * flutter.
 */
export class LoadLevel {
  #level = 0;

  get level(): number {
    return this.#level;
  }

  look(reading: LoadReading): number {
    const found = levelOf(reading);
    this.#level = found >= this.#level ? found : this.#level - 1;
    return this.#level;
  }
}

function levelOf({ received, passedOn, ageSumMs, pending, elapsedMs }: LoadReading): number {
  const ratio = received < TICKS_MIN ? 1 : passedOn / received;
  const ageMs = passedOn < TICKS_MIN ? 0 : ageSumMs / passedOn;
  const perMs = received / Math.max(1, elapsedMs);
  const reached = LIMITS.findLastIndex(({ ratioBelow, ageAboveMs, pendingAbove }) => {
    const waiting = Math.max(pendingAbove, perMs * ageAboveMs);
    return ratio < ratioBelow || ageMs > ageAboveMs || pending > waiting;
  });
  return reached + 1;
}
