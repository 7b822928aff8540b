import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../../src/client/backoff.ts';

const OPTIONS = { firstDelayMs: 1000, maxDelayMs: 30_000 };

test('the bound of the delay doubles up to its maximum', () => {
  const backoff = new Backoff({ ...OPTIONS, random: () => 1 });
  const bounds = Array.from({ length: 7 }, () => backoff.next());
  assert.deepEqual(bounds, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('the delay is anywhere between 0 and the bound', () => {
  const values = [0, 0.5, 0.25];
  const backoff = new Backoff({ ...OPTIONS, random: () => values.shift() ?? 0 });
  assert.deepEqual([backoff.next(), backoff.next(), backoff.next()], [0, 1000, 1000]);
});

test('reset starts over, saturate goes to the maximum', () => {
  const backoff = new Backoff({ ...OPTIONS, random: () => 1 });
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 1000);
  backoff.saturate();
  assert.equal(backoff.next(), 30_000);
});
