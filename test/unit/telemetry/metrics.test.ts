import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRICS } from '../../../src/telemetry/metric-table.ts';
import { ORDER_METRICS } from '../../../src/telemetry/order-metric-table.ts';
import { metricsDocument } from '../../../src/telemetry/metrics-document.ts';
import { createMetrics, mergeHistograms } from '../../../src/telemetry/metrics.ts';
import { histogramOf, readingsWith } from './readings.ts';

const metrics = createMetrics({
  build: { version: '1.2.3', node: 'v20' },
  startTimeSeconds: 1_796_000_000,
});

/** Values of the samples in a rendering, by name and labels. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.lastIndexOf(' ');
    const name = line.slice(0, at);
    assert.ok(!samples.has(name), `${name} stands there twice`);
    samples.set(name, Number(line.slice(at + 1)));
  }
  return samples;
}

test('every metric of the table is rendered with its help and type, under the prefix', async () => {
  const text = await metrics.render(readingsWith());
  for (const [name, { type, help }] of Object.entries(METRICS)) {
    assert.ok(
      text.includes(`# HELP ticker_${name} ${help}\n# TYPE ticker_${name} ${type}\n`),
      name,
    );
  }
});

test('numbers, labels and the build stand where readings say', async () => {
  const samples = samplesOf(
    await metrics.render(
      readingsWith({
        upstream_ticks_total: 123_456_789_012,
        clients: 0,
        greeks_total: { OK: 5, BELOW_INTRINSIC: 1 },
        event_loop_lag_p99_seconds: { publish: 0.0015 },
      }),
    ),
  );
  assert.equal(samples.get('ticker_upstream_ticks_total'), 123_456_789_012);
  assert.equal(samples.get('ticker_clients'), 0);
  assert.equal(samples.get('ticker_greeks_total{status="OK"}'), 5);
  assert.equal(samples.get('ticker_greeks_total{status="BELOW_INTRINSIC"}'), 1);
  assert.equal(samples.get('ticker_event_loop_lag_p99_seconds{thread="publish"}'), 0.0015);
  assert.equal(samples.get('ticker_build_info{version="1.2.3",node="v20"}'), 1);
});

test('readings are those of the moment, not of an earlier rendering', async () => {
  await metrics.render(readingsWith({ greeks_total: { OK: 5 } }));
  const samples = samplesOf(await metrics.render(readingsWith({ greeks_total: { EXPIRED: 2 } })));
  assert.equal(samples.get('ticker_greeks_total{status="OK"}'), undefined);
  assert.equal(samples.get('ticker_greeks_total{status="EXPIRED"}'), 2);
});

test('a histogram is cumulative, in seconds, with +Inf, sum and count', async () => {
  // 1 value up to 1 us, 2 in (4, 8] us, 1 in (2^24, 2^25] us, 3 above.
  const publish_age_seconds = histogramOf({ 0: 1, 3: 2, 25: 1, 26: 3 }, 150_000_000);
  const samples = samplesOf(await metrics.render(readingsWith({ publish_age_seconds })));
  const bucket = (bound: string): number | undefined =>
    samples.get(`ticker_publish_age_seconds_bucket{le="${bound}"}`);
  assert.equal(bucket('0.000001'), 1);
  assert.equal(bucket('0.000004'), 1);
  assert.equal(bucket('0.000008'), 3);
  assert.equal(bucket('16.777216'), 3);
  assert.equal(bucket('33.554432'), 4);
  assert.equal(bucket('67.108864'), undefined);
  assert.equal(bucket('+Inf'), 7);
  assert.equal(samples.get('ticker_publish_age_seconds_count'), 7);
  assert.equal(samples.get('ticker_publish_age_seconds_sum'), 150);
});

test('a histogram of ticks keeps its unit', async () => {
  const greeks_batch_ticks = histogramOf({ 6: 2 }, 100);
  const samples = samplesOf(await metrics.render(readingsWith({ greeks_batch_ticks })));
  assert.equal(samples.get('ticker_greeks_batch_ticks_bucket{le="32"}'), 0);
  assert.equal(samples.get('ticker_greeks_batch_ticks_bucket{le="64"}'), 2);
  assert.equal(samples.get('ticker_greeks_batch_ticks_sum'), 100);
});

test('histograms of several threads add up', () => {
  const merged = mergeHistograms([histogramOf({ 1: 1, 26: 4 }, 10), histogramOf({ 1: 2 }, 5)]);
  assert.deepEqual(merged, histogramOf({ 1: 3, 26: 4 }, 15));
  assert.deepEqual(mergeHistograms([]), { counts: [], sum: 0 });
});

test('the process is measured', async () => {
  const samples = samplesOf(await metrics.render(readingsWith()));
  const cpu = samples.get('process_cpu_seconds_total') ?? 0;
  const user = samples.get('process_cpu_user_seconds_total') ?? 0;
  assert.ok(cpu > 0 && user > 0 && user <= cpu);
  assert.ok((samples.get('process_resident_memory_bytes') ?? 0) > 10_000_000);
  assert.equal(samples.get('process_start_time_seconds'), 1_796_000_000);
  if (process.platform === 'linux') assert.ok((samples.get('process_open_fds') ?? 0) >= 3);
});

test('the document lists every metric', () => {
  const text = metricsDocument();
  const names = [...Object.keys(METRICS), ...Object.keys(ORDER_METRICS)];
  for (const name of names) assert.ok(text.includes(`\`ticker_${name}\``), name);
});
