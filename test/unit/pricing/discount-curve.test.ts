import assert from 'node:assert/strict';
import test from 'node:test';
import { zeroRate } from '../../../src/pricing/discount-curve.ts';

const POINTS = [
  { years: 0.25, rate: 0.05 },
  { years: 0.5, rate: 0.06 },
  { years: 1, rate: 0.055 },
];

test('a curve of one point is one rate for all times', () => {
  for (const years of [0, 1e-9, 0.3, 40]) assert.equal(zeroRate([POINTS[0]!], years), 0.05);
});

test('rate x time is linear between points; the ends are flat', () => {
  assert.equal(zeroRate(POINTS, 0), 0.05);
  assert.equal(zeroRate(POINTS, 0.1), 0.05);
  for (const { years, rate } of POINTS) {
    assert.ok(Math.abs(zeroRate(POINTS, years) - rate) < 1e-15);
  }
  const middle = (0.25 * 0.05 + 0.5 * 0.06) / 2;
  assert.ok(Math.abs(zeroRate(POINTS, 0.375) - middle / 0.375) < 1e-15);
  assert.equal(zeroRate(POINTS, 5), 0.055);
});

test('the discount factor is continuous', () => {
  const at = (years: number) => zeroRate(POINTS, years) * years;
  for (let years = 0.01; years < 3; years += 0.01) {
    assert.ok(Math.abs(at(years * (1 + 1e-9)) - at(years)) < 1e-8, String(years));
  }
});
