import {
  black76Greeks,
  blackScholesMertonGreeks,
  GREEKS_DELTA,
  GREEKS_OUTPUTS,
  GREEKS_VEGA,
} from './greeks.ts';
import { leg, LEG_D1, LEG_D2, LEG_DEVIATION } from './legs.ts';
import type { OptionType } from './option-type.ts';

/* The Greeks of greeks.ts with the second derivatives vanna, volga and charm, in raw units. */

/** Indices after those of greeks.ts. d2V/d(underlying)d(volatility). */
export const GREEKS_VANNA = GREEKS_OUTPUTS;
/** d2V/d(volatility)2. */
export const GREEKS_VOLGA = GREEKS_OUTPUTS + 1;
/** -d2V/d(underlying)dT, per year. */
export const GREEKS_CHARM = GREEKS_OUTPUTS + 2;
/** Length of the results of the functions below. */
export const ALL_GREEKS_OUTPUTS = GREEKS_OUTPUTS + 3;

/** black76Greeks and vanna, volga, charm, written to `out` (at least ALL_GREEKS_OUTPUTS long). */
export function black76AllGreeks(
  out: Float64Array,
  type: OptionType,
  forward: number,
  strike: number,
  timeYears: number,
  rate: number,
  volatility: number,
): void {
  black76Greeks(out, type, forward, strike, timeYears, rate, volatility);
  // Discounted n(d1).
  const density = out[GREEKS_VEGA]! / (forward * Math.sqrt(timeYears));
  vannaAndVolga(out, density, timeYears, volatility);
  const decay = density === 0 ? 0 : (density * leg[LEG_D2]!) / (2 * timeYears);
  out[GREEKS_CHARM] = rate * out[GREEKS_DELTA]! + decay;
}

/** blackScholesMertonGreeks and vanna, volga, charm, as black76AllGreeks. */
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
  blackScholesMertonGreeks(out, type, spot, strike, timeYears, rate, dividendYield, volatility);
  const density = out[GREEKS_VEGA]! / (spot * Math.sqrt(timeYears));
  vannaAndVolga(out, density, timeYears, volatility);
  const carry = rate - dividendYield;
  // Without carry the quotient is 0 also at no volatility.
  const drift = carry === 0 ? 0 : carry / leg[LEG_DEVIATION]!;
  const decay = density === 0 ? 0 : density * (drift - leg[LEG_D2]! / (2 * timeYears));
  out[GREEKS_CHARM] = dividendYield * out[GREEKS_DELTA]! - decay;
}

/* Invalid input has made everything NaN, and makes these NaN as well. */
function vannaAndVolga(
  out: Float64Array,
  density: number,
  timeYears: number,
  volatility: number,
): void {
  if (density === 0) {
    out[GREEKS_VANNA] = 0;
    out[GREEKS_VOLGA] = 0;
    return;
  }
  const d2PerVolatility = volatility > 0 ? leg[LEG_D2]! / volatility : -0.5 * Math.sqrt(timeYears);
  out[GREEKS_VANNA] = -density * d2PerVolatility;
  out[GREEKS_VOLGA] = out[GREEKS_VEGA]! * leg[LEG_D1]! * d2PerVolatility;
}
