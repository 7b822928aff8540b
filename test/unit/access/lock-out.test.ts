import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LOCK_OUT_RULE, LockOut } from '../../../src/access/lock-out.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';

const { failuresMax, windowMs, firstLockMs, lockMaxMs, quietMs } = LOCK_OUT_RULE;
const ADDRESS = '192.0.2.1';

function rig(): { clock: ManualClock; lockOut: LockOut; fail: (times: number) => void } {
  const clock = new ManualClock();
  const lockOut = new LockOut(clock);
  const fail = (times: number): void => {
    for (let n = 0; n < times; n++) lockOut.failure(ADDRESS);
  };
  return { clock, lockOut, fail };
}

test('ten wrong keys within a minute lock an address out for 30 s, and nobody else', () => {
  const { clock, lockOut, fail } = rig();
  fail(failuresMax - 1);
  assert.equal(lockOut.check(ADDRESS), 0);
  assert.equal(lockOut.failure(ADDRESS), firstLockMs);
  assert.equal(lockOut.check(ADDRESS), firstLockMs);
  assert.equal(lockOut.check('192.0.2.2'), 0);
  clock.advance(firstLockMs - 1);
  assert.equal(lockOut.check(ADDRESS), 1);
  clock.advance(1);
  assert.equal(lockOut.check(ADDRESS), 0);
});

test('wrong keys of more than a minute do not add up', () => {
  const { clock, lockOut, fail } = rig();
  for (let n = 0; n < 100; n++) {
    fail(1);
    clock.advance(windowMs / (failuresMax - 1));
  }
  assert.equal(lockOut.check(ADDRESS), 0);
});

test('each further lock is twice as long, up to a quarter of an hour', () => {
  const { clock, lockOut, fail } = rig();
  const locksMs = Array.from({ length: 8 }, () => {
    fail(failuresMax);
    const lockMs = lockOut.check(ADDRESS);
    clock.advance(lockMs);
    return lockMs;
  });
  assert.deepEqual(locksMs, [30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000, 900_000]);
});

test('after a quiet time the next lock is a first one again', () => {
  const { clock, lockOut, fail } = rig();
  fail(failuresMax);
  clock.advance(firstLockMs);
  fail(failuresMax);
  clock.advance(2 * firstLockMs + quietMs);
  fail(failuresMax);
  assert.equal(lockOut.check(ADDRESS), firstLockMs);
});

test('what comes while it is locked out does not count', () => {
  const { clock, lockOut, fail } = rig();
  fail(10 * failuresMax);
  assert.equal(lockOut.check(ADDRESS), firstLockMs);
  clock.advance(firstLockMs);
  fail(failuresMax - 1);
  assert.equal(lockOut.check(ADDRESS), 0);
});

describe('a right key', () => {
  test('forgets the wrong ones before it', () => {
    const { lockOut, fail } = rig();
    for (let n = 0; n < 5; n++) {
      fail(failuresMax - 1);
      assert.equal(lockOut.success(ADDRESS), true);
      assert.equal(lockOut.success(ADDRESS), false);
    }
    assert.equal(lockOut.check(ADDRESS), 0);
    assert.equal(lockOut.size, 0);
  });

  test('does not make the next lock shorter', () => {
    const { clock, lockOut, fail } = rig();
    fail(failuresMax);
    clock.advance(firstLockMs);
    lockOut.success(ADDRESS);
    fail(failuresMax);
    assert.equal(lockOut.check(ADDRESS), 2 * firstLockMs);
  });
});

test('all addresses of an IPv6 site count as one, and IPv4 in IPv6 as IPv4', () => {
  const { lockOut } = rig();
  for (let n = 0; n < failuresMax; n++) lockOut.failure(`2001:db8:1:2::${n}`);
  assert.equal(lockOut.check('2001:db8:1:2:ffff::1'), firstLockMs);
  assert.equal(lockOut.check('2001:db8:1:3::1'), 0);
  for (let n = 0; n < failuresMax; n++) lockOut.failure('::ffff:192.0.2.7');
  assert.equal(lockOut.check('192.0.2.7'), firstLockMs);
});

describe('a lock by another instance', () => {
  test('holds until its time, and never shortens one of our own', () => {
    const { clock, lockOut, fail } = rig();
    const nowMs = clock.nowUs() / 1000;
    lockOut.lock(ADDRESS, nowMs + 5_000);
    assert.equal(lockOut.check(ADDRESS), 5_000);
    lockOut.lock(ADDRESS, nowMs + 1_000);
    assert.equal(lockOut.check(ADDRESS), 5_000);
    clock.advance(5_000);
    fail(failuresMax);
    lockOut.lock(ADDRESS, clock.nowUs() / 1000 + 10);
    assert.equal(lockOut.check(ADDRESS), firstLockMs);
  });

  test('is believed for a quarter of an hour at most, and not at all in the past', () => {
    const { clock, lockOut } = rig();
    const nowMs = clock.nowUs() / 1000;
    for (const untilMs of [nowMs - 1, nowMs, NaN]) lockOut.lock('192.0.2.3', untilMs);
    assert.equal(lockOut.size, 0);
    lockOut.lock(ADDRESS, nowMs + 1e12);
    assert.equal(lockOut.check(ADDRESS), lockMaxMs);
  });
});
