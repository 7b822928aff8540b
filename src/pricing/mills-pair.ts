import { evaluateMills } from './mills.ts';

/* Mills' ratio M at both arguments of Black's formula, u = h - t and v = h + t with h, t >= 0. */

/** In: h. */
export const PAIR_H = 0;
/** In: t. */
export const PAIR_T = 1;
/** Out: M(u) where u >= -1; below that M(-u), the complement being the smaller number. */
export const PAIR_NEAR = 2;
/** Out: M(v). */
export const PAIR_FAR = 3;
/** Out: M(u) - M(v) where u >= -1, without cancellation for small t; M(-u) + M(v) below. */
export const PAIR_COMBINED = 4;
const ARGUMENT = 5;
/** Registers, as mills.ts explains. */
export const pair = new Float64Array(6);

/** Below this t, M(u) and M(v) are summed as a series in t. */
export const SERIES_BELOW = 0.02;

/** Evaluates the pair at the h and t that it holds. */
export function evaluatePair(): void {
  if (pair[PAIR_T]! < SERIES_BELOW) {
    evaluateSeries();
    return;
  }
  const u = pair[PAIR_H]! - pair[PAIR_T]!;
  pair[ARGUMENT] = u >= -1 ? u : -u;
  evaluateMills(pair, ARGUMENT, PAIR_NEAR);
  pair[ARGUMENT] = pair[PAIR_H]! + pair[PAIR_T]!;
  evaluateMills(pair, ARGUMENT, PAIR_FAR);
  const near = pair[PAIR_NEAR]!;
  const far = pair[PAIR_FAR]!;
  pair[PAIR_COMBINED] = u >= -1 ? near - far : near + far;
}

/**
 * M(h - t) = sum of I[n] t^n / n!, with I[n] the integral of y^n e^(-h y - y^2/2) over y > 0:
 * I[0] = M(h), I[1] = 1 - h I[0], I[n+1] = n I[n-1] - h I[n]. Changing the sign of t changes that
 * of the odd part.
 */
function evaluateSeries(): void {
  evaluateMills(pair, PAIR_H, PAIR_NEAR);
  const h = pair[PAIR_H]!;
  const t = pair[PAIR_T]!;
  const i0 = pair[PAIR_NEAR]!;
  const i1 = 1 - h * i0;
  const i2 = i0 - h * i1;
  const i3 = 2 * i1 - h * i2;
  const i4 = 3 * i2 - h * i3;
  const i5 = 4 * i3 - h * i4;
  const i6 = 5 * i4 - h * i5;
  const i7 = 6 * i5 - h * i6;
  const q = t * t;
  const even = i0 + q * (i2 * (1 / 2) + q * (i4 * (1 / 24) + q * i6 * (1 / 720)));
  const odd = t * (i1 + q * (i3 * (1 / 6) + q * (i5 * (1 / 120) + q * i7 * (1 / 5040))));
  pair[PAIR_NEAR] = even + odd;
  pair[PAIR_FAR] = even - odd;
  pair[PAIR_COMBINED] = 2 * odd;
}
