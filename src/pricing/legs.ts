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
import { INV_SQRT_2PI, millsRatio } from './normal.ts';
import type { OptionType } from './option-type.ts';

/*
 * One evaluation of Black's formula (unit-black.ts) that leaves everything the Greeks are made of:
 * both legs, the common density and d1, d2. Arguments and results travel in `leg` for the reason
 * given in mills-pair.ts.
 */

/** In: value of the asset leg if exercise were certain: forward, or discounted spot. */
export const LEG_ASSET = 0;
/** In: value of the cash leg if exercise were certain: strike, or discounted strike. */
export const LEG_CASH = 1;
/** In: ln(asset / cash). */
export const LEG_LOG_RATIO = 2;
/** In: volatility * sqrt(time), > 0. */
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
export const leg = new Float64Array(10);

/** Evaluates the option whose inputs are in `leg`. */
export function evaluateLegs(type: OptionType): void {
  const asset = leg[LEG_ASSET]!;
  const cash = leg[LEG_CASH]!;
  const t = 0.5 * leg[LEG_DEVIATION]!;
  const signed = leg[LEG_LOG_RATIO]! / leg[LEG_DEVIATION]!;
  const h = Math.abs(signed);
  const u = h - t;
  pair[PAIR_H] = h;
  pair[PAIR_T] = t;
  evaluatePair();
  // The leg whose d is smaller in size, the near one, is the smaller one.
  const nearIsAsset = signed <= 0;
  const smaller = nearIsAsset ? asset : cash;
  const larger = nearIsAsset ? cash : asset;
  const density = INV_SQRT_2PI * Math.exp(-0.5 * u * u) * smaller;
  // Parts of the out-of-the-money option first; those of the other one are what is left of the legs.
  let near = density * pair[PAIR_NEAR]!;
  let far = density * pair[PAIR_FAR]!;
  let price = density * pair[PAIR_COMBINED]!;
  const outOfTheMoney = type > 0 === nearIsAsset;
  if (u < -1) {
    price = smaller - price;
    if (outOfTheMoney) near = smaller - near;
  } else if (!outOfTheMoney) {
    near = u < -SERIES_BELOW ? density * millsRatio(-u) : smaller - near;
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
