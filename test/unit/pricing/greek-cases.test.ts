import assert from 'node:assert/strict';
import { test } from 'node:test';
import { impliedVolatility, optionGreeks, type OptionTerms } from '../../../src/pricing/option.ts';

/*
 * The numbered cases of the service's first test plan, with right numbers: a European option on a
 * stock without dividend, strike 100, rate 5 %, one year, volatility 20 % unless said otherwise.
 * Cases about the time to expiry itself belong to the calendar.
 */

const AT_THE_MONEY: OptionTerms = {
  model: 'bsm',
  type: 'call',
  underlying: 100,
  strike: 100,
  timeYears: 1,
  rate: 0.05,
};
const VOLATILITY = 0.2;

function greeksOf(change: Partial<OptionTerms> = {}, volatility = VOLATILITY) {
  const outcome = optionGreeks({ ...AT_THE_MONEY, ...change }, volatility);
  assert.equal(outcome.status, 'OK');
  return outcome;
}

function assertNear(got: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(got - expected) <= tolerance, `${got}, should be ${expected}`);
}

test('GREEK-001 the price at the money is 10.4506, delta 0.6368, gamma 0.01876', () => {
  const { price, delta, gamma } = greeksOf();
  assertNear(price, 10.450583572185566, 1e-13);
  assertNear(delta, 0.6368306511756191, 1e-15);
  assertNear(gamma, 0.01876201734584689, 1e-17);
});

test('GREEK-002 in the money, spot 120: 26.169, 0.8965, 0.00750', () => {
  const { price, delta, gamma } = greeksOf({ underlying: 120 });
  assertNear(price, 26.169, 5e-4);
  assertNear(delta, 0.8965, 5e-5);
  assertNear(gamma, 0.0075, 5e-6);
});

test('GREEK-003 out of the money, spot 80: 1.8594, 0.2219, 0.01860', () => {
  const { price, delta, gamma } = greeksOf({ underlying: 80 });
  assertNear(price, 1.8594, 5e-5);
  assertNear(delta, 0.2219, 5e-5);
  assertNear(gamma, 0.0186, 5e-6);
});

test('GREEK-004 call minus put is the discounted forward minus strike', () => {
  const put = greeksOf({ type: 'put' });
  assertNear(greeksOf().price - put.price, 100 - 100 * Math.exp(-0.05), 1e-13);
});

test('GREEK-005 without volatility the price is the discounted intrinsic value', () => {
  assertNear(greeksOf({}, 0).price, 100 - 100 * Math.exp(-0.05), 1e-13);
  assert.equal(greeksOf({ underlying: 80 }, 0).price, 0);
});

test('GREEK-006 delta goes from 0 far out of the money to 1 deep in the money', () => {
  assert.ok(greeksOf({ underlying: 20 }).delta < 1e-9);
  assert.ok(greeksOf({ underlying: 500 }).delta > 1 - 1e-9);
  const put = greeksOf({ type: 'put' }).delta;
  assertNear(put, greeksOf().delta - 1, 1e-15);
});

test('GREEK-007 gamma is largest near the money and the same for call and put', () => {
  const { gamma } = greeksOf();
  assert.ok(
    gamma > greeksOf({ underlying: 70 }).gamma && gamma > greeksOf({ underlying: 140 }).gamma,
  );
  assertNear(greeksOf({ type: 'put' }).gamma, gamma, 1e-17);
});

test('GREEK-008 theta of a call is negative, of a deep put positive', () => {
  assertNear(greeksOf().theta, -6.414027546438197, 1e-13);
  assert.ok(greeksOf({ type: 'put', underlying: 40 }).theta > 0);
});

test('GREEK-009 vega is 37.524 per 1.00 of volatility', () => {
  assertNear(greeksOf().vega, 37.52403469169379, 1e-13);
});

test('GREEK-010 rho is 53.232 per 1.00 of rate for the call, negative for the put', () => {
  assertNear(greeksOf().rho, 53.232481545376345, 1e-13);
  assert.ok(greeksOf({ type: 'put' }).rho < 0);
});

test('GREEK-011 the volatility of a price is the one that the price was made with', () => {
  const outcome = impliedVolatility(AT_THE_MONEY, 10.450583572185566);
  assert.equal(outcome.status, 'OK');
  assertNear(outcome.volatility, 0.2, 1e-15);
});

test('GREEK-012 volatilities from 0.1 % to 1000 % come back', () => {
  for (const volatility of [0.001, 0.01, 0.1, 1, 5, 10]) {
    const terms = { ...AT_THE_MONEY, strike: 105 };
    const { price } = greeksOf({ strike: 105 }, volatility);
    const outcome = impliedVolatility(terms, price);
    assert.equal(outcome.status, 'OK', `${volatility}`);
    // At 1000 % the price is within 3e-5 of its maximum and holds fewer digits.
    assertNear(outcome.volatility, volatility, (volatility > 5 ? 1e-11 : 1e-13) * volatility);
  }
});

test('GREEK-013 a price of nothing but intrinsic value has no volatility', () => {
  const price = 120 - 100 * Math.exp(-0.05);
  assert.equal(
    impliedVolatility({ ...AT_THE_MONEY, underlying: 120 }, price - 0.01).status,
    'BELOW_INTRINSIC',
  );
});

test('GREEK-014 a price that no volatility reaches says so', () => {
  assert.equal(impliedVolatility(AT_THE_MONEY, 100).status, 'ABOVE_MAXIMUM');
  assert.equal(impliedVolatility({ ...AT_THE_MONEY, type: 'put' }, 96).status, 'ABOVE_MAXIMUM');
});

test('GREEK-015 the solution depends on nothing but the price: solving twice gives the same', () => {
  const solve = () => impliedVolatility(AT_THE_MONEY, 7);
  const first = solve();
  impliedVolatility({ ...AT_THE_MONEY, strike: 300 }, 1e-9);
  assert.deepEqual(solve(), first);
});

test('GREEK-020 an expired option has neither Greeks nor volatility', () => {
  assert.equal(optionGreeks({ ...AT_THE_MONEY, timeYears: 0 }, VOLATILITY).status, 'EXPIRED');
  assert.equal(impliedVolatility({ ...AT_THE_MONEY, timeYears: -0.1 }, 5).status, 'EXPIRED');
});

test('GREEK-021 zero volatility gives the limits of the Greeks', () => {
  const call = greeksOf({}, 0);
  assert.deepEqual([call.delta, call.gamma, call.vega, call.vanna, call.volga], [1, 0, 0, 0, 0]);
  assertNear(call.theta, -0.05 * 100 * Math.exp(-0.05), 1e-14);
  const kink = greeksOf({ model: 'black76', rate: 0 }, 0);
  assert.deepEqual([kink.price, kink.gamma], [0, Infinity]);
  assertNear(kink.delta, 0.5, 1e-16);
  assertNear(kink.vega, 100 / Math.sqrt(2 * Math.PI), 1e-13);
});

test('GREEK-022 volatility of 500 % is an ordinary number', () => {
  const { price, delta } = greeksOf({}, 5);
  assertNear(price, 98.788779, 1e-6);
  assertNear(delta, 0.9939634, 1e-7);
});

test('GREEK-023 to 025 no time is expired; a negative spot or strike is invalid', () => {
  assert.equal(optionGreeks({ ...AT_THE_MONEY, timeYears: 0 }, 0).status, 'EXPIRED');
  const negative = [{ underlying: -1 }, { strike: -1 }, { underlying: 0 }];
  for (const change of [...negative, { strike: NaN }, { rate: NaN }, { dividendYield: Infinity }]) {
    assert.equal(optionGreeks({ ...AT_THE_MONEY, ...change }, VOLATILITY).status, 'INVALID');
    assert.equal(impliedVolatility({ ...AT_THE_MONEY, ...change }, 5).status, 'INVALID');
  }
});
