import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderReport } from '../../faults/orders/order-report.ts';
import type { OrderRunResult } from '../../faults/orders/order-run.ts';
import { runOrderSeed } from '../../faults/orders/order-run.ts';
import { runSeeds } from '../../faults/seed-pool.ts';

const SEEDS = 200;

test(`${SEEDS} seeded fault runs of orders: nothing twice, nothing lost, nothing unexplained`, async () => {
  const seeds = Array.from({ length: SEEDS }, (_unused, index) => index + 1);
  const report = new OrderReport(1);
  const worker = new URL('../../faults/orders/orders-worker.js', import.meta.url);
  for await (const result of runSeeds<OrderRunResult>(worker, seeds, 2)) report.add(result);
  const found = report.violations.map(
    ({ seed, what }) => `npm run faults -- orders --seed ${seed}: ${what}`,
  );
  assert.deepEqual(found, []);
  assert.equal(report.runs, SEEDS);
});

test('the same seed gives the same run: requests, answers, and what is known at the end', async () => {
  const first = await runOrderSeed(7);
  const second = await runOrderSeed(7);
  assert.equal(first.hash, second.hash);
});
