import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runOrderSeed } from '../../faults/orders/order-run.ts';
import { ORDER_MUTATIONS } from '../../support/order-mutations.ts';

/** The rarest mistake needs a crash during a halt. */
const SEEDS_MAX = 400;

for (const [name, mutation] of Object.entries(ORDER_MUTATIONS)) {
  test(`fault runs find out when ${name}`, async () => {
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const { violations } = await runOrderSeed(seed, mutation);
      if (violations.length > 0) return;
    }
    assert.fail(`not found in ${SEEDS_MAX} seeds`);
  });
}
