import {
  evaluateLegs,
  leg,
  LEG_ASSET,
  LEG_ASSET_PART,
  LEG_CASH,
  LEG_CASH_PART,
  LEG_D1,
  LEG_D2,
  LEG_DENSITY,
  LEG_DEVIATION,
  LEG_LOG_RATIO,
  LEG_PRICE,
} from './legs.ts';
import { logRatio } from './log-ratio.ts';
import type { OptionType } from './option-type.ts';

/*
 * Price and partial derivatives in raw units: per 1.00 of volatility and rate, per year of time.
 * Screens and the wire show theta / 365, vega / 100, rho / 100, charm / 365.
 */

/** Indices of the results. */
export const GREEKS_PRICE = 0;
/** dV/d(underlying): forward delta of Black-76 (discounted), spot delta of Black-Scholes-Merton. */
export const GREEKS_DELTA = 1;
/** d2V/d(underlying)2. */
export const GREEKS_GAMMA = 2;
/** -dV/dT, per year, the underlying (forward or spot) held. */
export const GREEKS_THETA = 3;
/** dV/d(volatility), per 1.00. */
export const GREEKS_VEGA = 4;
/** dV/d(rate), per 1.00, forward (or spot and dividend yield) held. */
export const GREEKS_RHO = 5;
/** Length of the result of black76Greeks and blackScholesMertonGreeks. */
export const GREEKS_OUTPUTS = 6;
/** d2V/d(underlying)d(volatility). */
export const GREEKS_VANNA = 6;
/** d2V/d(volatility)2. */
export const GREEKS_VOLGA = 7;
/** -d2V/d(underlying)dT, per year. */
export const GREEKS_CHARM = 8;
/** Length of the result of the functions that add vanna, volga and charm. */
export const ALL_GREEKS_OUTPUTS = 9;

/**
 * Black-76 price, delta, gamma, theta, vega and rho in one evaluation, written to `out` (at least
 * GREEKS_OUTPUTS long). `rate` continuously compounded per year, `volatility` per square-root year.
 * All NaN unless forward, strike, time and volatility are positive and everything is finite.
 */
export function black76Greeks(
  out: Float64Array,
  type: OptionType,
  forward: number,
  strike: number,
  timeYears: number,
  rate: number,
  volatility: number,
): void {
  // Through the caller's array, because a double passed to a function that is not inlined is boxed.
  out[0] = forward;
  out[1] = strike;
  out[2] = timeYears;
  out[3] = rate;
  out[4] = volatility;
  black76(out, type);
}

function black76(out: Float64Array, type: OptionType): void {
  const forward = out[0]!;
  const strike = out[1]!;
  const timeYears = out[2]!;
  const rate = out[3]!;
  const volatility = out[4]!;
  const rootTime = Math.sqrt(timeYears);
  const deviation = volatility * rootTime;
  if (!(forward > 0 && strike > 0 && volatility > 0 && deviation > 0 && deviation < Infinity)) {
    out.fill(Number.NaN, 0, GREEKS_OUTPUTS);
    return;
  }
  leg[LEG_ASSET] = forward;
  leg[LEG_CASH] = strike;
  leg[LEG_LOG_RATIO] = logRatio(forward, strike);
  leg[LEG_DEVIATION] = deviation;
  evaluateLegs(type);
  const discount = Math.exp(-rate * timeYears);
  const price = discount * leg[LEG_PRICE]!;
  const density = discount * leg[LEG_DENSITY]!;
  out[GREEKS_PRICE] = price;
  out[GREEKS_DELTA] = type * discount * (leg[LEG_ASSET_PART]! / forward);
  out[GREEKS_GAMMA] = density / (forward * forward * deviation);
  out[GREEKS_THETA] = rate * price - (0.5 * density * volatility) / rootTime;
  out[GREEKS_VEGA] = density * rootTime;
  out[GREEKS_RHO] = -timeYears * price;
}

/** black76Greeks with vanna, volga and charm; `out` at least ALL_GREEKS_OUTPUTS long. */
export function black76AllGreeks(
  out: Float64Array,
  type: OptionType,
  forward: number,
  strike: number,
  timeYears: number,
  rate: number,
  volatility: number,
): void {
  leg.fill(Number.NaN);
  black76Greeks(out, type, forward, strike, timeYears, rate, volatility);
  const d2 = leg[LEG_D2]!;
  const vega = out[GREEKS_VEGA]!;
  const unitDensity = vega / (forward * Math.sqrt(timeYears));
  out[GREEKS_VANNA] = (-unitDensity * d2) / volatility;
  out[GREEKS_VOLGA] = (vega * leg[LEG_D1]! * d2) / volatility;
  out[GREEKS_CHARM] = rate * out[GREEKS_DELTA]! + (unitDensity * d2) / (2 * timeYears);
}

/**
 * Black-Scholes-Merton price, delta, gamma, theta, vega and rho in one evaluation, as
 * black76Greeks. `dividendYield` continuously compounded per year.
 */
export function blackScholesMertonGreeks(
  out: Float64Array,
  type: OptionType,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  dividendYield: number,
  volatility: number,
): void {
  out[0] = spot;
  out[1] = strike;
  out[2] = timeYears;
  out[3] = rate;
  out[4] = volatility;
  out[5] = dividendYield;
  blackScholesMerton(out, type);
}

function blackScholesMerton(out: Float64Array, type: OptionType): void {
  const spot = out[0]!;
  const strike = out[1]!;
  const timeYears = out[2]!;
  const rate = out[3]!;
  const volatility = out[4]!;
  const dividendYield = out[5]!;
  const rootTime = Math.sqrt(timeYears);
  const deviation = volatility * rootTime;
  if (!(spot > 0 && strike > 0 && volatility > 0 && deviation > 0 && deviation < Infinity)) {
    out.fill(Number.NaN, 0, GREEKS_OUTPUTS);
    return;
  }
  leg[LEG_ASSET] = spot * Math.exp(-dividendYield * timeYears);
  leg[LEG_CASH] = strike * Math.exp(-rate * timeYears);
  leg[LEG_LOG_RATIO] = logRatio(spot, strike) + (rate - dividendYield) * timeYears;
  leg[LEG_DEVIATION] = deviation;
  evaluateLegs(type);
  const asset = leg[LEG_ASSET_PART]!;
  const cash = leg[LEG_CASH_PART]!;
  const density = leg[LEG_DENSITY]!;
  out[GREEKS_PRICE] = leg[LEG_PRICE]!;
  out[GREEKS_DELTA] = (type * asset) / spot;
  out[GREEKS_GAMMA] = density / (spot * spot * deviation);
  out[GREEKS_THETA] =
    type * (dividendYield * asset - rate * cash) - (0.5 * density * volatility) / rootTime;
  out[GREEKS_VEGA] = density * rootTime;
  out[GREEKS_RHO] = type * timeYears * cash;
}

/** blackScholesMertonGreeks with vanna, volga and charm; `out` at least ALL_GREEKS_OUTPUTS long. */
export function blackScholesMertonAllGreeks(
  out: Float64Array,
  type: OptionType,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  dividendYield: number,
  volatility: number,
): void {
  leg.fill(Number.NaN);
  blackScholesMertonGreeks(out, type, spot, strike, timeYears, rate, dividendYield, volatility);
  const d2 = leg[LEG_D2]!;
  const vega = out[GREEKS_VEGA]!;
  const deviation = leg[LEG_DEVIATION]!;
  const unitDensity = leg[LEG_DENSITY]! / spot;
  const drift = 2 * (rate - dividendYield) * timeYears - d2 * deviation;
  out[GREEKS_VANNA] = (-unitDensity * d2) / volatility;
  out[GREEKS_VOLGA] = (vega * leg[LEG_D1]! * d2) / volatility;
  out[GREEKS_CHARM] =
    dividendYield * out[GREEKS_DELTA]! - (unitDensity * drift) / (2 * timeYears * deviation);
}
