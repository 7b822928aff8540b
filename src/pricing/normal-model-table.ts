import { millsRatio } from './mills.ts';
import { INV_SQRT_2PI } from './normal.ts';

/*
 * The normal (Bachelier) model solved once and for all: with W the price of a straddle and w = 2 c
 * / W, c the out-of-the-money option, deviation / W depends on w alone. The table holds it as
 * cubics over 16 segments for every power of two of w, good to about 1e-8; a guess needs no more.
 */

const SEGMENTS_PER_BINADE_BITS = 4;
const LOWEST_EXPONENT = -32;
/** Smallest argument of the table. */
export const STRADDLE_SHARE_MIN = 2 ** LOWEST_EXPONENT;
const ROW = 5;
const SEGMENTS = -LOWEST_EXPONENT << SEGMENTS_PER_BINADE_BITS;
/** High word of a double shifted so that exponent and leading mantissa bits number the segments. */
const HIGH_WORD_SHIFT = 20 - SEGMENTS_PER_BINADE_BITS;
const FIRST_SEGMENT = (1023 + LOWEST_EXPONENT) << SEGMENTS_PER_BINADE_BITS;

const doubleView = new Float64Array(1);
const wordView = new Uint32Array(doubleView.buffer);
doubleView[0] = 1;
const HIGH_WORD = wordView[1] === 0 ? 0 : 1;

/** Straddle / deviation at h = distance to the strike / deviation. */
function straddleAt(h: number): number {
  return 2 * INV_SQRT_2PI * Math.exp(-0.5 * h * h) * (1 - h * millsRatio(h)) + h;
}

/**
 * The h at which the out-of-the-money option is `share` / 2 of the straddle, by Newton's method.
 */
function invertShare(share: number, start: number): number {
  let h = start;
  for (let i = 0; i < 60; i++) {
    const straddle = straddleAt(h);
    const shareHere = (straddle - h) / straddle;
    const density = INV_SQRT_2PI * Math.exp(-0.5 * h * h);
    const step = (Math.log(shareHere / share) * shareHere * straddle * straddle) / (2 * density);
    h = Math.max(0, h + step);
    if (Math.abs(step) < 1e-9) break;
  }
  return h;
}

/** Row: centre of the segment, then the coefficients in (argument - centre), lowest power first. */
function buildTable(): Float64Array {
  const table = new Float64Array(SEGMENTS * ROW);
  const outer = Math.cos(Math.PI / 8);
  const inner = Math.cos((3 * Math.PI) / 8);
  const nodes = [-outer, -inner, inner, outer];
  let h = 0;
  for (let segment = SEGMENTS - 1; segment >= 0; segment--) {
    const exponent = (segment >> SEGMENTS_PER_BINADE_BITS) + LOWEST_EXPONENT;
    const place = segment & ((1 << SEGMENTS_PER_BINADE_BITS) - 1);
    const halfWidth = 2 ** (exponent - SEGMENTS_PER_BINADE_BITS - 1);
    const centre = 2 ** exponent + (2 * place + 1) * halfWidth;
    const values = nodes.map((node) => {
      h = invertShare(centre + node * halfWidth, h);
      return 1 / straddleAt(h);
    });
    table[segment * ROW] = centre;
    cubicThrough(nodes, values).forEach((coefficient, power) => {
      table[segment * ROW + 1 + power] = coefficient / halfWidth ** power;
    });
  }
  return table;
}

/**
 * Coefficients, lowest power first, of the cubic through four points (Newton's divided
 * differences).
 */
function cubicThrough(x: readonly number[], y: readonly number[]): number[] {
  const d = [...y];
  for (let order = 1; order < 4; order++) {
    for (let i = 3; i >= order; i--) d[i] = (d[i]! - d[i - 1]!) / (x[i]! - x[i - order]!);
  }
  let c = [d[3]!];
  for (let i = 2; i >= 0; i--) {
    const raised = [0, ...c];
    c = raised.map((value, power) => value - (c[power] ?? 0) * x[i]!);
    c[0] = c[0]! + d[i]!;
  }
  return c;
}

const TABLE = buildTable();

/**
 * registers[to] = standard deviation of the forward, in the normal model, per unit of the
 * straddle's price, where registers[share] = 2 * out-of-the-money price / straddle,
 * STRADDLE_SHARE_MIN to 1.
 */
export function evaluateNormalModel(registers: Float64Array, share: number, to: number): void {
  const argument = registers[share]!;
  doubleView[0] = argument;
  const segment = (wordView[HIGH_WORD]! >>> HIGH_WORD_SHIFT) - FIRST_SEGMENT;
  const i = Math.min(segment, SEGMENTS - 1) * ROW;
  const r = argument - TABLE[i]!;
  registers[to] = TABLE[i + 1]! + r * (TABLE[i + 2]! + r * (TABLE[i + 3]! + r * TABLE[i + 4]!));
}
