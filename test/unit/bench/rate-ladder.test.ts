import assert from 'node:assert/strict';
import test from 'node:test';
import { RateLadder } from '../../../bench/socket/ladder.ts';

/** Rates tried on a service that sustains up to `limit`. */
function climb(limit: number): { tried: number[]; ladder: RateLadder } {
  const ladder = new RateLadder();
  const tried: number[] = [];
  for (let rate = ladder.next; rate !== undefined; rate = ladder.next) {
    tried.push(rate);
    ladder.record(rate <= limit);
  }
  return { tried, ladder };
}

test('the ladder climbs until a rate is not sustained, then tries the middle of that step', () => {
  const { tried, ladder } = climb(60_000);
  assert.deepEqual(tried, [10_000, 20_000, 50_000, 100_000, 75_000]);
  assert.deepEqual([ladder.sustained, ladder.failed], [50_000, 75_000]);
  const higher = climb(80_000).ladder;
  assert.deepEqual([higher.sustained, higher.failed], [75_000, 100_000]);
});

test('nothing is tried below the first rate, and nothing above what the simulator can do', () => {
  assert.deepEqual(climb(0).tried, [10_000]);
  const { tried, ladder } = climb(Infinity);
  assert.equal(tried.at(-1), 200_000);
  assert.deepEqual([ladder.sustained, ladder.failed], [200_000, Infinity]);
});

test('a ladder of other rates is climbed the same way', () => {
  const ladder = new RateLadder([10, 30]);
  assert.equal(ladder.next, 10);
  ladder.record(true);
  assert.equal(ladder.next, 30);
  ladder.record(false);
  assert.equal(ladder.next, 20);
  ladder.record(true);
  assert.equal(ladder.next, undefined);
  assert.deepEqual([ladder.sustained, ladder.failed], [20, 30]);
});
