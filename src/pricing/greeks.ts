import {
  evaluateLegs,
  leg,
  LEG_ASSET,
  LEG_ASSET_PART,
  LEG_CASH,
  LEG_CASH_PART,
  LEG_DENSITY,
  LEG_DEVIATION,
  LEG_LOG_RATIO,
  LEG_PRICE,
} from './legs.ts';
import { evaluateLogRatio } from './log-ratio.ts';
import type { OptionType } from './option-type.ts';

/*
 * Price and first derivatives, and gamma, in raw units: per 1.00 of volatility and rate, per year
 * of time. toWireUnits changes them to what screens and frames show.
 *
 * All functions write NaN to every output unless underlying and strike are positive, time is
 * positive, volatility is not negative and everything is finite. At zero volatility they write the
 * limits; exactly at the money gamma is Infinity there.
 */

/** Indices of the results. */
export const GREEKS_PRICE = 0;
/** dV/d(underlying): discounted forward delta (Black-76), spot delta (Black-Scholes-Merton). */
export const GREEKS_DELTA = 1;
/** d2V/d(underlying)2. */
export const GREEKS_GAMMA = 2;
/** -dV/dT, per year, the underlying (forward or spot) held. */
export const GREEKS_THETA = 3;
/** dV/d(volatility), per 1.00. */
export const GREEKS_VEGA = 4;
/** dV/d(rate), per 1.00, the forward (or spot and dividend yield) held. */
export const GREEKS_RHO = 5;
/** Length of the results above. */
export const GREEKS_OUTPUTS = 6;

const DAYS_PER_YEAR = 365;

/**
 * Changes results in place to the units of the wire: theta per calendar day, vega and rho per
 * percentage point. Price, delta and gamma stay.
 */
export function toWireUnits(greeks: Float64Array): void {
  greeks[GREEKS_THETA] = greeks[GREEKS_THETA]! / DAYS_PER_YEAR;
  greeks[GREEKS_VEGA] = greeks[GREEKS_VEGA]! / 100;
  greeks[GREEKS_RHO] = greeks[GREEKS_RHO]! / 100;
}

/**
 * Black-76 price, delta, gamma, theta, vega and rho in one evaluation, written to `out` (at least
 * GREEKS_OUTPUTS long). `rate` continuously compounded per year, `volatility` per square-root year.
 * Allocates nothing.
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
  // Arguments travel in the caller's array for the reason given in mills.ts.
  out[0] = forward;
  out[1] = strike;
  out[2] = timeYears;
  out[3] = rate;
  out[4] = volatility;
  black76GreeksInPlace(out, type);
}

/** `black76Greeks` with its other arguments, in their order, in `out[0]` to `out[4]`. */
export function black76GreeksInPlace(out: Float64Array, type: OptionType): void {
  const forward = out[0]!;
  const strike = out[1]!;
  const timeYears = out[2]!;
  const rate = out[3]!;
  const volatility = out[4]!;
  const sizes = forward + strike + timeYears + volatility + Math.abs(rate);
  if (!(forward > 0 && strike > 0 && timeYears > 0 && volatility >= 0 && sizes < Infinity)) {
    out.fill(Number.NaN, 0, GREEKS_OUTPUTS);
    return;
  }
  const rootTime = Math.sqrt(timeYears);
  const deviation = volatility * rootTime;
  leg[LEG_ASSET] = forward;
  leg[LEG_CASH] = strike;
  evaluateLogRatio(leg, LEG_ASSET, LEG_CASH, LEG_LOG_RATIO);
  leg[LEG_DEVIATION] = deviation;
  evaluateLegs(type);
  const discount = Math.exp(-rate * timeYears);
  const price = discount * leg[LEG_PRICE]!;
  const density = discount * leg[LEG_DENSITY]!;
  out[GREEKS_PRICE] = price;
  out[GREEKS_DELTA] = type * discount * (leg[LEG_ASSET_PART]! / forward);
  out[GREEKS_GAMMA] = density > 0 ? density / forward / (forward * deviation) : 0;
  out[GREEKS_THETA] = rate * price - (0.5 * density * volatility) / rootTime;
  out[GREEKS_VEGA] = density * rootTime;
  out[GREEKS_RHO] = -timeYears * price;
}

/**
 * Black-Scholes-Merton price, delta, gamma, theta, vega and rho, as black76Greeks.
 * `dividendYield` continuously compounded per year.
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
  blackScholesMertonGreeksInPlace(out, type);
}

/**
 * `blackScholesMertonGreeks` with spot, strike, time, rate, volatility and dividend yield in
 * `out[0]` to `out[5]`.
 */
export function blackScholesMertonGreeksInPlace(out: Float64Array, type: OptionType): void {
  const spot = out[0]!;
  const strike = out[1]!;
  const timeYears = out[2]!;
  const rate = out[3]!;
  const volatility = out[4]!;
  const dividendYield = out[5]!;
  const sizes = spot + strike + timeYears + volatility + Math.abs(rate) + Math.abs(dividendYield);
  if (!(spot > 0 && strike > 0 && timeYears > 0 && volatility >= 0 && sizes < Infinity)) {
    out.fill(Number.NaN, 0, GREEKS_OUTPUTS);
    return;
  }
  const rootTime = Math.sqrt(timeYears);
  const deviation = volatility * rootTime;
  leg[LEG_ASSET] = spot;
  leg[LEG_CASH] = strike;
  evaluateLogRatio(leg, LEG_ASSET, LEG_CASH, LEG_LOG_RATIO);
  leg[LEG_LOG_RATIO] = leg[LEG_LOG_RATIO]! + (rate - dividendYield) * timeYears;
  const yieldFactor = Math.exp(-dividendYield * timeYears);
  leg[LEG_ASSET] = spot * yieldFactor;
  leg[LEG_CASH] = strike * Math.exp(-rate * timeYears);
  leg[LEG_DEVIATION] = deviation;
  evaluateLegs(type);
  const asset = leg[LEG_ASSET_PART]!;
  const cash = leg[LEG_CASH_PART]!;
  const density = leg[LEG_DENSITY]!;
  out[GREEKS_PRICE] = leg[LEG_PRICE]!;
  // In this order far in the money, where the quotient is 1, no rounding but the factor's is left.
  out[GREEKS_DELTA] = asset > 0 ? type * yieldFactor * (asset / leg[LEG_ASSET]) : 0;
  out[GREEKS_GAMMA] = density > 0 ? density / spot / (spot * deviation) : 0;
  out[GREEKS_THETA] =
    type * (dividendYield * asset - rate * cash) - (0.5 * density * volatility) / rootTime;
  out[GREEKS_VEGA] = density * rootTime;
  out[GREEKS_RHO] = type * timeYears * cash;
}
