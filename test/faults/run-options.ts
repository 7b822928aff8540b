import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** How many runs, which, and what becomes of what they find. */
export interface RunOptions {
  what: string;
  seeds: readonly number[];
  threads: number;
  report: string | undefined;
  /** One seed: it is described. */
  isOne: boolean;
}

/** Undefined: the command line is not understood. */
export function readRunOptions(): RunOptions | undefined {
  const { values, positionals } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      runs: { type: 'string' },
      first: { type: 'string', default: '1' },
      seed: { type: 'string' },
      threads: { type: 'string', default: String(availableParallelism()) },
      report: { type: 'string' },
    },
    allowPositionals: true,
  });
  const isOne = values.seed !== undefined;
  const first = Number(values.seed ?? values.first);
  const count = isOne ? 1 : Number(values.runs ?? values.seeds);
  const threads = Number(values.threads);
  const areWhole = [first, count, threads].every((value) => Number.isSafeInteger(value));
  const [what] = positionals;
  if (what === undefined || positionals.length > 1 || !areWhole) return undefined;
  if (count < 1 || threads < 1) return undefined;
  const seeds = Array.from({ length: count }, (_unused, index) => first + index);
  return { what, seeds, threads, report: values.report, isOne };
}
