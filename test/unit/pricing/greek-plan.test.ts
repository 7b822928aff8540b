import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  impliedVolatility,
  optionGreeks,
  type OptionGreeks,
  type OptionTerms,
} from '../../../src/pricing/option.ts';

/*
 * The tests of Greeks that the old service's plan demanded, GREEK-001 to 025, with its numbers put
 * right: its table gave Hull's example other strikes' Greeks, and asked for prices at rates that
 * its service did not use. 016 to 020 are about time:
 * test/integration/threads/greeks/greek-plan.test.ts.
 */

/** S = K = 100, 5 %, one year. */
const REFERENCE: OptionTerms = {
  model: 'bsm',
  type: 'call',
  underlying: 100,
  strike: 100,
  timeYears: 1,
  rate: 0.05,
};
const VOLATILITY = 0.2;
/** The old service's own example: 24,000, 30 days, 15 %, rate 10 %. */
const NIFTY: OptionTerms = {
  model: 'bsm',
  type: 'call',
  underlying: 24_000,
  strike: 24_000,
  timeYears: 30 / 365,
  rate: 0.1,
};

function greeks(changes: Partial<OptionTerms> = {}, volatility = VOLATILITY): OptionGreeks {
  const outcome = optionGreeks({ ...REFERENCE, ...changes }, volatility);
  assert.ok(outcome.status === 'OK', outcome.status);
  return outcome;
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);
}

describe('prices', () => {
  test('GREEK-001 at the money: 10.45 at S = K = 100, 5 %, one year, 20 %', () => {
    near(greeks().price, 10.4506, 0.00005);
    near(optionPrice(NIFTY, 0.15), 515.7, 0.05);
  });

  test('GREEK-002 deep in the money: spot less discounted strike, and a little', () => {
    const { price } = greeks({ underlying: 200 });
    const intrinsic = 200 - 100 * Math.exp(-0.05);
    assert.ok(price > intrinsic && price < intrinsic + 0.01, String(price));
    near(greeks({ underlying: 120 }).price, 26.169, 0.0005);
  });

  test('GREEK-003 deep out of the money: next to nothing, never negative', () => {
    const { price } = greeks({ underlying: 40 });
    assert.ok(price > 0 && price < 1e-4, String(price));
    near(greeks({ underlying: 80 }).price, 1.8594, 0.00005);
  });

  test('GREEK-004 put-call parity, with the strike discounted', () => {
    for (const underlying of [60, 80, 100, 120, 180]) {
      const call = greeks({ underlying }).price;
      const put = greeks({ underlying, type: 'put' }).price;
      near(call - put, underlying - 100 * Math.exp(-0.05), 1e-12);
    }
  });

  test('GREEK-005 without volatility: the discounted value of exercise', () => {
    const discountedStrike = 100 * Math.exp(-0.05);
    near(greeks({ underlying: 120 }, 0).price, 120 - discountedStrike, 1e-12);
    assert.equal(greeks({ underlying: 90 }, 0).price, 0);
    near(greeks({ underlying: 80, type: 'put' }, 0).price, discountedStrike - 80, 1e-12);
  });
});

describe('Greeks', () => {
  test('GREEK-006 delta: a half at the money, towards 1 in it, towards 0 out of it', () => {
    near(greeks().delta, 0.6368, 0.00005);
    near(greeks({ underlying: 120 }).delta, 0.8965, 0.00005);
    near(greeks({ underlying: 80 }).delta, 0.2219, 0.00005);
    near(greeks({ timeYears: 1 / 365, rate: 0 }).delta, 0.5, 0.01);
    near(deltaOf({ ...NIFTY }, 0.15), 0.584, 0.0005);
    near(deltaOf({ ...NIFTY, strike: 24_500, type: 'put' }, 0.15), -0.605, 0.0005);
    near(greeks({ underlying: 1000 }).delta, 1, 1e-12);
    near(greeks({ underlying: 10 }).delta, 0, 1e-12);
    for (const underlying of [50, 100, 150]) {
      const { delta } = greeks({ underlying, type: 'put' });
      assert.ok(delta <= 0 && delta >= -1, 'a put’s is negative');
    }
  });

  test('GREEK-007 gamma: the same for call and put, greatest near the money', () => {
    near(greeks().gamma, 0.01876, 0.000005);
    near(greeks({ underlying: 120 }).gamma, 0.0075, 0.00001);
    near(greeks({ underlying: 80 }).gamma, 0.0186, 0.00001);
    near(greeks().gamma, greeks({ type: 'put' }).gamma, 1e-15);
    const gammas = [60, 70, 80, 90, 100, 110, 120, 130].map(
      (underlying) => greeks({ underlying }).gamma,
    );
    const peak = gammas.indexOf(Math.max(...gammas));
    assert.ok(gammas.slice(0, peak).every((gamma, i) => gamma < gammas[i + 1]!));
    assert.ok(gammas.slice(peak + 1).every((gamma, i) => gamma < gammas[peak + i]!));
    assert.ok(peak >= 2 && peak <= 4, 'near the money');
  });

  test('GREEK-008 theta: time costs a call without dividends; a deep put may gain by it', () => {
    const { theta } = greeks();
    assert.ok(theta < 0);
    const call = optionGreeks(NIFTY, 0.15);
    assert.ok(call.status === 'OK');
    near(call.theta / 365, -10.41, 0.005);
    const close = greeks({ timeYears: 2 / 365 }).theta;
    assert.ok(close < theta, 'it grows towards expiry');
    assert.ok(greeks({ underlying: 20, type: 'put' }).theta > 0);
  });

  test('GREEK-009 vega: positive, the same for call and put, greatest near the money', () => {
    const { vega } = greeks();
    near(vega, greeks({ type: 'put' }).vega, 1e-12);
    assert.ok(vega > greeks({ underlying: 70 }).vega && vega > greeks({ underlying: 150 }).vega);
    const step = 1e-5;
    const slope = (greeks({}, 0.2 + step).price - greeks({}, 0.2 - step).price) / (2 * step);
    near(vega, slope, 1e-6);
    const call = optionGreeks(NIFTY, 0.15);
    assert.ok(call.status === 'OK');
    near(call.vega / 100, 26.84, 0.005);
  });

  test('GREEK-010 rho: positive for a call, negative for a put, the slope in the rate', () => {
    assert.ok(greeks().rho > 0 && greeks({ type: 'put' }).rho < 0);
    const step = 1e-6;
    const up = greeks({ rate: 0.05 + step }).price;
    const down = greeks({ rate: 0.05 - step }).price;
    near(greeks().rho, (up - down) / (2 * step), 1e-5);
  });
});

describe('implied volatility', () => {
  test('GREEK-011 comes in a bounded number of steps, and fast', () => {
    const { price } = greeks();
    const volatility = solved(REFERENCE, price);
    near(volatility, VOLATILITY, 1e-14);
  });

  test('GREEK-012 is found from 0.01 to 5, and no floor or cap replaces it beyond', () => {
    for (const volatility of [0.001, 0.01, 0.1, 1, 5, 9]) {
      const terms: OptionTerms = { ...NIFTY, model: 'black76' };
      near(solved(terms, optionPrice(terms, volatility)) / volatility, 1, 1e-9);
    }
  });

  test('GREEK-013 of the bare value of exercise there is none: BELOW_INTRINSIC, no zero', () => {
    const terms: OptionTerms = { ...REFERENCE, underlying: 120 };
    const intrinsic = 120 - 100 * Math.exp(-0.05);
    assert.equal(impliedVolatility(terms, intrinsic - 1e-9).status, 'BELOW_INTRINSIC');
    assert.equal(
      impliedVolatility({ ...REFERENCE, model: 'black76', underlying: 120 }, 0.01).status,
      'BELOW_INTRINSIC',
    );
  });

  test('GREEK-014 without a solution says why', () => {
    assert.equal(impliedVolatility(REFERENCE, 101).status, 'ABOVE_MAXIMUM');
    assert.equal(impliedVolatility(REFERENCE, -1).status, 'INVALID');
    assert.equal(impliedVolatility(REFERENCE, Number.NaN).status, 'INVALID');
    assert.equal(impliedVolatility({ ...REFERENCE, timeYears: 0 }, 5).status, 'EXPIRED');
  });

  test('GREEK-015 depends on the price alone, not on what was solved before', () => {
    const prices = [4.95, 5, 60, 10.4506, 99];
    const alone = prices.map((price) => solved(REFERENCE, price));
    const backwards = prices.toReversed().map((price) => solved(REFERENCE, price));
    assert.deepEqual(backwards.toReversed(), alone);
  });
});

describe('inputs at the edge', () => {
  test('GREEK-021 no volatility: limits, nothing infinite away from the money', () => {
    const { price, delta, gamma, theta, vega, rho } = greeks({ underlying: 120 }, 0);
    assert.ok([price, delta, gamma, theta, vega, rho].every(Number.isFinite));
    assert.deepEqual([delta, gamma, vega], [1, 0, 0]);
  });

  test('GREEK-022 a volatility of 500 % is a volatility', () => {
    const { price, delta } = greeks({}, 5);
    assert.ok(price > 95 && price < 100 && delta > 0.99 && delta < 1);
    near(solved(REFERENCE, price), 5, 1e-9);
  });

  test('GREEK-023 no time: EXPIRED, no values', () => {
    for (const timeYears of [0, -1]) {
      assert.deepEqual(optionGreeks({ ...REFERENCE, timeYears }, 0.2), { status: 'EXPIRED' });
    }
  });

  test('GREEK-024 a spot that is not positive is refused', () => {
    for (const underlying of [0, -100, Number.NaN, Infinity]) {
      const terms = { ...REFERENCE, underlying };
      assert.deepEqual(optionGreeks(terms, 0.2), { status: 'INVALID' });
      assert.equal(impliedVolatility(terms, 5).status, 'INVALID');
    }
  });

  test('GREEK-025 a strike that is not positive is refused', () => {
    for (const strike of [0, -100, Number.NaN, Infinity]) {
      const terms = { ...REFERENCE, strike };
      assert.deepEqual(optionGreeks(terms, 0.2), { status: 'INVALID' });
      assert.equal(impliedVolatility(terms, 5).status, 'INVALID');
    }
  });
});

function optionPrice(terms: OptionTerms, volatility: number): number {
  const outcome = optionGreeks(terms, volatility);
  assert.ok(outcome.status === 'OK');
  return outcome.price;
}

function deltaOf(terms: OptionTerms, volatility: number): number {
  const outcome = optionGreeks(terms, volatility);
  assert.ok(outcome.status === 'OK');
  return outcome.delta;
}

function solved(terms: OptionTerms, price: number): number {
  const outcome = impliedVolatility(terms, price);
  assert.ok(outcome.status === 'OK', outcome.status);
  return outcome.volatility;
}
