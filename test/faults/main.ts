/**
 * Seeded fault runs: `npm run faults -- delivery [--seeds N] [--first S] [--threads T]
 * [--report FILE]`, or `--seed S` for one of them, with what it does. Prints every violation with
 * the command that runs it again. Exits with 1 if there was one, with 2 if the command is wrong.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { RunResult } from './delivery-run.ts';
import { FaultReport } from './fault-report.ts';
import { runSeeds } from './seed-pool.ts';

const USAGE =
  'usage: npm run faults -- delivery [--seeds N] [--first S] [--seed S] [--threads T] ' +
  '[--report FILE]';

interface Options {
  first: number;
  seeds: number;
  threads: number;
  report: string | undefined;
  /** One seed: it is described. */
  isOne: boolean;
}

function readOptions(): Options | undefined {
  const { values, positionals } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      first: { type: 'string', default: '1' },
      seed: { type: 'string' },
      threads: { type: 'string', default: String(availableParallelism()) },
      report: { type: 'string' },
    },
    allowPositionals: true,
  });
  const isOne = values.seed !== undefined;
  const first = Number(values.seed ?? values.first);
  const seeds = isOne ? 1 : Number(values.seeds);
  const threads = Number(values.threads);
  const areWhole = [first, seeds, threads].every((value) => Number.isSafeInteger(value));
  const isRight = positionals.join() === 'delivery' && areWhole && seeds > 0 && threads > 0;
  return isRight ? { first, seeds, threads, report: values.report, isOne } : undefined;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printPlan({ plan, hash }: RunResult): void {
  const { faults, clients, ...rest } = plan;
  print(`seed ${plan.seed}: ${JSON.stringify(rest)}`);
  for (const client of clients) print(`  ${JSON.stringify(client)}`);
  for (const { atMs, fault } of faults) print(`  ${atMs} ms: ${JSON.stringify(fault)}`);
  print(`  all that was heard: ${hash}`);
}

function printViolations({ seed, plan, violations }: RunResult): void {
  if (violations.length === 0) return;
  const faults = plan.faults.map(({ atMs, fault }) => `${fault.kind} at ${atMs} ms`);
  print(`seed ${seed}: VIOLATION; ${plan.clients.length} clients, ${faults.join(', ')}`);
  for (const { client, entry, what } of violations) print(`  ${client}, entry ${entry}: ${what}`);
  print(`  again: npm run faults -- delivery --seed ${seed}`);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const { first, seeds, threads, isOne } = options;
  const report = new FaultReport(first);
  const numbers = Array.from({ length: seeds }, (_unused, index) => first + index);
  for await (const result of runSeeds(numbers, threads)) {
    report.add(result);
    if (isOne) printPlan(result);
    printViolations(result);
  }
  print(report.summary());
  if (options.report !== undefined) writeFileSync(options.report, report.markdown());
  return report.violations.length === 0 ? 0 : 1;
}

process.exitCode = await main();
