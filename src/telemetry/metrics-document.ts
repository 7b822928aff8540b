import { METRICS, type MetricDefinition } from './metric-table.ts';
import { BUILD_INFO_HELP, METRIC_PREFIX } from './metrics.ts';
import { ORDER_METRICS } from './order-metric-table.ts';
import { processMetrics } from './process-readings.ts';

function tableRow(name: string, { type, help, label }: MetricDefinition): string {
  const labels = label === undefined ? '' : `\`${label}\``;
  return `| \`${name}\` | ${type} | ${labels} | ${help} |`;
}

const INTRODUCTION = `# Metrics

Generated from \`src/telemetry/*metric-table.ts\` by \`npm run docs\`; do not edit.

\`GET /metrics\` on the market port gives these in the Prometheus text format: open in development,
with a key of scope \`metrics:read\` in production. Every value comes from the threads that do the
work, read at the moment of the request. Times are seconds. The buckets of histograms are powers of
two: from 1 microsecond to 33.6 seconds for times, from 1 to 33,554,432 for ticks. Counters start
again at 0 with the process.
`;

const ORDERS = `## Orders port

\`GET /metrics\` on the orders port gives these, and those of build and process.
`;

const HEADER = '| Name | Type | Labels | Meaning |\n| --- | --- | --- | --- |';

/** Text of docs/METRICS.md. */
export function metricsDocument(): string {
  const rows = [
    ...Object.entries(METRICS).map(([name, metric]) => tableRow(METRIC_PREFIX + name, metric)),
    `| \`${METRIC_PREFIX}build_info\` | gauge | \`version\` \`node\` | ${BUILD_INFO_HELP} |`,
    ...processMetrics(0).map((metric) => tableRow(metric.name, metric)),
  ];
  const orders = Object.entries(ORDER_METRICS).map(([name, metric]) =>
    tableRow(METRIC_PREFIX + name, metric),
  );
  const market = `${INTRODUCTION}\n${HEADER}\n${rows.join('\n')}\n`;
  return `${market}\n${ORDERS}\n${HEADER}\n${orders.join('\n')}\n`;
}
