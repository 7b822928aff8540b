import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decimals,
  duration,
  NOTHING,
  percent,
  price,
  reason,
  signedPercent,
  whole,
} from '../../../src/console/format.ts';

test('figures have the form that the page promises', () => {
  assert.equal(price(1_234_567.5), '12,34,567.50');
  assert.equal(price(0.05), '0.05');
  assert.equal(whole(12_345_678), '1,23,45,678');
  assert.equal(decimals(-0.51234, 3), '-0.512');
  assert.equal(percent(0.1234), '12.34');
  assert.equal(signedPercent(0.5), '+0.50 %');
  assert.equal(signedPercent(-0.5), '-0.50 %');
  assert.equal(signedPercent(0), '0.00 %');
  assert.equal(reason('BELOW_INTRINSIC'), 'below intrinsic');
});

test('no value is a dash, never a zero', () => {
  for (const value of [null, undefined]) {
    for (const text of [price(value), whole(value), decimals(value, 2), percent(value)]) {
      assert.equal(text, NOTHING);
    }
    assert.equal(duration(value), NOTHING);
    assert.equal(signedPercent(value), '');
  }
});

test('time to expiry is days and hours, on the last day hours and minutes', () => {
  const year = 365 * 24 * 60;
  assert.equal(duration((3 * 1440 + 125) / year), '3 d 2 h');
  assert.equal(duration(1439 / year), '23 h 59 min');
  assert.equal(duration(0), '0 h 0 min');
  assert.equal(duration(-1), '0 h 0 min');
});
