import { GREEKS_STATUS_NAMES } from '../domain/status.ts';
import {
  ALL_GREEKS_OUTPUTS,
  black76AllGreeks,
  blackScholesMertonAllGreeks,
  GREEKS_CHARM,
  GREEKS_VANNA,
  GREEKS_VOLGA,
} from './all-greeks.ts';
import {
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_PRICE,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from './greeks.ts';
import { solveBlack76, solveBlackScholesMerton } from './implied-volatility.ts';
import { CALL, PUT } from './option-type.ts';

/* One option at a time, for people: objects in, objects out, an outcome instead of NaN. */

export interface OptionTerms {
  /** `black76`: underlying is the forward. `bsm` (Black-Scholes-Merton): underlying is the spot. */
  readonly model: 'black76' | 'bsm';
  readonly type: 'call' | 'put';
  readonly underlying: number;
  readonly strike: number;
  /** Years to expiry, ACT/365. */
  readonly timeYears: number;
  /** Continuously compounded per year. */
  readonly rate: number;
  /** Continuously compounded per year; left out: 0. Black-76 does not use it. */
  readonly dividendYield?: number;
}

/**
 * Raw units: per 1.00 of volatility and rate, per year. Screens show theta/365, vega/100, rho/100.
 */
export interface OptionGreeks {
  readonly price: number;
  readonly delta: number;
  readonly gamma: number;
  readonly theta: number;
  readonly vega: number;
  readonly rho: number;
  readonly vanna: number;
  readonly volga: number;
  readonly charm: number;
}

/** The fields of OptionGreeks in the order in which tables of options give them. */
export const GREEKS_FIELDS = [
  'price',
  'delta',
  'gamma',
  'vega',
  'theta',
  'rho',
  'vanna',
  'volga',
  'charm',
] as const satisfies readonly (keyof OptionGreeks)[];

/** Why there is no volatility, as GREEKS_STATUS names it. */
export type Unsolvable = 'INVALID' | 'EXPIRED' | 'BELOW_INTRINSIC' | 'ABOVE_MAXIMUM';

export type GreeksOutcome =
  ({ readonly status: 'OK' } & OptionGreeks) | { readonly status: 'INVALID' | 'EXPIRED' };

export type VolatilityOutcome =
  { readonly status: 'OK'; readonly volatility: number } | { readonly status: Unsolvable };

/** Price and Greeks at a `volatility` per square-root year (0.2 = 20 %). */
export function optionGreeks(terms: OptionTerms, volatility: number): GreeksOutcome {
  const { underlying, strike, timeYears, rate, dividendYield = 0 } = terms;
  const inputs = [underlying, strike, timeYears, rate, dividendYield, volatility];
  const positive = underlying > 0 && strike > 0 && volatility >= 0;
  if (!positive || !inputs.every(Number.isFinite)) return { status: 'INVALID' };
  if (timeYears <= 0) return { status: 'EXPIRED' };
  const type = terms.type === 'call' ? CALL : PUT;
  const out = new Float64Array(ALL_GREEKS_OUTPUTS);
  if (terms.model === 'black76') {
    black76AllGreeks(out, type, underlying, strike, timeYears, rate, volatility);
  } else {
    const dividend = dividendYield;
    blackScholesMertonAllGreeks(
      out,
      type,
      underlying,
      strike,
      timeYears,
      rate,
      dividend,
      volatility,
    );
  }
  return {
    status: 'OK',
    price: out[GREEKS_PRICE]!,
    delta: out[GREEKS_DELTA]!,
    gamma: out[GREEKS_GAMMA]!,
    theta: out[GREEKS_THETA]!,
    vega: out[GREEKS_VEGA]!,
    rho: out[GREEKS_RHO]!,
    vanna: out[GREEKS_VANNA]!,
    volga: out[GREEKS_VOLGA]!,
    charm: out[GREEKS_CHARM]!,
  };
}

/** Volatility per square-root year at which the model gives the discounted `price`. */
export function impliedVolatility(terms: OptionTerms, price: number): VolatilityOutcome {
  const { underlying, strike, timeYears, rate, dividendYield = 0 } = terms;
  if (![rate, dividendYield].every(Number.isFinite)) return { status: 'INVALID' };
  const type = terms.type === 'call' ? CALL : PUT;
  const solved =
    terms.model === 'black76'
      ? solveBlack76(type, price, underlying, strike, timeYears, Math.exp(-rate * timeYears))
      : solveBlackScholesMerton(type, price, underlying, strike, timeYears, rate, dividendYield);
  if (solved > 0) return { status: 'OK', volatility: solved };
  return { status: GREEKS_STATUS_NAMES[-solved] as Unsolvable };
}
