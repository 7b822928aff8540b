/**
 * `npm run bench`: runs the benches, prints a table, writes JSON. Exit code 0: everything measured
 * was also right. 1: a check failed or a bench could not run. 2: options not understood.
 */
import { BENCHES } from './catalogue.ts';
import type { HostContext, HostedBench, IsolatedBench } from './harness/bench.ts';
import { type BenchCommand, HELP, parseCommandLine } from './harness/command-line.ts';
import { hostWarnings, readHost } from './harness/host.ts';
import { runIsolated } from './harness/isolated-run.ts';
import { JitterProbe } from './harness/jitter.ts';
import { ProcessError, ProcessGroup } from './harness/managed-process.ts';
import { defaultReportPath, writeReport } from './harness/report-file.ts';
import { type Report, reportText } from './harness/report.ts';
import { writeSections } from './harness/sections.ts';
import { type BenchReport, combineRuns, type RunReport } from './harness/result.ts';

const RUNS = 5;
/** On a machine so busy that the rounds take longer, fewer are made; the report says how many. */
const ROUNDS_MAX_MS = 90_000;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;
const INTERRUPT_MAX_MS = 8000;

/** What became of one bench: its runs, and why there are not more of them. */
interface Outcome {
  runs: RunReport[];
  error: unknown;
}

async function measure(command: BenchCommand, context: HostContext): Promise<BenchReport[]> {
  const isolated = command.benches.filter((bench) => bench.kind === 'isolated');
  const hosted = command.benches.filter((bench) => bench.kind === 'hosted');
  const outcomes = new Map<string, Outcome>();
  const runs = command.smoke ? 1 : RUNS;
  // Rounds over all benches, so that a slow minute of the machine does not hit all runs of one.
  const startedMs = performance.now();
  for (let run = 1; run <= runs; run++) {
    if (performance.now() - startedMs > ROUNDS_MAX_MS) break;
    for (const bench of isolated) await addIsolated(bench, run, outcomes, context);
  }
  for (const bench of hosted) await addHosted(bench, outcomes, context);
  return BENCHES.flatMap((bench) => {
    const outcome = outcomes.get(bench.name);
    return outcome === undefined ? [] : [reportOf(bench, outcome)];
  });
}

async function addIsolated(
  bench: IsolatedBench,
  run: number,
  outcomes: Map<string, Outcome>,
  context: HostContext,
): Promise<void> {
  const outcome = outcomes.get(bench.name) ?? { runs: [], error: undefined };
  outcomes.set(bench.name, outcome);
  if (outcome.error !== undefined) return;
  context.progress(`${bench.name}, run ${run}`);
  try {
    outcome.runs.push(await runIsolated(bench, context, context.processes));
  } catch (error) {
    outcome.error = error;
  }
}

async function addHosted(
  bench: HostedBench,
  outcomes: Map<string, Outcome>,
  context: HostContext,
): Promise<void> {
  context.progress(bench.name);
  try {
    const run = await bench.load();
    outcomes.set(bench.name, { runs: await run(context), error: undefined });
  } catch (error) {
    outcomes.set(bench.name, { runs: [], error });
  }
}

function reportOf(bench: { name: string; title: string }, outcome: Outcome): BenchReport {
  const report = combineRuns(bench, outcome.runs);
  if (outcome.error === undefined) return report;
  const { error } = outcome;
  return { ...report, failures: [...report.failures, errorText(error)] };
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof ProcessError ? error.message : (error.stack ?? error.message);
}

/**
 * At the first signal ends what the benches have started, so that they fail and clean up after
 * themselves; at a second one, or if that takes too long, ends this process too.
 */
function endOnSignals(processes: ProcessGroup): () => boolean {
  let interrupted = false;
  const onSignal = (): void => {
    if (interrupted) process.exit(EXIT_INTERRUPTED);
    interrupted = true;
    setTimeout(() => process.exit(EXIT_INTERRUPTED), INTERRUPT_MAX_MS).unref();
    void processes.close();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => interrupted;
}

async function run(command: BenchCommand): Promise<void> {
  const started = new Date();
  const processes = new ProcessGroup();
  const jitter = new JitterProbe();
  const isInterrupted = endOnSignals(processes);
  const host = readHost();
  jitter.start();
  const benches = await measure(command, {
    smoke: command.smoke,
    processes,
    jitter,
    progress: (text) => {
      if (process.stderr.isTTY) process.stderr.write(`bench: ${text}\n`);
    },
  });
  jitter.stop();
  if (isInterrupted()) {
    process.exitCode = EXIT_INTERRUPTED;
    return;
  }
  const report: Report = {
    schema: 1,
    started: started.toISOString(),
    durationSeconds: (Date.now() - started.getTime()) / 1000,
    smoke: command.smoke,
    host,
    warnings: hostWarnings(host),
    hostJitter: jitter.reading(),
    benches,
    ok: benches.every(({ failures }) => failures.length === 0),
  };
  const path = command.jsonPath ?? defaultReportPath(started);
  writeReport(report, path);
  console.log(reportText(report));
  console.log(`written to ${path}`);
  if (command.document) await writeSections(benches);
  process.exitCode = report.ok ? 0 : EXIT_FAILED;
}

function commandOf(args: readonly string[]): BenchCommand | undefined {
  try {
    const command = parseCommandLine(args);
    if (command === undefined) console.log(HELP);
    return command;
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = EXIT_USAGE;
    return undefined;
  }
}

const command = commandOf(process.argv.slice(2));
if (command !== undefined) await run(command);
