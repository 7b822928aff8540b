/*
 * A volatility smile in Gatheral's raw SVI form: total implied variance (volatility squared times
 * years) as a function of log-moneyness k = ln(strike / forward),
 *
 *     w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)).
 */

export interface Smile {
  readonly a: number;
  /** Not negative. */
  readonly b: number;
  /** -1 to 1. */
  readonly rho: number;
  readonly m: number;
  /** Positive. */
  readonly sigma: number;
}

/** Total implied variance at log-moneyness `k`. */
export function smileVariance(smile: Smile, k: number): number {
  const x = k - smile.m;
  return smile.a + smile.b * (smile.rho * x + Math.sqrt(x * x + smile.sigma * smile.sigma));
}

/** Implied volatility per square-root year at log-moneyness `k`. */
export function smileVolatility(smile: Smile, k: number, timeYears: number): number {
  return Math.sqrt(smileVariance(smile, k) / timeYears);
}

/**
 * Durrleman's function g, which has the sign of the risk-neutral density: butterflies with strikes
 * around `k` have a price that is not negative if and only if g(k) >= 0.
 */
export function butterflyDensity(smile: Smile, k: number): number {
  const { b, rho, m, sigma } = smile;
  const x = k - m;
  const root = Math.sqrt(x * x + sigma * sigma);
  const w = smile.a + b * (rho * x + root);
  if (!(w > 0)) return -Infinity;
  const slope = b * (rho + x / root);
  const curvature = (b * sigma * sigma) / (root * root * root);
  const tilt = 1 - (k * slope) / (2 * w);
  return tilt * tilt - 0.25 * slope * slope * (1 / w + 0.25) + 0.5 * curvature;
}

/** Steepest total variance in k that has finite prices (Lee's moment formula). */
export const WING_SLOPE_MAX = 2;
/** Places at which the density is looked at. */
const CHECKS = 48;
/** How far beyond the range, as a share of it, the smile must hold. */
const CHECK_MARGIN = 0.5;
/** Rounding, against a density that is 1 for a flat smile. */
const DENSITY_TOLERANCE = 1e-9;

/**
 * How much butterfly arbitrage there is for `low` <= k <= `high` and half the range beyond: the sum
 * of negative densities over a grid, 0 without arbitrage.
 */
export function butterflyArbitrage(smile: Smile, low: number, high: number): number {
  const margin = CHECK_MARGIN * (high - low);
  const step = (high - low + 2 * margin) / (CHECKS - 1);
  let sum = 0;
  for (let i = 0; i < CHECKS; i++) {
    const density = butterflyDensity(smile, low - margin + i * step);
    if (density < -DENSITY_TOLERANCE) sum -= density;
  }
  return sum;
}

/** True if the wings are no steeper than Lee's bound. */
export function hasFiniteWings(smile: Smile): boolean {
  return smile.b * (1 + Math.abs(smile.rho)) <= WING_SLOPE_MAX * (1 + 1e-12);
}

/**
 * Calendar arbitrage between two expiries of one underlying, for `low` <= k <= `high`: the largest
 * amount by which the total variance of the near one exceeds that of the far one, 0 without
 * arbitrage.
 */
export function calendarArbitrage(near: Smile, far: Smile, low: number, high: number): number {
  let worst = 0;
  for (let i = 0; i < CHECKS; i++) {
    const k = low + ((high - low) * i) / (CHECKS - 1);
    worst = Math.max(worst, smileVariance(near, k) - smileVariance(far, k));
  }
  return worst;
}
