import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatcher } from 'undici';
import { WireExchange } from '../../../../../src/feed/kite/orders/wire-exchange.ts';
import { ManualClock } from '../../../../support/feed/sim/manual-clock.ts';

function rig(): { clock: ManualClock; exchange: WireExchange } {
  const clock = new ManualClock('2026-09-10T10:00:00+05:30');
  return { clock, exchange: new WireExchange(clock, 7_000) };
}

function controller(): { aborted: Error[]; of: Dispatcher.DispatchController } {
  const aborted: Error[] = [];
  const abort = (reason: Error): void => void aborted.push(reason);
  return { aborted, of: { abort } as unknown as Dispatcher.DispatchController };
}

test('a request that a connection takes after its time is stopped before it is written', async () => {
  const { clock, exchange } = rig();
  clock.advance(7_000);
  const { result } = await exchange.end;
  assert.equal(result.kind === 'failed' && result.bytesWritten, false);
  const late = controller();
  exchange.onRequestStart(late.of);
  assert.equal(late.aborted.length, 1);
});

test('a request that would be written a second time is stopped', async () => {
  const { exchange } = rig();
  const [first, second] = [controller(), controller()];
  exchange.onRequestStart(first.of);
  exchange.onRequestStart(second.of);
  assert.deepEqual([first.aborted.length, second.aborted.length], [0, 1]);
  const { result } = await exchange.end;
  assert.equal(result.kind === 'failed' && result.bytesWritten, true);
});

test('the first end counts', async () => {
  const { clock, exchange } = rig();
  const { of } = controller();
  exchange.onRequestStart(of);
  exchange.onResponseError(of, new Error('reset'));
  exchange.onResponseError(of, new Error('aborted'));
  exchange.onResponseEnd();
  clock.advance(7_000);
  const { result } = await exchange.end;
  assert.equal(result.kind === 'failed' && result.reason, 'reset');
});
