/** One figure of one run. */
export interface Measurement {
  /** What was done and how; unique within its bench. */
  name: string;
  /** `ns/packet`, `ticks/s`, `x` (a ratio), `%`, ... */
  unit: string;
  value: number;
  /** CPU time of all threads of the process per operation, ns. */
  cpuNs?: number;
}

/** One thing that a bench verified of its own work. */
export interface Check {
  name: string;
  ok: boolean;
  /** What was found instead; empty if it is as it should be. */
  detail: string;
}

/** What one run of a bench found. */
export interface RunReport {
  measurements: Measurement[];
  checks: Check[];
  /** What a reader of the figures must know. */
  notes: string[];
  /** The bench's section of docs/BENCHMARKS.md, where it writes that itself. */
  section?: string;
}

/** Smallest, middle and greatest of the runs. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** One figure over all runs. */
export interface Figure extends Spread {
  name: string;
  unit: string;
  values: number[];
  cpuNs?: Spread;
}

/** What all runs of a bench found. */
export interface BenchReport {
  name: string;
  title: string;
  runs: number;
  figures: Figure[];
  checksPassed: number;
  failures: string[];
  notes: string[];
  section?: string;
}

/** Throws RangeError without values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('no values');
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? upper);
  return { median: (lower + upper) / 2, min: sorted[0] ?? upper, max: sorted.at(-1) ?? upper };
}

/**
 * Puts the runs of one bench together, figure by figure, in the order of their first appearance.
 */
export function combineRuns(
  bench: { name: string; title: string },
  runs: readonly RunReport[],
): BenchReport {
  const byName = new Map<string, Measurement[]>();
  for (const { measurements } of runs) {
    for (const measurement of measurements) {
      const known = byName.get(measurement.name);
      if (known === undefined) byName.set(measurement.name, [measurement]);
      else known.push(measurement);
    }
  }
  const checks = runs.flatMap((run, index) =>
    run.checks.map((check) => ({ ...check, run: index + 1 })),
  );
  return {
    name: bench.name,
    title: bench.title,
    runs: runs.length,
    figures: [...byName].map(([name, measurements]) => figureOf(name, measurements)),
    checksPassed: checks.filter(({ ok }) => ok).length,
    failures: checks
      .filter(({ ok }) => !ok)
      .map(({ run, name, detail }) => `run ${run}: ${name}: ${detail}`),
    notes: [...new Set(runs.flatMap(({ notes }) => notes))],
    ...sectionOf(runs),
  };
}

/** That of the last run that has one. */
function sectionOf(runs: readonly RunReport[]): { section?: string } {
  const section = runs.findLast((run) => run.section !== undefined)?.section;
  return section === undefined ? {} : { section };
}

function figureOf(name: string, measurements: readonly Measurement[]): Figure {
  const values = measurements.map(({ value }) => value);
  const cpu = measurements.flatMap(({ cpuNs }) => (cpuNs === undefined ? [] : [cpuNs]));
  return {
    name,
    unit: measurements[0]?.unit ?? '',
    values,
    ...spreadOf(values),
    ...(cpu.length === 0 ? {} : { cpuNs: spreadOf(cpu) }),
  };
}
