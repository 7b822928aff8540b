import { evaluatePair, pair, PAIR_COMBINED, PAIR_H, PAIR_T } from './mills-pair.ts';
import { INV_SQRT_2PI } from './normal.ts';

/*
 * Black's formula. With F the forward, K the strike, s = volatility * sqrt(time), h = |ln(F/K)| / s,
 * u = h - s/2, v = h + s/2, n the normal density and M Mills' ratio, the option that is out of the
 * money is worth, undiscounted,
 *
 *     min(F, K) n(u) (M(u) - M(v)),
 *
 * since F n(d1) = K n(d2) = min(F, K) n(u). Both legs share one exponential, so that nothing
 * underflows before the price does and the wings keep their digits.
 */

/**
 * Out-of-the-money value per unit of the smaller of forward and strike, from 0 to 1.
 * `logMoneyness` is |ln(F/K)|, `deviation` is volatility * sqrt(time), both >= 0.
 */
export function unitBlack(logMoneyness: number, deviation: number): number {
  if (deviation === 0) return 0;
  const h = logMoneyness / deviation;
  const t = 0.5 * deviation;
  const u = h - t;
  const density = INV_SQRT_2PI * Math.exp(-0.5 * u * u);
  if (density === 0) return u > 0 ? 0 : 1;
  pair[PAIR_H] = h;
  pair[PAIR_T] = t;
  evaluatePair();
  const value = density * pair[PAIR_COMBINED]!;
  return u >= -1 ? value : 1 - value;
}
