import {
  evaluatePair,
  pair,
  PAIR_COMBINED,
  PAIR_FAR,
  PAIR_H,
  PAIR_NEAR,
  PAIR_T,
  SERIES_BELOW,
} from './mills-pair.ts';
import { evaluateMills } from './mills.ts';
import { INV_SQRT_2PI } from './normal.ts';
import type { OptionType } from './option-type.ts';

/*
 * Black's formula. With A and C the values of the asset and the cash leg, s = volatility *
 * sqrt(time), h = |ln(A/C)| / s, u = h - s/2, v = h + s/2, n the normal density and M Mills' ratio,
 * the option that is out of the money is worth
 *
 *     min(A, C) n(u) (M(u) - M(v)),
 *
 * since A n(d1) = C n(d2) = min(A, C) n(u). Both legs share one exponential, so that nothing
 * underflows before the price does and the wings keep their digits. The other option is worth the
 * distance of the legs more.
 *
 * One evaluation leaves everything the Greeks are made of in `leg`.
 */

/** In: value of the asset leg if exercise were certain: forward, or discounted spot. */
export const LEG_ASSET = 0;
/** In: value of the cash leg if exercise were certain: strike, or discounted strike. */
export const LEG_CASH = 1;
/** In: ln(asset / cash). */
export const LEG_LOG_RATIO = 2;
/** In: volatility * sqrt(time), >= 0. */
export const LEG_DEVIATION = 3;
/** Out: type * (asset N(type d1) - cash N(type d2)). */
export const LEG_PRICE = 4;
/** Out: asset N(type d1). */
export const LEG_ASSET_PART = 5;
/** Out: cash N(type d2). */
export const LEG_CASH_PART = 6;
/** Out: asset n(d1) = cash n(d2). */
export const LEG_DENSITY = 7;
export const LEG_D1 = 8;
export const LEG_D2 = 9;
const NEGATIVE_U = 10;
const MILLS_OF_NEGATIVE_U = 11;
/** Registers, as mills.ts explains. */
export const leg = new Float64Array(12);

/**
 * Farther out, in deviations, nothing is left in double precision, whatever the total deviation.
 */
const DISTANCE_MAX = 100;
/** Stands for the infinite d1 and d2 at no volatility, so that zero times it is zero. */
const INFINITE_D = 1e9;

/** Evaluates the option whose inputs are in `leg`. */
export function evaluateLegs(type: OptionType): void {
  const asset = leg[LEG_ASSET]!;
  const cash = leg[LEG_CASH]!;
  const t = 0.5 * leg[LEG_DEVIATION]!;
  let signed = leg[LEG_LOG_RATIO]! / leg[LEG_DEVIATION]!;
  if (!(signed > -INFINITE_D && signed < INFINITE_D)) {
    signed = INFINITE_D * Math.sign(leg[LEG_LOG_RATIO]!);
  }
  const h = Math.min(Math.abs(signed), DISTANCE_MAX);
  const u = h - t;
  pair[PAIR_H] = h;
  pair[PAIR_T] = t;
  evaluatePair();
  // The leg whose d is smaller in size, the near one, is the smaller one.
  const nearIsAsset = signed <= 0;
  const smaller = nearIsAsset ? asset : cash;
  const larger = nearIsAsset ? cash : asset;
  const density = INV_SQRT_2PI * Math.exp(-0.5 * u * u) * smaller;
  // Parts of the out-of-the-money option first; those of the other one are what is left of the
  // legs.
  let near = density * pair[PAIR_NEAR]!;
  let far = density * pair[PAIR_FAR]!;
  let price = density * pair[PAIR_COMBINED]!;
  const outOfTheMoney = type > 0 === nearIsAsset;
  if (u < -1) {
    price = smaller - price;
    if (outOfTheMoney) near = smaller - near;
  } else if (!outOfTheMoney) {
    if (u < -SERIES_BELOW) {
      leg[NEGATIVE_U] = -u;
      evaluateMills(leg, NEGATIVE_U, MILLS_OF_NEGATIVE_U);
      near = density * leg[MILLS_OF_NEGATIVE_U]!;
    } else {
      near = smaller - near;
    }
  }
  if (!outOfTheMoney) {
    far = larger - far;
    price += larger - smaller;
  }
  leg[LEG_PRICE] = price;
  leg[LEG_ASSET_PART] = nearIsAsset ? near : far;
  leg[LEG_CASH_PART] = nearIsAsset ? far : near;
  leg[LEG_DENSITY] = density;
  leg[LEG_D1] = signed + t;
  leg[LEG_D2] = signed - t;
}
