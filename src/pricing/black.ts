import { INV_SQRT_2PI, millsRatio } from './normal.ts';
import type { OptionType } from './option-type.ts';

/*
 * Black's formula. With F the forward, K the strike, s = volatility * sqrt(time), h = |ln(F/K)| / s,
 * u = h - s/2, v = h + s/2, n the normal density and M Mills' ratio, the option that is out of the
 * money is worth, undiscounted,
 *
 *     min(F, K) n(u) (M(u) - M(v)),
 *
 * since F n(d1) = K n(d2) = min(F, K) n(u). Both legs share one exponential, so that nothing
 * underflows before the price does and the wings keep their digits.
 */

/**
 * Out-of-the-money value per unit of the smaller of forward and strike, between 0 and 1.
 * `logMoneyness` is |ln(F/K)|, `deviation` is volatility * sqrt(time).
 */
export function unitBlack(logMoneyness: number, deviation: number): number {
  if (deviation === 0) return 0;
  const h = logMoneyness / deviation;
  const t = 0.5 * deviation;
  const u = h - t;
  const v = h + t;
  const density = INV_SQRT_2PI * Math.exp(-0.5 * u * u);
  if (u >= 0) return density * (millsRatio(u) - millsRatio(v));
  return 1 - density * (millsRatio(-u) + millsRatio(v));
}

/**
 * Black-76 price of a European option, discounted.
 *
 * `timeYears` in years, `volatility` per square-root year (0.2 = 20 %), `discount` the factor
 * e^(-rate * timeYears). At no time or no volatility the discounted intrinsic value. NaN when an
 * input is not finite, a price, strike or discount is not positive, or a time or volatility negative.
 */
export function blackPrice(
  type: OptionType,
  forward: number,
  strike: number,
  timeYears: number,
  discount: number,
  volatility: number,
): number {
  const deviation = volatility * Math.sqrt(timeYears);
  if (!(forward > 0 && strike > 0 && discount > 0 && deviation >= 0 && volatility >= 0)) {
    return Number.NaN;
  }
  if (!Number.isFinite(forward + strike + discount + deviation)) return Number.NaN;
  const logMoneyness = Math.abs(Math.log(forward / strike));
  const unit = unitBlack(logMoneyness, deviation);
  const intrinsic = Math.max(type * (forward - strike), 0);
  return discount * (intrinsic + Math.min(forward, strike) * unit);
}
