import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isTerminalStatus } from '../../../src/domain/intent-state.ts';
import type { BrokerOrder } from '../../../src/domain/order-record.ts';
import { mergeBrokerOrder, mergeIntoOrders } from '../../../src/orders/merge-order.ts';

const QUANTITY = 100;
const FIRST: BrokerOrder = {
  brokerOrderId: '1',
  exchangeOrderId: null,
  parentOrderId: null,
  status: 'PUT ORDER REQ RECEIVED',
  statusMessage: null,
  quantity: QUANTITY,
  filledQuantity: 0,
  pendingQuantity: QUANTITY,
  cancelledQuantity: 0,
  averagePriceRupees: 0,
  priceRupees: 50,
  triggerPriceRupees: 0,
  orderType: 'LIMIT',
  validity: 'DAY',
  orderTimeS: 1_000,
  exchangeUpdateTimeS: null,
  meta: {},
};

interface Step {
  kind: 'ack' | 'open' | 'modify' | 'fill' | 'update';
  units: number;
  afterS: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('ack', 'open', 'modify', 'fill', 'update'),
  units: fc.integer({ min: 1, max: 40 }),
  afterS: fc.integer({ min: 0, max: 2 }),
});

/** Every version of one order as the broker lives through it, ending as `end` says. */
function historyOf(
  steps: readonly Step[],
  end: 'COMPLETE' | 'CANCELLED' | 'REJECTED',
): BrokerOrder[] {
  const versions: BrokerOrder[] = [FIRST];
  let nowS = 1_000;
  const add = (change: Partial<BrokerOrder>): void => {
    const last = versions.at(-1) ?? FIRST;
    versions.push({ ...last, exchangeUpdateTimeS: nowS, ...change });
  };
  for (const { kind, units, afterS } of steps) {
    nowS += afterS;
    const last = versions.at(-1) ?? FIRST;
    const filled = Math.min(QUANTITY - 1, last.filledQuantity + units);
    if (kind === 'ack') add({ status: 'OPEN PENDING' });
    else if (kind === 'open') add({ status: 'OPEN', exchangeOrderId: 'e1' });
    else if (kind === 'modify') add({ status: 'MODIFIED', priceRupees: 50 + units });
    else if (kind === 'update') add({ status: 'UPDATE' });
    else {
      const averagePriceRupees = 49;
      add({ status: 'OPEN', filledQuantity: filled, averagePriceRupees });
    }
  }
  const { filledQuantity } = versions.at(-1) ?? FIRST;
  const filled = end === 'COMPLETE' ? QUANTITY : filledQuantity;
  add({
    status: end,
    filledQuantity: filled,
    pendingQuantity: 0,
    cancelledQuantity: end === 'CANCELLED' ? QUANTITY - filled : 0,
    averagePriceRupees: filled > 0 ? 49 : 0,
  });
  return versions;
}

const history = fc
  .tuple(fc.array(step, { maxLength: 12 }), fc.constantFrom('COMPLETE', 'CANCELLED', 'REJECTED'))
  .map(([steps, end]) => historyOf(steps, end));

/** Versions of a history in any order, some twice, some not at all, some as stale book reads. */
const tellings = history.chain((versions) =>
  fc.record({
    versions: fc.constant(versions),
    told: fc.array(fc.record({ at: fc.nat({ max: versions.length - 1 }), isBook: fc.boolean() }), {
      maxLength: 30,
    }),
  }),
);

test('whatever is told and in which order, an order ends as the broker has it', () => {
  fc.assert(
    fc.property(tellings, ({ versions, told }) => {
      const last = versions.at(-1) ?? FIRST;
      let known: BrokerOrder | undefined;
      for (const { at, isBook } of told) {
        known = mergeBrokerOrder(known, versions[at] ?? FIRST, isBook);
      }
      assert.deepEqual(mergeBrokerOrder(known, last, true), {
        ...last,
        exchangeOrderId: known?.exchangeOrderId ?? last.exchangeOrderId,
      });
    }),
  );
});

test('an order that is over stays over, and what is filled stays filled', () => {
  fc.assert(
    fc.property(tellings, ({ versions, told }) => {
      let known: BrokerOrder | undefined;
      for (const { at, isBook } of told) {
        const before = known;
        known = mergeBrokerOrder(before, versions[at] ?? FIRST, isBook);
        if (before === undefined) continue;
        assert.ok(known.filledQuantity >= before.filledQuantity);
        if (isTerminalStatus(before.status)) assert.equal(known.status, before.status);
        const [timeS, beforeS] = [known.exchangeUpdateTimeS, before.exchangeUpdateTimeS];
        assert.ok((timeS ?? -1) >= (beforeS ?? -1) || isTerminalStatus(known.status));
      }
    }),
  );
});

test('the same telling twice changes nothing', () => {
  fc.assert(
    fc.property(tellings, fc.boolean(), ({ versions, told }, isBook) => {
      let known: readonly BrokerOrder[] = [];
      for (const { at } of told) {
        const version = versions[at] ?? FIRST;
        known = mergeIntoOrders(known, version, isBook);
        assert.equal(mergeIntoOrders(known, version, isBook), known);
      }
    }),
  );
});

test('orders are listed as the broker numbers them, whichever comes first', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(ids, (numbers) => {
      const rows = numbers.map((number, index) => ({
        ...FIRST,
        brokerOrderId: String(number),
        parentOrderId: index === 0 ? null : String(numbers[0]),
      }));
      const forward = rows.reduce<readonly BrokerOrder[]>(
        (known, row) => mergeIntoOrders(known, row, true),
        [],
      );
      const backward = rows.reduceRight<readonly BrokerOrder[]>(
        (known, row) => mergeIntoOrders(known, row, false),
        [],
      );
      assert.deepEqual(forward, backward);
      assert.equal(forward[0]?.parentOrderId, null);
    }),
  );
});
