import { exchangeCalendar } from '../../domain/calendar.ts';
import { Random } from './random.ts';

/** Continuously compounded rate at which the simulated market discounts option premiums. */
export const SIM_RATE = 0.065;

const YEAR_MS = 31_536_000_000;
/** Correlation and curvature of the smile; CURVATURE * (1 + |SKEW|) <= 2 excludes arbitrage. */
const SKEW = -0.35;
const CURVATURE = 1.2;
/** Speed per year at which short-dated volatility returns to its long-run level. */
const REVERSION = 4;
/** A basis fades over the last week before expiry. */
const BASIS_FADE_YEARS = 7 / 365;

/**
 * One expiry of one underlying: forward, discount factor and smile.
 *
 * The smile is the SSVI surface of Gatheral and Jacquier with
 * phi(theta) = CURVATURE / sqrt(theta (1 + theta)), theta the at-the-money total variance, rising
 * with the expiry: free of butterfly and calendar arbitrage for every strike.
 */
export class ExpirySlice {
  readonly date: string;
  readonly expiryMs: number;
  /** Cost of carry per year; differs from expiry to expiry. */
  readonly carry: number;
  readonly #basisLoading: number;
  timeYears = 0;
  /** In the unit of the spot it was updated with. */
  forward = 0;
  discount = 1;
  #logForward = 0;
  #theta = 0;
  #phi = 0;

  constructor(seed: number, underlying: string, date: string) {
    const random = new Random(seed, `slice/${underlying}/${date}`);
    this.date = date;
    this.expiryMs = exchangeCalendar.expiryInstant(date).epochMs;
    this.carry = 0.055 + 0.015 * random.normal();
    this.#basisLoading = 0.6 + 0.8 * random.uniform();
  }

  /**
   * `basis` is the fraction by which forwards stand above their carry value, `shortVariance` and
   * `longVariance` are per year.
   */
  update(
    nowMs: number,
    spot: number,
    basis: number,
    shortVariance: number,
    longVariance: number,
  ): void {
    const time = Math.max(0, (this.expiryMs - nowMs) / YEAR_MS);
    const fade = Math.min(1, Math.sqrt(time / BASIS_FADE_YEARS));
    this.timeYears = time;
    this.discount = Math.exp(-SIM_RATE * time);
    this.forward = spot * Math.exp(this.carry * time + basis * this.#basisLoading * fade);
    this.#logForward = Math.log(this.forward);
    const excess = (shortVariance - longVariance) * (-Math.expm1(-REVERSION * time) / REVERSION);
    this.#theta = longVariance * time + excess;
    this.#phi = CURVATURE / Math.sqrt(this.#theta * (1 + this.#theta));
  }

  /** Implied volatility per square-root year of a strike, given its natural logarithm. */
  volatility(logStrike: number): number {
    if (this.timeYears === 0) return 0;
    const moneyness = this.#phi * (logStrike - this.#logForward);
    const root = Math.sqrt((moneyness + SKEW) * (moneyness + SKEW) + 1 - SKEW * SKEW);
    const variance = 0.5 * this.#theta * (1 + SKEW * moneyness + root);
    return Math.sqrt(variance / this.timeYears);
  }
}
