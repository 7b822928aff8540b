import { logRatio } from './log-ratio.ts';
import type { OptionType } from './option-type.ts';
import { unitBlack } from './unit-black.ts';

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
  const unit = unitBlack(Math.abs(logRatio(forward, strike)), deviation);
  const intrinsic = Math.max(type * (forward - strike), 0);
  return discount * (intrinsic + Math.min(forward, strike) * unit);
}
