import { parseArgs } from 'node:util';
import { BENCHES } from '../catalogue.ts';
import type { BenchDefinition } from './bench.ts';

export interface BenchCommand {
  smoke: boolean;
  /** Sections that benches write go into docs/BENCHMARKS.md. */
  document: boolean;
  benches: readonly BenchDefinition[];
  /** File for the report; undefined: the default one. */
  jsonPath: string | undefined;
}

const WIDTH = Math.max(...BENCHES.map(({ name }) => name.length));

export const HELP = `Usage: npm run bench -- [NAME...] [options]

Measures the service and verifies the work that it measured. Prints a table, writes all figures as
JSON, and exits with 1 if anything was wrong: a value, a count, a sequence. No time or rate is ever
a failure. Takes up to ten minutes; NAME... runs these only.

  --smoke            the smallest sizes, some seconds: shows that every bench still works
  --only NAME[,NAME] some benches only
  --document         writes the section of docs/BENCHMARKS.md of benches that make one
  --json FILE        where the JSON goes (bench/results/<date>.json)
  --help             this text

${BENCHES.map(({ name, title }) => `  ${name.padEnd(WIDTH)}  ${title}`).join('\n')}`;

/** Undefined: help was asked for. Throws Error for options that are not understood. */
export function parseCommandLine(args: readonly string[]): BenchCommand | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      smoke: { type: 'boolean', default: false },
      document: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.smoke && values.document) {
    throw new Error('--document wants the figures of a full run, not of --smoke');
  }
  const names = [...positionals, ...(values.only ?? '').split(',')].map((name) => name.trim());
  return {
    smoke: values.smoke,
    document: values.document,
    benches: chosen(names.filter((name) => name !== '')),
    jsonPath: values.json,
  };
}

function chosen(wanted: readonly string[]): readonly BenchDefinition[] {
  if (wanted.length === 0) return BENCHES;
  const names = new Set(wanted);
  for (const name of names) {
    if (BENCHES.some((bench) => bench.name === name)) continue;
    const known = BENCHES.map((bench) => bench.name).join(', ');
    throw new Error(`no bench ${JSON.stringify(name)}; there are ${known}`);
  }
  return BENCHES.filter(({ name }) => names.has(name));
}
