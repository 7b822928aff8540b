import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SMILE_STATUS } from '../../../src/domain/status.ts';
import { emptySmile, type FittedSmile, fitSmile } from '../../../src/pricing/smile-fit.ts';
import {
  butterflyArbitrage,
  butterflyDensity,
  calendarArbitrage,
  hasFiniteWings,
  type Smile,
  smileVariance,
  smileVolatility,
} from '../../../src/pricing/smile.ts';

/** A weekly index smile. */
const WEEKLY: Smile = { a: 0.00005, b: 0.012, rho: -0.35, m: 0.004, sigma: 0.025 };
const TIME_YEARS = 5 / 365;
/** Axel Vogt's smile, known for its negative density. */
const VOGT: Smile = { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 };

/** Fits quotes at `count` log-moneynesses from `low` to `high`. */
function fitted(
  low: number,
  high: number,
  count: number,
  volatilityAt: (k: number, i: number) => number,
  timeYears = TIME_YEARS,
): FittedSmile {
  const ks = Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
  const out = emptySmile();
  fitSmile(ks, ks.map(volatilityAt), new Float64Array(count).fill(0.001), count, timeYears, out);
  return out;
}

const onWeekly = (k: number): number => smileVolatility(WEEKLY, k, TIME_YEARS);

describe('a fitted smile', () => {
  test('is the smile that the quotes lie on', () => {
    const smile = fitted(-0.08, 0.06, 60, onWeekly);
    assert.equal(smile.status, SMILE_STATUS.OK);
    assert.equal(smile.points, 60);
    assert.ok(smile.rmsError < 1e-4, `rms ${smile.rmsError}`);
    for (let k = -0.08; k <= 0.06; k += 0.01) {
      const error = smileVolatility(smile, k, TIME_YEARS) - onWeekly(k);
      assert.ok(Math.abs(error) < 2e-4, `${k}: ${error}`);
    }
  });

  test('says how far the quotes are off', () => {
    const noise = 0.004;
    const smile = fitted(-0.08, 0.06, 60, (k, i) => onWeekly(k) + (i % 2 === 0 ? noise : -noise));
    assert.ok(Math.abs(smile.rmsError - noise) < 0.1 * noise, `rms ${smile.rmsError}`);
  });

  test('trusts quotes as far as they are certain', () => {
    const ks = Float64Array.from({ length: 41 }, (_, i) => -0.08 + 0.0035 * i);
    const quotes = ks.map(onWeekly);
    const doubts = new Float64Array(41).fill(0.001);
    quotes[20] = 0.6;
    doubts[20] = 0.5;
    const smile = emptySmile();
    fitSmile(ks, quotes, doubts, 41, TIME_YEARS, smile);
    const error = smileVolatility(smile, 0, TIME_YEARS) - onWeekly(0);
    assert.ok(Math.abs(error) < 5e-4, `${error}`);
  });

  test('a flat smile is flat', () => {
    const smile = fitted(-0.3, 0.3, 13, () => 0.2, 1);
    assert.equal(smile.status, SMILE_STATUS.OK);
    assert.ok(Math.abs(smileVolatility(smile, 0.15, 1) - 0.2) < 1e-6);
    assert.ok(smile.rmsError < 1e-6);
  });

  test('leaves out quotes without a volatility', () => {
    const smile = fitted(-0.08, 0.06, 60, (k, i) => (i % 3 === 0 ? Number.NaN : onWeekly(k)));
    assert.equal(smile.points, 40);
    assert.ok(smile.rmsError < 1e-4);
  });

  test('has finite wings and no negative density where quotes ask for both', () => {
    const steep = fitted(-1, 1, 41, (k) => 0.2 + 2 * Math.abs(k), 1);
    assert.ok(hasFiniteWings(steep), `b ${steep.b} rho ${steep.rho}`);
    const arbitrageable = fitted(-0.5, 1.3, 40, (k) => smileVolatility(VOGT, k, 1), 1);
    assert.equal(arbitrageable.status, SMILE_STATUS.OK);
    assert.equal(butterflyArbitrage(arbitrageable, -0.5, 1.3), 0);
    assert.ok(arbitrageable.rmsError > 1e-4, 'which costs accuracy');
  });
});

describe('too few points', () => {
  for (const [name, count] of [
    ['five quotes', 5],
    ['one quote', 1],
    ['none', 0],
  ] as const) {
    test(`${name}: says so, and has no parameters`, () => {
      const smile = fitted(-0.08, 0.06, 60, (k, i) => (i < count ? onWeekly(k) : Number.NaN));
      assert.equal(smile.status, SMILE_STATUS.TOO_FEW_POINTS);
      assert.equal(smile.points, count);
      const { a, b, rho, m, sigma, rmsError } = smile;
      assert.deepEqual([a, b, rho, m, sigma, rmsError], new Array(6).fill(Number.NaN));
    });
  }

  test('quotes at one strike alone are too few', () => {
    const smile = fitted(0.01, 0.01, 60, () => 0.2);
    assert.equal(smile.status, SMILE_STATUS.TOO_FEW_POINTS);
  });
});

describe('arbitrage', () => {
  test('the density of a flat smile is 1 less the rounding of its tails', () => {
    const flat: Smile = { a: 0.04, b: 0, rho: 0, m: 0, sigma: 1 };
    assert.equal(butterflyDensity(flat, 0.3), 1);
  });

  test('a butterfly of Vogt’s smile has a negative price', () => {
    assert.ok(butterflyArbitrage(VOGT, -0.5, 1.3) > 0);
    assert.ok(butterflyDensity(VOGT, 0.9) < 0);
    assert.ok(butterflyDensity(VOGT, 0) > 0);
  });

  test('two expiries: a near variance above the far one is found, with its size', () => {
    const far: Smile = { ...WEEKLY, a: WEEKLY.a + 0.0001 };
    assert.equal(calendarArbitrage(WEEKLY, far, -0.1, 0.1), 0);
    const gap = calendarArbitrage(far, WEEKLY, -0.1, 0.1);
    assert.ok(Math.abs(gap - 0.0001) < 1e-15);
    assert.ok(smileVariance(far, 0) > smileVariance(WEEKLY, 0));
  });

  test('wings steeper than Lee’s bound are found', () => {
    assert.ok(hasFiniteWings({ ...WEEKLY, b: 2 / 1.35 }));
    assert.ok(!hasFiniteWings({ ...WEEKLY, b: 2.01 / 1.35 }));
  });
});
