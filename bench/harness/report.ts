import type { Host } from './host.ts';
import type { JitterReading } from './jitter.ts';
import type { BenchReport, Figure, Spread } from './result.ts';

/** Everything that one `npm run bench` found; the JSON file holds it as it is. */
export interface Report {
  /** Of this form. */
  schema: 1;
  /** ISO 8601. */
  started: string;
  durationSeconds: number;
  smoke: boolean;
  host: Host;
  warnings: string[];
  /** Of the main process while the benches ran. */
  hostJitter: JitterReading;
  benches: BenchReport[];
  ok: boolean;
}

const COLUMNS = ['', 'median', 'min', 'max', 'unit', 'CPU ns'] as const;

/** The report as people read it. */
export function reportText(report: Report): string {
  const { host, hostJitter } = report;
  const lines = [
    `${host.cpuModel}, ${host.cores} cores, ${host.memoryMiB} MiB, ${host.platform}`,
    `Node ${host.node} (V8 ${host.v8}), ticker-service ${host.version}` +
      (host.commit === undefined ? '' : `, commit ${host.commit}`),
    `load average ${host.loadAverage.map((load) => load.toFixed(2)).join(' ')} before the start`,
    `host jitter (a 1 ms timer was late by) p50 ${ms(hostJitter.p50Us)}, ` +
      `p99 ${ms(hostJitter.p99Us)}, max ${ms(hostJitter.maxUs)}`,
    ...report.warnings.map((warning) => `WARNING: ${warning}`),
  ];
  for (const bench of report.benches) lines.push('', ...benchLines(bench));
  const failures = report.benches.reduce((total, { failures: { length } }) => total + length, 0);
  const checks = report.benches.reduce((total, { checksPassed }) => total + checksPassed, 0);
  lines.push(
    '',
    report.ok
      ? `${checks} checks passed in ${report.durationSeconds.toFixed(0)} s`
      : `FAILED: ${failures} of ${checks + failures} checks`,
  );
  return lines.join('\n');
}

function benchLines(bench: BenchReport): string[] {
  const rows = bench.figures.length === 0 ? [] : [[...COLUMNS], ...bench.figures.map(figureRow)];
  const widths = COLUMNS.map((_column, index) =>
    Math.max(...rows.map((row) => (row[index] ?? '').length)),
  );
  const table = rows.map((row) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return index === 0 || index === 4 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const runs = `${bench.runs} ${bench.runs === 1 ? 'run' : 'runs'}`;
  return [
    `${bench.name}: ${bench.title} (${runs}, ${bench.checksPassed} checks passed)`,
    ...table.map((line) => `  ${line}`),
    ...bench.notes.map((note) => `  * ${note}`),
    ...bench.failures.map((failure) => `  FAILED ${failure}`),
  ];
}

function figureRow(figure: Figure): string[] {
  const { name, unit, cpuNs } = figure;
  return [name, ...spreadCells(figure), unit, cpuNs === undefined ? '' : number(cpuNs.median)];
}

function spreadCells({ median, min, max }: Spread): string[] {
  return [number(median), number(min), number(max)];
}

/** Three significant digits at least, thousands separated. */
function number(value: number): string {
  const digits = value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
  return value.toLocaleString('en-US', {
    minimumFractionDigits: 0,
    maximumFractionDigits: Math.min(6, Math.max(0, digits)),
  });
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(2)} ms`;
}
