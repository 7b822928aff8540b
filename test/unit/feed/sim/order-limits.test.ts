import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderLimits } from '../../../../src/feed/sim/orders/order-limits.ts';
import type { RequestClass } from '../../../../src/feed/sim/orders/order-limits.ts';
import { ManualClock } from '../../../support/feed/sim/manual-clock.ts';

function limitsAt(start: string): { clock: ManualClock; limits: OrderLimits } {
  const clock = new ManualClock(start);
  return { clock, limits: new OrderLimits(clock, true) };
}

/** How many of `count` requests are let through. */
function passed(
  limits: OrderLimits,
  kind: RequestClass,
  count: number,
  account = 'SIM001',
): number {
  return Array.from({ length: count }, () => limits.count(account, kind)).filter(
    (refusal) => refusal === null,
  ).length;
}

test('ten orders pass in a second of the calendar, whatever they are, and per account', () => {
  const { clock, limits } = limitsAt('2026-09-10T10:00:00.900+05:30');
  assert.equal(passed(limits, 'place', 4), 4);
  assert.equal(passed(limits, 'modify', 3), 3);
  assert.equal(passed(limits, 'cancel', 20), 3);
  assert.equal(limits.count('SIM001', 'place'), 'Too many requests');
  assert.equal(passed(limits, 'place', 20, 'SIM002'), 10);
  clock.advance(99);
  assert.equal(passed(limits, 'place', 1), 0);
  clock.advance(1);
  assert.equal(passed(limits, 'place', 20), 10, 'a new second of the calendar begins');
});

test('four hundred orders pass in a minute', () => {
  const { clock, limits } = limitsAt('2026-09-10T10:00:00+05:30');
  let orders = 0;
  for (let second = 0; second < 59; second++) {
    orders += passed(limits, 'place', 8);
    clock.advance(1000);
  }
  assert.equal(orders, 400);
  clock.advance(1000);
  assert.equal(passed(limits, 'place', 8), 8);
});

test('five thousand orders a day, refused and failed ones and legs among them', () => {
  const { clock, limits } = limitsAt('2026-09-10T10:00:00+05:30');
  assert.equal(passed(limits, 'place', 2000), 10);
  assert.equal(limits.ordersToday('SIM001'), 2000);
  limits.countLegs('SIM001', 2990);
  clock.advance(60_000);
  assert.equal(passed(limits, 'modify', 9), 9);
  clock.advance(60_000);
  assert.equal(limits.count('SIM001', 'place'), null);
  assert.equal(limits.count('SIM001', 'place'), 'Maximum allowed order requests exceeded');
  clock.advance(60_000);
  assert.equal(limits.count('SIM001', 'cancel'), null, 'cancelling does not count for the day');
  clock.advance(14 * 3600_000);
  assert.equal(limits.count('SIM001', 'place'), null, 'a new day begins');
});

test('one quote and ten other requests pass in a second, beside the orders', () => {
  const { clock, limits } = limitsAt('2026-09-10T10:00:00+05:30');
  assert.equal(passed(limits, 'place', 10), 10);
  assert.equal(passed(limits, 'quote', 5), 1);
  assert.equal(passed(limits, 'other', 30), 10);
  clock.advance(1000);
  assert.equal(passed(limits, 'quote', 5), 1);
});
