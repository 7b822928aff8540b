import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isOnTick, priceUnits } from '../../../src/domain/price-ticks.ts';

const PLACES = 7;

/** Numerator over 10^20 of what a number's shortest decimal text says; no exponents. */
function rational(value: number): bigint {
  const [whole = '0', fraction = ''] = value.toString().split('.');
  return BigInt(whole + fraction.padEnd(20, '0'));
}

function isMultiple(price: number, tick: number): boolean {
  return rational(price) % rational(tick) === 0n;
}

const tick = fc.constantFrom(0.0025, 0.01, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 5);
/** As a caller writes it, with up to four places. */
const written = fc
  .tuple(fc.integer({ min: 1, max: 900_000_000 }), fc.integer({ min: 0, max: 4 }))
  .map(([units, places]) => Number(`${units}e-${places}`));

test('so many ticks, as text says them, are on the tick', () => {
  fc.assert(
    fc.property(tick, fc.integer({ min: 1, max: 5_000_000 }), (size, count) => {
      const price = Number(BigInt(count) * rational(size)) / 1e20;
      // The nearest number to the exact product, as JSON gives it.
      const text = Number(price.toFixed(4));
      assert.equal(isOnTick(text, size), true, `${text} by ${size}`);
    }),
  );
});

test('a price is on the tick just if the quotient of the decimals is whole', () => {
  fc.assert(
    fc.property(written, tick, (price, size) => {
      assert.equal(isOnTick(price, size), isMultiple(price, size), `${price} by ${size}`);
    }),
    { numRuns: 2000 },
  );
});

test('the neighbours of a price, as numbers go, are never on the tick', () => {
  const bits = new DataView(new ArrayBuffer(8));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000_000 }), tick, (count, size) => {
      const price = Number((count * 0.05).toFixed(2));
      for (const step of [1n, -1n]) {
        bits.setFloat64(0, price);
        bits.setBigInt64(0, bits.getBigInt64(0) + step);
        assert.equal(isOnTick(bits.getFloat64(0), size), false);
      }
    }),
  );
});

test('units are exact: as many as the decimal places say, or none', () => {
  fc.assert(
    fc.property(written, (price) => {
      const units = priceUnits(price);
      assert.equal(BigInt(units ?? -1), rational(price) / 10n ** BigInt(20 - PLACES));
    }),
  );
  for (const price of [NaN, Infinity, 1e12, 0.000_000_01])
    assert.equal(priceUnits(price), undefined);
  assert.equal(isOnTick(1, 0), false);
});
