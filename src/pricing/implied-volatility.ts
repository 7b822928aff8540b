import { GREEKS_STATUS, type GreeksStatus } from '../domain/status.ts';
import {
  problem,
  PROBLEM_DEVIATION,
  PROBLEM_LEG_GAP,
  PROBLEM_LOG_MONEYNESS,
  PROBLEM_ROOM,
  PROBLEM_SMALLER_LEG,
  PROBLEM_TIME_VALUE,
  solveDeviation,
} from './implied-deviation.ts';
import { evaluateLogRatio } from './log-ratio.ts';
import type { OptionType } from './option-type.ts';

/*
 * Both solvers return the volatility per square-root year (0.2 = 20 %) or, where there is none, the
 * negative GREEKS_STATUS that says why, the first that applies: -INVALID (an input is not finite,
 * or price, underlying, strike or discount is not positive), -EXPIRED (no time left),
 * -BELOW_INTRINSIC (at or below the discounted intrinsic value), -ABOVE_MAXIMUM (at or above the
 * discounted underlying of a call or the discounted strike of a put). They are thin, so that the
 * engine inlines them; the work is done on `input`, for the reason given in mills.ts.
 */

const PRICE = 0;
const UNDERLYING = 1;
const STRIKE = 2;
const TIME_YEARS = 3;
/** Discount factor (Black-76) or rate (Black-Scholes-Merton). */
const FINANCING = 4;
const DIVIDEND_YIELD = 5;
const LOG_RATIO = 6;
const VOLATILITY = 7;
const input = new Float64Array(8);

/**
 * Registers of `solveBlack76InPlace`, for loops in which even the thin solver is not inlined: its
 * arguments and result would be boxed then.
 */
export const solveRegisters = input;
/** In. */
export const SOLVE_PRICE = PRICE;
export const SOLVE_FORWARD = UNDERLYING;
export const SOLVE_STRIKE = STRIKE;
export const SOLVE_TIME_YEARS = TIME_YEARS;
export const SOLVE_DISCOUNT = FINANCING;
/** Out, if the status is OK. */
export const SOLVE_VOLATILITY = VOLATILITY;

/**
 * `solveBlack76` on `solveRegisters`; the inputs stay there, so that several prices of one option
 * need only the price anew. Returns the GREEKS_STATUS.
 */
export function solveBlack76InPlace(type: OptionType): GreeksStatus {
  const status = black76(type);
  if (status === GREEKS_STATUS.OK) {
    const volatility = problem[PROBLEM_DEVIATION]! / Math.sqrt(input[TIME_YEARS]!);
    input[VOLATILITY] = Math.max(volatility, Number.MIN_VALUE);
  }
  return status;
}

/** Volatility at which Black-76 gives the discounted `price`, or -GREEKS_STATUS. */
export function solveBlack76(
  type: OptionType,
  price: number,
  forward: number,
  strike: number,
  timeYears: number,
  discount: number,
): number {
  input[PRICE] = price;
  input[UNDERLYING] = forward;
  input[STRIKE] = strike;
  input[TIME_YEARS] = timeYears;
  input[FINANCING] = discount;
  const status = black76(type);
  if (status !== GREEKS_STATUS.OK) return -status;
  // Not zero, which would be no answer.
  return Math.max(problem[PROBLEM_DEVIATION]! / Math.sqrt(timeYears), Number.MIN_VALUE);
}

/**
 * Volatility at which Black-Scholes-Merton gives `price`, or -GREEKS_STATUS. `rate` and
 * `dividendYield` continuously compounded per year.
 */
export function solveBlackScholesMerton(
  type: OptionType,
  price: number,
  spot: number,
  strike: number,
  timeYears: number,
  rate: number,
  dividendYield: number,
): number {
  input[PRICE] = price;
  input[UNDERLYING] = spot;
  input[STRIKE] = strike;
  input[TIME_YEARS] = timeYears;
  input[FINANCING] = rate;
  input[DIVIDEND_YIELD] = dividendYield;
  const status = blackScholesMerton(type);
  if (status !== GREEKS_STATUS.OK) return -status;
  // Not zero, which would be no answer.
  return Math.max(problem[PROBLEM_DEVIATION]! / Math.sqrt(timeYears), Number.MIN_VALUE);
}

function black76(type: OptionType): GreeksStatus {
  const price = input[PRICE]!;
  const forward = input[UNDERLYING]!;
  const strike = input[STRIKE]!;
  const timeYears = input[TIME_YEARS]!;
  const discount = input[FINANCING]!;
  if (!(price > 0 && forward > 0 && strike > 0 && discount > 0)) return GREEKS_STATUS.INVALID;
  const sizes = price + forward + strike + discount + Math.abs(timeYears);
  if (!(sizes + discount * (forward + strike) < Infinity)) return GREEKS_STATUS.INVALID;
  if (timeYears <= 0) return GREEKS_STATUS.EXPIRED;
  const inTheMoney = type * (forward - strike);
  const timeValue = inTheMoney > 0 ? price - discount * inTheMoney : price;
  if (timeValue <= 0) return GREEKS_STATUS.BELOW_INTRINSIC;
  const room = discount * (type > 0 ? forward : strike) - price;
  const smaller = discount * (forward < strike ? forward : strike);
  // The same condition twice, as a leg may be too small for the one or the other to see.
  if (room <= 0 || timeValue >= smaller) return GREEKS_STATUS.ABOVE_MAXIMUM;
  problem[PROBLEM_TIME_VALUE] = timeValue;
  problem[PROBLEM_ROOM] = room;
  problem[PROBLEM_SMALLER_LEG] = smaller;
  problem[PROBLEM_LEG_GAP] = discount * Math.abs(inTheMoney);
  evaluateLogRatio(input, UNDERLYING, STRIKE, LOG_RATIO);
  problem[PROBLEM_LOG_MONEYNESS] = Math.abs(input[LOG_RATIO]!);
  solveDeviation();
  return GREEKS_STATUS.OK;
}

function blackScholesMerton(type: OptionType): GreeksStatus {
  const price = input[PRICE]!;
  const spot = input[UNDERLYING]!;
  const strike = input[STRIKE]!;
  const timeYears = input[TIME_YEARS]!;
  const rate = input[FINANCING]!;
  const dividendYield = input[DIVIDEND_YIELD]!;
  if (!(price > 0 && spot > 0 && strike > 0)) return GREEKS_STATUS.INVALID;
  const asset = spot * Math.exp(-dividendYield * timeYears);
  const cash = strike * Math.exp(-rate * timeYears);
  const sizes = price + spot + strike + Math.abs(timeYears) + asset + cash;
  if (!(sizes + Math.abs(rate) + Math.abs(dividendYield) < Infinity)) return GREEKS_STATUS.INVALID;
  if (timeYears <= 0) return GREEKS_STATUS.EXPIRED;
  const inTheMoney = type * (asset - cash);
  const timeValue = inTheMoney > 0 ? price - inTheMoney : price;
  if (timeValue <= 0) return GREEKS_STATUS.BELOW_INTRINSIC;
  const room = (type > 0 ? asset : cash) - price;
  const smaller = asset < cash ? asset : cash;
  if (room <= 0 || timeValue >= smaller) return GREEKS_STATUS.ABOVE_MAXIMUM;
  problem[PROBLEM_TIME_VALUE] = timeValue;
  problem[PROBLEM_ROOM] = room;
  problem[PROBLEM_SMALLER_LEG] = smaller;
  evaluateLogRatio(input, UNDERLYING, STRIKE, LOG_RATIO);
  const logMoneyness = Math.abs(input[LOG_RATIO]! + (rate - dividendYield) * timeYears);
  problem[PROBLEM_LOG_MONEYNESS] = logMoneyness;
  // Not |asset - cash|, which is rounding where the legs meet.
  problem[PROBLEM_LEG_GAP] = smaller * Math.expm1(logMoneyness);
  solveDeviation();
  return GREEKS_STATUS.OK;
}
