import { buildMillsTable } from './mills-table.ts';

/*
 * The normal distribution with relative accuracy in the tails. Everything rests on Mills' ratio
 * M(z) = (1 - N(z)) / n(z), which falls smoothly from sqrt(pi / 2) to 1 / z and never underflows.
 */

export const INV_SQRT_2PI = 0.3989422804014327;
const SQRT_2 = Math.SQRT2;
const SQRT_2_OVER_PI = 0.7978845608028654;

const TABLE = buildMillsTable();

/** Mills' ratio (1 - N(z)) / n(z) for z >= -1, to about one unit in the last place. */
export function millsRatio(z: number): number {
  if (z < 10) {
    const table = TABLE;
    // Literals for the layout of the table: short enough to be inlined wherever it counts.
    const segment = ((z + 1) * 16) | 0;
    const r = z + 0.96875 - segment * 0.0625;
    const i = segment << 3;
    const q = r * r;
    return (
      table[i]! +
      (q * (table[i + 2]! + q * (table[i + 4]! + q * table[i + 6]!)) +
        r * (table[i + 1]! + q * (table[i + 3]! + q * (table[i + 5]! + q * table[i + 7]!))))
    );
  }
  return millsContinuedFraction(z);
}

/**
 * Thirteenth convergent of 1/(z + 1/(z + 2/(z + 3/(z + ...)))), written in w = 1/z^2; its error at
 * z = 10, where it is largest, is 1.3e-17 of the value.
 */
function millsContinuedFraction(z: number): number {
  const w = 1 / (z * z);
  const numerator =
    1 + w * (77 + w * (2070 + w * (23814 + w * (114765 + w * (187425 + w * 46080)))));
  const denominator =
    1 + w * (78 + w * (2145 + w * (25740 + w * (135135 + w * (270270 + w * 135135)))));
  return numerator / (z * denominator);
}

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
