import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { orderOf, refusalOf, rejectsWith } from '../../support/order-answers.ts';
import { BUY_INFY, OrderRig, TRADER } from '../../support/order-rig.ts';
import { DONE_UNHEARD, LOST, REFUSE } from '../../support/scripted-order-broker.ts';

async function openRig(): Promise<OrderRig> {
  const rig = new OrderRig();
  await rig.open();
  return rig;
}

/** An order whose placement was lost. */
async function lostRig() {
  const rig = await openRig();
  rig.broker.placeFates.push(LOST);
  const { id } = orderOf(await rig.place(), 'unknown');
  return { rig, id };
}

test('an unknown outcome is looked for on the schedule, one reading at a time', async () => {
  const { rig } = await lostRig();
  rig.broker.rows.length = 0;
  const before = rig.broker.bookReads;
  const reads: number[] = [];
  for (const untilMs of [200, 100, 400, 800, 1_500, 2_000]) {
    await rig.pass(untilMs);
    reads.push(rig.broker.bookReads - before);
  }
  assert.deepEqual(reads, [0, 1, 2, 3, 4, 5]);
});

test('while an outcome is unknown the contract takes no other order', async () => {
  const { rig } = await lostRig();
  refusalOf(await rig.place({ quantity: 5 }), 'ORDER_IN_DOUBT');
  assert.equal(rig.broker.placed.length, 1);
  await rig.pass(150_000);
  assert.equal((await rig.place({ quantity: 5 })).kind, 'done');
});

test('while positions are only reduced, an exit does not wait for another order’s fate', async () => {
  const rig = await openRig();
  rig.broker.hold('NSE', 'INFY', 'CNC', 20);
  await rig.side.sync(rig.plain(), 'SIM001');
  rig.broker.placeFates.push(LOST);
  orderOf(await rig.place(), 'unknown');
  const sell = { transactionType: 'SELL', quantity: 5 } as const;
  refusalOf(await rig.place(sell), 'ORDER_IN_DOUBT');
  const change = {
    account: 'SIM001',
    state: 'REDUCING',
    reason: 'calm down',
    confirmationToken: null,
  } as const;
  await rig.side.setTradingState(rig.plain(), change);
  assert.equal((await rig.place({ ...sell, quantity: 4 })).kind, 'done');
  assert.equal(rig.broker.placed.at(-1)?.purpose, 'exit');
});

test('an order that becomes visible late is found', async () => {
  const rig = await openRig();
  rig.broker.placeFates.push(DONE_UNHEARD);
  const { id } = orderOf(await rig.place(), 'unknown');
  rig.broker.show = () => rig.clock.monotonicMs() > 118_000;
  await rig.pass(117_000);
  assert.equal((await rig.get(id)).intentState, 'UNKNOWN');
  await rig.pass(5_000);
  const order = await rig.get(id);
  assert.equal(order.intentState, 'RESOLVED_PRESENT');
  assert.deepEqual(order.duplicateOrderIds, []);
});

test('an order that is found refused is refused', async () => {
  const rig = await openRig();
  rig.broker.placedStatus = 'REJECTED';
  rig.broker.placeFates.push(DONE_UNHEARD);
  const { id } = orderOf(await rig.place(), 'unknown');
  await rig.pass(400);
  const order = await rig.get(id);
  assert.equal(order.intentState, 'RESOLVED_PRESENT');
  assert.equal(order.brokerOrders[0]?.status, 'REJECTED');
});

test('a book without newer orders proves no absence: a person must look', async () => {
  const rig = new OrderRig();
  rig.broker.add(BUY_INFY, null);
  await rig.pass(10_000);
  await rig.open();
  rig.broker.placeFates.push(LOST);
  const { id } = orderOf(await rig.place({ quantity: 3 }), 'unknown');
  await rig.pass(310_000);
  const order = await rig.get(id);
  assert.equal(order.intentState, 'ESCALATED');
  assert.match(order.message ?? '', /no order that is newer/);
  assert.equal(rig.alarms.at(-1)?.kind, 'escalated');
  refusalOf(await rig.place({ quantity: 5 }), 'ORDER_IN_DOUBT');
});

test('a book with a newer order proves absence, twice read', async () => {
  const rig = new OrderRig();
  rig.broker.add(BUY_INFY, null);
  await rig.open();
  rig.broker.placeFates.push(LOST);
  const { id } = orderOf(await rig.place({ quantity: 3 }), 'unknown');
  await rig.pass(10_000);
  rig.broker.add({ ...BUY_INFY, tradingsymbol: 'TCS' }, null);
  await rig.pass(115_000);
  assert.equal((await rig.get(id)).intentState, 'UNKNOWN');
  await rig.pass(15_000);
  assert.equal((await rig.get(id)).intentState, 'RESOLVED_ABSENT');
});

test('a book that lacks an order that we know is no evidence', async () => {
  const rig = await openRig();
  await rig.placed({ quantity: 2 });
  rig.broker.placeFates.push(LOST);
  const { id } = orderOf(await rig.place({ quantity: 3 }), 'unknown');
  rig.broker.rows.length = 0;
  await rig.pass(310_000);
  const order = await rig.get(id);
  assert.equal(order.intentState, 'ESCALATED');
  assert.match(order.message ?? '', /the book lacks/);
});

test('a trade of an order that the book lacks is no evidence of absence', async () => {
  const { rig, id } = await lostRig();
  rig.broker.tradeRows.push({
    tradeId: 't1',
    account: 'SIM001',
    brokerOrderId: '999',
    orderId: null,
    exchange: 'NSE',
    tradingsymbol: 'INFY',
    transactionType: 'BUY',
    product: 'CNC',
    quantity: 10,
    priceRupees: 100,
    fillTimeS: 1,
  });
  await rig.pass(310_000);
  assert.match((await rig.get(id)).message ?? '', /trade t1/);
});

test('a position that no known order explains is no evidence of absence', async () => {
  const { rig, id } = await lostRig();
  rig.broker.hold('NSE', 'INFY', 'CNC', 10);
  await rig.pass(310_000);
  assert.match((await rig.get(id)).message ?? '', /10 units of the position/);
});

test('readings that fail are no evidence', async () => {
  const { rig, id } = await lostRig();
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  await rig.pass(310_000);
  const order = await rig.get(id);
  assert.equal(order.intentState, 'ESCALATED');
  assert.match(order.message ?? '', /could not be read/);
});

test('an absent order that shows up late is a duplicate: cancelled and reported', async () => {
  const { rig, id } = await lostRig();
  await rig.pass(150_000);
  const { tag } = await rig.get(id);
  const row = rig.broker.add(BUY_INFY, tag);
  rig.side.onHint({ account: 'SIM001', source: 'socket', row, receivedUs: 0 });
  await rig.pass(10);
  const order = await rig.get(id);
  assert.equal(order.intentState, 'RESOLVED_PRESENT');
  assert.deepEqual(order.duplicateOrderIds, [row.brokerOrderId]);
  assert.match(order.message ?? '', /appeared after RESOLVED_ABSENT/);
  assert.equal(rig.alarms.at(-1)?.kind, 'late-order');
  assert.equal(rig.broker.cancelled[0]?.brokerOrderId, row.brokerOrderId);
});

test('a late duplicate that was not cancelled before a crash is cancelled after it', async () => {
  const { rig, id } = await lostRig();
  await rig.pass(150_000);
  const { tag } = await rig.get(id);
  const row = rig.broker.add(BUY_INFY, tag);
  rig.broker.cancelFates.push({ answer: 'not-sent', reaches: false });
  rig.side.onHint({ account: 'SIM001', source: 'socket', row, receivedUs: 0 });
  await rig.pass(10);
  rig.crash();
  await rig.open();
  assert.equal(rig.broker.cancelled.length, 2);
});

test('a late order that filled is reported, not cancelled', async () => {
  const { rig, id } = await lostRig();
  await rig.pass(150_000);
  const { tag } = await rig.get(id);
  rig.broker.add(BUY_INFY, tag, { status: 'COMPLETE', filledQuantity: 10 });
  await rig.side.sync(rig.plain(), undefined);
  assert.equal((await rig.get(id)).intentState, 'RESOLVED_PRESENT');
  assert.equal(rig.alarms.at(-1)?.kind, 'late-order');
  assert.equal(rig.broker.cancelled.length, 0);
});

test('the refusal of an order may stand in the book too', async () => {
  const rig = await openRig();
  rig.broker.placeFates.push(REFUSE);
  const { orderId } = refusalOf(await rig.place(), 'BROKER_REJECTED');
  const order = await rig.get(orderId ?? '');
  rig.broker.add(BUY_INFY, order.tag, { status: 'REJECTED' });
  await rig.side.sync(rig.plain(), undefined);
  const later = await rig.get(order.id);
  assert.equal(later.intentState, 'REJECTED');
  assert.equal(later.brokerOrders.length, 1);
  assert.deepEqual(rig.alarms, []);
  const [report] = await rig.side.sync(rig.plain(), undefined);
  assert.deepEqual(report?.changes, []);
});

test('two orders for one intent: the younger open one is cancelled', async () => {
  const rig = await openRig();
  const { id, tag, brokerOrders } = await rig.placed();
  await rig.pass(2_000);
  const row = rig.broker.add(BUY_INFY, tag);
  await rig.side.sync(rig.plain(), undefined);
  await rig.pass(10);
  const order = await rig.get(id);
  assert.deepEqual(order.duplicateOrderIds, [row.brokerOrderId]);
  assert.deepEqual(
    rig.broker.cancelled.map(({ brokerOrderId }) => brokerOrderId),
    [row.brokerOrderId],
  );
  assert.equal(brokerOrders.length, 1);
  assert.equal(rig.alarms.at(-1)?.kind, 'duplicate-order');
});

test('two orders for one intent, and the younger one filled: the open one is cancelled', async () => {
  const rig = await openRig();
  const { id, tag, brokerOrders } = await rig.placed();
  await rig.pass(2_000);
  const row = rig.broker.add(BUY_INFY, tag, { status: 'COMPLETE', filledQuantity: 10 });
  await rig.side.sync(rig.plain(), undefined);
  await rig.pass(10);
  assert.deepEqual((await rig.get(id)).duplicateOrderIds, [row.brokerOrderId]);
  assert.equal(rig.broker.cancelled[0]?.brokerOrderId, brokerOrders[0]?.brokerOrderId);
});

test('a refusal by a limiter counts when the book does not show the order', async () => {
  const rig = await openRig();
  rig.broker.placeFates.push({ answer: 'throttled', reaches: false });
  const before = rig.broker.bookReads;
  const refused = refusalOf(await rig.place(), 'BROKER_BUDGET');
  assert.equal(refused.retryAfterMs, 5_000);
  assert.equal(rig.broker.bookReads, before + 1);
  assert.equal(rig.broker.placed.length, 1);
});

test('a refusal by a limiter of an order that is there is none', async () => {
  const rig = await openRig();
  rig.broker.placeFates.push({ answer: 'throttled', reaches: true });
  assert.equal(orderOf(await rig.place()).intentState, 'RESOLVED_PRESENT');
  assert.equal(rig.broker.placed.length, 1);
});

test('a refusal by a limiter that cannot be checked is unknown', async () => {
  const rig = await openRig();
  rig.broker.placeFates.push({ answer: 'throttled', reaches: false });
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  assert.equal(orderOf(await rig.place(), 'unknown').intentState, 'UNKNOWN');
});

test('an order that never left is refused at once', async () => {
  const rig = await openRig();
  rig.broker.placeFates.push({ answer: 'not-sent', reaches: false });
  refusalOf(await rig.place(), 'BROKER_UNREACHABLE');
});

test('a person settles what was escalated, with a reason', async () => {
  const { rig, id } = await lostRig();
  const call = rig.plain();
  const present = { outcome: 'PRESENT', brokerOrderId: '77', reason: 'contract note' } as const;
  await rejectsWith(rig.side.resolve(call, id, present), 'NOT_ESCALATED');
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  await rig.pass(310_000);
  const numberless = { ...present, brokerOrderId: null };
  await rejectsWith(rig.side.resolve(call, id, numberless), 'INVALID_REQUEST');
  const order = await rig.side.resolve(call, id, present);
  assert.equal(order.intentState, 'RESOLVED_PRESENT');
  assert.equal(order.brokerOrders[0]?.brokerOrderId, '77');
  assert.equal(order.message, 'contract note');
});

test('a number that a person got wrong costs the real order nothing', async () => {
  const { rig, id } = await lostRig();
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  await rig.pass(310_000);
  const wrong = { outcome: 'PRESENT', brokerOrderId: '999', reason: 'misread' } as const;
  const { tag } = await rig.side.resolve(rig.plain(), id, wrong);
  rig.broker.readError = undefined;
  const real = rig.broker.add(BUY_INFY, tag);
  await rig.side.sync(rig.plain(), undefined);
  await rig.pass(5_000);
  assert.deepEqual(rig.broker.cancelled, []);
  const { brokerOrders } = await rig.get(id);
  assert.ok(brokerOrders.some(({ brokerOrderId }) => brokerOrderId === real.brokerOrderId));
});

test('a person finds that an escalated order is absent, or names another’s by mistake', async () => {
  const { rig, id } = await lostRig();
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  await rig.pass(310_000);
  rig.broker.readError = undefined;
  const outside = rig.broker.add(BUY_INFY, null);
  await rig.side.sync(rig.plain(), undefined);
  const wrong = { outcome: 'PRESENT', brokerOrderId: outside.brokerOrderId, reason: 'x' } as const;
  await rejectsWith(rig.side.resolve(rig.plain(), id, wrong), 'INVALID_REQUEST');
  const absent = { outcome: 'ABSENT', brokerOrderId: null, reason: 'not in the book' } as const;
  assert.equal((await rig.side.resolve(rig.plain(), id, absent)).intentState, 'RESOLVED_ABSENT');
});

test('an escalated order that shows up is present', async () => {
  const { rig, id } = await lostRig();
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  await rig.pass(310_000);
  rig.broker.readError = undefined;
  rig.broker.add(BUY_INFY, (await rig.get(id)).tag);
  await rig.side.sync(rig.plain(), undefined);
  assert.equal((await rig.get(id)).intentState, 'RESOLVED_PRESENT');
});

test('an order taken for one from outside is ours once the answer names it', async () => {
  const rig = await openRig();
  let arrive: () => void = () => undefined;
  rig.broker.placeHold = new Promise((resolve) => (arrive = resolve));
  const answer = rig.side.place(rig.call(), rig.request());
  await rig.pass(10);
  // The number that the broker will give next, without our tag.
  const row = rig.broker.add(BUY_INFY, null);
  await rig.side.sync(rig.plain(), undefined);
  assert.equal(rig.side.list(TRADER, {}).length, 2);
  const place = rig.broker.add.bind(rig.broker);
  rig.broker.add = (terms, tag) => place(terms, tag, { brokerOrderId: row.brokerOrderId });
  arrive();
  const order = orderOf((await rig.finish(answer)).answer);
  assert.deepEqual(
    rig.side.list(TRADER, {}).map(({ id }) => id),
    [order.id],
  );
});

test('the parent of slices that is no order is left out once slices are shown', async () => {
  const rig = await openRig();
  const order = await rig.placed({ autoslice: true });
  const parent = order.brokerOrders[0]?.brokerOrderId ?? '';
  rig.broker.rows.length = 0;
  const slice = rig.broker.add(BUY_INFY, order.tag, {
    tags: [order.tag, `autoslice:${parent}`],
  });
  await rig.side.sync(rig.plain(), undefined);
  const ids = (await rig.get(order.id)).brokerOrders.map(({ brokerOrderId }) => brokerOrderId);
  assert.deepEqual(ids, [slice.brokerOrderId]);
});

test('a sliced order is cancelled by its slices, right after it was placed', async () => {
  const rig = await openRig();
  const order = await rig.placed({ autoslice: true });
  rig.broker.rows.length = 0;
  const slice = rig.broker.add(BUY_INFY, order.tag);
  await rig.finish(rig.side.cancel(rig.call(), order.id));
  assert.deepEqual(
    rig.broker.cancelled.map(({ brokerOrderId }) => brokerOrderId),
    [slice.brokerOrderId],
  );
});

test('a slice that the book does not show yet is cancelled like the others', async () => {
  const rig = await openRig();
  const place = rig.broker.place.bind(rig.broker);
  let slices: string[] = [];
  rig.broker.place = async (terms, ...rest) => {
    const placed = await place(terms, ...rest);
    assert.equal(placed.kind, 'accepted');
    const [shown] = placed.result.orderIds;
    slices = [shown ?? '', 'hidden'];
    return {
      ...placed,
      result: { ...placed.result, orderIds: ['7', ...slices], parentOrderId: '7' },
    };
  };
  const order = await rig.placed({ autoslice: true });
  await rig.side.sync(rig.plain(), undefined);
  await rig.finish(rig.side.cancel(rig.call(), order.id));
  assert.deepEqual(
    rig.broker.cancelled.map(({ brokerOrderId }) => brokerOrderId).toSorted(),
    slices.toSorted(),
  );
});
