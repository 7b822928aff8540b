/**
 * `npm run pricing:report`: how exact and how fast the pricing is, as docs/PRICING.md. Exit code 0:
 * everything measured was also right. 1: a check failed. 2: options not understood.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { readTable, type TableRow } from '../test/unit/pricing/option-table.ts';
import { findBench } from './catalogue.ts';
import { hostWarnings, readHost } from './harness/host.ts';
import { runIsolated } from './harness/isolated-run.ts';
import { JitterProbe } from './harness/jitter.ts';
import { ProcessGroup } from './harness/managed-process.ts';
import { project } from './harness/project.ts';
import { type BenchReport, combineRuns, type RunReport } from './harness/result.ts';
import { forwardAccuracy, greeksAccuracy, volatilityAccuracy } from './pricing/accuracy.ts';
import { pricingDocument } from './pricing/document.ts';

const HELP = `Usage: npm run pricing:report -- [options]

Measures src/pricing beside other packages, compares it with tables of exact values, and writes
docs/PRICING.md. Run it on a machine that does nothing else.

  --reference DIR  folder of greeks.csv, implied_vol.csv and forward.csv (../shared/reference)
  --out FILE       the document (docs/PRICING.md)
  --smoke          the smallest size, to standard output unless --out is given`;

const RUNS = 5;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function measureSpeed(smoke: boolean, processes: ProcessGroup): Promise<BenchReport> {
  const bench = findBench('price');
  if (bench?.kind !== 'isolated') throw new Error('there is no bench price');
  const runs: RunReport[] = [];
  for (let run = 0; run < (smoke ? 1 : RUNS); run++) {
    runs.push(await runIsolated(bench, { smoke }, processes));
  }
  return combineRuns(bench, runs);
}

/** Rows of a table; none, said aloud, where there is no such file. */
function tableAt(path: string): TableRow[] {
  if (existsSync(path)) return readTable(path);
  console.error(`pricing report: ${path} is not there: left out`);
  return [];
}

async function report(smoke: boolean, reference: string, out: string | undefined): Promise<void> {
  const host = readHost();
  const jitter = new JitterProbe();
  jitter.start();
  const speed = await measureSpeed(smoke, new ProcessGroup());
  jitter.stop();
  const edges = join(project.root, 'test', 'unit', 'pricing');
  const forwards = tableAt(join(reference, 'forward.csv'));
  const text = pricingDocument({
    host,
    warnings: hostWarnings(host),
    hostJitter: jitter.reading(),
    speed,
    greeks: greeksAccuracy(tableAt(join(reference, 'greeks.csv'))),
    volatilities: volatilityAccuracy(tableAt(join(reference, 'implied_vol.csv'))),
    edgeGreeks: greeksAccuracy(tableAt(join(edges, 'edge-greeks.csv'))),
    edgeVolatilities: volatilityAccuracy(tableAt(join(edges, 'edge-implied-volatility.csv'))),
    forward: forwards.length > 0 ? forwardAccuracy(forwards) : undefined,
  });
  const filepath = out ?? join(project.root, 'docs', 'PRICING.md');
  const document = await format(text, { ...(await resolveConfig(filepath)), parser: 'markdown' });
  if (smoke && out === undefined) {
    console.log(document);
  } else {
    writeFileSync(filepath, document);
    console.log(`wrote ${filepath}`);
  }
  for (const failure of speed.failures) console.error(`pricing report: FAILED ${failure}`);
  if (speed.failures.length > 0) process.exitCode = EXIT_FAILED;
}

function optionsOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        smoke: { type: 'boolean', default: false },
        reference: { type: 'string', default: join(project.root, '..', 'shared', 'reference') },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`pricing report: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = EXIT_USAGE;
    return undefined;
  }
}

const options = optionsOf(process.argv.slice(2));
if (options?.help === true) console.log(HELP);
else if (options !== undefined) await report(options.smoke, options.reference, options.out);
