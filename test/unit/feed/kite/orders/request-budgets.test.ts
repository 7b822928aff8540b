import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderBudget, ReadBudget } from '../../../../../src/feed/kite/orders/request-budgets.ts';
import { ManualClock } from '../../../../support/feed/sim/manual-clock.ts';

const HOUR_MS = 3_600_000;

function rig(start = '2026-09-10T10:00:00+05:30'): { clock: ManualClock; budget: OrderBudget } {
  const clock = new ManualClock(start);
  return { clock, budget: new OrderBudget(clock) };
}

function take(budget: OrderBudget, count: number): void {
  for (let i = 0; i < count; i++) budget.take();
}

test('seven entries go in a second, nine with exits, and more when the first is a second old', () => {
  const { clock, budget } = rig();
  budget.take();
  clock.advance(400);
  take(budget, 5);
  assert.equal(budget.waitMs('entry', 0), 0);
  budget.take();
  assert.equal(budget.waitMs('entry', 0), 600);
  take(budget, 1);
  assert.equal(budget.waitMs('exit', 0), 0);
  take(budget, 1);
  assert.equal(budget.waitMs('exit', 0), 600);
  assert.equal(budget.waitMs('entry', 0), 1_000, 'two more have to grow old');
  clock.advance(600);
  assert.equal(budget.waitMs('exit', 0), 0);
});

test('those ahead are counted as if they went as soon as they may', () => {
  const { budget } = rig();
  assert.equal(budget.waitMs('entry', 6), 0);
  assert.equal(budget.waitMs('entry', 7), 1_000);
  assert.equal(budget.waitMs('exit', 8), 0);
  assert.equal(budget.waitMs('exit', 9), 1_000);
  assert.equal(budget.waitMs('exit', 18), 2_000);
});

test('a minute has 360 for entries and 400 in all', () => {
  const { clock, budget } = rig();
  for (let i = 0; i < 360; i++) {
    budget.take();
    clock.advance(125);
  }
  assert.equal(budget.waitMs('entry', 0), 15_000);
  assert.equal(budget.waitMs('exit', 0), 0);
  for (let i = 0; i < 40; i++) {
    budget.take();
    clock.advance(125);
  }
  assert.equal(budget.waitMs('exit', 0), 10_000);
});

test('a day has 4,500 for entries and 5,000 in all, and begins at midnight IST', () => {
  const { clock, budget } = rig('2026-09-10T22:00:00+05:30');
  budget.countToday(4_499);
  assert.equal(budget.waitMs('entry', 0), 0);
  assert.equal(budget.waitMs('entry', 1), Infinity);
  budget.take();
  assert.equal(budget.waitMs('entry', 0), Infinity);
  assert.equal(budget.renewsInMs(), 2 * HOUR_MS);
  assert.equal(budget.dayLeft, 500);
  budget.countMore(499);
  assert.equal(budget.waitMs('exit', 0), 0);
  budget.countMore(10);
  assert.deepEqual([budget.waitMs('exit', 0), budget.dayLeft], [Infinity, 0]);
  clock.advance(2 * HOUR_MS);
  assert.deepEqual([budget.waitMs('entry', 0), budget.dayLeft], [0, 5_000]);
});

test('what was counted of the day before a start does not undo what was counted since', () => {
  const { budget } = rig();
  take(budget, 3);
  budget.countToday(2);
  assert.equal(budget.dayLeft, 4_997);
});

test('an order has 25 modifications a day', () => {
  const { clock, budget } = rig();
  for (let i = 0; i < 25; i++) assert.ok(budget.takeModification('1'));
  assert.equal(budget.takeModification('1'), false);
  assert.equal(budget.takeModification('2'), true);
  budget.giveBackModification('1');
  assert.equal(budget.takeModification('1'), true);
  budget.giveBackModification('3');
  clock.advance(24 * HOUR_MS);
  assert.equal(budget.takeModification('1'), true);
});

test('a limiter that goes on refusing holds up entries longer and longer, exits a second', () => {
  const { clock, budget } = rig();
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 8_000]) {
    budget.noteThrottled(undefined, false);
    assert.equal(budget.waitMs('entry', 0), pauseMs);
    assert.equal(budget.waitMs('exit', 0), 1_000);
    clock.advance(pauseMs);
  }
  budget.noteAnswer();
  budget.noteThrottled(30, false);
  assert.equal(budget.waitMs('entry', 0), 30_000);
  assert.equal(budget.waitMs('exit', 0), 1_000);
});

test('a day that the broker says is used up leaves the reserve', () => {
  const { budget } = rig();
  budget.noteThrottled(undefined, true);
  assert.deepEqual([budget.waitMs('entry', 0), budget.waitMs('exit', 0)], [Infinity, 0]);
  assert.equal(budget.dayLeft, 500);
});

test('reads have a limit a second and pause when they are told to', () => {
  const clock = new ManualClock('2026-09-10T10:00:00+05:30');
  const budget = new ReadBudget(clock, 2);
  budget.take();
  clock.advance(100);
  assert.deepEqual([budget.waitMs('entry', 0), budget.waitMs('entry', 1)], [0, 900]);
  budget.take();
  assert.deepEqual(
    [0, 1, 2, 3].map((ahead) => budget.waitMs('entry', ahead)),
    [900, 1_000, 1_900, 2_000],
  );
  budget.noteThrottled(undefined);
  assert.equal(budget.waitMs('entry', 0), 1_000);
  budget.noteThrottled(7);
  assert.equal(budget.waitMs('entry', 0), 7_000);
  assert.equal(budget.renewsInMs(), 1_000);
});
