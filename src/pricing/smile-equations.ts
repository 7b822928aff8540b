import { type Smile, WING_SLOPE_MAX } from './smile.ts';

/*
 * The smile for a given m and sigma. With y = (k - m) / sigma and S = sqrt(y^2 + 1) the total
 * variance is linear in what is left,
 *
 *     w = alpha + right (S + y) / 2 + left (S - y) / 2,
 *
 * right and left being the slopes of the wings times sigma. So the best alpha >= 0 and the best
 * slopes within Lee's bound are least squares in a box, solved exactly (Zeliade's quasi-explicit
 * calibration).
 *
 * Residuals are taken in volatility and weighted by how well each quote knows its volatility.
 */

/** Quotes to fit; a thread makes one fit at a time. */
export const quoted = { count: 0, low: Number.NaN, high: Number.NaN };
/** The smile of the newest bestSmile(). */
export const found: { -readonly [parameter in keyof Smile]: number } = {
  a: 0,
  b: 0,
  rho: 0,
  m: 0,
  sigma: 1,
};

let ks = new Float64Array(256);
let variances = new Float64Array(256);
let weights = new Float64Array(256);
/** Normal equations for basis 1, (S + y) / 2, (S - y) / 2: matrix, right side, solution. */
const matrix = new Float64Array(9);
const rightSide = new Float64Array(3);
const solution = new Float64Array(3);
const trial = new Float64Array(3);
let squares = 0;

/** True if a quote can be used: a volatility, and how uncertain it is. */
export function isUsable(k: number, volatility: number, uncertainty: number): boolean {
  const sizes = Math.abs(k) + volatility + uncertainty;
  return volatility > 0 && uncertainty > 0 && sizes < Infinity;
}

/** Takes over the quotes that can be used. */
export function takeQuotes(
  logMoneyness: Float64Array,
  volatility: Float64Array,
  uncertainty: Float64Array,
  count: number,
  timeYears: number,
): void {
  if (ks.length < count) {
    ks = new Float64Array(count);
    variances = new Float64Array(count);
    weights = new Float64Array(count);
  }
  let points = 0;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < count; i++) {
    const k = logMoneyness[i]!;
    const sigma = volatility[i]!;
    if (!isUsable(k, sigma, uncertainty[i]!)) continue;
    // dw = 2 volatility T dvolatility.
    const unit = 2 * sigma * timeYears;
    ks[points] = k;
    variances[points] = sigma * sigma * timeYears;
    weights[points] = (unit * uncertainty[i]!) ** -2;
    points++;
    if (k < low) low = k;
    if (k > high) high = k;
  }
  quoted.count = points;
  quoted.low = low;
  quoted.high = high;
}

/** Finds the best smile with this m and sigma; returns its weighted square error. */
export function bestSmile(m: number, sigma: number): number {
  accumulate(m, sigma);
  const error = solveInBox(WING_SLOPE_MAX * sigma);
  const right = solution[1]!;
  const left = solution[2]!;
  found.m = m;
  found.sigma = sigma;
  found.a = solution[0]!;
  found.b = (right + left) / (2 * sigma);
  found.rho = right + left > 0 ? (right - left) / (right + left) : 0;
  return error;
}

/** Normal equations of the points for this m and sigma. */
function accumulate(m: number, sigma: number): void {
  let sum = 0;
  let f = 0;
  let g = 0;
  let ff = 0;
  let gg = 0;
  let w = 0;
  let wf = 0;
  let wg = 0;
  let ww = 0;
  const scale = 1 / sigma;
  for (let i = 0; i < quoted.count; i++) {
    const y = (ks[i]! - m) * scale;
    const s = Math.sqrt(y * y + 1);
    const right = 0.5 * (s + y);
    const left = 0.5 * (s - y);
    const weight = weights[i]!;
    const target = variances[i]!;
    const weightedRight = weight * right;
    const weightedLeft = weight * left;
    sum += weight;
    f += weightedRight;
    g += weightedLeft;
    ff += weightedRight * right;
    gg += weightedLeft * left;
    w += weight * target;
    wf += weightedRight * target;
    wg += weightedLeft * target;
    ww += weight * target * target;
  }
  matrix[0] = sum;
  matrix[1] = matrix[3] = f;
  matrix[2] = matrix[6] = g;
  matrix[4] = ff;
  // (S + y) (S - y) = 1.
  matrix[5] = matrix[7] = 0.25 * sum;
  matrix[8] = gg;
  rightSide[0] = w;
  rightSide[1] = wf;
  rightSide[2] = wg;
  squares = ww;
}

/** 0 free, 1 at the lower bound, 2 at the upper bound; digits in base 3 for the three unknowns. */
const ACTIVE_SETS = 27;
const digits = new Int8Array(3);

/**
 * Least squares with alpha >= 0 and both slopes from 0 to `slopeMax`, into `solution`; returns the
 * error. The best of all solutions with some unknowns at their bounds that keep the others within
 * theirs.
 */
function solveInBox(slopeMax: number): number {
  let best = Infinity;
  for (let set = 0; set < ACTIVE_SETS; set++) {
    digits[0] = set % 3;
    digits[1] = Math.trunc(set / 3) % 3;
    digits[2] = Math.trunc(set / 9);
    // Alpha has no upper bound.
    if (digits[0] === 2) continue;
    for (let i = 0; i < 3; i++) trial[i] = digits[i] === 2 ? slopeMax : 0;
    solveFree();
    if (!isInBox(slopeMax)) continue;
    const error = trialError();
    if (error < best) {
      best = error;
      solution.set(trial);
    }
    // Free of every bound: nothing is better.
    if (set === 0) break;
  }
  return best;
}

function isInBox(slopeMax: number): boolean {
  for (let i = 0; i < 3; i++) {
    if (!(trial[i]! >= 0 && (i === 0 || trial[i]! <= slopeMax))) return false;
  }
  return true;
}

function trialError(): number {
  let error = squares;
  for (let i = 0; i < 3; i++) {
    let row = 0;
    for (let j = 0; j < 3; j++) row += matrix[3 * i + j]! * trial[j]!;
    error += trial[i]! * (row - 2 * rightSide[i]!);
  }
  return Math.max(error, 0);
}

const work = new Float64Array(12);

/**
 * Solves for the unknowns whose digit is 0, the others standing in `trial`; Gauss's elimination.
 */
function solveFree(): void {
  for (let i = 0; i < 3; i++) {
    const isFree = digits[i] === 0;
    work[4 * i + 3] = isFree ? rightSide[i]! : trial[i]!;
    for (let j = 0; j < 3; j++) {
      work[4 * i + j] = isFree ? matrix[3 * i + j]! : i === j ? 1 : 0;
    }
  }
  // The matrix is positive definite but for the rows replaced, so no pivoting is needed.
  for (let i = 0; i < 3; i++) {
    for (let r = i + 1; r < 3; r++) {
      const factor = work[4 * r + i]! / work[4 * i + i]!;
      if (factor === 0) continue;
      for (let c = i; c < 4; c++) work[4 * r + c] = work[4 * r + c]! - factor * work[4 * i + c]!;
    }
  }
  for (let i = 2; i >= 0; i--) {
    let rest = work[4 * i + 3]!;
    for (let c = i + 1; c < 3; c++) rest -= work[4 * i + c]! * trial[c]!;
    trial[i] = rest / work[4 * i + i]!;
  }
}
