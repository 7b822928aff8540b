/**
 * Polynomials for Mills' ratio M(z) = (1 - N(z)) / n(z) on -1 <= z < 10.
 *
 * M' = z M - 1, so the Taylor coefficients at any point follow from M there:
 * a[1] = z a[0] - 1 and (n + 1) a[n+1] = z a[n] + a[n-1]. They are computed when the module loads,
 * in fixed point with digits enough to walk from M(-1) to the end, although the walk
 * multiplies an error by e^(z^2 / 2). Nothing in the table is typed in, hence nothing mistyped.
 */

/** Segments per unit of z. */
const MILLS_SEGMENTS_PER_UNIT = 16;
/** Coefficients per segment: a polynomial of degree 7, one cache line. */
const MILLS_COEFFICIENTS = 8;
/** The table starts here. */
const MILLS_TABLE_START = -1;
/** The table ends here; the continued fraction takes over. */
const MILLS_TABLE_END = 10;

const FRACTION_BITS = 160n;
const ONE = 1n << FRACTION_BITS;
/** -log2 of half a segment. */
const HALF_WIDTH_BITS = 5n;
const TAYLOR_TERMS = 28;
/** M(-1) = N(1) / n(1) to 63 decimals, the point left out. */
const M_AT_START_DECIMALS = '3477051811703694466925520653569041366046239584120846423502965095';

function fromDecimals(digits: string): bigint {
  return (BigInt(digits) * ONE) / 10n ** BigInt(digits.length - 1);
}

/** Terms a[n] h^n of M at z = k h, h half a segment: powers of x = dz / h. */
function taylor(k: bigint, value: bigint): bigint[] {
  const shift = 2n * HALF_WIDTH_BITS;
  const terms = [value, ((k * value) >> shift) - (ONE >> HALF_WIDTH_BITS)];
  for (let n = 1; n < TAYLOR_TERMS; n++) {
    terms.push(((k * terms[n]! + terms[n - 1]!) >> shift) / BigInt(n + 1));
  }
  return terms;
}

/** Sum of the terms at x half widths from the centre. */
function sumAt(x: bigint, terms: readonly bigint[]): bigint {
  return terms.reduceRight((sum, term) => sum * x + term, 0n);
}

/**
 * Lowers the degree from 9 to 7 by subtracting multiples of the Chebyshev polynomials T9 and T8,
 * which spreads what is cut off evenly over the segment (below 3e-17).
 */
function economise(b: readonly bigint[]): bigint[] {
  const c8 = b[8]!;
  const c9 = b[9]!;
  return [
    b[0]! - c8 / 128n,
    b[1]! - (9n * c9) / 256n,
    b[2]! + c8 / 4n,
    b[3]! + (15n * c9) / 32n,
    b[4]! - (5n * c8) / 4n,
    b[5]! - (27n * c9) / 16n,
    b[6]! + 2n * c8,
    b[7]! + (9n * c9) / 4n,
  ];
}

/**
 * Row i holds the coefficients in r = z + 1 - (i + 1/2) / 16, lowest power first. millsRatio knows
 * the layout.
 */
export function buildMillsTable(): Float64Array {
  const segments = (MILLS_TABLE_END - MILLS_TABLE_START) * MILLS_SEGMENTS_PER_UNIT;
  const start = BigInt(2 * MILLS_TABLE_START * MILLS_SEGMENTS_PER_UNIT);
  const table = new Float64Array(segments * MILLS_COEFFICIENTS);
  const unit = 2 ** -Number(FRACTION_BITS);
  const halfWidthInverse = 2 ** Number(HALF_WIDTH_BITS);
  let atCentre = sumAt(1n, taylor(start, fromDecimals(M_AT_START_DECIMALS)));
  for (let segment = 0; segment < segments; segment++) {
    const terms = taylor(start + BigInt(2 * segment + 1), atCentre);
    economise(terms).forEach((coefficient, power) => {
      table[segment * MILLS_COEFFICIENTS + power] =
        Number(coefficient) * unit * halfWidthInverse ** power;
    });
    atCentre = sumAt(2n, terms);
  }
  return table;
}
