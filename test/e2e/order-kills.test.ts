import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runKills } from '../faults/orders-kill/kill-runs.ts';

const KILLS = 8;

test(`the service is killed ${KILLS} times while orders are placed: none twice, none lost`, async () => {
  const { kills, asks, orders, violations } = await runKills(1, KILLS);
  assert.deepEqual(violations, []);
  assert.equal(kills, KILLS);
  assert.ok(asks > 0);
  assert.ok(orders > 0);
});
