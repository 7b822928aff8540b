import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunResult } from '../../faults/delivery-run.ts';
import { FaultReport } from '../../faults/fault-report.ts';
import { runSeeds } from '../../faults/seed-pool.ts';

const SEEDS = 100;

test(`${SEEDS} seeded fault runs of delivery: every client's log is whole, true and in order`, async () => {
  const seeds = Array.from({ length: SEEDS }, (_unused, index) => index + 1);
  const report = new FaultReport(1);
  const worker = new URL('../../faults/delivery-worker.js', import.meta.url);
  for await (const result of runSeeds<RunResult>(worker, seeds, 2)) report.add(result);
  const found = report.violations.map(
    ({ seed, client, what }) => `npm run faults -- delivery --seed ${seed}: ${client}: ${what}`,
  );
  assert.deepEqual(found, []);
  assert.equal(report.runs, SEEDS);
});
