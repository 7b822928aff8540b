import { writeFileSync } from 'node:fs';
import type { RunResult } from './delivery-run.ts';
import { FaultReport } from './fault-report.ts';
import type { RunOptions } from './run-options.ts';
import { runSeeds } from './seed-pool.ts';

/** Runs the seeds of delivery and prints what they broke. Returns the exit code. */
export async function runDelivery(
  { seeds, threads, report: path, isOne }: RunOptions,
  print: (line: string) => void,
): Promise<number> {
  const report = new FaultReport(seeds[0] ?? 1);
  const script = new URL('delivery-worker.js', import.meta.url);
  for await (const result of runSeeds<RunResult>(script, seeds, threads)) {
    report.add(result);
    if (isOne) printPlan(result, print);
    printViolations(result, print);
  }
  print(report.summary());
  if (path !== undefined) writeFileSync(path, report.markdown());
  return report.violations.length === 0 ? 0 : 1;
}

function printPlan({ plan, hash }: RunResult, print: (line: string) => void): void {
  const { faults, clients, ...rest } = plan;
  print(`seed ${plan.seed}: ${JSON.stringify(rest)}`);
  for (const client of clients) print(`  ${JSON.stringify(client)}`);
  for (const { atMs, fault } of faults) print(`  ${atMs} ms: ${JSON.stringify(fault)}`);
  print(`  all that was heard: ${hash}`);
}

function printViolations(
  { seed, plan, violations }: RunResult,
  print: (line: string) => void,
): void {
  if (violations.length === 0) return;
  const faults = plan.faults.map(({ atMs, fault }) => `${fault.kind} at ${atMs} ms`);
  print(`seed ${seed}: VIOLATION; ${plan.clients.length} clients, ${faults.join(', ')}`);
  for (const { client, entry, what } of violations) print(`  ${client}, entry ${entry}: ${what}`);
  print(`  again: npm run faults -- delivery --seed ${seed}`);
}
