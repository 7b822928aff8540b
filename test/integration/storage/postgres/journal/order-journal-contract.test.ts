import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { TickerError } from '../../../../../src/domain/error-codes.ts';
import type { JournalEntry, OrderJournal } from '../../../../../src/domain/order-journal.ts';
import type { OrderRecord } from '../../../../../src/domain/order-record.ts';
import { INTENT_STATES, mayFollow } from '../../../../../src/domain/intent-state.ts';
import type { RiskLimits } from '../../../../../src/domain/trading-state.ts';
import { MemoryOrderJournal } from '../../../../support/memory-order-journal.ts';
import { migratedDatabase } from '../../../../support/migrated-database.ts';
import {
  sampleBrokerOrder,
  sampleEvent,
  sampleOperation,
  sampleOrder,
  sampleTrade,
  sampleUse,
  START_US,
} from '../../../../support/order-samples.ts';
import { postgresOrderJournal } from '../../../../support/postgres-order-journal.ts';

const ORDER = 'ord_000000000001';
const OTHER = 'ord_000000000002';
const DAY_US = 86_400e6;

const JOURNALS: Record<string, (t: TestContext) => Promise<OrderJournal>> = {
  'in memory': () => Promise.resolve(new MemoryOrderJournal()),
  'in PostgreSQL': async (t) => postgresOrderJournal(t, (await migratedDatabase(t)).database),
};

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof TickerError && error.code === code;
}

function entry(given: Partial<JournalEntry>): JournalEntry {
  return { events: [], ...given };
}

for (const [name, open] of Object.entries(JOURNALS)) {
  describe(`the order journal ${name}`, () => {
    test('gives back everything as it was given', async (t) => {
      const journal = await open(t);
      await journal.load(START_US, START_US);
      assert.equal(journal.isWritable, true);
      const order = sampleOrder(ORDER, { message: 'price "1,501.05" \u{1F600} \\u0000' });
      const operation = sampleOperation(ORDER);
      const trade = sampleTrade(ORDER);
      const answer = { kind: 'done', order, operation: null } as const;
      const use = sampleUse('k1', { subject: ORDER, answer });
      const state = {
        account: '*',
        state: 'HALTED',
        reason: 'test',
        actor: 'file',
        changedUs: START_US,
      } as const;
      const limits = { orderValueRupees: 100_000.5, ordersPerSecond: null } as RiskLimits;
      const limit = { scope: 'all', subject: '', limits, actor: 'a', changedUs: 1 } as const;
      await journal.append({
        orders: [order],
        operations: [operation],
        trades: [trade],
        idempotency: [use],
        tradingStates: [state],
        limits: [limit],
        events: [sampleEvent(ORDER, 'order.intent'), sampleEvent(ORDER, 'order.sent')],
      });
      assert.deepEqual(await journal.load(START_US, START_US), {
        orders: [order],
        operations: [operation],
        trades: [trade],
        idempotency: [use],
        tradingStates: [state],
        limits: [limit],
      });
      assert.deepEqual(await journal.findOrder(ORDER), order);
      assert.equal(await journal.findOrder(OTHER), undefined);
      const parts = { operations: [operation], trades: [trade] };
      assert.deepEqual(await journal.orderParts(ORDER), parts);
      assert.deepEqual(await journal.orderParts(OTHER), { operations: [], trades: [] });
      const { timeUs, detail, ...sent } = sampleEvent(ORDER);
      const stored = {
        ...sent,
        timeUs: Math.floor(timeUs / 1000) * 1000,
        detail: { ...detail, text: 'a\uFFFDb', price: '1.5' },
      };
      assert.deepEqual(await journal.orderEvents(ORDER), [
        { ...stored, action: 'order.intent' },
        { ...stored, action: 'order.sent' },
      ]);
      assert.deepEqual(await journal.orderEvents(OTHER), []);
    });

    test('keeps the highest version, whatever comes after it', async (t) => {
      const journal = await open(t);
      await journal.load(START_US, START_US);
      const first = sampleOrder(ORDER);
      const second = { ...first, intentState: 'ACCEPTED', version: 2 } as const;
      await journal.append(entry({ orders: [first] }));
      await journal.append(entry({ orders: [second] }));
      await journal.append(entry({ orders: [first] }));
      await journal.append(entry({ orders: [{ ...first, intentState: 'REJECTED', version: 2 }] }));
      assert.deepEqual(await journal.findOrder(ORDER), second);
    });

    test('takes versions of one order that are appended at the same time in their order', async (t) => {
      const journal = await open(t);
      await journal.load(START_US, START_US);
      const first = sampleOrder(ORDER, { intentState: 'INTENT' });
      const versions: OrderRecord[] = [
        first,
        { ...first, intentState: 'SENT', version: 2 },
        { ...first, intentState: 'UNKNOWN', version: 3 },
        { ...first, intentState: 'RESOLVED_ABSENT', version: 4 },
      ];
      await Promise.all(versions.map((order) => journal.append(entry({ orders: [order] }))));
      assert.deepEqual(await journal.findOrder(ORDER), versions[3]);
    });

    test('takes every legal step and no other one', async (t) => {
      const journal = await open(t);
      await journal.load(START_US, START_US);
      // Ways on which every state is come to.
      const ways: Record<string, string[]> = {
        INTENT: ['INTENT'],
        SENT: ['SENT'],
        REJECTED: ['REJECTED'],
        ACCEPTED: ['SENT', 'ACCEPTED'],
        UNKNOWN: ['SENT', 'UNKNOWN'],
        RESOLVED_PRESENT: ['SENT', 'UNKNOWN', 'RESOLVED_PRESENT'],
        RESOLVED_ABSENT: ['SENT', 'UNKNOWN', 'RESOLVED_ABSENT'],
        ESCALATED: ['SENT', 'UNKNOWN', 'ESCALATED'],
      };
      let number = 0;
      for (const from of INTENT_STATES) {
        for (const to of INTENT_STATES) {
          if (from === to) continue;
          number += 1;
          const order = sampleOrder(`ord_${String(number).padStart(12, '0')}`);
          const way = [...(ways[from] ?? []), to] as (typeof from)[];
          const steps = way.map((intentState, index) =>
            journal.append(entry({ orders: [{ ...order, intentState, version: index + 1 }] })),
          );
          const last = steps.pop();
          await Promise.all(steps);
          if (mayFollow(from, to)) await last;
          else await assert.rejects(last ?? Promise.resolve(), /is no legal step/, `${from} ${to}`);
        }
      }
      const jump = sampleOrder(OTHER, { tag: 'jump', clientOrderId: null });
      await journal.append(entry({ orders: [jump] }));
      await journal.append(
        entry({ orders: [{ ...jump, intentState: 'RESOLVED_PRESENT', version: 3 }] }),
      );
    });

    test('a life does not begin in its midst, except where its first version was not kept', async (t) => {
      const journal = await open(t);
      await journal.load(START_US, START_US);
      const order = sampleOrder(ORDER, { intentState: 'ACCEPTED' });
      await assert.rejects(
        journal.append(entry({ orders: [order] })),
        hasCode('JOURNAL_UNAVAILABLE'),
      );
      await journal.append(entry({ orders: [{ ...order, version: 2 }] }));
      await journal.append(
        entry({ orders: [sampleOrder(OTHER, { intentState: null, keyId: null })] }),
      );
    });

    test('has a client order id once an account, and one that is wrong costs no other', async (t) => {
      const journal = await open(t);
      await journal.load(START_US, START_US);
      await journal.append(entry({ orders: [sampleOrder(ORDER, { clientOrderId: 'mine' })] }));
      const second = sampleOrder(OTHER, { clientOrderId: 'mine' });
      const third = sampleOrder('ord_000000000003');
      const [before, wrong, after] = await Promise.allSettled([
        journal.append(entry({ orders: [sampleOrder('ord_000000000004')] })),
        journal.append(entry({ orders: [second], events: [sampleEvent(OTHER)] })),
        journal.append(entry({ orders: [third] })),
      ]);
      assert.equal(before.status, 'fulfilled');
      assert.ok(wrong.status === 'rejected' && hasCode('CLIENT_ORDER_ID_USED')(wrong.reason));
      assert.equal(after.status, 'fulfilled');
      assert.equal(await journal.findOrder(OTHER), undefined);
      assert.deepEqual(await journal.orderEvents(OTHER), []);
      await journal.append(entry({ orders: [{ ...second, account: 'CD5678' }] }));
    });

    test('forgets uses of keys that are released, and does not load expired ones', async (t) => {
      const journal = await open(t);
      await journal.load(START_US, START_US);
      const [one, two, three] = [sampleUse('1'), sampleUse('2'), sampleUse('3')];
      await journal.append(
        entry({ idempotency: [one, two, { ...three, expiresUs: START_US + 1 }] }),
      );
      await journal.append(entry({ released: [{ keyId: 'key_a', key: '1' }] }));
      assert.deepEqual((await journal.load(START_US, START_US + 1)).idempotency, [two]);
    });

    test('loads orders of the day, and older ones that may still change', async (t) => {
      const journal = await open(t);
      await journal.load(START_US, START_US);
      const old = { createdUs: START_US - DAY_US, version: 2 };
      const done = sampleBrokerOrder({ status: 'COMPLETE' });
      const orders = [
        sampleOrder('ord_000000000010', { ...old, intentState: 'REJECTED' }),
        sampleOrder('ord_000000000011', { ...old, intentState: 'ACCEPTED', brokerOrders: [done] }),
        sampleOrder('ord_000000000012', { ...old, intentState: 'ESCALATED' }),
        sampleOrder('ord_000000000013', {
          ...old,
          intentState: 'ACCEPTED',
          brokerOrders: [done, sampleBrokerOrder()],
        }),
        sampleOrder('ord_000000000014'),
      ];
      const [over] = orders;
      const [trade, late] = [sampleTrade(null), sampleTrade('ord_000000000013', { tradeId: '2' })];
      await journal.append(
        entry({
          orders,
          operations: orders.map(({ id, createdUs }) => sampleOperation(id, { createdUs })),
          trades: [
            { ...trade, fillTimeS: 1 },
            { ...late, fillTimeS: 1 },
          ],
        }),
      );
      const state = await journal.load(START_US, START_US);
      const ids = ['ord_000000000012', 'ord_000000000013', 'ord_000000000014'];
      assert.deepEqual(state.orders.map(({ id }) => id).sort(), ids);
      assert.deepEqual(state.operations.map(({ orderId }) => orderId).sort(), ids);
      assert.deepEqual(state.trades, [{ ...late, fillTimeS: 1 }]);
      assert.deepEqual(await journal.findOrder(over?.id ?? ''), over);
    });

    test('shares nothing with who appends', async (t) => {
      const journal = await open(t);
      await journal.load(START_US, START_US);
      const order = sampleOrder(ORDER);
      const appended = journal.append(entry({ orders: [order] }));
      order.message = 'changed';
      await appended;
      assert.equal((await journal.findOrder(ORDER))?.message, null);
    });
  });
}
