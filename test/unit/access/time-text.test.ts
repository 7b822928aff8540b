import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { durationMs, timeOrDurationMs } from '../../../src/access/time-text.ts';

const NOW_MS = Date.parse('2026-11-24T10:00:00Z');

describe('durations', () => {
  for (const [text, expectedMs] of [
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
  ] as const) {
    test(text, () => assert.equal(durationMs(text), expectedMs));
  }
  for (const text of ['', '5', 'h', '-1h', '1.5h', '1 h', '1y', '1H', '1h30m', '1000000000d']) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(durationMs(text), undefined));
  }
});

describe('times', () => {
  for (const [text, expected] of [
    ['2h', '2026-11-24T12:00:00.000Z'],
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31T18:00Z', '2027-01-31T18:00:00.000Z'],
    ['2027-01-31T18:00:00+05:30', '2027-01-31T12:30:00.000Z'],
    ['2028-02-29T00:00:00.250Z', '2028-02-29T00:00:00.250Z'],
  ] as const) {
    test(text, () => assert.equal(timeOrDurationMs(text, NOW_MS), Date.parse(expected)));
  }
  for (const text of [
    '',
    'tomorrow',
    '2027-02-30',
    '2027-13-01',
    '2027-01-31T18:00',
    '2027-01-31T25:00Z',
    '2027-01-31 18:00Z',
    '31-01-2027',
    '1800000000',
    '999999999w',
  ]) {
    test(`${JSON.stringify(text)} is none`, () => {
      assert.equal(timeOrDurationMs(text, NOW_MS), undefined);
    });
  }
});
