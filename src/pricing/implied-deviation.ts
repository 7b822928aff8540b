import { normalDeviationPerStraddle, STRADDLE_SHARE_MIN } from './normal-model-table.ts';
import { evaluatePair, pair, PAIR_COMBINED, PAIR_H, PAIR_T } from './mills-pair.ts';
import { INV_SQRT_2PI, millsRatio } from './normal.ts';

/*
 * Total deviation s = volatility * sqrt(time) from a price.
 *
 * Near the money (the usual case) the normal model, inverted by table, gives s up to a factor that is
 * a smooth function of (deviation^2, moneyness^2); with a fitted polynomial for it the guess is good to
 * 5e-7, and one Householder step of order four on the price finishes. Elsewhere Newton's method on
 * ln(-ln price) against ln s, where deep prices are nearly straight lines.
 *
 * A double passed to a function that is not inlined is boxed, so arguments travel in `register`
 * (see mills-pair.ts).
 */

const TIME_VALUE = 0;
const SMALLER_LEG = 1;
const LEG_GAP = 2;
const LOG_MONEYNESS = 3;
const ROOM = 4;
const DEVIATION = 5;
const register = new Float64Array(6);

/** Beyond these the fitted factor of the guess does not hold. */
const FITTED_LOG_MONEYNESS_MAX = 1.5;
const FITTED_DEVIATION_MAX = 2;
const SQRT_2PI = 2.5066282746310002;
const LN_SQRT_2PI = 0.9189385332046727;

/**
 * Total deviation at which an option has the given value, where a solution exists.
 *
 * `timeValue`: price above the discounted intrinsic value, > 0. `smallerLeg`: the smaller of the
 * discounted forward and strike. `legGap`: their distance. `logMoneyness`: |ln| of their quotient.
 * `room`: distance of the price from its upper bound, > 0.
 */
export function impliedDeviation(
  timeValue: number,
  smallerLeg: number,
  legGap: number,
  logMoneyness: number,
  room: number,
): number {
  register[TIME_VALUE] = timeValue;
  register[SMALLER_LEG] = smallerLeg;
  register[LEG_GAP] = legGap;
  register[LOG_MONEYNESS] = logMoneyness;
  register[ROOM] = room;
  if (!guessNearMoney()) solveFarOut();
  else polish();
  return register[DEVIATION]!;
}

/** Leaves a guess in the register; false if the price is outside of the fitted region. */
function guessNearMoney(): boolean {
  const smaller = register[SMALLER_LEG]!;
  const gap = register[LEG_GAP]!;
  const logMoneyness = register[LOG_MONEYNESS]!;
  const straddle = 2 * register[TIME_VALUE]! + gap;
  const share = (2 * register[TIME_VALUE]!) / straddle;
  if (!(logMoneyness < FITTED_LOG_MONEYNESS_MAX && share > STRADDLE_SHARE_MIN)) return false;
  const absolute = straddle * normalDeviationPerStraddle(share);
  const x = (absolute * absolute) / (smaller * (smaller + gap));
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
  const deviation = Math.sqrt(x) * factor;
  register[DEVIATION] = deviation;
  return deviation < FITTED_DEVIATION_MAX;
}

/** Householder steps of order four on the price from a guess; one is enough for a good guess. */
function polish(): void {
  const target = register[TIME_VALUE]! / register[SMALLER_LEG]!;
  const logMoneyness = register[LOG_MONEYNESS]!;
  let deviation = register[DEVIATION]!;
  for (let i = 0; i < 4; i++) {
    const h = logMoneyness / deviation;
    const t = 0.5 * deviation;
    const u = h - t;
    pair[PAIR_H] = h;
    pair[PAIR_T] = t;
    evaluatePair();
    const inverseDensity = Math.exp(0.5 * u * u) * SQRT_2PI;
    const newton =
      u >= -1
        ? target * inverseDensity - pair[PAIR_COMBINED]!
        : (target - 1) * inverseDensity + pair[PAIR_COMBINED]!;
    const hOverS = h / deviation;
    const second = h * hOverS - 0.5 * t;
    const third = second * second - 3 * hOverS * hOverS - 0.25;
    const step =
      (newton * (1 + 0.5 * second * newton)) / (1 + newton * (second + (third / 6) * newton));
    deviation += step;
    if (Math.abs(step) * (1 + h * h) < 1e-4 * deviation) break;
  }
  register[DEVIATION] = deviation;
}

/** Newton's method in logarithms, for prices far out, far apart or near their maximum. */
function solveFarOut(): void {
  const logMoneyness = register[LOG_MONEYNESS]!;
  const inflection = Math.sqrt(2 * logMoneyness);
  const smaller = register[SMALLER_LEG]!;
  const low = register[TIME_VALUE]! / smaller < 0.5 - INV_SQRT_2PI * millsRatio(inflection);
  const wanted = logQuotient(low ? register[TIME_VALUE]! : register[ROOM]!, smaller);
  const guess = Math.sqrt(-2 * wanted);
  const root = Math.sqrt(guess * guess + 2 * logMoneyness);
  let deviation = low ? (2 * logMoneyness) / (guess + root) : guess + root;
  for (let i = 0; i < 40; i++) {
    const h = logMoneyness / deviation;
    const t = 0.5 * deviation;
    const u = Math.abs(h - t);
    const mills = low ? millsDifference(h, t) : millsRatio(u) + millsRatio(h + t);
    const logValue = -0.5 * u * u - LN_SQRT_2PI + Math.log(mills);
    const slope = (low ? deviation : -deviation) / mills;
    const step = (-Math.log1p((logValue - wanted) / wanted) * logValue) / slope;
    const next = deviation * Math.exp(step);
    deviation = low ? Math.min(next, inflection) : Math.max(next, inflection);
    if (Math.abs(step) < 1e-9) break;
  }
  register[DEVIATION] = deviation;
}

/** ln(a / b), also where the quotient is too small for all of its digits. */
function logQuotient(a: number, b: number): number {
  const quotient = a / b;
  return quotient > 1e-290 ? Math.log(quotient) : Math.log(a) - Math.log(b);
}

/** M(h - t) - M(h + t). */
function millsDifference(h: number, t: number): number {
  pair[PAIR_H] = h;
  pair[PAIR_T] = t;
  evaluatePair();
  return pair[PAIR_COMBINED]!;
}
