import { GREEKS_STATUS, type GreeksStatus, PRICING_MODEL } from '../domain/status.ts';
import {
  ALL_GREEKS_OUTPUTS,
  black76AllGreeks,
  blackScholesMertonAllGreeks,
  GREEKS_CHARM,
  GREEKS_VANNA,
  GREEKS_VOLGA,
} from './all-greeks.ts';
import {
  black76Greeks,
  blackScholesMertonGreeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_PRICE,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from './greeks.ts';
import { solveBlack76, solveBlackScholesMerton } from './implied-volatility.ts';
import type { OptionType } from './option-type.ts';

/*
 * Whole columns of options at once. Every function works on rows `from` (inclusive) to `to`
 * (exclusive), allocates nothing and gives each row a GREEKS_STATUS; where it is not OK the other
 * outputs are NaN.
 */

/** Terms of the options, one row each; all columns equally long. */
export interface OptionColumns {
  /** PRICING_MODEL. */
  readonly model: Uint8Array;
  /** 1 call, -1 put. */
  readonly type: Int8Array;
  /** Forward (Black-76) or spot (Black-Scholes-Merton). */
  readonly underlying: Float64Array;
  readonly strike: Float64Array;
  readonly timeYears: Float64Array;
  /** Continuously compounded per year. */
  readonly rate: Float64Array;
  /** Continuously compounded per year; Black-76 does not use it. */
  readonly dividendYield: Float64Array;
}

/** Results in raw units (greeks.ts). */
export interface GreeksColumns {
  readonly status: Uint8Array;
  readonly price: Float64Array;
  readonly delta: Float64Array;
  readonly gamma: Float64Array;
  readonly theta: Float64Array;
  readonly vega: Float64Array;
  readonly rho: Float64Array;
}

export interface AllGreeksColumns extends GreeksColumns {
  readonly vanna: Float64Array;
  readonly volga: Float64Array;
  readonly charm: Float64Array;
}

const row = new Float64Array(ALL_GREEKS_OUTPUTS);

/** Implied volatilities of prices. */
export function solveColumns(
  options: OptionColumns,
  price: Float64Array,
  volatility: Float64Array,
  status: Uint8Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const isPrice = price[i]! > 0 && price[i]! < Infinity;
    const code = isPrice ? termsStatus(options, i) : GREEKS_STATUS.INVALID;
    if (code !== GREEKS_STATUS.OK) {
      status[i] = code;
      volatility[i] = Number.NaN;
      continue;
    }
    const type = options.type[i]! as OptionType;
    const time = options.timeYears[i]!;
    const rate = options.rate[i]!;
    const underlying = options.underlying[i]!;
    const strike = options.strike[i]!;
    const solved =
      options.model[i] === PRICING_MODEL.BLACK_76
        ? solveBlack76(type, price[i]!, underlying, strike, time, Math.exp(-rate * time))
        : solveBlackScholesMerton(
            type,
            price[i]!,
            underlying,
            strike,
            time,
            rate,
            options.dividendYield[i]!,
          );
    status[i] = solved > 0 ? GREEKS_STATUS.OK : -solved;
    volatility[i] = solved > 0 ? solved : Number.NaN;
  }
}

/** Price, delta, gamma, theta, vega and rho at given volatilities. */
export function greeksColumns(
  options: OptionColumns,
  volatility: Float64Array,
  out: GreeksColumns,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const status = volatilityStatus(options, volatility, i);
    out.status[i] = status;
    if (status === GREEKS_STATUS.OK) evaluateRow(options, volatility, i);
    else row.fill(Number.NaN);
    storeRow(out, i);
  }
}

/** greeksColumns and vanna, volga, charm. */
export function allGreeksColumns(
  options: OptionColumns,
  volatility: Float64Array,
  out: AllGreeksColumns,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const status = volatilityStatus(options, volatility, i);
    out.status[i] = status;
    if (status === GREEKS_STATUS.OK) evaluateWholeRow(options, volatility, i);
    else row.fill(Number.NaN);
    storeRow(out, i);
    out.vanna[i] = row[GREEKS_VANNA]!;
    out.volga[i] = row[GREEKS_VOLGA]!;
    out.charm[i] = row[GREEKS_CHARM]!;
  }
}

function storeRow(out: GreeksColumns, i: number): void {
  out.price[i] = row[GREEKS_PRICE]!;
  out.delta[i] = row[GREEKS_DELTA]!;
  out.gamma[i] = row[GREEKS_GAMMA]!;
  out.theta[i] = row[GREEKS_THETA]!;
  out.vega[i] = row[GREEKS_VEGA]!;
  out.rho[i] = row[GREEKS_RHO]!;
}

function evaluateRow(options: OptionColumns, volatility: Float64Array, i: number): void {
  const type = options.type[i]! as OptionType;
  const underlying = options.underlying[i]!;
  const strike = options.strike[i]!;
  const time = options.timeYears[i]!;
  const rate = options.rate[i]!;
  if (options.model[i] === PRICING_MODEL.BLACK_76) {
    black76Greeks(row, type, underlying, strike, time, rate, volatility[i]!);
  } else {
    const dividend = options.dividendYield[i]!;
    blackScholesMertonGreeks(row, type, underlying, strike, time, rate, dividend, volatility[i]!);
  }
}

function evaluateWholeRow(options: OptionColumns, volatility: Float64Array, i: number): void {
  const type = options.type[i]! as OptionType;
  const underlying = options.underlying[i]!;
  const strike = options.strike[i]!;
  const time = options.timeYears[i]!;
  const rate = options.rate[i]!;
  if (options.model[i] === PRICING_MODEL.BLACK_76) {
    black76AllGreeks(row, type, underlying, strike, time, rate, volatility[i]!);
  } else {
    const dividend = options.dividendYield[i]!;
    blackScholesMertonAllGreeks(
      row,
      type,
      underlying,
      strike,
      time,
      rate,
      dividend,
      volatility[i]!,
    );
  }
}

/** INVALID, else EXPIRED, else OK. */
function volatilityStatus(
  options: OptionColumns,
  volatility: Float64Array,
  i: number,
): GreeksStatus {
  if (!(volatility[i]! >= 0 && volatility[i]! < Infinity)) return GREEKS_STATUS.INVALID;
  return termsStatus(options, i);
}

function termsStatus(options: OptionColumns, i: number): GreeksStatus {
  const model = options.model[i];
  if (model !== PRICING_MODEL.BLACK_76 && model !== PRICING_MODEL.BLACK_SCHOLES_MERTON) {
    return GREEKS_STATUS.INVALID;
  }
  if (Math.abs(options.type[i]!) !== 1) return GREEKS_STATUS.INVALID;
  const underlying = options.underlying[i]!;
  const strike = options.strike[i]!;
  const rates = Math.abs(options.rate[i]!) + Math.abs(options.dividendYield[i]!);
  const sizes = underlying + strike + Math.abs(options.timeYears[i]!) + rates;
  if (!(underlying > 0 && strike > 0 && sizes < Infinity)) return GREEKS_STATUS.INVALID;
  return options.timeYears[i]! > 0 ? GREEKS_STATUS.OK : GREEKS_STATUS.EXPIRED;
}
