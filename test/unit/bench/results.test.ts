import assert from 'node:assert/strict';
import test from 'node:test';
import { LatencyHistogram } from '../../../bench/harness/latency-histogram.ts';
import { combineRuns, type RunReport, spreadOf } from '../../../bench/harness/result.ts';
import { Verifier } from '../../../bench/harness/verifier.ts';

test('a spread is the smallest, the middle and the greatest value', () => {
  assert.deepEqual(spreadOf([5, 1, 3]), { median: 3, min: 1, max: 5 });
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 });
  assert.throws(() => spreadOf([]), RangeError);
});

test('runs are put together figure by figure, and every failed check is named with its run', () => {
  const run = (value: number, ok: boolean): RunReport => ({
    measurements: [{ name: 'parse', unit: 'ns', value, cpuNs: value * 2 }],
    checks: [{ name: 'count', ok, detail: ok ? '' : '1 instead of 2' }],
    notes: ['same'],
  });
  const report = combineRuns({ name: 'b', title: 'B' }, [
    run(3, true),
    run(1, false),
    run(2, true),
  ]);
  assert.equal(report.runs, 3);
  assert.deepEqual(report.figures, [
    {
      name: 'parse',
      unit: 'ns',
      values: [3, 1, 2],
      median: 2,
      min: 1,
      max: 3,
      cpuNs: { median: 4, min: 2, max: 6 },
    },
  ]);
  assert.equal(report.checksPassed, 2);
  assert.deepEqual(report.failures, ['run 2: count: 1 instead of 2']);
  assert.deepEqual(report.notes, ['same']);
});

test('a verifier notes what is wrong and says what was found', () => {
  const verifier = new Verifier();
  verifier.equal('same', [1, { a: 2 }], [1, { a: 2 }]);
  verifier.atLeast('enough', 2, 2);
  verifier.atMost('not too much', 2, 2);
  assert.equal(verifier.failed, false);
  verifier.equal('other', [1], [2]);
  verifier.atMost('a NaN', Number.NaN, 2);
  verifier.atLeast('a NaN', Number.NaN, 2);
  assert.deepEqual(
    verifier.checks.filter(({ ok }) => !ok).map(({ detail }) => detail),
    ['[1] instead of [2]', 'NaN, which is more than 2', 'NaN, which is less than 2'],
  );
});

test('a histogram gives percentiles to 3 percent, and the greatest value exactly', () => {
  const histogram = new LatencyHistogram();
  for (let us = 1; us <= 100_000; us++) histogram.record(us);
  for (const [quantile, us] of [
    [0.01, 1000],
    [0.5, 50_000],
    [0.99, 99_000],
  ] as const) {
    const found = histogram.percentile(quantile);
    assert.ok(found >= us && found <= us * 1.035, `p${quantile * 100}: ${found}`);
  }
  assert.equal(histogram.percentile(1), 100_000);
  assert.equal(histogram.count, 100_000);
});

test('a histogram takes what is below and above its range', () => {
  const histogram = new LatencyHistogram();
  assert.equal(histogram.percentile(0.5), 0);
  histogram.record(-5);
  assert.equal(histogram.percentile(1), 0);
  histogram.record(1e12);
  assert.equal(histogram.percentile(1), 0xffff_ffff);
});

test('a histogram survives the way to another process, and can be added to another', () => {
  const one = new LatencyHistogram();
  one.record(10);
  const other = new LatencyHistogram(structuredClone(one.recorded()));
  other.record(1000);
  one.add(other);
  assert.equal(one.count, 3);
  assert.equal(one.percentile(0.5), 10);
  assert.equal(one.percentile(1), 1000);
  one.clear();
  assert.equal(one.count, 0);
  assert.equal(one.percentile(1), 0);
});
