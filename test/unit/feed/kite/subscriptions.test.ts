import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SubscriptionPlan } from '../../../../src/feed/kite/subscriptions.ts';

test("the broker's limits hold: 3 sockets an account, 3000 instruments a socket", () => {
  const plan = new SubscriptionPlan({ accounts: 2 });
  assert.equal(plan.sockets, 6);
  assert.equal(plan.capacity, 18_000);
});

test('sockets are filled in order, those of the first account first', () => {
  const plan = new SubscriptionPlan({ accounts: 2 });
  for (let token = 1; token <= 9001; token++) {
    const socket = Math.floor((token - 1) / 3000);
    assert.deepEqual(plan.set(token, 3), { socket, token, mode: 3 });
  }
  assert.equal(plan.size, 9001);
  assert.deepEqual([...plan.tokensOf(3)], [[9001, 3]]);
  assert.equal(plan.tokensOf(4).size, 0);
});

test('an instrument stays on its socket when room appears elsewhere and its mode changes', () => {
  const plan = new SubscriptionPlan({ accounts: 1, socketsPerAccount: 2, instrumentsPerSocket: 1 });
  plan.set(1, 1);
  plan.set(2, 1);
  assert.deepEqual(plan.set(1, 0), { socket: 0, token: 1, mode: 0 });
  assert.deepEqual(plan.set(2, 3), { socket: 1, token: 2, mode: 3 });
  assert.deepEqual(plan.set(3, 2), { socket: 0, token: 3, mode: 2 });
});

test('over capacity nothing changes, and the next one fits after room was made', () => {
  const plan = new SubscriptionPlan({ accounts: 1, socketsPerAccount: 1, instrumentsPerSocket: 2 });
  plan.set(1, 1);
  plan.set(2, 2);
  assert.equal(plan.set(3, 3), 'FULL');
  assert.equal(plan.size, 2);
  assert.deepEqual(
    [...plan.tokensOf(0)],
    [
      [1, 1],
      [2, 2],
    ],
  );
  plan.set(1, 0);
  assert.deepEqual(plan.set(3, 3), { socket: 0, token: 3, mode: 3 });
});

test('what is already so changes nothing', () => {
  const plan = new SubscriptionPlan({ accounts: 1 });
  assert.equal(plan.set(7, 0), 'UNCHANGED');
  plan.set(7, 2);
  assert.equal(plan.set(7, 2), 'UNCHANGED');
});

test('without accounts there is no room', () => {
  const plan = new SubscriptionPlan({ accounts: 0 });
  assert.equal(plan.capacity, 0);
  assert.equal(plan.set(1, 1), 'FULL');
});

test('only numbers that can be tokens are taken', () => {
  const plan = new SubscriptionPlan({ accounts: 1 });
  for (const token of [0, -1, 1.5, NaN, 2 ** 32]) {
    assert.throws(() => plan.set(token, 1), RangeError);
  }
  assert.notEqual(plan.set(2 ** 32 - 1, 1), 'UNCHANGED');
});
