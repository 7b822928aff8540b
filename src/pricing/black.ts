import {
  evaluateLegs,
  leg,
  LEG_ASSET,
  LEG_CASH,
  LEG_DEVIATION,
  LEG_LOG_RATIO,
  LEG_PRICE,
} from './legs.ts';
import { evaluateLogRatio } from './log-ratio.ts';
import type { OptionType } from './option-type.ts';

/*
 * Prices. At no time or no volatility they are the discounted intrinsic value; NaN when an input is
 * not finite, an underlying, strike or discount is not positive, or time or volatility is negative.
 */

/**
 * Black-76 price of a European option. `timeYears` in years, `volatility` per square-root year
 * (0.2 = 20 %), `discount` the factor e^(-rate * timeYears).
 */
export function blackPrice(
  type: OptionType,
  forward: number,
  strike: number,
  timeYears: number,
  discount: number,
  volatility: number,
): number {
  const sizes = forward + strike + timeYears + discount + volatility;
  const valid = forward > 0 && strike > 0 && discount > 0 && timeYears >= 0 && volatility >= 0;
  if (!(valid && sizes < Infinity)) return Number.NaN;
  leg[LEG_ASSET] = forward;
  leg[LEG_CASH] = strike;
  leg[LEG_DEVIATION] = volatility * Math.sqrt(timeYears);
  evaluateLogRatio(leg, LEG_ASSET, LEG_CASH, LEG_LOG_RATIO);
  evaluateLegs(type);
  return discount * leg[LEG_PRICE]!;
}

/**
 * Black-Scholes-Merton price of a European option. `rate` and `dividendYield` continuously
 * compounded per year, otherwise as blackPrice.
 */
export function blackScholesMertonPrice(
  type: OptionType,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  dividendYield: number,
  volatility: number,
): number {
  const sizes = spot + strike + timeYears + Math.abs(rate) + Math.abs(dividendYield) + volatility;
  const valid = spot > 0 && strike > 0 && timeYears >= 0 && volatility >= 0;
  if (!(valid && sizes < Infinity)) return Number.NaN;
  leg[LEG_ASSET] = spot;
  leg[LEG_CASH] = strike;
  leg[LEG_DEVIATION] = volatility * Math.sqrt(timeYears);
  evaluateLogRatio(leg, LEG_ASSET, LEG_CASH, LEG_LOG_RATIO);
  leg[LEG_LOG_RATIO] = leg[LEG_LOG_RATIO]! + (rate - dividendYield) * timeYears;
  leg[LEG_ASSET] = spot * Math.exp(-dividendYield * timeYears);
  leg[LEG_CASH] = strike * Math.exp(-rate * timeYears);
  evaluateLegs(type);
  return leg[LEG_PRICE]!;
}
