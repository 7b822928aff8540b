import assert from 'node:assert/strict';
import { setImmediate as nextTurn, setTimeout as turnsFor } from 'node:timers/promises';
import { test } from 'node:test';
import type { Clock } from '../../../src/domain/clock.ts';
import { startLoopLag, type LoopLag } from '../../../src/telemetry/event-loop-lag.ts';

/** A clock whose one interval runs when the test says so. */
function manualClock(): { clock: Clock; tick: () => void; isCancelled: () => boolean } {
  let callback: (() => void) | undefined;
  let cancelled = false;
  const clock: Clock = {
    nowUs: () => 0,
    monotonicMs: () => 0,
    setTimeout: () => assert.fail('no time-out is expected'),
    setInterval(run) {
      callback = run;
      return { cancel: () => void (cancelled = true), unref: () => undefined };
    },
  };
  return { clock, tick: () => callback?.(), isCancelled: () => cancelled };
}

function blockMs(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

/** A defect shows as a reading that never comes. */
const TIMEOUT = { timeout: 20_000 };

test('a blocked event loop shows as lag, and is forgotten afterwards', TIMEOUT, async (t) => {
  const { clock, tick, isCancelled } = manualClock();
  const readings: LoopLag[] = [];
  const lag = startLoopLag(clock, (reading) => readings.push(reading));
  let worst: LoopLag | undefined;
  while (!t.signal.aborted && (!worst || worst.maxUs < 100_000)) {
    blockMs(120);
    await nextTurn();
    tick();
    worst = readings.at(-1);
  }
  assert.ok(worst);
  assert.ok(worst.p50Us >= 0 && worst.p50Us <= worst.p99Us);
  assert.ok(worst.p99Us <= worst.maxUs * 1.001 + 1);

  // The timer behind it runs every 10 ms, which is no lag: some 20 turns of it make a reading.
  let calm: LoopLag | undefined;
  while (!t.signal.aborted && (!calm || calm.p50Us >= 8000 || calm.maxUs >= 100_000)) {
    await turnsFor(200);
    tick();
    calm = readings.at(-1);
  }
  assert.ok(calm);
  lag.stop();
  assert.ok(isCancelled());
});
