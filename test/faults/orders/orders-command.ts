import { writeFileSync } from 'node:fs';
import type { RunOptions } from '../run-options.ts';
import { runSeeds } from '../seed-pool.ts';
import { OrderReport } from './order-report.ts';
import type { OrderRunResult } from './order-run.ts';

/** Runs the seeds of the order side and prints what they broke. Returns the exit code. */
export async function runOrders(
  { seeds, threads, report: path, isOne }: RunOptions,
  print: (line: string) => void,
): Promise<number> {
  const report = new OrderReport(seeds[0] ?? 1);
  const script = new URL('orders-worker.js', import.meta.url);
  for await (const result of runSeeds<OrderRunResult>(script, seeds, threads)) {
    report.add(result);
    if (isOne) printPlan(result, print);
    printViolations(result, print);
  }
  print(report.summary());
  if (path !== undefined) writeFileSync(path, report.markdown());
  return report.violations.length === 0 ? 0 : 1;
}

function printPlan({ plan, counts, hash }: OrderRunResult, print: (line: string) => void): void {
  const { service, wire, broker, clients, ...rest } = plan;
  print(`seed ${plan.seed}: ${JSON.stringify(rest)}`);
  for (const client of clients) print(`  ${JSON.stringify(client)}`);
  for (const { atMs, fault } of service) print(`  ${atMs} ms: ${JSON.stringify(fault)}`);
  for (const trouble of wire) print(`  wire: ${JSON.stringify(trouble)}`);
  for (const { at_ms: atMs, ...fault } of broker) print(`  ${atMs} ms: ${JSON.stringify(fault)}`);
  print(`  ${JSON.stringify(counts)}`);
  print(`  all that was asked, sent and known at the end: ${hash}`);
}

function printViolations(
  { seed, violations }: OrderRunResult,
  print: (line: string) => void,
): void {
  if (violations.length === 0) return;
  print(`seed ${seed}: VIOLATION`);
  for (const what of violations) print(`  ${what}`);
  print(`  again: npm run faults -- orders --seed ${seed}`);
}
