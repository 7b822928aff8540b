import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
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

test('a blocked event loop shows as lag, less the timer period; then it is forgotten', async () => {
  const { clock, tick, isCancelled } = manualClock();
  const readings: LoopLag[] = [];
  const lag = startLoopLag(clock, (reading) => readings.push(reading));
  let worst: LoopLag | undefined;
  while (!worst || worst.maxUs < 100_000) {
    blockMs(120);
    await nextTurn();
    tick();
    worst = readings.at(-1);
  }
  assert.ok(worst.p50Us <= worst.p99Us);
  assert.ok(worst.p99Us <= worst.maxUs * 1.001 + 1);
  assert.ok(worst.p50Us >= 0);

  let calm: LoopLag | undefined;
  while (!calm || calm.maxUs >= 100_000) {
    await nextTurn();
    tick();
    calm = readings.at(-1);
  }
  lag.stop();
  assert.ok(isCancelled());
});
