import type { RunOptions } from '../run-options.ts';
import { runKills } from './kill-runs.ts';

/** Kills in one life of a simulator and a database; then the ledger is judged. */
const KILLS_A_BATCH = 25;

/** Kills the real service again and again and prints what that broke. Returns the exit code. */
export async function runOrderKills(
  { seeds }: RunOptions,
  print: (line: string) => void,
): Promise<number> {
  let violations = 0;
  let kills = 0;
  let asks = 0;
  let orders = 0;
  for (let from = 0; from < seeds.length; from += KILLS_A_BATCH) {
    const seed = seeds[from]!;
    const count = Math.min(KILLS_A_BATCH, seeds.length - from);
    const result = await runKills(seed, count);
    kills += result.kills;
    asks += result.asks;
    orders += result.orders;
    violations += result.violations.length;
    print(`seed ${seed}: ${count} kills, ${result.asks} writes, ${result.orders} orders`);
    for (const what of result.violations) print(`  VIOLATION: ${what}`);
  }
  print(`${kills} kills, ${asks} writes, ${orders} orders: ${violations} violations`);
  return violations === 0 ? 0 : 1;
}
