import { buildMillsTable } from './mills-table.ts';

/*
 * Mills' ratio M(z) = (1 - N(z)) / n(z), which falls smoothly from N(1) / n(1) at z = -1 to 1 / z
 * and never underflows: what the tails of the normal distribution are made of.
 *
 * A double passed to or returned from a function that is not inlined is boxed, and what is inlined
 * is the engine's choice. So the functions on the hot path pass doubles in arrays ("registers") and
 * only the places by argument. A thread evaluates one option at a time.
 */

const TABLE = buildMillsTable();

/**
 * registers[to] = M(registers[from]) for an argument >= -1, to about one unit in the last place.
 */
export function evaluateMills(registers: Float64Array, from: number, to: number): void {
  const z = registers[from]!;
  if (!(z < 10)) {
    continuedFraction(registers, from, to);
    return;
  }
  const table = TABLE;
  const segment = ((z + 1) * 16) | 0;
  const r = z + 0.96875 - segment * 0.0625;
  const i = segment << 3;
  const q = r * r;
  registers[to] =
    table[i]! +
    (q * (table[i + 2]! + q * (table[i + 4]! + q * table[i + 6]!)) +
      r * (table[i + 1]! + q * (table[i + 3]! + q * (table[i + 5]! + q * table[i + 7]!))));
}

/**
 * Thirteenth convergent of 1/(z + 1/(z + 2/(z + 3/(z + ...)))), written in w = 1/z^2; its error at
 * z = 10, where it is largest, is 1.3e-17 of the value.
 */
function continuedFraction(registers: Float64Array, from: number, to: number): void {
  const z = registers[from]!;
  const w = 1 / (z * z);
  const numerator =
    1 + w * (77 + w * (2070 + w * (23814 + w * (114765 + w * (187425 + w * 46080)))));
  const denominator =
    1 + w * (78 + w * (2145 + w * (25740 + w * (135135 + w * (270270 + w * 135135)))));
  registers[to] = numerator / (z * denominator);
}

const scratch = new Float64Array(2);

/** M(z) for z >= -1. */
export function millsRatio(z: number): number {
  scratch[0] = z;
  evaluateMills(scratch, 0, 1);
  return scratch[1]!;
}
