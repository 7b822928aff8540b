import { SMILE_STATUS } from '../domain/status.ts';
import {
  black76Greeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_VEGA,
} from './greeks.ts';
import { INV_SQRT_2PI } from './normal.ts';
import { solveBlack76 } from './implied-volatility.ts';
import { CALL, PUT } from './option-type.ts';
import { emptySmile, type FittedSmile, fitSmile } from './smile-fit.ts';
import { smileVariance, smileVolatility } from './smile.ts';

/*
 * What the options of one underlying and expiry say together. Prices, strikes and forward are in
 * one currency, open interest and volume in units of the underlying (or all in contracts).
 */

const column = (rows: number): Float64Array => new Float64Array(rows);

/** One chain, a row per strike, strikes rising. Prices and spreads that there are not are NaN. */
export class ChainColumns {
  readonly capacity: number;
  /** Rows in use. */
  count = 0;
  readonly strike: Float64Array;
  /** Mid, or what stands for it. */
  readonly callPrice: Float64Array;
  readonly putPrice: Float64Array;
  /** Ask less bid. */
  readonly callSpread: Float64Array;
  readonly putSpread: Float64Array;
  readonly callOpenInterest: Float64Array;
  readonly putOpenInterest: Float64Array;
  readonly callVolume: Float64Array;
  readonly putVolume: Float64Array;

  /* Written by analyseChain. */
  readonly logMoneyness: Float64Array;
  /** Of the option that is out of the money; NaN if it has no price or no solution. */
  readonly volatility: Float64Array;
  /** How uncertain it is, per square-root year; NaN: not for the smile. */
  readonly uncertainty: Float64Array;
  /** Of either option, per unit of the forward. */
  readonly gamma: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.strike = column(capacity);
    this.callPrice = column(capacity);
    this.putPrice = column(capacity);
    this.callSpread = column(capacity);
    this.putSpread = column(capacity);
    this.callOpenInterest = column(capacity);
    this.putOpenInterest = column(capacity);
    this.callVolume = column(capacity);
    this.putVolume = column(capacity);
    this.logMoneyness = column(capacity);
    this.volatility = column(capacity);
    this.uncertainty = column(capacity);
    this.gamma = column(capacity);
  }
}

/** NaN where the chain does not say. */
export interface ChainAnalytics {
  /**
   * Volatility at the forward, per square-root year: total variance interpolated between the
   * strikes around it, else the smile's.
   */
  atmVolatility: number;
  smile: FittedSmile;
  /** Volatility of the call less that of the put at a forward delta of 0.25 and -0.25. */
  riskReversal25: number;
  /** Mean of these two less the smile's volatility at the forward. */
  butterfly25: number;
  /** Puts over calls. */
  putCallOpenInterest: number;
  putCallVolume: number;
  /** Listed strike at which the open interest is worth least at expiry. */
  maxPain: number;
  /**
   * Currency by which the hedge changes when the underlying moves by 1 %: the sum of gamma times
   * open interest, calls counted positive and puts negative (as if dealers had bought the calls and
   * sold the puts), times 0.01 forward^2.
   */
  gammaExposure: number;
}

export function emptyAnalytics(): ChainAnalytics {
  const nan = Number.NaN;
  return {
    atmVolatility: nan,
    smile: emptySmile(),
    riskReversal25: nan,
    butterfly25: nan,
    putCallOpenInterest: nan,
    putCallVolume: nan,
    maxPain: nan,
    gammaExposure: nan,
  };
}

/** d1 of a call with an undiscounted delta of 0.25. */
const D1_OF_QUARTER_DELTA = -0.6744897501960817;
const ONE_PERCENT = 0.01;
/**
 * What every quote is doubted by beside its spread: the price of so much volatility at the money.
 * It keeps a locked book from deciding alone, and the money in the middle of the fit.
 */
const ATM_DOUBT = 0.001;
/** Below, an option costs a few ticks whatever the smile: no curve fits these and the money. */
const SMILE_DELTA_MIN = 0.02;

const greeks = new Float64Array(GREEKS_OUTPUTS);

/**
 * Analyses a chain; allocates nothing after the first call of that size. `discount`: value today of
 * 1 paid at expiry.
 */
export function analyseChain(
  chain: ChainColumns,
  forward: number,
  timeYears: number,
  discount: number,
  out: ChainAnalytics,
): void {
  const { count } = chain;
  solveRows(chain, forward, timeYears, discount);
  fitSmile(chain.logMoneyness, chain.volatility, chain.uncertainty, count, timeYears, out.smile);
  const { smile } = out;
  const hasSmile = smile.status === SMILE_STATUS.OK || smile.status === SMILE_STATUS.ARBITRAGE;
  out.atmVolatility = interpolatedAtm(chain, timeYears);
  if (Number.isNaN(out.atmVolatility) && hasSmile) {
    out.atmVolatility = smileVolatility(smile, 0, timeYears);
  }
  const call = hasSmile ? quarterDelta(smile, D1_OF_QUARTER_DELTA, timeYears) : Number.NaN;
  const put = hasSmile ? quarterDelta(smile, -D1_OF_QUARTER_DELTA, timeYears) : Number.NaN;
  out.riskReversal25 = call - put;
  out.butterfly25 = 0.5 * (call + put) - smileVolatility(smile, 0, timeYears);
  analysePositions(chain, out);
  const rows = gammaOfPositions(chain, forward, timeYears, discount, hasSmile ? smile : undefined);
  out.gammaExposure = ONE_PERCENT * forward * forward * rows;
}

/** Ratios and max pain, which need no prices. */
export function analysePositions(chain: ChainColumns, out: ChainAnalytics): void {
  const { count } = chain;
  const calls = total(chain.callOpenInterest, count);
  const puts = total(chain.putOpenInterest, count);
  out.putCallOpenInterest = ratio(puts, calls);
  out.putCallVolume = ratio(total(chain.putVolume, count), total(chain.callVolume, count));
  out.maxPain = calls + puts > 0 ? maxPain(chain, puts) : Number.NaN;
}

function solveRows(
  chain: ChainColumns,
  forward: number,
  timeYears: number,
  discount: number,
): void {
  const rate = -Math.log(discount) / timeYears;
  const doubt = ATM_DOUBT * INV_SQRT_2PI * discount * forward * Math.sqrt(timeYears);
  for (let i = 0; i < chain.count; i++) {
    const strike = chain.strike[i]!;
    const isCall = strike >= forward;
    const type = isCall ? CALL : PUT;
    const price = isCall ? chain.callPrice[i]! : chain.putPrice[i]!;
    const spread = isCall ? chain.callSpread[i]! : chain.putSpread[i]!;
    chain.logMoneyness[i] = Math.log(strike / forward);
    const solved = solveBlack76(type, price, forward, strike, timeYears, discount);
    if (!(solved > 0)) {
      chain.volatility[i] = chain.uncertainty[i] = chain.gamma[i] = Number.NaN;
      continue;
    }
    black76Greeks(greeks, type, forward, strike, timeYears, rate, solved);
    chain.volatility[i] = solved;
    const isLottery = Math.abs(greeks[GREEKS_DELTA]!) < SMILE_DELTA_MIN;
    chain.uncertainty[i] = isLottery ? Number.NaN : (0.5 * spread + doubt) / greeks[GREEKS_VEGA]!;
    chain.gamma[i] = greeks[GREEKS_GAMMA]!;
  }
}

/** Linear in total variance between the nearest strikes on both sides of the forward. */
function interpolatedAtm(chain: ChainColumns, timeYears: number): number {
  let below = -1;
  let above = -1;
  for (let i = 0; i < chain.count; i++) {
    if (Number.isNaN(chain.volatility[i]!)) continue;
    if (chain.logMoneyness[i]! <= 0) below = i;
    else if (above < 0) above = i;
  }
  if (below < 0 || above < 0) return Number.NaN;
  const kBelow = chain.logMoneyness[below]!;
  const share = -kBelow / (chain.logMoneyness[above]! - kBelow);
  const varianceBelow = chain.volatility[below]! ** 2 * timeYears;
  const varianceAbove = chain.volatility[above]! ** 2 * timeYears;
  return Math.sqrt((varianceBelow + share * (varianceAbove - varianceBelow)) / timeYears);
}

/**
 * Volatility where the smile's d1 is `d1`; NaN if that is outside the strikes that it was fitted
 * to.
 */
function quarterDelta(smile: FittedSmile, d1: number, timeYears: number): number {
  let { low, high } = smile;
  const beyond = (k: number): number => {
    const variance = smileVariance(smile, k);
    return k - 0.5 * variance + d1 * Math.sqrt(variance);
  };
  if (!(beyond(low) <= 0 && beyond(high) >= 0)) return Number.NaN;
  for (let i = 0; i < 40; i++) {
    const middle = 0.5 * (low + high);
    if (beyond(middle) < 0) low = middle;
    else high = middle;
  }
  return smileVolatility(smile, 0.5 * (low + high), timeYears);
}

/** Sum over the strikes of gamma times open interest of calls less puts. */
function gammaOfPositions(
  chain: ChainColumns,
  forward: number,
  timeYears: number,
  discount: number,
  smile: FittedSmile | undefined,
): number {
  const rate = -Math.log(discount) / timeYears;
  let sum = 0;
  for (let i = 0; i < chain.count; i++) {
    const net = positive(chain.callOpenInterest[i]!) - positive(chain.putOpenInterest[i]!);
    if (net === 0) continue;
    let gamma = chain.gamma[i]!;
    const k = chain.logMoneyness[i]!;
    if (Number.isNaN(gamma)) {
      // A strike without a quote takes the smile's volatility, not an extrapolated one.
      if (smile === undefined || k < smile.low || k > smile.high) continue;
      const volatility = smileVolatility(smile, k, timeYears);
      black76Greeks(greeks, CALL, forward, chain.strike[i]!, timeYears, rate, volatility);
      gamma = greeks[GREEKS_GAMMA]!;
    }
    sum += net * gamma;
  }
  return sum;
}

/**
 * The first strike at which the open interest is worth least. From one strike to the next every
 * call below gains the step and every put above loses it.
 */
function maxPain(chain: ChainColumns, puts: number): number {
  let change = 0;
  let least = 0;
  let best = chain.strike[0]!;
  let callsBelow = positive(chain.callOpenInterest[0]!);
  let putsAbove = puts - positive(chain.putOpenInterest[0]!);
  for (let i = 1; i < chain.count; i++) {
    change += (callsBelow - putsAbove) * (chain.strike[i]! - chain.strike[i - 1]!);
    if (change < least) {
      least = change;
      best = chain.strike[i]!;
    }
    callsBelow += positive(chain.callOpenInterest[i]!);
    putsAbove -= positive(chain.putOpenInterest[i]!);
  }
  return best;
}

function total(values: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += positive(values[i]!);
  return sum;
}

function positive(value: number): number {
  return value > 0 ? value : 0;
}

function ratio(puts: number, calls: number): number {
  return calls > 0 ? puts / calls : Number.NaN;
}
