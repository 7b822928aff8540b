import assert from 'node:assert/strict';
import test from 'node:test';
import {
  HISTOGRAM_BUCKETS,
  METER_COUNTERS,
  METER_HISTOGRAMS,
} from '../../../src/shm/layout/meters.ts';
import { createMeters, ThreadMeters } from '../../../src/shm/meters.ts';

const LAST_BUCKET = HISTOGRAM_BUCKETS - 1;

/** Bucket that one value is counted in. */
function bucketOf(value: number): number {
  const meters = new ThreadMeters(createMeters(1), 0);
  meters.record(0, value);
  const { counts, count, sum } = meters.histogram(0);
  assert.equal(count, 1);
  assert.equal(sum, value);
  assert.equal(counts.length, HISTOGRAM_BUCKETS);
  return counts.indexOf(1);
}

test('bucket b counts up to 2^b, exactly at the powers of two and just above', () => {
  for (let b = 0; b < LAST_BUCKET; b++) {
    assert.equal(bucketOf(2 ** b), b, `2^${b}`);
    const above = Math.min(b + 1, LAST_BUCKET);
    assert.equal(bucketOf(2 ** b + 1), 2 ** b + 1 <= 2 ** above ? above : above + 1);
    assert.equal(bucketOf(2 ** b * (1 + 2 ** -40)), above, `a little above 2^${b}`);
  }
});

test('zero and fractions up to one are in the first bucket', () => {
  for (const value of [0, Number.MIN_VALUE, 0.001, 0.5, 1]) assert.equal(bucketOf(value), 0);
});

test('everything above the second last bound is in the last bucket, however large', () => {
  const bound = 2 ** (LAST_BUCKET - 1);
  assert.equal(bucketOf(bound), LAST_BUCKET - 1);
  for (const value of [
    bound + 1,
    2 ** 30,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32 - 0.5,
    2 ** 32,
    2 ** 32 + 1,
    2 ** 33,
    1e300,
  ]) {
    assert.equal(bucketOf(value), LAST_BUCKET, String(value));
  }
});

test('counters add, gauges are set, and each number is its own', () => {
  const meters = new ThreadMeters(createMeters(1), 0);
  meters.add(0, 2);
  meters.add(0, 3);
  meters.set(METER_COUNTERS - 1, 7);
  meters.set(METER_COUNTERS - 1, 6.5);
  assert.equal(meters.get(0), 5);
  assert.equal(meters.get(1), 0);
  assert.equal(meters.get(METER_COUNTERS - 1), 6.5);
  assert.equal(meters.histogram(0).count, 0, 'the last counter is not the first histogram');
});

test('counters are exact to 2^53', () => {
  const meters = new ThreadMeters(createMeters(1), 0);
  meters.add(3, 2 ** 53 - 2);
  meters.add(3, 1);
  assert.equal(meters.get(3), 2 ** 53 - 1);
});

test('histograms do not run into each other', () => {
  const meters = new ThreadMeters(createMeters(1), 0);
  for (let h = 0; h < METER_HISTOGRAMS; h++) {
    for (let times = 0; times <= h; times++) {
      meters.record(h, 0);
      meters.record(h, 2 ** 40);
    }
  }
  for (let h = 0; h < METER_HISTOGRAMS; h++) {
    const { counts, count, sum } = meters.histogram(h);
    assert.equal(count, 2 * (h + 1));
    assert.equal(counts[0], h + 1);
    assert.equal(counts[LAST_BUCKET], h + 1);
    assert.equal(sum, (h + 1) * 2 ** 40);
  }
});

test('each writer has a block of its own, seen by all views of it', () => {
  const block = createMeters(3);
  const [first, second, third] = [0, 1, 2].map((writer) => new ThreadMeters(block, writer));
  second!.add(0, 1);
  second!.record(METER_HISTOGRAMS - 1, 2 ** 50);
  assert.equal(new ThreadMeters(block, 1).get(0), 1);
  for (const meters of [first!, third!]) {
    assert.equal(meters.get(0), 0);
    assert.equal(meters.histogram(METER_HISTOGRAMS - 1).count, 0);
  }
});

test('a writer or a histogram that does not exist is an error', () => {
  const block = createMeters(2);
  for (const writer of [-1, 2]) assert.throws(() => new ThreadMeters(block, writer), RangeError);
  const meters = new ThreadMeters(block, 0);
  for (const number of [-1, METER_HISTOGRAMS]) {
    assert.throws(() => meters.histogram(number), RangeError);
  }
  assert.throws(() => createMeters(0), RangeError);
});
