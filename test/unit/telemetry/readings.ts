import {
  METRICS,
  type MetricDefinition,
  type MetricReadings,
} from '../../../src/telemetry/metric-table.ts';

const BUCKETS = 27;

/** A histogram with `count` values in each of the given buckets. */
export function histogramOf(counts: Readonly<Record<number, number>>, sum: number) {
  return { counts: Array.from({ length: BUCKETS }, (_, bucket) => counts[bucket] ?? 0), sum };
}

function reading({ type, label }: MetricDefinition): unknown {
  if (type === 'histogram') return histogramOf({ 3: 2 }, 12);
  return label === undefined ? 1 : { first: 1, second: 2 };
}

/** A reading of every metric, with `changes` in place of the made-up ones. */
export function readingsWith(changes: Partial<MetricReadings> = {}): MetricReadings {
  const all = Object.entries(METRICS).map(([name, definition]) => [name, reading(definition)]);
  return { ...(Object.fromEntries(all) as unknown as MetricReadings), ...changes };
}
