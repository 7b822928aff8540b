import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallPurpose } from '../../../../../src/domain/order-broker.ts';
import {
  CallQueue,
  type CallQueueOptions,
  type Refusal,
  type Turn,
} from '../../../../../src/feed/kite/orders/call-queue.ts';
import { OrderBudget } from '../../../../../src/feed/kite/orders/request-budgets.ts';
import { settled } from '../../../../support/feed/kite/scripted-order-transport.ts';
import { ManualClock } from '../../../../support/feed/sim/manual-clock.ts';

interface Rig {
  clock: ManualClock;
  budget: OrderBudget;
  queue: CallQueue;
  /** Names of the calls that went, in order; refused ones with their code. */
  log: string[];
  ends: Map<string, () => void>;
  enter: (name: string, purpose?: CallPurpose, maxWaitMs?: number) => void;
}

function rig(options: Partial<CallQueueOptions> = {}): Rig {
  const clock = new ManualClock('2026-09-10T10:00:00+05:30');
  const budget = new OrderBudget(clock);
  const queue = new CallQueue({
    clock,
    budget,
    underWay: { entry: 100, exit: 100 },
    length: { entry: 100, exit: 100 },
    begin: () => undefined,
    ...options,
  });
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const note = (name: string, turn: Turn): void => {
    log.push(turn.ok ? name : `${name} ${turn.code}`);
    if (turn.ok) ends.set(name, turn.end);
  };
  const enter = (name: string, purpose: CallPurpose = 'entry', maxWaitMs = 2_000): void => {
    void queue.enter({ purpose, isCancel: false }, maxWaitMs).then((turn) => note(name, turn));
  };
  return { clock, budget, queue, log, ends, enter };
}

test('exits overtake the entries that wait, and each kind keeps its order', async () => {
  const { clock, queue, log, enter } = rig();
  for (let i = 1; i <= 9; i++) enter(`entry${i}`);
  for (let i = 1; i <= 4; i++) enter(`exit${i}`, 'exit');
  await settled();
  assert.deepEqual(log.slice(7), ['exit1', 'exit2']);
  assert.equal(queue.length, 4);
  clock.advance(1_000);
  await settled();
  assert.deepEqual(log.slice(9), ['exit3', 'exit4', 'entry8', 'entry9']);
});

test('an entry that would wait longer than it wants to is refused at once', async () => {
  const { queue, log, enter } = rig();
  for (let i = 1; i <= 15; i++) enter(`entry${i}`);
  await settled();
  assert.equal(log.length, 8, '7 have gone, 7 go in a second');
  assert.equal(log[7], 'entry15 BROKER_BUDGET');
  const admission = queue.admission('entry', 2_000);
  assert.equal(!admission.ok && admission.retryAfterMs, 2_000);
  assert.deepEqual(queue.admission('exit', 2_000), { ok: true });
});

test('an entry that exits keep overtaking gives up in its time', async () => {
  const { clock, log, enter } = rig();
  for (let i = 1; i <= 7; i++) enter(`entry${i}`);
  enter('late');
  for (let i = 0; i < 40; i++) enter(`exit${i}`, 'exit', 60_000);
  await settled();
  clock.advance(1_999);
  await settled();
  assert.ok(!log.some((name) => name.startsWith('late')));
  clock.advance(1);
  await settled();
  assert.ok(log.includes('late BROKER_BUDGET'));
  clock.advance(10_000);
  await settled();
  assert.equal(log.filter((name) => name.startsWith('exit')).length, 40);
  assert.ok(!log.includes('late'));
});

test('calls under way hold up entries before exits', async () => {
  const { log, ends, enter } = rig({ underWay: { entry: 2, exit: 3 } });
  for (const name of ['a', 'b', 'c']) enter(name);
  enter('exit1', 'exit');
  enter('exit2', 'exit');
  await settled();
  assert.deepEqual(log, ['a', 'b', 'exit1']);
  ends.get('a')?.();
  await settled();
  assert.deepEqual(log.slice(3), ['exit2']);
  ends.get('b')?.();
  ends.get('exit1')?.();
  await settled();
  assert.deepEqual(log.slice(4), ['c']);
});

test('only so many may wait', async () => {
  const { log, enter } = rig({
    underWay: { entry: 1, exit: 1 },
    length: { entry: 2, exit: 1 },
  });
  for (const name of ['a', 'b', 'c', 'd']) enter(name);
  for (const name of ['x', 'y']) enter(name, 'exit');
  await settled();
  assert.deepEqual(log, ['a', 'd BROKER_BUDGET', 'y BROKER_BUDGET']);
});

const OPEN: Refusal = {
  ok: false,
  code: 'BROKER_BREAKER_OPEN',
  detail: 'It is open.',
  retryAfterMs: 1_000,
};

test('a call is asked for right before it goes, and costs nothing when it is refused', async () => {
  const breaker: { refusal?: Refusal } = {};
  const { clock, budget, log, enter } = rig({ begin: () => breaker.refusal });
  for (let i = 1; i <= 8; i++) enter(`entry${i}`);
  await settled();
  const left = budget.dayLeft;
  breaker.refusal = OPEN;
  clock.advance(1_000);
  await settled();
  assert.deepEqual(log.slice(7), ['entry8 BROKER_BREAKER_OPEN']);
  assert.equal(budget.dayLeft, left);
});

test('all that wait can be refused together', async () => {
  const { clock, queue, log, enter } = rig();
  for (let i = 1; i <= 9; i++) enter(`entry${i}`);
  for (let i = 1; i <= 3; i++) enter(`exit${i}`, 'exit');
  queue.refuseAll({ ...OPEN, code: 'BROKER_SESSION' });
  await settled();
  assert.equal(queue.length, 0);
  assert.deepEqual(log.filter((name) => name.endsWith('BROKER_SESSION')).sort(), [
    'entry8 BROKER_SESSION',
    'entry9 BROKER_SESSION',
    'exit3 BROKER_SESSION',
  ]);
  clock.advance(5_000);
  await settled();
  assert.equal(log.length, 12);
});

test('a day that ends its budget while they wait refuses entries and lets exits go', async () => {
  const { clock, budget, log, enter } = rig();
  for (let i = 1; i <= 8; i++) enter(`entry${i}`);
  for (let i = 1; i <= 3; i++) enter(`exit${i}`, 'exit');
  await settled();
  budget.noteThrottled(undefined, true);
  clock.advance(1_000);
  await settled();
  assert.deepEqual(log.slice(9), ['exit3', 'entry8 BROKER_BUDGET']);
  enter('entry9');
  await settled();
  assert.equal(log.at(-1), 'entry9 BROKER_BUDGET');
  budget.countMore(600);
  enter('exit4', 'exit');
  await settled();
  assert.equal(log.at(-1), 'exit4 BROKER_BUDGET');
});
