import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LockOut, type LockOutRule } from '../../../src/access/lock-out.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';

const RULE: LockOutRule = {
  failuresMax: 3,
  windowMs: 100,
  firstLockMs: 50,
  lockMaxMs: 300,
  quietMs: 400,
  addressesMax: 1000,
};

/** The rule in the plainest words: the whole history of one address. */
class History {
  failuresMs: number[] = [];
  lastMs = -Infinity;
  locks = 0;
  untilMs = -Infinity;

  failure(nowMs: number): void {
    if (nowMs < this.untilMs) return;
    if (nowMs - Math.max(this.lastMs, this.untilMs) >= RULE.quietMs) this.locks = 0;
    this.lastMs = nowMs;
    this.failuresMs.push(nowMs);
    const recent = this.failuresMs.filter((timeMs) => timeMs > nowMs - RULE.windowMs);
    if (recent.length < RULE.failuresMax) return;
    this.failuresMs = [];
    this.untilMs = nowMs + Math.min(RULE.lockMaxMs, RULE.firstLockMs * 2 ** this.locks);
    this.locks += 1;
  }
}

const addresses = fc.integer({ min: 0, max: 3 }).map((n) => `192.0.2.${n}`);
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ fail: addresses }) },
    { weight: 2, arbitrary: fc.record({ waitMs: fc.integer({ min: 0, max: 150 }) }) },
    { weight: 1, arbitrary: fc.record({ waitMs: fc.integer({ min: 300, max: 800 }) }) },
  ),
  { maxLength: 80 },
);

test('locks exactly when the history of an address says so, each address for itself', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const clock = new ManualClock();
      const lockOut = new LockOut(clock, RULE);
      const histories = new Map<string, History>();
      for (const step of all) {
        if ('waitMs' in step) clock.advance(step.waitMs);
        else {
          const history = histories.get(step.fail) ?? new History();
          histories.set(step.fail, history);
          history.failure(clock.monotonicMs());
          lockOut.failure(step.fail);
        }
        for (const [address, { untilMs }] of histories) {
          const leftMs = Math.max(0, untilMs - clock.monotonicMs());
          assert.equal(lockOut.check(address), leftMs, address);
        }
      }
    }),
  );
});

test('remembers no more addresses than it may, and always the latest', () => {
  const sites = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(sites, fc.integer({ min: 1, max: 8 }), (all, addressesMax) => {
      const lockOut = new LockOut(new ManualClock(), { ...RULE, failuresMax: 1, addressesMax });
      for (const site of all) {
        const address = `2001:db8:0:${site.toString(16)}::1`;
        lockOut.failure(address);
        assert.ok(lockOut.size <= addressesMax);
        assert.ok(lockOut.check(address) > 0);
      }
    }),
  );
});
