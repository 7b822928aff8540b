import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mayFollow } from '../../../src/domain/intent-state.ts';
import type { JournalEntry } from '../../../src/domain/order-journal.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { OrderRig } from '../../support/order-rig.ts';
import type { Fate } from '../../support/scripted-order-broker.ts';

const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.record({
    answer: fc.constantFrom('unknown', 'throttled'),
    reaches: fc.boolean(),
  }),
  fc.constantFrom<Fate>(
    { answer: 'accepted', reaches: true },
    { answer: 'rejected', reaches: false },
    { answer: 'not-sent', reaches: false },
  ),
);

type Action =
  | { kind: 'place'; key: number; fate: Fate; append: 'keep' | 'before' | 'after' }
  | { kind: 'cancel'; fate: Fate; of: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'crash' }
  | { kind: 'outage' }
  | { kind: 'halt' };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('place'),
      key: fc.nat({ max: 5 }),
      fate,
      append: fc.constantFrom('keep', 'keep', 'keep', 'before', 'after'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('cancel'), fate, of: fc.nat({ max: 5 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(10, 1_000, 40_000) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'crash' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'outage' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'halt' }) },
);

/** Refusals that a caller expects. */
async function asked(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof TickerError) || error.code === 'INTERNAL') throw error;
  }
}

async function act(rig: OrderRig, step: Action): Promise<void> {
  const { broker } = rig;
  switch (step.kind) {
    case 'place': {
      broker.placeFates.splice(0, Infinity, step.fate);
      if (step.append !== 'keep') rig.journal.failNext(step.append);
      const call = rig.call(`k${step.key}`);
      // Keys stand for orders that differ, so that none is taken for another one by mistake.
      const request = rig.request({ quantity: step.key + 1 });
      return asked(rig.finish(rig.side.place(call, request)));
    }
    case 'cancel': {
      broker.cancelFates.splice(0, Infinity, step.fate);
      const order = rig.orders()[step.of];
      return order && asked(rig.finish(rig.side.cancel(rig.call(), order.id)));
    }
    case 'pass':
      return rig.pass(step.ms);
    case 'crash':
      rig.crash();
      return rig.open();
    case 'outage':
      broker.readError = new TickerError('BROKER_UNAVAILABLE');
      await rig.pass(3_000);
      broker.readError = undefined;
      return rig.pass(60_000);
    case 'halt':
      return rig.side.halt('signal', 'stop');
  }
}

/** Steps of state that were journaled, in order. */
function checkJournal(entries: readonly JournalEntry[]): void {
  const states = new Map<string, { state: string | null; version: number }>();
  for (const { orders = [], operations = [] } of entries) {
    for (const { id, intentState, version } of [...orders, ...operations]) {
      const before = states.get(id);
      if (before !== undefined && before.version >= version) continue;
      states.set(id, { state: intentState, version });
      const from = before?.state ?? null;
      if (before === undefined || from === intentState || intentState === null) continue;
      const isLegal = mayFollow(from as Parameters<typeof mayFollow>[0], intentState);
      assert.ok(isLegal || version > before.version + 1, `${id}: ${from} to ${intentState}`);
    }
  }
}

test('whatever fails and ends, each intent is sent once, its fate is known in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 14 }), async (steps) => {
      const rig = new OrderRig();
      await rig.open();
      for (const step of steps) await act(rig, step);
      await rig.pass(700_000);
      const tags = rig.broker.placed.map(({ tag }) => tag);
      assert.equal(new Set(tags).size, tags.length);
      const orders = rig.orders();
      for (const { tag } of rig.broker.placed) {
        assert.ok(
          orders.some((order) => order.tag === tag),
          `${tag} is not known`,
        );
      }
      for (const row of rig.broker.rows) {
        const order = orders.find(({ tag }) => tag === row.tag);
        assert.ok(order !== undefined, `${row.brokerOrderId} is not known`);
        assert.ok(['ACCEPTED', 'RESOLVED_PRESENT'].includes(order.intentState ?? ''));
        assert.equal(order.brokerOrders[0]?.status, row.status);
      }
      for (const { intentState } of orders) {
        assert.ok(!['INTENT', 'SENT', 'UNKNOWN'].includes(intentState ?? ''));
      }
      checkJournal(rig.journal.entries);
      assert.ok(rig.alarms.every(({ kind }) => kind !== 'internal'));
      const keys = rig.broker.placed.map(({ terms }) => terms.quantity);
      const perKey = new Map<number, number>();
      for (const key of keys) perKey.set(key, (perKey.get(key) ?? 0) + 1);
      // A key places one order, whatever happens.
      for (const count of perKey.values()) assert.equal(count, 1);
      await rig.side.stop();
    }),
    { numRuns: 60 },
  );
});
