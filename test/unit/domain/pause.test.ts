import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { pause } from '../../../src/domain/clock.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';

const PAUSES = 20;
const PAUSE_MS = 100;

function startMany() {
  const clock = new ManualClock();
  const abort = new AbortController();
  const pauses = Array.from({ length: PAUSES }, () => pause(clock, PAUSE_MS, abort.signal));
  const listeners = () => getEventListeners(abort.signal, 'abort').length;
  return { clock, abort, pauses, listeners };
}

/** Warnings are emitted in a later tick of the process. */
function warningsSeen(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('many pauses on one signal', () => {
  test('make Node warn of nothing', async (t) => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): number => warnings.push(warning);
    process.on('warning', onWarning);
    t.after(() => process.off('warning', onWarning));
    const { abort, pauses } = startMany();
    await warningsSeen();
    abort.abort();
    await Promise.all(pauses);
    assert.deepEqual(warnings, []);
  });

  test('all end with false when it aborts', async () => {
    const { abort, pauses, clock, listeners } = startMany();
    abort.abort();
    assert.deepEqual(new Set(await Promise.all(pauses)), new Set([false]));
    assert.deepEqual(clock.pendingMs, []);
    assert.equal(listeners(), 0);
  });

  test('leave nothing on the signal when they are over, and others can follow', async () => {
    const { abort, pauses, clock, listeners } = startMany();
    clock.advance(PAUSE_MS);
    assert.deepEqual(new Set(await Promise.all(pauses)), new Set([true]));
    assert.equal(listeners(), 0);
    const next = pause(clock, PAUSE_MS, abort.signal);
    abort.abort();
    assert.equal(await next, false);
  });
});
