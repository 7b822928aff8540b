import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker } from '../../../../../src/feed/kite/orders/breaker.ts';
import { ManualClock } from '../../../../support/feed/sim/manual-clock.ts';

function rig(): { clock: ManualClock; breaker: Breaker; fail: (times: number) => void } {
  const clock = new ManualClock('2026-09-10T10:00:00+05:30');
  const breaker = new Breaker(clock, { failures: 5, openMs: 60_000 });
  return {
    clock,
    breaker,
    fail: (times) => {
      for (let i = 0; i < times; i++) {
        breaker.begin();
        breaker.fail();
      }
    },
  };
}

test('five failures in a row open it, four and a success do not', () => {
  const { breaker, fail } = rig();
  fail(4);
  breaker.succeed();
  fail(4);
  assert.deepEqual([breaker.state, breaker.waitMs()], ['closed', 0]);
  fail(1);
  assert.deepEqual([breaker.state, breaker.waitMs()], ['open', 60_000]);
});

test('what says nothing of its health neither opens nor closes it', () => {
  const { breaker, fail } = rig();
  fail(4);
  breaker.pass();
  fail(1);
  breaker.pass();
  assert.equal(breaker.state, 'open');
});

test('after a minute one probe goes, which closes it or keeps it open for another minute', () => {
  const { clock, breaker, fail } = rig();
  fail(5);
  clock.advance(59_999);
  assert.equal(breaker.waitMs(), 1);
  clock.advance(1);
  assert.deepEqual([breaker.state, breaker.waitMs()], ['half-open', 0]);
  breaker.begin();
  assert.equal(breaker.waitMs(), 1_000, 'one at a time');
  breaker.fail();
  assert.deepEqual([breaker.state, breaker.waitMs()], ['open', 60_000]);
  clock.advance(60_000);
  breaker.begin();
  breaker.pass();
  assert.equal(breaker.waitMs(), 0, 'the next one is the probe');
  breaker.begin();
  breaker.succeed();
  assert.deepEqual([breaker.state, breaker.waitMs()], ['closed', 0]);
  fail(4);
  assert.equal(breaker.state, 'closed', 'the count begins anew');
});

test('a call that passes while it is open and succeeds closes it', () => {
  const { breaker, fail } = rig();
  fail(5);
  breaker.begin();
  breaker.succeed();
  assert.equal(breaker.state, 'closed');
});
