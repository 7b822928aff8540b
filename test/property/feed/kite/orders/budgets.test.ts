import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallPurpose } from '../../../../../src/domain/order-broker.ts';
import { CallQueue } from '../../../../../src/feed/kite/orders/call-queue.ts';
import { OrderBudget } from '../../../../../src/feed/kite/orders/request-budgets.ts';
import { settled } from '../../../../support/feed/kite/scripted-order-transport.ts';
import { ManualClock } from '../../../../support/feed/sim/manual-clock.ts';

interface Gone {
  timeMs: number;
  purpose: CallPurpose;
}

const ALLOWANCES = {
  second: { limit: 5, reserve: 2 },
  minute: { limit: 40, reserve: 10 },
  day: { limit: 90, reserve: 20 },
};
const MAX_WAIT_MS = { entry: 2_000, exit: 200_000 };

const step = fc.record({
  purpose: fc.constantFrom<CallPurpose>('entry', 'exit'),
  calls: fc.integer({ min: 1, max: 12 }),
  pauseMs: fc.oneof(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 20_000 })),
});

/** Calls that went within `windowMs` up to each of them. */
function most(gone: readonly Gone[], windowMs: number): (purpose: CallPurpose) => number {
  return (purpose) =>
    Math.max(
      0,
      ...gone.map((last, i) => {
        if (last.purpose !== purpose) return 0;
        const within = gone.slice(0, i + 1).filter(({ timeMs }) => timeMs > last.timeMs - windowMs);
        return within.length;
      }),
    );
}

test('however calls come: no window is overrun, entries leave the reserve, each ends once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new ManualClock('2026-09-10T10:00:00+05:30');
      const budget = new OrderBudget(clock, ALLOWANCES);
      const gone: Gone[] = [];
      let asked = 0;
      let ended = 0;
      const queue = new CallQueue({
        clock,
        budget,
        underWay: { entry: 1_000, exit: 1_000 },
        length: { entry: 20, exit: 20 },
        begin: ({ purpose }) => {
          gone.push({ timeMs: clock.monotonicMs(), purpose });
          return undefined;
        },
      });
      for (const { purpose, calls, pauseMs } of steps) {
        for (let i = 0; i < calls; i++) {
          asked++;
          void queue
            .enter({ purpose, isCancel: false }, MAX_WAIT_MS[purpose])
            .then(() => (ended += 1));
        }
        clock.advance(pauseMs);
      }
      const second = most(gone, 1_000);
      const minute = most(gone, 60_000);
      assert.ok(second('exit') <= 5 && second('entry') <= 3, 'a second');
      assert.ok(minute('exit') <= 40 && minute('entry') <= 30, 'a minute');
      assert.ok(gone.length <= 90, 'a day');
      const lastEntry = gone.findLastIndex(({ purpose }) => purpose === 'entry');
      assert.ok(lastEntry < 70, 'the reserve of the day');
      clock.advance(MAX_WAIT_MS.exit);
      await settled();
      assert.deepEqual([queue.length, ended], [0, asked]);
    }),
    { numRuns: 200 },
  );
});
