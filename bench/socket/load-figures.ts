import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { LatencyHistogram, type RecordedLatencies } from '../harness/latency-histogram.ts';
import type { Measurement } from '../harness/result.ts';
import type { ClientReport } from './client-messages.ts';
import type { CpuUse, LoadResult } from './load.ts';

const US_PER_MS = 1000;
const NS_PER_MS = 1_000_000;
const MS_PER_S = 1000;

function sumOf(reports: readonly ClientReport[], of: (report: ClientReport) => number): number {
  return reports.reduce((total, report) => total + of(report), 0);
}

/** Ticks received, summed over clients. */
export function deliveredTicks({ reports }: LoadResult): number {
  return sumOf(reports, ({ ticks }) => ticks);
}

/** The figures of one load, named after its rate. */
export function loadFigures(load: LoadResult): Measurement[] {
  const { reports, durationMs, made } = load;
  const delivered = deliveredTicks(load);
  const perSecond = MS_PER_S / durationMs;
  const at = `${load.rate.toLocaleString('en-US')}/s`;
  const figure = (name: string, unit: string, value: number): Measurement => ({
    name: `${at}: ${name}`,
    unit,
    value,
  });
  const options = sumOf(reports, ({ optionStatuses }) => optionStatuses.reduce((a, b) => a + b, 0));
  const status = (code: number): number =>
    sumOf(reports, ({ optionStatuses }) => optionStatuses[code] ?? 0);
  const missed = status(GREEKS_STATUS.GREEKS_LATE) + status(GREEKS_STATUS.GREEKS_SKIPPED);
  return [
    figure('ticks made', 'ticks/s', made * perSecond),
    figure('ticks delivered, all clients', 'ticks/s', delivered * perSecond),
    figure(
      'ticks per frame',
      'ticks',
      delivered /
        Math.max(
          1,
          sumOf(reports, (r) => r.frames),
        ),
    ),
    ...latencies(
      at,
      'received by the service to client',
      merged(reports, (r) => r.fromReceive),
    ),
    ...latencies(
      at,
      'sent by the service to client',
      merged(reports, (r) => r.fromSend),
    ),
    figure('option ticks with Greeks OK', '%', (100 * status(GREEKS_STATUS.OK)) / options),
    figure('option ticks late or skipped', '%', (100 * missed) / options),
    figure(
      'repriced records, all clients',
      'records/s',
      sumOf(reports, (r) => r.repriced) * perSecond,
    ),
    ...cpuFigures(at, 'simulator, per tick', load.simulatorCpu, made, durationMs),
    ...cpuFigures(at, 'service, per tick in', load.serviceCpu, made, durationMs),
    figure(
      'CPU of the clients, per tick delivered',
      'ns/tick',
      (sumOf(reports, ({ cpuUs }) => cpuUs) * US_PER_MS) / Math.max(1, delivered),
    ),
    ...(load.serviceMiB === undefined
      ? []
      : [figure('resident memory of the service', 'MiB', load.serviceMiB)]),
    figure('last tick came after the end by', 'ms', load.behindMs),
    figure('lateness of a 1 ms timer, p99', 'ms', load.jitter.p99Us / US_PER_MS),
    figure('ticks named as missing', 'ticks', namedMissing(reports)),
  ];
}

export function namedMissing(reports: readonly ClientReport[]): number {
  return sumOf(reports, ({ sums }) => sums.missing.reduce((a, b) => a + b, 0));
}

function latencies(at: string, what: string, histogram: LatencyHistogram): Measurement[] {
  return ([0.5, 0.99] as const).map((quantile) => ({
    name: `${at}: ${what}, p${quantile * 100}`,
    unit: 'ms',
    value: histogram.percentile(quantile) / US_PER_MS,
  }));
}

function merged(
  reports: readonly ClientReport[],
  of: (report: ClientReport) => RecordedLatencies,
): LatencyHistogram {
  const all = new LatencyHistogram();
  for (const report of reports) all.add(new LatencyHistogram(of(report)));
  return all;
}

function cpuFigures(
  at: string,
  who: string,
  use: CpuUse | undefined,
  ticks: number,
  durationMs: number,
): Measurement[] {
  if (use === undefined) return [];
  const [name = who] = who.split(',');
  return [
    {
      name: `${at}: CPU of the ${who}`,
      unit: 'ns/tick',
      value: (use.totalMs * NS_PER_MS) / Math.max(1, ticks),
    },
    {
      name: `${at}: busiest thread of the ${name}`,
      unit: '% of a core',
      value: (100 * use.busiestThreadMs) / durationMs,
    },
  ];
}
