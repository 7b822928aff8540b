import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestRate } from '../../../src/access/request-rate.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';

test('a caller may use up a second at once; then it gets one request at a time', () => {
  const clock = new ManualClock();
  const rate = new RequestRate(clock);
  const take = () => rate.take('caller', 4);
  assert.deepEqual(take(), { allowed: true, limit: 4, remaining: 3, resetMs: 250 });
  assert.deepEqual(
    [take(), take(), take()].map(({ remaining }) => remaining),
    [2, 1, 0],
  );
  assert.deepEqual(take(), { allowed: false, limit: 4, remaining: 0, resetMs: 250 });
  clock.advance(250);
  assert.equal(take().allowed, true);
  assert.equal(take().allowed, false, 'refused requests cost nothing, but buy nothing either');
  clock.advance(1000);
  assert.equal(take().remaining, 3);
});

test('callers do not share', () => {
  const rate = new RequestRate(new ManualClock());
  assert.equal(rate.take('a', 1).allowed, true);
  assert.equal(rate.take('a', 1).allowed, false);
  assert.equal(rate.take('b', 1).allowed, true);
});

test('who has its whole budget again is forgotten', () => {
  const clock = new ManualClock();
  const rate = new RequestRate(clock);
  for (let caller = 0; caller < 1000; caller++) rate.take(String(caller), 10);
  assert.equal(rate.size, 1000);
  clock.advance(1500);
  rate.take('last', 10);
  assert.equal(rate.size, 1);
});
