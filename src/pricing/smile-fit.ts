import { SMILE_STATUS, type SmileStatus } from '../domain/status.ts';
import { bestSmile, found, isUsable, quoted, takeQuotes } from './smile-equations.ts';
import { butterflyArbitrage, type Smile, smileVolatility } from './smile.ts';

/*
 * Fits a smile to quoted volatilities: smile-equations.ts knows the best one for every m and sigma,
 * what is left is a search in two dimensions (Nelder and Mead's simplex).
 */

/** The curve has five parameters; fewer points than one more do not test it. */
export const SMILE_POINTS_MIN = 6;

/** Bounds of sigma as shares of the range of k, and of m beyond it. */
const SIGMA_MIN = 0.005;
const SIGMA_MAX = 4;
const M_MARGIN = 0.5;
const GRID_M = 5;
const GRID_SIGMA = 4;
const STEPS_MAX = 90;
/** The simplex has found its place when its values differ by less than this share. */
const CONVERGED = 1e-7;
/** How dear arbitrage is, in units of the best error without regard to it. */
const PENALTIES: readonly number[] = [0, 10, 1000];

export interface FittedSmile extends Smile {
  a: number;
  b: number;
  rho: number;
  m: number;
  sigma: number;
  /** SMILE_STATUS; the parameters are NaN unless OK or ARBITRAGE. */
  status: SmileStatus;
  /** Root mean square of fitted less quoted volatility, per square-root year (0.01: one point). */
  rmsError: number;
  /** Points used, and the log-moneyness of the lowest and highest. */
  points: number;
  low: number;
  high: number;
}

export function emptySmile(): FittedSmile {
  const nan = Number.NaN;
  const none = { a: nan, b: nan, rho: nan, m: nan, sigma: nan };
  return { ...none, status: SMILE_STATUS.NONE, rmsError: nan, points: 0, low: nan, high: nan };
}

let penalty = 0;

/**
 * Fits a smile to `count` quotes, in any order, and writes it to `out`. `logMoneyness` = ln(strike
 * / forward); `volatility` per square-root year; `uncertainty`: half the bid-ask spread in
 * volatility. Quotes that are not finite are left out. Allocates nothing after the first call of
 * that size.
 */
export function fitSmile(
  logMoneyness: Float64Array,
  volatility: Float64Array,
  uncertainty: Float64Array,
  count: number,
  timeYears: number,
  out: FittedSmile,
): void {
  takeQuotes(logMoneyness, volatility, uncertainty, count, timeYears);
  const { count: points, low, high } = quoted;
  out.points = points;
  out.low = points > 0 ? low : Number.NaN;
  out.high = points > 0 ? high : Number.NaN;
  if (points < SMILE_POINTS_MIN || !(high > low)) {
    out.status = SMILE_STATUS.TOO_FEW_POINTS;
    out.a = out.b = out.rho = out.m = out.sigma = out.rmsError = Number.NaN;
    return;
  }
  search();
  keep(out);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const error = smileVolatility(out, logMoneyness[i]!, timeYears) - volatility[i]!;
    if (isUsable(logMoneyness[i]!, volatility[i]!, uncertainty[i]!)) sum += error * error;
  }
  out.rmsError = Math.sqrt(sum / points);
}

function keep(out: FittedSmile): void {
  out.a = found.a;
  out.b = found.b;
  out.rho = found.rho;
  out.m = found.m;
  out.sigma = found.sigma;
  const isFree = butterflyArbitrage(found, quoted.low, quoted.high) === 0;
  out.status = isFree ? SMILE_STATUS.OK : SMILE_STATUS.ARBITRAGE;
}

/* The simplex: three places (m, ln sigma) and their values, best first. */
const placeM = new Float64Array(3);
const placeSigma = new Float64Array(3);
const value = new Float64Array(3);

/** Leaves the best smile in `found`. */
function search(): void {
  penalty = 0;
  const range = quoted.high - quoted.low;
  startFromGrid(range);
  let best = 0;
  for (const factor of PENALTIES) {
    penalty = factor * best;
    placeSimplex(placeM[0]!, placeSigma[0]!, range);
    descend();
    evaluate(placeM[0]!, placeSigma[0]!);
    if (factor === 0) best = value[0]!;
    if (butterflyArbitrage(found, quoted.low, quoted.high) === 0) return;
  }
}

/** Puts the best place of a coarse grid first. */
function startFromGrid(range: number): void {
  value[0] = Infinity;
  for (let i = 0; i < GRID_M; i++) {
    const m = quoted.low + (range * (i + 0.5)) / GRID_M;
    for (let j = 0; j < GRID_SIGMA; j++) {
      const logSigma = Math.log(range * 0.03 * 3.5 ** j);
      const error = evaluate(m, logSigma);
      if (error >= value[0]) continue;
      value[0] = error;
      placeM[0] = m;
      placeSigma[0] = logSigma;
    }
  }
}

function placeSimplex(m: number, logSigma: number, range: number): void {
  for (let i = 0; i < 3; i++) {
    placeM[i] = m + (i === 1 ? 0.1 * range : 0);
    placeSigma[i] = logSigma + (i === 2 ? 0.5 : 0);
    value[i] = evaluate(placeM[i]!, placeSigma[i]!);
  }
  sortSimplex();
}

function descend(): void {
  for (let step = 0; step < STEPS_MAX; step++) {
    if (value[2]! - value[0]! <= CONVERGED * value[0]!) return;
    const middleM = 0.5 * (placeM[0]! + placeM[1]!);
    const middleSigma = 0.5 * (placeSigma[0]! + placeSigma[1]!);
    const towardsM = middleM - placeM[2]!;
    const towardsSigma = middleSigma - placeSigma[2]!;
    const reflected = evaluate(middleM + towardsM, middleSigma + towardsSigma);
    if (reflected < value[0]!) {
      const expanded = evaluate(middleM + 2 * towardsM, middleSigma + 2 * towardsSigma);
      const factor = expanded < reflected ? 2 : 1;
      const better = Math.min(expanded, reflected);
      replaceWorst(middleM + factor * towardsM, middleSigma + factor * towardsSigma, better);
    } else if (reflected < value[1]!) {
      replaceWorst(middleM + towardsM, middleSigma + towardsSigma, reflected);
    } else {
      const factor = reflected < value[2]! ? 0.5 : -0.5;
      const m = middleM + factor * towardsM;
      const logSigma = middleSigma + factor * towardsSigma;
      const contracted = evaluate(m, logSigma);
      if (contracted < Math.min(reflected, value[2]!)) replaceWorst(m, logSigma, contracted);
      else shrink();
    }
  }
}

function shrink(): void {
  for (let i = 1; i < 3; i++) {
    placeM[i] = 0.5 * (placeM[0]! + placeM[i]!);
    placeSigma[i] = 0.5 * (placeSigma[0]! + placeSigma[i]!);
    value[i] = evaluate(placeM[i]!, placeSigma[i]!);
  }
  sortSimplex();
}

function replaceWorst(m: number, logSigma: number, error: number): void {
  placeM[2] = m;
  placeSigma[2] = logSigma;
  value[2] = error;
  sortSimplex();
}

function sortSimplex(): void {
  if (value[1]! < value[0]!) swap(0, 1);
  if (value[2]! < value[1]!) swap(1, 2);
  if (value[1]! < value[0]!) swap(0, 1);
}

function swap(i: number, j: number): void {
  for (const column of [placeM, placeSigma, value]) {
    const kept = column[i]!;
    column[i] = column[j]!;
    column[j] = kept;
  }
}

/**
 * Error of the best smile with this m and sigma, arbitrage included; leaves the smile in `found`.
 * Places out of bounds are moved to the bound.
 */
function evaluate(m: number, logSigma: number): number {
  const { low, high } = quoted;
  const range = high - low;
  const boundedM = Math.min(Math.max(m, low - M_MARGIN * range), high + M_MARGIN * range);
  const sigma = Math.min(Math.max(Math.exp(logSigma), SIGMA_MIN * range), SIGMA_MAX * range);
  const error = bestSmile(boundedM, sigma);
  return penalty === 0 ? error : error + penalty * butterflyArbitrage(found, low, high);
}
