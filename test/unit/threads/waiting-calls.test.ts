import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WaitingCalls } from '../../../src/threads/waiting-calls.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';

const ANSWER_MS = 500;

interface Calls {
  length: { args: string; result: number };
  upper: { args: string; result: string };
}

function create() {
  const clock = new ManualClock();
  const ids: number[] = [];
  const calls = new WaitingCalls<Calls>(clock, ANSWER_MS);
  return { clock, ids, calls, send: (id: number) => ids.push(id) };
}

describe('calls that wait', () => {
  test('each resolve with their own answer, in whatever order they come', async () => {
    const { calls, ids, send, clock } = create();
    const first = calls.call('length', send);
    const second = calls.call('upper', send);
    assert.deepEqual(ids, [1, 2]);
    calls.onAnswer({ id: 2, ok: true, result: 'A' });
    calls.onAnswer({ id: 1, ok: true, result: 1 });
    assert.deepEqual(await Promise.all([first, second]), [1, 'A']);
    assert.deepEqual(clock.pendingMs, []);
  });

  test('reject with the error that is answered', async () => {
    const { calls, send, clock } = create();
    const call = calls.call('upper', send);
    calls.onAnswer({ id: 1, ok: false, code: 'UNKNOWN_UNDERLYING', detail: 'nothing there' });
    await assert.rejects(call, { code: 'UNKNOWN_UNDERLYING', detail: 'nothing there' });
    assert.deepEqual(clock.pendingMs, []);
  });

  test('end with TIMEOUT when nobody answers; an answer after that is no matter', async () => {
    const { calls, send, clock } = create();
    const call = calls.call('upper', send);
    clock.advance(ANSWER_MS - 1);
    assert.equal(clock.pendingMs.length, 1);
    clock.advance(1);
    const detail = 'control did not answer upper in 500 ms';
    await assert.rejects(call, { code: 'TIMEOUT', detail });
    calls.onAnswer({ id: 1, ok: true, result: 'LATE' });
  });

  test('reject when the call cannot be sent', async () => {
    const { calls } = create();
    const call = calls.call('length', () => {
      throw new Error('closed');
    });
    await assert.rejects(call, /closed/);
  });
});
