import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GREEKS_STATUS } from '../../../src/domain/status.ts';
import { blackPrice, blackScholesMertonPrice } from '../../../src/pricing/black.ts';
import { solveBlack76, solveBlackScholesMerton } from '../../../src/pricing/implied-volatility.ts';
import { CALL, type OptionType, PUT } from '../../../src/pricing/option-type.ts';

const { INVALID, EXPIRED, BELOW_INTRINSIC, ABOVE_MAXIMUM } = GREEKS_STATUS;

interface Case {
  type?: OptionType;
  price?: number;
  forward?: number;
  strike?: number;
  time?: number;
  discount?: number;
}

function solve(change: Case): number {
  const { type = CALL, price = 5, forward = 100, strike = 100, time = 1, discount = 0.95 } = change;
  return solveBlack76(type, price, forward, strike, time, discount);
}

test('a missing, infinite or not positive input is invalid, also when time is up', () => {
  for (const time of [1, 0, -1]) {
    for (const bad of [NaN, Infinity, -Infinity, 0, -5]) {
      assert.equal(solve({ time, price: bad }), -INVALID);
      assert.equal(solve({ time, forward: bad }), -INVALID);
      assert.equal(solve({ time, strike: bad }), -INVALID);
      assert.equal(solve({ time, discount: bad }), -INVALID);
    }
  }
  for (const time of [NaN, Infinity, -Infinity]) assert.equal(solve({ time }), -INVALID);
  for (const bad of [NaN, Infinity, -Infinity]) {
    assert.equal(solveBlackScholesMerton(CALL, 5, 100, 100, 1, bad, 0), -INVALID);
    assert.equal(solveBlackScholesMerton(CALL, 5, 100, 100, 1, 0, bad), -INVALID);
  }
});

test('no time left is expired, whatever the price', () => {
  for (const time of [0, -0, -1e-9]) {
    assert.equal(solve({ time }), -EXPIRED);
    assert.equal(solve({ time, price: 1e6 }), -EXPIRED);
    assert.equal(solveBlackScholesMerton(PUT, 5, 100, 100, time, 0.05, 0), -EXPIRED);
  }
});

test('the lower bound is the discounted intrinsic value, and is itself below', () => {
  const call = { forward: 120, discount: 0.5 };
  assert.equal(solve({ ...call, price: 10 }), -BELOW_INTRINSIC);
  assert.equal(solve({ ...call, price: 9.9 }), -BELOW_INTRINSIC);
  assert.ok(solve({ ...call, price: 10.001 }) > 0);
  const put = { type: PUT, forward: 80, discount: 0.5 };
  assert.equal(solve({ ...put, price: 10 }), -BELOW_INTRINSIC);
  assert.ok(solve({ ...put, price: 10.001 }) > 0);
});

test('the upper bound is the discounted forward of a call, the discounted strike of a put', () => {
  assert.equal(solve({ forward: 120, discount: 0.5, price: 60 }), -ABOVE_MAXIMUM);
  assert.ok(solve({ forward: 120, discount: 0.5, price: 59.999 }) > 0);
  assert.equal(solve({ type: PUT, forward: 120, discount: 0.5, price: 50 }), -ABOVE_MAXIMUM);
  assert.ok(solve({ type: PUT, forward: 120, discount: 0.5, price: 49.999 }) > 0);
});

test('call and put of a strike hold the same volatility', () => {
  for (const strike of [60, 95, 100, 103, 150]) {
    const call = solve({ strike, price: blackPrice(CALL, 100, strike, 1, 0.95, 0.35) });
    const put = solve({ type: PUT, strike, price: blackPrice(PUT, 100, strike, 1, 0.95, 0.35) });
    assert.ok(Math.abs(call - 0.35) < 1e-13 && Math.abs(put - 0.35) < 1e-13, `${strike}`);
  }
});

test('prices from 1e-300 to one last digit below the maximum are solved', () => {
  for (const volatility of [0.05, 0.055, 0.1, 0.3]) {
    const price = blackPrice(CALL, 100, 600, 1, 1, volatility);
    assert.ok(price > 0);
    const solved = solve({ strike: 600, price, discount: 1 });
    assert.ok(Math.abs(solved / volatility - 1) < 1e-14, `${volatility}: ${solved}`);
  }
  const highest = solve({ price: 95 * (1 - 2 ** -52) });
  assert.ok(highest > 15 && highest < 17, `${highest}`);
});

test('a spot model without carry is the forward model', () => {
  const price = blackScholesMertonPrice(PUT, 100, 90, 0.25, 0, 0, 0.4);
  const spotModel = solveBlackScholesMerton(PUT, price, 100, 90, 0.25, 0, 0);
  const forwardModel = solveBlack76(PUT, price, 100, 90, 0.25, 1);
  assert.ok(Math.abs(spotModel - forwardModel) <= 2e-16, `${spotModel} and ${forwardModel}`);
});

test('where carry puts forward and strike together up to rounding there is still a volatility', () => {
  // ln(S/K) and (r - q) T cancel: only rounding is left of the distance of the legs.
  const time = 0.5;
  const strike = 100 * Math.exp(0.05 * time);
  for (const price of [1e-30, 1e-20, 1e-9, 1, 50]) {
    const solved = solveBlackScholesMerton(CALL, price, 100, strike, time, 0.05, 0);
    const back = blackScholesMertonPrice(CALL, 100, strike, time, 0.05, 0, solved);
    assert.ok(solved > 0, `${price}: ${solved}`);
    assert.ok(Math.abs(back - price) < 1e-12 * 100, `${price}: ${back}`);
  }
});
