import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderOf, refusalOf, rejectsWith } from '../../support/order-answers.ts';
import { OrderRig } from '../../support/order-rig.ts';
import { DONE_UNHEARD, LOST, REFUSE } from '../../support/scripted-order-broker.ts';

test('an order is journaled as SENT before it leaves, and answered when the broker has it', async () => {
  const rig = new OrderRig();
  await rig.open();
  const release = rig.journal.hold();
  const answer = rig.side.place(rig.call(), rig.request());
  await rig.pass(10);
  assert.equal(rig.broker.placed.length, 0);
  release();
  const { answer: done, replayed } = await rig.finish(answer);
  assert.equal(replayed, false);
  const order = orderOf(done);
  assert.equal(rig.broker.placed.length, 1);
  const [{ events, orders } = { events: [], orders: [] }] = rig.journal.entries;
  assert.deepEqual(
    events.map(({ action }) => action),
    ['order.intent', 'order.decision', 'order.sent'],
  );
  assert.equal(orders?.[0]?.intentState, 'SENT');
  assert.equal(order.intentState, 'ACCEPTED');
  assert.equal(order.tag, rig.broker.placed[0]?.tag);
  assert.match(order.tag, /^01[0-9a-z]{12}00$/);
});

test('an order is refused with the broker’s words when the broker says no', async () => {
  const rig = new OrderRig();
  await rig.open();
  rig.broker.placeFates.push({ ...REFUSE, message: 'Insufficient funds.' });
  const answer = refusalOf(await rig.place(), 'BROKER_REJECTED');
  assert.equal(answer.detail, 'Insufficient funds.');
  const order = await rig.get(answer.orderId ?? '');
  assert.equal(order.intentState, 'REJECTED');
});

test('an order is unknown when the answer is lost, and sent once', async () => {
  const rig = new OrderRig();
  await rig.open();
  rig.broker.placeFates.push(DONE_UNHEARD);
  const { id, intentState } = orderOf(await rig.place(), 'unknown');
  assert.equal(intentState, 'UNKNOWN');
  await rig.pass(400);
  assert.equal((await rig.get(id)).intentState, 'RESOLVED_PRESENT');
  assert.equal(rig.broker.placed.length, 1);
});

test('an order is absent when two readings after the quiet time do not show it', async () => {
  const rig = new OrderRig();
  await rig.open();
  rig.broker.placeFates.push(LOST);
  const { id } = orderOf(await rig.place(), 'unknown');
  await rig.pass(119_000);
  assert.equal((await rig.get(id)).intentState, 'UNKNOWN');
  await rig.pass(30_000);
  const order = await rig.get(id);
  assert.equal(order.intentState, 'RESOLVED_ABSENT');
  assert.equal(rig.broker.placed.length, 1);
});

test('an order is not sent when it cannot be journaled', async () => {
  const rig = new OrderRig();
  await rig.open();
  rig.journal.failNext('after');
  await rejectsWith(rig.place(), 'JOURNAL_UNAVAILABLE');
  assert.equal(rig.broker.placed.length, 0);
  await rig.pass(1_000);
  assert.equal((await rig.place()).kind, 'done');
});
