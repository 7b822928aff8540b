import { millsRatio } from './mills.ts';

/* The standard normal distribution with relative accuracy in its tails, for general use. */

export const INV_SQRT_2PI = 0.3989422804014327;
const SQRT_2 = Math.SQRT2;
const SQRT_2_OVER_PI = 0.7978845608028654;

/** exp(-z^2 / 2) without the error that rounding z^2 brings into a far tail. */
function gaussian(z: number): number {
  const head = Math.round(z * 16) / 16;
  const tail = z - head;
  return Math.exp(-0.5 * head * head) * Math.exp(-0.5 * tail * (z + head));
}

/** Density of the standard normal distribution. */
export function normalPdf(z: number): number {
  return z > -40 && z < 40 ? INV_SQRT_2PI * gaussian(z) : normalPdfOutside(z);
}

function normalPdfOutside(z: number): number {
  return Number.isNaN(z) ? Number.NaN : 0;
}

/** Standard normal distribution function N(z), to a few units in the last place in both tails. */
export function normalCdf(z: number): number {
  if (z <= 0) return normalPdf(z) * millsRatio(-z);
  return 1 - normalPdf(z) * millsRatio(z);
}

/** Scaled complementary error function exp(z^2) erfc(z); Infinity below about -26.6. */
export function erfcx(z: number): number {
  if (z >= 0) return SQRT_2_OVER_PI * millsRatio(z * SQRT_2);
  if (z < -27) return Infinity;
  const head = Math.round(z * 16) / 16;
  const square = Math.exp(head * head) * Math.exp((z - head) * (z + head));
  return 2 * square - SQRT_2_OVER_PI * millsRatio(-z * SQRT_2);
}

/** Complementary error function, with relative accuracy in the upper tail. */
export function erfc(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  const size = Math.abs(z);
  if (size > 30) return z > 0 ? 0 : 2;
  const head = Math.round(size * 16) / 16;
  const tail = Math.exp(-head * head) * Math.exp(-(size - head) * (size + head)) * erfcx(size);
  return z >= 0 ? tail : 2 - tail;
}
