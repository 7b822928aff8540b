import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../../../src/feed/kite/backoff.ts';

const ALMOST_ONE = 1 - 2 ** -53;

function delays(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => Math.ceil(backoff.nextDelayMs()));
}

test('the ceiling doubles from 1 s and stays at 30 s', () => {
  const backoff = new Backoff(() => ALMOST_ONE);
  assert.deepEqual(delays(backoff, 8), [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

test('the delay is anything up to the ceiling', () => {
  const randoms = [0, 0.5, 0.25];
  const backoff = new Backoff(() => randoms.shift() ?? 0);
  assert.deepEqual(delays(backoff, 4), [0, 1000, 1000, 0]);
});

test('30 s of data start the ceiling again, less do not', () => {
  const backoff = new Backoff(() => ALMOST_ONE);
  delays(backoff, 3);
  backoff.dataCame(1000);
  backoff.dataCame(30_999);
  assert.deepEqual(delays(backoff, 1), [8000]);
  backoff.dataCame(40_000);
  backoff.dataCame(70_000);
  assert.deepEqual(delays(backoff, 1), [1000]);
});

test('data of two connections do not add up', () => {
  const backoff = new Backoff(() => ALMOST_ONE);
  delays(backoff, 3);
  backoff.dataCame(0);
  delays(backoff, 1);
  backoff.dataCame(20_000);
  backoff.dataCame(49_999);
  assert.deepEqual(delays(backoff, 1), [16_000]);
});

test('a broker that asks for fewer requests gets one to two ceilings, at least 5 s', () => {
  const least = new Backoff(() => 0);
  const most = new Backoff(() => ALMOST_ONE);
  const rounds = [5000, 5000, 5000, 8000, 16_000, 30_000, 30_000];
  for (const ceilingMs of rounds) {
    assert.equal(least.nextDelayWhenRateLimitedMs(), ceilingMs);
    assert.equal(Math.ceil(most.nextDelayWhenRateLimitedMs()), 2 * ceilingMs);
  }
});

test('a reset forgets the failures', () => {
  const backoff = new Backoff(() => ALMOST_ONE);
  delays(backoff, 6);
  backoff.reset();
  assert.deepEqual(delays(backoff, 1), [1000]);
});
