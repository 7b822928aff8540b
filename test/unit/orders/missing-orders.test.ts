import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderRecord } from '../../../src/domain/order-record.ts';
import { orderStatus } from '../../../src/domain/order-record.ts';
import { OrderRig, TRADER } from '../../support/order-rig.ts';
import { rejectsWith } from '../../support/order-answers.ts';

const ABSENT = {
  outcome: 'ABSENT',
  brokerOrderId: null,
  reason: 'the broker has no such order',
} as const;

const missingAlarms = (rig: OrderRig) =>
  rig.alarms.filter(({ kind }) => kind === 'order-missing').map(({ orderId }) => orderId);

async function sync(rig: OrderRig): Promise<void> {
  await rig.side.sync(rig.plain(), undefined);
}

/** An order that was in the book, which has lost it. */
async function forgottenRig(): Promise<{ rig: OrderRig; order: OrderRecord }> {
  const rig = new OrderRig();
  await rig.open();
  const order = await rig.placed();
  await rig.pass(1_000);
  await sync(rig);
  rig.broker.show = () => false;
  return { rig, order };
}

test('an open order that two readings in a row lack is missing, told once and still live', async () => {
  const { rig, order } = await forgottenRig();
  await sync(rig);
  assert.deepEqual(missingAlarms(rig), []);
  await sync(rig);
  assert.deepEqual(missingAlarms(rig), [order.id]);
  await sync(rig);
  const missing = await rig.get(order.id);
  assert.deepEqual(
    [missing.intentState, orderStatus(missing), missing.code, missing.message],
    ['ACCEPTED', 'OPEN', 'OUTCOME_UNKNOWN', "the broker's book does not show it any more"],
  );
  assert.equal(rig.side.gauges().missing, 1);
  assert.equal(rig.side.gauges().open, 1);
  await rig.pass(1_000);
  const actions = (await rig.side.events(TRADER, order.id)).map(({ action }) => action);
  assert.ok(actions.includes('order.missing'), actions.join());

  rig.crash();
  await rig.open();
  await sync(rig);
  assert.deepEqual(missingAlarms(rig), [order.id], 'once, through a restart');
});

test('one reading that shows it begins the count anew', async () => {
  const { rig } = await forgottenRig();
  await sync(rig);
  rig.broker.show = () => true;
  await sync(rig);
  rig.broker.show = () => false;
  await sync(rig);
  assert.deepEqual(missingAlarms(rig), []);
});

test('an order that was never seen is missing only 180 s after its answer', async () => {
  const rig = new OrderRig();
  await rig.open();
  rig.broker.show = () => false;
  const { id } = await rig.placed();
  await rig.pass(170_000);
  await sync(rig);
  await sync(rig);
  assert.deepEqual(missingAlarms(rig), []);
  await rig.pass(11_000);
  await sync(rig);
  await sync(rig);
  assert.deepEqual(missingAlarms(rig), [id]);
});

test('a missing order that the book shows again is as it was', async () => {
  const { rig, order } = await forgottenRig();
  await sync(rig);
  await sync(rig);
  rig.broker.show = () => true;
  await sync(rig);
  const found = await rig.get(order.id);
  assert.deepEqual([orderStatus(found), found.code, found.message], ['OPEN', null, null]);
  assert.equal(rig.side.gauges().missing, 0);
});

test('a person closes a missing order with a reason, and nobody else', async () => {
  const { rig, order } = await forgottenRig();
  await sync(rig);
  await rejectsWith(rig.side.resolve(rig.plain(), order.id, ABSENT), 'NOT_ESCALATED');
  await sync(rig);
  const present = { ...ABSENT, outcome: 'PRESENT', brokerOrderId: '77' } as const;
  await rejectsWith(rig.side.resolve(rig.plain(), order.id, present), 'INVALID_REQUEST');
  const closed = await rig.side.resolve(rig.plain(), order.id, ABSENT);
  assert.deepEqual(
    [closed.intentState, orderStatus(closed), closed.message],
    ['ACCEPTED', 'CANCELLED', ABSENT.reason],
  );
  const [brokerOrder] = closed.brokerOrders;
  assert.deepEqual([brokerOrder?.pendingQuantity, brokerOrder?.cancelledQuantity], [0, 10]);
  assert.match(brokerOrder?.statusMessage ?? '', /closed by a person/);
  assert.deepEqual([rig.side.gauges().missing, rig.side.gauges().open], [0, 0]);
  await sync(rig);
  await sync(rig);
  assert.equal(missingAlarms(rig).length, 1);
});

test('what a person has closed is open again when the book shows it, with an alarm', async () => {
  const { rig, order } = await forgottenRig();
  await sync(rig);
  await sync(rig);
  await rig.side.resolve(rig.plain(), order.id, ABSENT);
  rig.broker.show = () => true;
  await sync(rig);
  const found = await rig.get(order.id);
  assert.equal(orderStatus(found), 'OPEN');
  assert.equal(found.brokerOrders[0]?.pendingQuantity, 10);
  assert.equal(rig.alarms.at(-1)?.kind, 'late-order');
  assert.equal(rig.side.gauges().open, 1);
});

test('an order from outside that the book lacks is missing too', async () => {
  const rig = new OrderRig();
  await rig.open();
  rig.broker.add((await rig.placed()).terms, null);
  await rig.pass(1_000);
  await sync(rig);
  rig.broker.show = ({ tag }) => tag !== null;
  await rig.pass(1_000);
  await sync(rig);
  await sync(rig);
  const outside = rig.orders().find(({ intentState }) => intentState === null);
  assert.deepEqual(missingAlarms(rig), [outside?.id]);
  const closed = await rig.side.resolve(rig.plain(), outside?.id ?? '', ABSENT);
  assert.equal(orderStatus(closed), 'CANCELLED');
});
