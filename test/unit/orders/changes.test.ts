import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderTerms } from '../../../src/domain/order-terms.ts';
import type { OrderAnswer } from '../../../src/domain/order-service.ts';
import { orderOf, refusalOf, rejectsWith } from '../../support/order-answers.ts';
import { OrderRig, TRADER } from '../../support/order-rig.ts';
import { DONE_UNHEARD, LOST, REFUSE } from '../../support/scripted-order-broker.ts';

async function cancel(rig: OrderRig, id: string): Promise<OrderAnswer> {
  return (await rig.finish(rig.side.cancel(rig.call(), id))).answer;
}

async function modify(rig: OrderRig, id: string, priceRupees: number): Promise<OrderAnswer> {
  return (await rig.finish(rig.side.modify(rig.call(), id, { priceRupees }))).answer;
}

async function placedRig(terms: Partial<OrderTerms> = {}) {
  const rig = new OrderRig();
  await rig.open();
  return { rig, order: await rig.placed(terms) };
}

function operationOf(answer: OrderAnswer) {
  if (answer.kind === 'refused' || answer.operation === null) assert.fail(answer.kind);
  return answer.operation;
}

test('a cancellation is done when the broker took it; the status follows', async () => {
  const { rig, order } = await placedRig();
  assert.equal(operationOf(await cancel(rig, order.id)).intentState, 'ACCEPTED');
  await rig.pass(5_000);
  const [brokerOrder] = (await rig.get(order.id)).brokerOrders;
  assert.equal(brokerOrder?.status, 'CANCELLED');
  refusalOf(await cancel(rig, order.id), 'ORDER_NOT_OPEN');
  assert.equal(rig.broker.cancelled.length, 1);
});

test('a cancellation that the broker refuses says whether the order is over', async () => {
  const { rig, order } = await placedRig();
  rig.broker.cancelFates.push(REFUSE, REFUSE);
  refusalOf(await cancel(rig, order.id), 'BROKER_REJECTED');
  const [brokerOrder] = rig.broker.rows;
  rig.broker.fill(brokerOrder?.brokerOrderId ?? '', 10, 100);
  refusalOf(await cancel(rig, order.id), 'ORDER_NOT_OPEN');
  assert.equal((await rig.get(order.id)).brokerOrders[0]?.status, 'COMPLETE');
});

test('a cancellation whose answer is lost is found done', async () => {
  const { rig, order } = await placedRig();
  rig.broker.cancelFates.push(DONE_UNHEARD);
  const answer = await cancel(rig, order.id);
  assert.equal(answer.kind, 'unknown');
  await rig.pass(400);
  const [operation] = await rig.side.operations(TRADER, order.id);
  assert.equal(operation?.intentState, 'RESOLVED_PRESENT');
  assert.equal(rig.broker.cancelled.length, 1);
});

test('a cancellation that was lost is sent again after three looks', async () => {
  const { rig, order } = await placedRig();
  rig.broker.cancelFates.push(LOST);
  await cancel(rig, order.id);
  await rig.pass(800);
  assert.equal(rig.broker.cancelled.length, 1);
  await rig.pass(1_000);
  assert.equal(rig.broker.cancelled.length, 2);
  const [operation] = await rig.side.operations(TRADER, order.id);
  assert.equal(operation?.intentState, 'RESOLVED_PRESENT');
});

test('a cancellation is sent again three times at the most, then a person must look', async () => {
  const { rig, order } = await placedRig();
  rig.broker.cancelFates.push(LOST, LOST, LOST, LOST, LOST, LOST);
  await cancel(rig, order.id);
  await rig.pass(310_000);
  assert.equal(rig.broker.cancelled.length, 4);
  const [operation] = await rig.side.operations(TRADER, order.id);
  assert.equal(operation?.intentState, 'ESCALATED');
  assert.equal(rig.alarms.at(-1)?.kind, 'escalated');
  const call = rig.plain();
  const resolution = { outcome: 'PRESENT', brokerOrderId: null, reason: 'seen in Kite' } as const;
  await rig.side.resolve(call, order.id, resolution);
  const [resolved] = await rig.side.operations(TRADER, order.id);
  assert.equal(resolved?.intentState, 'RESOLVED_PRESENT');
  await rejectsWith(rig.side.resolve(call, order.id, resolution), 'NOT_ESCALATED');
});

test('a cancellation that lost the race against a fill was without effect', async () => {
  const { rig, order } = await placedRig();
  rig.broker.cancelFates.push(LOST);
  await cancel(rig, order.id);
  rig.broker.fill(order.brokerOrders[0]?.brokerOrderId ?? '', 10, 100);
  await rig.pass(400);
  const [operation] = await rig.side.operations(TRADER, order.id);
  assert.equal(operation?.intentState, 'RESOLVED_ABSENT');
  assert.equal(operation.code, 'ORDER_NOT_OPEN');
});

test('nothing can be done to an order of which it is not known whether it is there', async () => {
  const rig = new OrderRig();
  await rig.open();
  rig.broker.placeFates.push(LOST);
  const { id } = orderOf(await rig.place(), 'unknown');
  await rejectsWith(cancel(rig, id), 'ORDER_IN_DOUBT');
  await rejectsWith(modify(rig, id, 101), 'ORDER_IN_DOUBT');
});

test('two modifications with different prices are two', async () => {
  const { rig, order } = await placedRig();
  await modify(rig, order.id, 101);
  await modify(rig, order.id, 102);
  assert.deepEqual(
    rig.broker.modified.map(({ change }) => change.priceRupees),
    [101, 102],
  );
});

test('a modification whose answer is lost is never sent again', async () => {
  const { rig, order } = await placedRig();
  rig.broker.modifyFates.push(DONE_UNHEARD, LOST);
  assert.equal((await modify(rig, order.id, 101)).kind, 'unknown');
  await rejectsWith(modify(rig, order.id, 102), 'ORDER_IN_DOUBT');
  await rig.pass(400);
  const [first] = await rig.side.operations(TRADER, order.id);
  assert.equal(first?.intentState, 'RESOLVED_PRESENT');
  assert.equal((await modify(rig, order.id, 103)).kind, 'unknown');
  await rig.pass(119_000);
  const [, second] = await rig.side.operations(TRADER, order.id);
  assert.equal(second?.intentState, 'UNKNOWN');
  await rig.pass(40_000);
  const [, third] = await rig.side.operations(TRADER, order.id);
  assert.equal(third?.intentState, 'RESOLVED_ABSENT');
  assert.equal(rig.broker.modified.length, 2);
});

test('a modification that came too late is absent', async () => {
  const { rig, order } = await placedRig();
  rig.broker.modifyFates.push(LOST);
  await modify(rig, order.id, 101);
  rig.broker.fill(order.brokerOrders[0]?.brokerOrderId ?? '', 10, 100);
  await rig.pass(400);
  const [operation] = await rig.side.operations(TRADER, order.id);
  assert.equal(operation?.intentState, 'RESOLVED_ABSENT');
});

test('a modification that was done and then undone by another is found in the history', async () => {
  const { rig, order } = await placedRig();
  const id = order.brokerOrders[0]?.brokerOrderId ?? '';
  rig.broker.modifyFates.push(LOST);
  await modify(rig, order.id, 101);
  rig.broker.update(id, { status: 'MODIFIED', priceRupees: 101 });
  rig.broker.update(id, { status: 'MODIFY PENDING', priceRupees: 100 });
  await rig.pass(400);
  const [operation] = await rig.side.operations(TRADER, order.id);
  assert.equal(operation?.intentState, 'RESOLVED_PRESENT');
});

test('a modification that stays pending is a matter for a person', async () => {
  const { rig, order } = await placedRig();
  const id = order.brokerOrders[0]?.brokerOrderId ?? '';
  rig.broker.modifyFates.push(LOST);
  await modify(rig, order.id, 101);
  rig.broker.update(id, { status: 'MODIFY VALIDATION PENDING' });
  await rig.pass(310_000);
  const [operation] = await rig.side.operations(TRADER, order.id);
  assert.equal(operation?.intentState, 'ESCALATED');
});

test('the quantity of a partly filled order cannot be modified', async () => {
  const { rig, order } = await placedRig();
  const row = rig.broker.fill(order.brokerOrders[0]?.brokerOrderId ?? '', 3, 100);
  rig.side.onHint({ account: 'SIM001', source: 'socket', row, receivedUs: 0 });
  const { answer } = await rig.finish(rig.side.modify(rig.call(), order.id, { quantity: 20 }));
  refusalOf(answer, 'INVALID_ORDER');
  assert.equal(rig.broker.modified.length, 0);
});

test('an order is modified 25 times at the most', async () => {
  const { rig, order } = await placedRig();
  for (let time = 0; time < 25; time++) {
    assert.equal((await modify(rig, order.id, (2000 + time) / 20)).kind, 'done');
    await rig.pass(1_000);
  }
  // It can never succeed: nobody is invited to try again.
  refusalOf(await modify(rig, order.id, 99), 'INVALID_ORDER');
  assert.equal(rig.broker.modified.length, 25);
});

test('an order that is over cannot be modified, and the refusal is kept', async () => {
  const { rig, order } = await placedRig();
  const row = rig.broker.fill(order.brokerOrders[0]?.brokerOrderId ?? '', 10, 100);
  rig.side.onHint({ account: 'SIM001', source: 'socket', row, receivedUs: 0 });
  const call = rig.call();
  const ask = () => rig.finish(rig.side.modify(call, order.id, { priceRupees: 101 }));
  refusalOf((await ask()).answer, 'ORDER_NOT_OPEN');
  assert.equal((await ask()).replayed, true);
});

test('a modification that the broker refuses is refused', async () => {
  const { rig, order } = await placedRig();
  rig.broker.modifyFates.push(REFUSE, { answer: 'not-sent', reaches: false });
  refusalOf(await modify(rig, order.id, 101), 'BROKER_REJECTED');
  refusalOf(await modify(rig, order.id, 102), 'BROKER_UNREACHABLE');
});

test('a modification that the broker would not take now is not journaled as sent', async () => {
  const { rig, order } = await placedRig();
  rig.broker.refusal = { ok: false, code: 'BROKER_BUDGET', detail: 'full', retryAfterMs: 700 };
  const refused = refusalOf(await modify(rig, order.id, 101), 'BROKER_BUDGET');
  assert.equal(refused.retryAfterMs, 700);
  assert.equal(rig.broker.modified.length, 0);
});

test('a modification of a contract that is gone is refused', async () => {
  const { rig, order } = await placedRig();
  rig.contract = undefined;
  refusalOf(await modify(rig, order.id, 101), 'UNKNOWN_INSTRUMENT');
});

test('an order that ends while its price is fetched is not modified', async () => {
  const { rig, order } = await placedRig();
  let arrive: () => void = () => undefined;
  rig.priceHold = new Promise((resolve) => (arrive = resolve));
  const answer = rig.side.modify(rig.call(), order.id, { priceRupees: 101 });
  await rig.pass(10);
  const row = rig.broker.fill(order.brokerOrders[0]?.brokerOrderId ?? '', 10, 100);
  rig.side.onHint({ account: 'SIM001', source: 'socket', row, receivedUs: 0 });
  arrive();
  refusalOf((await rig.finish(answer)).answer, 'ORDER_NOT_OPEN');
});

test('all parts of a sliced order are cancelled; it is modified in no way', async () => {
  const { rig, order } = await placedRig({ autoslice: true });
  const first = order.brokerOrders[0]?.brokerOrderId ?? '';
  rig.broker.add(order.terms, order.tag, { parentOrderId: first });
  await rig.side.sync(rig.plain(), 'SIM001');
  assert.equal((await rig.get(order.id)).duplicateOrderIds.length, 0);
  refusalOf(await modify(rig, order.id, 101), 'INVALID_ORDER');
  rig.broker.cancelFates.push({ answer: 'accepted', reaches: true }, REFUSE);
  refusalOf(await cancel(rig, order.id), 'BROKER_REJECTED');
  assert.equal(rig.broker.cancelled.length, 2);
});

test('without the journal nothing is modified or cancelled', async () => {
  const { rig, order } = await placedRig();
  rig.journal.failNext('before');
  await rejectsWith(modify(rig, order.id, 101), 'JOURNAL_UNAVAILABLE');
  await rejectsWith(cancel(rig, order.id), 'JOURNAL_UNAVAILABLE');
  assert.equal(rig.broker.modified.length + rig.broker.cancelled.length, 0);
  await rig.pass(2_000);
  rig.journal.failNext('before');
  await rejectsWith(cancel(rig, order.id), 'JOURNAL_UNAVAILABLE');
  await rig.pass(2_000);
  assert.equal((await cancel(rig, order.id)).kind, 'done');
});

test('where it is configured, a cancellation leaves without the journal and is kept later', async () => {
  const rig = new OrderRig({ settings: { cancelWithoutJournal: true } });
  await rig.open();
  const order = await rig.placed();
  rig.journal.isWritable = false;
  const operation = operationOf(await cancel(rig, order.id));
  assert.equal(rig.broker.cancelled.length, 1);
  rig.journal.isWritable = true;
  await rig.pass(2_000);
  const kept = rig.journal.entries.flatMap(({ operations = [] }) => operations);
  assert.equal(kept.findLast(({ id }) => id === operation.id)?.intentState, 'ACCEPTED');
});

test('where it is configured, a cancellation that meets a journal which just fails leaves too', async () => {
  const rig = new OrderRig({ settings: { cancelWithoutJournal: true } });
  await rig.open();
  const order = await rig.placed();
  rig.journal.failNext('before');
  const operation = operationOf(await cancel(rig, order.id));
  assert.equal(rig.broker.cancelled.length, 1);
  await rig.pass(2_000);
  const kept = rig.journal.entries.flatMap(({ operations = [] }) => operations);
  assert.equal(kept.findLast(({ id }) => id === operation.id)?.intentState, 'ACCEPTED');
});

test('the exit of a filled order places the opposite for what is held', async () => {
  const { rig, order } = await placedRig();
  rig.broker.fill(order.brokerOrders[0]?.brokerOrderId ?? '', 6, 100);
  rig.broker.hold('NSE', 'INFY', 'CNC', 4);
  await rig.side.sync(rig.plain(), 'SIM001');
  const { answer } = await rig.finish(rig.side.exit(rig.call(), order.id));
  const exit = orderOf(answer);
  assert.notEqual(exit.id, order.id);
  assert.deepEqual(
    [exit.terms.transactionType, exit.terms.quantity, exit.terms.orderType],
    ['SELL', 4, 'MARKET'],
  );
  assert.equal(exit.terms.marketProtection, -1);
});

test('there is no exit without a position', async () => {
  const { rig, order } = await placedRig();
  await rejectsWith(rig.finish(rig.side.exit(rig.call(), order.id)), 'INVALID_ORDER');
});

test('the exit of a cover order ends its second leg, naming the parent', async () => {
  const { rig, order } = await placedRig({ variety: 'co', triggerPriceRupees: 95, product: 'MIS' });
  const main = order.brokerOrders[0]?.brokerOrderId ?? '';
  rig.broker.fill(main, 10, 100);
  const leg = rig.broker.add(order.terms, null, {
    parentOrderId: main,
    status: 'TRIGGER PENDING',
    transactionType: 'SELL',
  });
  await rig.side.sync(rig.plain(), 'SIM001');
  await rig.finish(rig.side.exit(rig.call(), order.id));
  assert.deepEqual(rig.broker.cancelled, [
    { brokerOrderId: leg.brokerOrderId, parentOrderId: main },
  ]);
});

test('an order of another account does not exist', async () => {
  const { rig, order } = await placedRig();
  const other = { ...TRADER, keyId: 'key_other', accounts: new Set(['SIM002']) };
  const call = rig.call('x', 'f', other);
  await rejectsWith(rig.side.cancel(call, order.id), 'UNKNOWN_ORDER');
  await rejectsWith(rig.side.cancel(rig.call(), 'ord_nothere'), 'UNKNOWN_ORDER');
  await rejectsWith(rig.side.get(other, order.id), 'UNKNOWN_ORDER');
  assert.deepEqual(rig.side.list(other, {}), []);
});
