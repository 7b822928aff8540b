/**
 * registers[to] = ln(registers[numerator] / registers[denominator]) of two positive numbers,
 * accurate relative to itself also where they are close: there the difference is exact, the
 * quotient is not.
 */
export function evaluateLogRatio(
  registers: Float64Array,
  numerator: number,
  denominator: number,
  to: number,
): void {
  const a = registers[numerator]!;
  const b = registers[denominator]!;
  const difference = a - b;
  const sum = a + b;
  if (difference > -0.05 * sum && difference < 0.05 * sum) {
    // 2 artanh(z); the first term left out is below 1e-18 of the sum.
    const z = difference / sum;
    const q = z * z;
    const tail = 1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13)))));
    registers[to] = 2 * (z + z * q * tail);
  } else {
    const quotient = a / b;
    const fits = quotient > 0 && quotient < Infinity;
    registers[to] = fits ? Math.log(quotient) : Math.log(a) - Math.log(b);
  }
}
