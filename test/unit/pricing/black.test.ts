import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blackPrice, blackScholesMertonPrice } from '../../../src/pricing/black.ts';
import { CALL, PUT } from '../../../src/pricing/option-type.ts';

test('without volatility or time left the price is the discounted intrinsic value', () => {
  for (const [time, volatility] of [
    [1, 0],
    [0, 0.2],
    [0, 0],
  ] as const) {
    assert.equal(blackPrice(CALL, 110, 100, time, 0.9, volatility), 9);
    assert.equal(blackPrice(PUT, 110, 100, time, 0.9, volatility), 0);
    assert.equal(blackPrice(PUT, 90, 100, time, 0.9, volatility), 9);
    assert.equal(blackPrice(CALL, 100, 100, time, 0.9, volatility), 0);
  }
});

test('at unlimited total volatility a call costs the discounted forward, a put the discounted strike', () => {
  assert.equal(blackPrice(CALL, 110, 100, 1, 0.5, 100), 55);
  assert.equal(blackPrice(PUT, 110, 100, 1, 0.5, 100), 50);
});

test('one nanosecond before expiry the price at the money keeps all of its digits', () => {
  const time = 1e-9 / 31_536_000;
  const price = blackPrice(CALL, 24_000, 24_000, time, 1, 0.15);
  const exact = (24_000 * 0.15 * Math.sqrt(time)) / Math.sqrt(2 * Math.PI);
  assert.ok(Math.abs(price / exact - 1) < 1e-15);
});

test('both models agree where the forward is the carried spot', () => {
  const forward = 100 * Math.exp((0.07 - 0.02) * 0.5);
  const black = blackPrice(PUT, forward, 105, 0.5, Math.exp(-0.07 * 0.5), 0.3);
  const merton = blackScholesMertonPrice(PUT, 100, 105, 0.5, 0.07, 0.02, 0.3);
  assert.ok(Math.abs(black - merton) < 1e-13);
});

test('impossible inputs give NaN, never a number', () => {
  const good: readonly number[] = [100, 100, 1, 0.95, 0.2];
  for (let place = 0; place < good.length; place++) {
    for (const bad of [NaN, Infinity, -Infinity, -1]) {
      const [forward, strike, time, discount, volatility] = good.with(place, bad);
      const price = blackPrice(CALL, forward!, strike!, time!, discount!, volatility!);
      assert.equal(price, NaN, `input ${place} = ${bad}`);
    }
  }
  for (const bad of [NaN, Infinity, -Infinity]) {
    assert.equal(blackScholesMertonPrice(CALL, 100, 100, 1, bad, 0, 0.2), NaN);
    assert.equal(blackScholesMertonPrice(CALL, 100, 100, 1, 0.05, bad, 0.2), NaN);
  }
  assert.equal(blackPrice(CALL, 0, 100, 1, 1, 0.2), NaN);
  assert.equal(blackPrice(CALL, 100, 0, 1, 1, 0.2), NaN);
  assert.equal(blackPrice(CALL, 100, 100, 1, 0, 0.2), NaN);
});
