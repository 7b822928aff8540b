import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isMonthlyExpiry,
  monthlyExpiries,
  weekNumber,
  weeklyExpiries,
} from '../../../../src/feed/sim/expiries.ts';
import { expiryCode, futureSymbol, optionSymbol } from '../../../../src/feed/sim/symbols.ts';

test('weekly expiries are the next Tuesdays', () => {
  const thursday = Date.parse('2026-09-10T10:00:00+05:30');
  assert.deepEqual(weeklyExpiries(thursday, 4), [
    '2026-09-15',
    '2026-09-22',
    '2026-09-29',
    '2026-10-06',
  ]);
});

test('an expiry day counts until 15:40 IST', () => {
  const before = Date.parse('2026-09-15T15:39:59+05:30');
  const after = Date.parse('2026-09-15T15:40:00+05:30');
  assert.equal(weeklyExpiries(before, 1)[0], '2026-09-15');
  assert.equal(weeklyExpiries(after, 1)[0], '2026-09-22');
});

test('before the closing auction began an expiry day counted until 15:30 IST', () => {
  assert.equal(weeklyExpiries(Date.parse('2026-07-28T15:29:59+05:30'), 1)[0], '2026-07-28');
  assert.equal(weeklyExpiries(Date.parse('2026-07-28T15:30:00+05:30'), 1)[0], '2026-08-04');
});

test('monthly expiries are the last Tuesdays of the months, over the turn of the year', () => {
  const now = Date.parse('2026-11-24T15:40:00+05:30');
  assert.deepEqual(monthlyExpiries(now, 3), ['2026-12-29', '2027-01-26', '2027-02-23']);
  assert.equal(monthlyExpiries(now - 1, 1)[0], '2026-11-24');
  const newYearsEve = Date.parse('2026-12-31T00:00:00+05:30');
  assert.deepEqual(monthlyExpiries(newYearsEve, 2), ['2027-01-26', '2027-02-23']);
});

test('the day turns at midnight in India, not in UTC', () => {
  assert.equal(weeklyExpiries(Date.parse('2026-09-15T23:30:00+05:30'), 1)[0], '2026-09-22');
  assert.equal(weeklyExpiries(Date.parse('2026-09-15T00:30:00+05:30'), 1)[0], '2026-09-15');
});

test('the last Tuesday of a month is a monthly expiry, the others are not', () => {
  assert.ok(isMonthlyExpiry('2026-09-29'));
  assert.ok(!isMonthlyExpiry('2026-09-22'));
  assert.ok(isMonthlyExpiry('2028-02-29'));
});

test('consecutive Tuesdays have consecutive week numbers', () => {
  const numbers = weeklyExpiries(Date.parse('2026-09-10T10:00:00+05:30'), 70).map(weekNumber);
  numbers.forEach((number, index) => {
    assert.equal(number, (numbers[0] ?? 0) + index);
  });
});

test('symbols name a month by letters and a week by year, month and day', () => {
  assert.equal(
    optionSymbol('NIFTY', expiryCode('2026-09-29'), 2_400_000, 'CE'),
    'NIFTY26SEP24000CE',
  );
  assert.equal(
    optionSymbol('NIFTY', expiryCode('2026-09-15'), 2_400_000, 'PE'),
    'NIFTY2691524000PE',
  );
  assert.equal(
    optionSymbol('NIFTY', expiryCode('2026-10-06'), 2_400_000, 'PE'),
    'NIFTY26O0624000PE',
  );
  assert.equal(
    optionSymbol('NIFTY', expiryCode('2026-11-03'), 2_400_000, 'PE'),
    'NIFTY26N0324000PE',
  );
  assert.equal(
    optionSymbol('NIFTY', expiryCode('2026-12-08'), 2_400_000, 'PE'),
    'NIFTY26D0824000PE',
  );
  assert.equal(optionSymbol('ITC', expiryCode('2026-09-29'), 41_250, 'CE'), 'ITC26SEP412.5CE');
  assert.equal(futureSymbol('BANKNIFTY', expiryCode('2026-12-29')), 'BANKNIFTY26DECFUT');
});
