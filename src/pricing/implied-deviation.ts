import { evaluatePair, pair, PAIR_COMBINED, PAIR_FAR, PAIR_H, PAIR_T } from './mills-pair.ts';
import { evaluateMills } from './mills.ts';
import { evaluateNormalModel, STRADDLE_SHARE_MIN } from './normal-model-table.ts';
import { INV_SQRT_2PI } from './normal.ts';

/*
 * Total deviation s = volatility * sqrt(time) from a price.
 *
 * Near the money (the usual case) the normal model, inverted by table, gives s up to a factor that
 * is a smooth function of (deviation^2, moneyness^2); with a fitted polynomial for it the guess is
 * good to 5e-7, and one Householder step of order four on the price finishes. Elsewhere Newton's
 * method on ln(-ln price) against ln s, where deep prices are nearly straight lines.
 */

/** In: price above the discounted intrinsic value, > 0. */
export const PROBLEM_TIME_VALUE = 0;
/** In: the smaller of discounted underlying (or forward) and discounted strike. */
export const PROBLEM_SMALLER_LEG = 1;
/** In: distance of the two. */
export const PROBLEM_LEG_GAP = 2;
/** In: |ln| of their quotient. */
export const PROBLEM_LOG_MONEYNESS = 3;
/** In: distance of the price from its upper bound, > 0. */
export const PROBLEM_ROOM = 4;
/** Out: volatility * sqrt(time). */
export const PROBLEM_DEVIATION = 5;
const STRADDLE_SHARE = 6;
const NORMAL_DEVIATION = 7;
const ARGUMENT = 8;
const MILLS = 9;
/** Registers, as mills.ts explains. */
export const problem = new Float64Array(10);

/** Beyond these the fitted factor of the guess does not hold. */
const FITTED_LOG_MONEYNESS_MAX = 1.5;
const FITTED_DEVIATION_MAX = 2;
const SQRT_2PI = 2.5066282746310002;
const LN_SQRT_2PI = 0.9189385332046727;

/** Solves the `problem`, which must have a solution. */
export function solveDeviation(): void {
  if (guessNearMoney()) polish();
  else solveFarOut();
}

/** Leaves a guess in the problem; false if the price is outside of the fitted region. */
function guessNearMoney(): boolean {
  const smaller = problem[PROBLEM_SMALLER_LEG]!;
  const logMoneyness = problem[PROBLEM_LOG_MONEYNESS]!;
  // Exactly at the money a gap can only be rounding.
  const gap = logMoneyness > 0 ? problem[PROBLEM_LEG_GAP]! : 0;
  const straddle = 2 * problem[PROBLEM_TIME_VALUE]! + gap;
  const share = (2 * problem[PROBLEM_TIME_VALUE]!) / straddle;
  if (!(logMoneyness < FITTED_LOG_MONEYNESS_MAX && share > STRADDLE_SHARE_MIN)) return false;
  problem[STRADDLE_SHARE] = share;
  evaluateNormalModel(problem, STRADDLE_SHARE, NORMAL_DEVIATION);
  const perLeg = (straddle * problem[NORMAL_DEVIATION]!) / smaller;
  const legQuotient = smaller / (smaller + gap);
  const x = perLeg * perLeg * legQuotient;
  const y = logMoneyness * logMoneyness;
  const factor =
    1.000000452 +
    y * (-0.04166720794 + y * (0.001212149896 + y * (-2.880336341e-5 + y * 4.253452777e-7))) +
    x *
      (0.04166767295 +
        y * (-0.005543640175 + y * (0.0004147761641 - y * 3.217837746e-5)) +
        x *
          (0.003633986151 +
            y * (-0.0008293557863 + y * 0.0001272039849) +
            x * (0.0004046545229 - y * 0.0001496396771 + x * 5.379949294e-5)));
  const deviation = perLeg * Math.sqrt(legQuotient) * factor;
  problem[PROBLEM_DEVIATION] = deviation;
  return deviation < FITTED_DEVIATION_MAX;
}

/** Householder steps of order four on the price from a guess; one is enough for a good guess. */
function polish(): void {
  const target = problem[PROBLEM_TIME_VALUE]! / problem[PROBLEM_SMALLER_LEG]!;
  const logMoneyness = problem[PROBLEM_LOG_MONEYNESS]!;
  let deviation = problem[PROBLEM_DEVIATION]!;
  // Prices that are nearly subnormal have no digits to polish.
  if (deviation < 1e-300) return;
  for (let i = 0; i < 4; i++) {
    const h = logMoneyness / deviation;
    const t = 0.5 * deviation;
    const u = h - t;
    pair[PAIR_H] = h;
    pair[PAIR_T] = t;
    evaluatePair();
    const inverseDensity = Math.exp(0.5 * u * u) * SQRT_2PI;
    const missing =
      u >= -1
        ? target * inverseDensity - pair[PAIR_COMBINED]!
        : (target - 1) * inverseDensity + pair[PAIR_COMBINED]!;
    // Newton's step and the next two derivatives over the first, all relative to the deviation.
    const newton = missing / deviation;
    const second = u * (h + t);
    const third = second * second - 3 * h * h - t * t;
    const step =
      (newton * (1 + 0.5 * second * newton)) / (1 + newton * (second + (third / 6) * newton));
    deviation += deviation * step;
    if (Math.abs(step) * (1 + h * h) < 1e-4) break;
  }
  problem[PROBLEM_DEVIATION] = deviation;
}

/** Newton's method in logarithms, for prices far out, far apart or near their maximum. */
function solveFarOut(): void {
  const logMoneyness = problem[PROBLEM_LOG_MONEYNESS]!;
  const smaller = problem[PROBLEM_SMALLER_LEG]!;
  // Where u = 0 and the vega is largest. The root lies below or above it, and so do all steps.
  const inflection = Math.sqrt(2 * logMoneyness);
  pair[PAIR_H] = 0.5 * inflection;
  pair[PAIR_T] = 0.5 * inflection;
  evaluatePair();
  const valueThere = INV_SQRT_2PI * pair[PAIR_COMBINED]!;
  const low = problem[PROBLEM_TIME_VALUE]! < valueThere * smaller;
  const value = low ? problem[PROBLEM_TIME_VALUE]! : problem[PROBLEM_ROOM]!;
  // Below 1 but for rounding (a leg smaller than the last digit of the price).
  const quotient = Math.min(value / smaller, 1 - Number.EPSILON);
  // A quotient too small for all of its digits is avoided.
  const wanted = quotient > 1e-290 ? Math.log(quotient) : Math.log(value) - Math.log(smaller);
  const guess = Math.sqrt(-2 * wanted);
  const root = Math.sqrt(guess * guess + 2 * logMoneyness);
  let deviation = low ? (2 * logMoneyness) / (guess + root) : guess + root;
  for (let i = 0; i < 40; i++) {
    const h = logMoneyness / deviation;
    const t = 0.5 * deviation;
    const u = h - t;
    pair[PAIR_H] = h;
    pair[PAIR_T] = t;
    evaluatePair();
    let mills = pair[PAIR_COMBINED]!;
    if (!low && u >= -1) {
      problem[ARGUMENT] = -u;
      evaluateMills(problem, ARGUMENT, MILLS);
      mills = problem[MILLS]! + pair[PAIR_FAR]!;
    }
    const logValue = -0.5 * u * u - LN_SQRT_2PI + Math.log(mills);
    const slope = (low ? deviation : -deviation) / mills;
    const step = (-Math.log1p((logValue - wanted) / wanted) * logValue) / slope;
    const next = deviation * Math.exp(step);
    deviation = low ? Math.min(next, inflection) : Math.max(next, inflection);
    if (Math.abs(step) < 1e-9) break;
  }
  problem[PROBLEM_DEVIATION] = deviation;
}
