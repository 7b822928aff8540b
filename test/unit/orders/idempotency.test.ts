import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WriteCall } from '../../../src/domain/order-service.ts';
import { orderOf, refusalOf, rejectsWith } from '../../support/order-answers.ts';
import { OrderRig, TRADER } from '../../support/order-rig.ts';
import { DONE_UNHEARD, LOST, REFUSE } from '../../support/scripted-order-broker.ts';

async function openRig(): Promise<OrderRig> {
  const rig = new OrderRig();
  await rig.open();
  return rig;
}

function place(rig: OrderRig, call: WriteCall) {
  return rig.finish(rig.side.place(call, rig.request()));
}

test('the same request is answered alike and done once', async () => {
  const rig = await openRig();
  const first = await place(rig, rig.call('k'));
  const second = await place(rig, rig.call('k'));
  assert.deepEqual([first.replayed, second.replayed], [false, true]);
  assert.deepEqual(second.answer, first.answer);
  assert.equal(rig.broker.placed.length, 1);
});

test('a refusal is answered again as it was', async () => {
  const rig = await openRig();
  rig.broker.placeFates.push(REFUSE);
  const first = await place(rig, rig.call('k'));
  const second = await place(rig, rig.call('k'));
  assert.deepEqual(second, { answer: first.answer, replayed: true });
  assert.equal(rig.broker.placed.length, 1);
});

test('another request under the key is refused', async () => {
  const rig = await openRig();
  await place(rig, rig.call('k', 'one'));
  await rejectsWith(place(rig, rig.call('k', 'other')), 'IDEMPOTENCY_MISMATCH');
});

test('a request that is being worked on is not begun again', async () => {
  const rig = await openRig();
  const first = rig.side.place(rig.call('k'), rig.request());
  await rejectsWith(rig.side.place(rig.call('k'), rig.request()), 'IDEMPOTENCY_RUNNING');
  orderOf((await rig.finish(first)).answer);
});

test('keys of two API keys have nothing to do with each other', async () => {
  const rig = await openRig();
  await place(rig, rig.call('k'));
  const other = { ...TRADER, keyId: 'key_other' };
  const { replayed } = await place(rig, rig.call('k', 'f', other));
  assert.equal(replayed, false);
  assert.equal(rig.broker.placed.length, 2);
});

test('a request that was not taken may come again', async () => {
  const rig = await openRig();
  rig.broker.hasSession = false;
  await rejectsWith(place(rig, rig.call('k')), 'BROKER_SESSION');
  rig.broker.hasSession = true;
  await rig.pass(3_000);
  orderOf((await place(rig, rig.call('k'))).answer);
});

for (const fate of ['before', 'after'] as const) {
  test(`a request that failed ${fate} its commit may come again once that is known`, async () => {
    const rig = await openRig();
    rig.journal.failNext(fate);
    await rejectsWith(place(rig, rig.call('k')), 'JOURNAL_UNAVAILABLE');
    await rig.pass(1_000);
    const { answer, replayed } = await place(rig, rig.call('k'));
    assert.equal(replayed, false);
    orderOf(answer);
    assert.equal(rig.broker.placed.length, 1);
    const states = rig.side.list(TRADER, {}).map(({ intentState }) => intentState);
    assert.deepEqual(states.toSorted(), ['ACCEPTED', 'REJECTED']);
    rig.crash();
    await rig.open();
    const again = await place(rig, rig.call('k'));
    assert.equal(again.replayed, true);
    assert.equal(orderOf(again.answer).id, orderOf(answer).id);
  });
}

test('nothing new is taken while what failed is not settled', async () => {
  const rig = await openRig();
  rig.journal.failNext('after', 'before', 'before');
  await rejectsWith(place(rig, rig.call('k')), 'JOURNAL_UNAVAILABLE');
  await rejectsWith(place(rig, rig.call('k')), 'JOURNAL_UNAVAILABLE');
  await rejectsWith(place(rig, rig.call('other')), 'JOURNAL_UNAVAILABLE');
  assert.equal(rig.side.gauges().isJournalClear, false);
  assert.equal(rig.alarms.filter(({ kind }) => kind === 'journal-failing').length, 1);
  await rig.pass(5_000);
  orderOf((await place(rig, rig.call('k'))).answer);
});

test('the answer outlives a restart', async () => {
  const rig = await openRig();
  const first = await place(rig, rig.call('k'));
  await rig.pass(10);
  rig.crash();
  await rig.open();
  const again = await place(rig, rig.call('k'));
  assert.equal(again.replayed, true);
  assert.deepEqual(again.answer, first.answer);
});

test('an unknown answer stays what it was; the order tells more', async () => {
  const rig = await openRig();
  rig.broker.placeFates.push(DONE_UNHEARD);
  const first = await place(rig, rig.call('k'));
  await rig.pass(1_000);
  const again = await place(rig, rig.call('k'));
  assert.deepEqual(again.answer, first.answer);
  assert.equal(
    (await rig.get(orderOf(again.answer, 'unknown').id)).intentState,
    'RESOLVED_PRESENT',
  );
});

test('a cancellation is remembered too, also after a crash before its answer', async () => {
  const rig = await openRig();
  const { id } = await rig.placed();
  const call = rig.call('c');
  rig.broker.cancelFates.push(LOST);
  const first = await rig.finish(rig.side.cancel(call, id));
  assert.equal(first.answer.kind, 'unknown');
  const again = await rig.finish(rig.side.cancel(call, id));
  assert.deepEqual(again, { answer: first.answer, replayed: true });
});

test('a cancellation whose answer was not kept is answered from its state', async () => {
  const rig = await openRig();
  const { id } = await rig.placed();
  const call = rig.call('c');
  const append = rig.journal.append.bind(rig.journal);
  // The commit before the sending is the last one that the process lives to see.
  rig.journal.append = (entry) => {
    const isAnswer = entry.idempotency?.some(({ answer }) => answer !== null);
    return isAnswer === true ? new Promise(() => undefined) : append(entry);
  };
  void rig.side.cancel(call, id);
  await rig.pass(10);
  rig.crash();
  await rig.open();
  const unknown = await rig.finish(rig.side.cancel(call, id));
  assert.equal(unknown.answer.kind, 'unknown');
  await rig.pass(1_000);
  const { answer, replayed } = await rig.finish(rig.side.cancel(call, id));
  assert.deepEqual([answer.kind, replayed], ['done', true]);
  assert.equal(rig.broker.cancelled.length, 1);
});

test('a key is forgotten at the end of the next day', async () => {
  const rig = await openRig();
  await place(rig, rig.call('k'));
  await rig.pass(36 * 3_600_000);
  assert.equal((await place(rig, rig.call('k'))).replayed, true);
  await rig.pass(3 * 3_600_000);
  assert.equal((await place(rig, rig.call('k'))).replayed, false);
});

test('a client_order_id is used once on an account', async () => {
  const rig = await openRig();
  const request = { ...rig.request(), clientOrderId: 'mine' };
  const first = rig.side.place(rig.call(), request);
  const second = rejectsWith(rig.side.place(rig.call(), request), 'CLIENT_ORDER_ID_USED');
  orderOf((await rig.finish(first)).answer);
  await second;
  assert.equal(rig.side.list(TRADER, { clientOrderId: 'mine' }).length, 1);
});

test('a client_order_id of a day long gone is refused by the journal', async () => {
  const rig = await openRig();
  const request = { ...rig.request(), clientOrderId: 'mine' };
  const { id } = orderOf((await rig.finish(rig.side.place(rig.call(), request))).answer);
  rig.broker.update(rig.broker.rows[0]?.brokerOrderId ?? '', { status: 'CANCELLED' });
  await rig.pass(24 * 3_600_000);
  assert.equal(
    rig.side.list(TRADER, {}).some((order) => order.id === id),
    false,
  );
  await rejectsWith(rig.finish(rig.side.place(rig.call('n'), request)), 'CLIENT_ORDER_ID_USED');
  assert.equal(rig.broker.placed.length, 1);
  assert.equal(rig.side.gauges().isJournalClear, true);
});

test('a client_order_id of an order that was not kept is free again', async () => {
  const rig = await openRig();
  const request = { ...rig.request(), clientOrderId: 'mine' };
  rig.journal.failNext('after');
  await rejectsWith(rig.side.place(rig.call('a'), request), 'JOURNAL_UNAVAILABLE');
  await rig.pass(1_000);
  orderOf((await rig.finish(rig.side.place(rig.call('b'), request))).answer);
});

test('a caller who gives up before anything was kept: nothing will be', async () => {
  const rig = await openRig();
  let arrive: () => void = () => undefined;
  rig.priceHold = new Promise((resolve) => (arrive = resolve));
  const call = rig.call('k');
  const answer = rig.side.place(call, rig.request());
  await rig.pass(10);
  assert.equal(rig.side.giveUp(call), undefined);
  arrive();
  await rejectsWith(rig.finish(answer), 'TIMEOUT');
  assert.equal(rig.broker.placed.length, 0);
  assert.equal((await place(rig, call)).replayed, false);
});

test('a caller who gives up while the order is sent learns which order it is', async () => {
  const rig = await openRig();
  let arrive: () => void = () => undefined;
  rig.broker.placeHold = new Promise((resolve) => (arrive = resolve));
  const call = rig.call('k');
  const answer = rig.side.place(call, rig.request());
  await rig.pass(10);
  const known = rig.side.giveUp(call);
  assert.equal(known?.kind, 'unknown');
  arrive();
  const done = (await rig.finish(answer)).answer;
  assert.equal(orderOf(done).id, orderOf(known, 'unknown').id);
  assert.deepEqual(rig.side.giveUp(call), done);
  assert.equal(rig.side.giveUp(rig.call('k', 'another body')), undefined);
});

test('a cancellation that is given up before it is durable is not sent', async () => {
  const rig = await openRig();
  const { id } = await rig.placed();
  const release = rig.journal.hold();
  const call = rig.call('c');
  const answer = rig.side.cancel(call, id);
  await rig.pass(10);
  assert.equal(rig.side.giveUp(call), undefined);
  release();
  await assert.rejects(rig.finish(answer), /TIMEOUT/);
  assert.equal(rig.broker.cancelled.length, 0);
});

test('a refusal before the checks is journaled with its order', async () => {
  const rig = await openRig();
  rig.contract = undefined;
  const { orderId } = refusalOf(await rig.place(), 'UNKNOWN_INSTRUMENT');
  const order = await rig.journal.findOrder(orderId ?? '');
  assert.equal(order?.intentState, 'REJECTED');
  assert.equal(order.code, 'UNKNOWN_INSTRUMENT');
});
