import { Registry, type Metric } from 'prom-client';
import {
  METRICS,
  type HistogramReading,
  type MetricDefinition,
  type MetricTable,
  type ReadingsOf,
  type RecordedUnit,
} from './metric-table.ts';
import { processMetrics } from './process-readings.ts';
import { redactText } from './redaction.ts';

/** What `ticker_build_info` says. */
export interface BuildInfo {
  version: string;
  node: string;
}

export interface MetricsOptions {
  build: BuildInfo;
  /** When the process started, since the Unix epoch. */
  startTimeSeconds: number;
}

export interface Metrics<Table extends MetricTable = typeof METRICS> {
  readonly contentType: string;
  /** The Prometheus text of all metrics. */
  render(readings: ReadingsOf<Table>): Promise<string>;
}

export const METRIC_PREFIX = 'ticker_';

interface Sample {
  metricName?: string;
  labels: Record<string, string>;
  value: number;
}

const RECORDED_PER_BASE_UNIT: Record<RecordedUnit, number> = { microseconds: 1_000_000, ticks: 1 };

function histogramSamples(
  name: string,
  reading: HistogramReading,
  recordedPerBase: number,
): Sample[] {
  const samples: Sample[] = [];
  const last = reading.counts.length - 1;
  let atMost = 0;
  for (const [bucket, count] of reading.counts.entries()) {
    atMost += count;
    const bound = bucket === last ? '+Inf' : String(2 ** bucket / recordedPerBase);
    samples.push({ metricName: `${name}_bucket`, labels: { le: bound }, value: atMost });
  }
  const sum = reading.sum / recordedPerBase;
  samples.push({ metricName: `${name}_sum`, labels: {}, value: sum });
  samples.push({ metricName: `${name}_count`, labels: {}, value: atMost });
  return samples;
}

function tableSamples(name: string, definition: MetricDefinition, reading: unknown): Sample[] {
  if (definition.type === 'histogram') {
    const perBase = RECORDED_PER_BASE_UNIT[definition.recorded ?? 'ticks'];
    return histogramSamples(name, reading as HistogramReading, perBase);
  }
  const { label } = definition;
  if (label === undefined) return [{ labels: {}, value: reading as number }];
  const byLabel = Object.entries(reading as Record<string, number>);
  return byLabel.map(([labelValue, value]) => ({
    labels: { [label]: redactText(labelValue) },
    value,
  }));
}

/** The registry asks a metric for its samples when it is rendered; these look them up then. */
function registerReader(
  registry: Registry,
  name: string,
  { type, help }: Pick<MetricDefinition, 'type' | 'help'>,
  samples: () => Sample[],
): void {
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: async () => ({ name, help, type, aggregator: 'sum', values: samples() }),
  };
  registry.registerMetric(metric as unknown as Metric);
}

/** Adds histograms of several threads. All have the same buckets. */
export function mergeHistograms(readings: readonly HistogramReading[]): HistogramReading {
  const counts: number[] = [];
  let sum = 0;
  for (const reading of readings) {
    sum += reading.sum;
    for (const [bucket, count] of reading.counts.entries()) {
      counts[bucket] = (counts[bucket] ?? 0) + count;
    }
  }
  return { counts, sum };
}

/** The metrics of `METRICS`, of the process and of the build, in the Prometheus text format. */
export function createMetrics(options: MetricsOptions): Metrics {
  return createMetricsOf(METRICS, options);
}

/** As `createMetrics`, for another table. */
export function createMetricsOf<Table extends MetricTable>(
  table: Table,
  { build, startTimeSeconds }: MetricsOptions,
): Metrics<Table> {
  const registry = new Registry();
  let current: ReadingsOf<Table> | undefined;
  for (const [shortName, definition] of Object.entries(table)) {
    const name = METRIC_PREFIX + shortName;
    registerReader(registry, name, definition, () =>
      current ? tableSamples(name, definition, current[shortName]) : [],
    );
  }
  for (const metric of processMetrics(startTimeSeconds)) {
    registerReader(registry, metric.name, metric, () => {
      const value = metric.read();
      return value === undefined ? [] : [{ labels: {}, value }];
    });
  }
  const info = { type: 'gauge', help: BUILD_INFO_HELP } as const;
  registerReader(registry, `${METRIC_PREFIX}build_info`, info, () => [
    { labels: { ...build }, value: 1 },
  ]);
  return {
    contentType: registry.contentType,
    render: async (readings) => {
      current = readings;
      return registry.metrics();
    },
  };
}

export const BUILD_INFO_HELP = 'Always 1; the labels say which build runs.';
