import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { orderOf, refusalOf, rejectsWith } from '../../support/order-answers.ts';
import { BUY_INFY, OrderRig, TRADER } from '../../support/order-rig.ts';
import { DONE_UNHEARD, LOST } from '../../support/scripted-order-broker.ts';

function never(): Promise<void> {
  return new Promise(() => undefined);
}

/** An order whose request has left and whose answer never comes; then the process ends. */
async function crashedRig({ reaches }: { reaches: boolean }) {
  const rig = new OrderRig();
  await rig.open();
  rig.broker.placeHold = never();
  const call = rig.call('k');
  void rig.side.place(call, rig.request());
  await rig.pass(10);
  const [sent] = rig.broker.placed;
  assert.ok(sent !== undefined);
  rig.broker.placeHold = undefined;
  rig.crash();
  if (reaches) rig.broker.add(sent.terms, sent.tag);
  return { rig, call };
}

test('before the journal is read nothing is taken', async () => {
  const rig = new OrderRig();
  await rejectsWith(rig.side.place(rig.call(), rig.request()), 'ORDERS_NOT_READY');
  await rejectsWith(rig.side.cancel(rig.call(), 'ord_x'), 'ORDERS_NOT_READY');
  await rejectsWith(rig.side.sync(rig.plain(), undefined), 'ORDERS_NOT_READY');
  assert.equal(rig.side.readiness()[0]?.ok, false);
});

test('an order that was sent before a crash is found, and the same request finds it', async () => {
  const { rig, call } = await crashedRig({ reaches: true });
  await rig.open();
  const { answer, replayed } = await rig.side.place(call, rig.request());
  assert.equal(replayed, true);
  assert.equal(orderOf(answer).intentState, 'RESOLVED_PRESENT');
  assert.equal(rig.broker.placed.length, 1);
  assert.equal(rig.broker.countedToday, 1);
});

test('an order that was sent before a crash and is not there is unknown, then absent', async () => {
  const { rig, call } = await crashedRig({ reaches: false });
  await rig.open();
  const ask = async () => (await rig.side.place(call, rig.request())).answer;
  assert.equal((await ask()).kind, 'unknown');
  refusalOf(await rig.place({ quantity: 5 }), 'ORDER_IN_DOUBT');
  await rig.pass(150_000);
  refusalOf(await ask(), 'BROKER_UNAVAILABLE');
  assert.equal(rig.broker.placed.length, 1);
});

test('a second reading changes nothing', async () => {
  const { rig } = await crashedRig({ reaches: true });
  rig.broker.add(BUY_INFY, null);
  await rig.open();
  const before = rig.journal.entries.length;
  const [report] = await rig.side.sync(rig.plain(), 'SIM001');
  assert.deepEqual(report?.changes, []);
  await rig.pass(1_000);
  const later = rig.journal.entries.slice(before);
  assert.deepEqual(
    later.flatMap(({ events }) => events.map(({ action }) => action)),
    ['sync.finished'],
  );
});

test('an order from outside appears as such, once, also after a restart', async () => {
  const rig = new OrderRig();
  rig.broker.add(BUY_INFY, 'theirs');
  await rig.open();
  const [order] = rig.side.list(TRADER, {});
  assert.equal(order?.intentState, null);
  assert.equal(order.keyId, null);
  rig.crash();
  await rig.open();
  assert.deepEqual(
    rig.side.list(TRADER, {}).map(({ id }) => id),
    [order.id],
  );
});

test('an order from outside can be cancelled', async () => {
  const rig = new OrderRig();
  rig.broker.add(BUY_INFY, null);
  await rig.open();
  const [order] = rig.side.list(TRADER, { open: true });
  const { answer } = await rig.finish(rig.side.cancel(rig.call(), order?.id ?? ''));
  assert.equal(answer.kind, 'done');
});

test('a cancellation that was sent before a crash is looked for', async () => {
  const rig = new OrderRig();
  await rig.open();
  const { id } = await rig.placed();
  rig.broker.cancelFates.push(LOST);
  await rig.finish(rig.side.cancel(rig.call(), id));
  rig.crash();
  await rig.open();
  await rig.pass(2_000);
  const [operation] = await rig.side.operations(TRADER, id);
  assert.equal(operation?.intentState, 'RESOLVED_PRESENT');
});

test('one account that cannot be read does not hold up another', async () => {
  const rig = new OrderRig({ accounts: ['SIM001', 'SIM002'] });
  const [first, second] = rig.brokers;
  assert.ok(first !== undefined && second !== undefined);
  first.readError = new TickerError('BROKER_UNAVAILABLE');
  await rig.open();
  const states = rig.side.readiness().map(({ account, ok }) => `${account} ${ok}`);
  assert.deepEqual(states, ['SIM001 false', 'SIM002 true']);
  await rejectsWith(rig.place(), 'ORDERS_NOT_READY');
  const done = await rig.finish(rig.side.place(rig.call(), rig.request({}, 'SIM002')));
  assert.equal(done.answer.kind, 'done');
  assert.equal(rig.alarms[0]?.kind, 'account-not-ready');
  first.readError = undefined;
  await rig.pass(60_000);
  assert.equal((await rig.place()).kind, 'done');
});

test('a start waits for the journal and for the first account that opens', async () => {
  const rig = new OrderRig();
  rig.journal.isWritable = false;
  rig.broker.readError = new TickerError('BROKER_UNREACHABLE');
  const state = { isStarted: false };
  const started = rig.side.start().then(() => (state.isStarted = true));
  await rig.pass(5_000);
  assert.match(rig.side.readiness()[0]?.detail ?? '', /ORDERS_ELSEWHERE/);
  rig.journal.isWritable = true;
  await rig.pass(60_000);
  assert.equal(state.isStarted, false);
  rig.broker.readError = undefined;
  await rig.pass(60_000);
  await started;
});

test('a start that is stopped ends', async () => {
  const rig = new OrderRig();
  rig.journal.isWritable = false;
  const started = rig.side.start();
  await rig.pass(1_000);
  const stopped = rig.side.stop();
  await rig.pass(10_000);
  await Promise.all([started, stopped]);
  await rejectsWith(rig.side.place(rig.call(), rig.request()), 'ORDERS_NOT_READY');
});

test('what is under way when the service stops is still answered and kept', async () => {
  const rig = new OrderRig();
  await rig.open();
  let arrive: () => void = () => undefined;
  rig.broker.placeHold = new Promise((resolve) => (arrive = resolve));
  const answer = rig.side.place(rig.call(), rig.request());
  await rig.pass(10);
  const stopped = rig.side.stop();
  arrive();
  const order = orderOf((await answer).answer);
  await rig.pass(6_000);
  await stopped;
  assert.equal((await rig.journal.findOrder(order.id))?.intentState, 'ACCEPTED');
  await rejectsWith(rig.side.place(rig.call(), rig.request()), 'SHUTTING_DOWN');
});

test('without a session nothing is sent; with a new one the book is read first', async () => {
  const rig = new OrderRig();
  await rig.open();
  rig.broker.hasSession = false;
  await rejectsWith(rig.place(), 'BROKER_SESSION');
  await rig.pass(10_000);
  const reads = rig.broker.bookReads;
  rig.broker.setAccessToken();
  await rejectsWith(rig.place(), 'ORDERS_NOT_READY');
  await rig.pass(2_000);
  assert.ok(rig.broker.bookReads > reads);
  assert.equal((await rig.place()).kind, 'done');
});

test('a book that was not read for long stops orders, not cancellations', async () => {
  const rig = new OrderRig();
  await rig.open();
  const { id } = await rig.placed();
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  await rig.pass(700_000);
  await rejectsWith(rig.place({ quantity: 3 }), 'BOOK_STALE');
  const { answer } = await rig.finish(rig.side.cancel(rig.call(), id));
  assert.equal(answer.kind, 'done');
});

test('the book is read every five minutes', async () => {
  const rig = new OrderRig();
  await rig.open();
  const before = rig.broker.bookReads;
  await rig.pass(901_000);
  assert.equal(rig.broker.bookReads - before, 3);
});

test('the day ends at six: what is unknown needs a person, what is over is forgotten', async () => {
  const rig = new OrderRig({ start: '2026-09-11T05:58:30+05:30' });
  await rig.open();
  const done = await rig.placed();
  await rig.finish(rig.side.modify(rig.call(), done.id, { priceRupees: 101 }));
  rig.broker.fill(done.brokerOrders[0]?.brokerOrderId ?? '', 10, 100);
  rig.broker.tradeRows.push({
    tradeId: 't1',
    account: 'SIM001',
    brokerOrderId: done.brokerOrders[0]?.brokerOrderId ?? '',
    orderId: null,
    exchange: 'NSE',
    tradingsymbol: 'INFY',
    transactionType: 'BUY',
    product: 'CNC',
    quantity: 10,
    priceRupees: 100,
    fillTimeS: Math.floor(rig.clock.nowUs() / 1e6),
  });
  await rig.side.sync(rig.plain(), undefined);
  assert.equal((await rig.side.orderTrades(TRADER, done.id)).length, 1);
  const operations = await rig.side.operations(TRADER, done.id);
  assert.equal(operations.length, 1);
  const open = await rig.placed({ quantity: 2 });
  rig.broker.placeFates.push(LOST);
  const { id } = orderOf(await rig.place({ quantity: 3 }), 'unknown');
  await rig.pass(90_000);
  const order = await rig.get(id);
  assert.equal(order.intentState, 'ESCALATED');
  assert.match(order.message ?? '', /day ended/);
  const listed = rig.side.list(TRADER, {}).map((each) => each.id);
  assert.deepEqual(listed, [id, open.id]);
  assert.deepEqual(rig.side.trades(TRADER, {}), []);
  assert.equal((await rig.get(done.id)).id, done.id);
  assert.equal((await rig.side.orderTrades(TRADER, done.id)).length, 1);
  assert.deepEqual(await rig.side.operations(TRADER, done.id), operations);
  await rejectsWith(rig.side.cancel(rig.call(), done.id), 'ORDER_NOT_OPEN');
  // The new day's book shows none of it.
  rig.broker.rows.length = 0;
  await rig.side.sync(rig.plain(), undefined);
  assert.deepEqual(
    rig.side.list(TRADER, {}).map((each) => each.id),
    [id],
  );
  assert.equal(rig.alarms.at(-1)?.kind, 'end-not-seen');
  await rig.pass(1_000);
  rig.crash();
  await rig.open();
  assert.deepEqual(
    rig.side.list(TRADER, {}).map((each) => each.id),
    [id],
  );
  assert.equal(rig.alarms.filter(({ kind }) => kind === 'end-not-seen').length, 1);
});

test('a cancellation that is unknown when the day ends needs a person', async () => {
  const rig = new OrderRig({ start: '2026-09-11T05:59:30+05:30' });
  await rig.open();
  const { id } = await rig.placed();
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  rig.broker.cancelFates.push(LOST);
  await rig.finish(rig.side.cancel(rig.call(), id));
  await rig.pass(60_000);
  const [operation] = await rig.side.operations(TRADER, id);
  assert.equal(operation?.intentState, 'ESCALATED');
});

test('yesterday’s rows are not taken for orders from outside', async () => {
  const rig = new OrderRig({ start: '2026-09-11T06:30:00+05:30' });
  const yesterdayS = Math.floor(rig.clock.nowUs() / 1e6) - 50_000;
  rig.broker.add(BUY_INFY, null, { status: 'COMPLETE', orderTimeS: yesterdayS });
  rig.broker.add(BUY_INFY, null, { status: 'AMO REQ RECEIVED', orderTimeS: yesterdayS });
  await rig.open();
  const statuses = rig.side.list(TRADER, {}).map(({ brokerOrders }) => brokerOrders[0]?.status);
  assert.deepEqual(statuses, ['AMO REQ RECEIVED']);
});

test('a hint is heard before the answer, and the answer that is lost does not matter', async () => {
  const rig = new OrderRig();
  await rig.open();
  let arrive: () => void = () => undefined;
  rig.broker.placeHold = new Promise((resolve) => (arrive = resolve));
  rig.broker.placeFates.push(LOST);
  const answer = rig.side.place(rig.call(), rig.request());
  await rig.pass(10);
  const { terms, tag } = rig.broker.placed[0] ?? assert.fail();
  const row = rig.broker.add(terms, tag);
  rig.side.onHint({ account: 'SIM001', source: 'socket', row, receivedUs: 0 });
  arrive();
  const order = orderOf((await rig.finish(answer)).answer);
  assert.equal(order.intentState, 'RESOLVED_PRESENT');
});

test('a postback with a wrong checksum changes nothing', async () => {
  const rig = new OrderRig();
  await rig.open();
  await rejectsWith(rig.side.postback('SIM001', 'forged'), 'POSTBACK_REFUSED');
  await rejectsWith(rig.side.postback('SIM009', 'forged'), 'POSTBACK_REFUSED');
});

test('a postback resolves what is unknown', async () => {
  const rig = new OrderRig();
  await rig.open();
  rig.broker.placeFates.push(DONE_UNHEARD);
  const { id } = orderOf(await rig.place(), 'unknown');
  await rig.side.postback('SIM001', rig.broker.rows[0]?.brokerOrderId ?? '');
  assert.equal((await rig.get(id)).intentState, 'RESOLVED_PRESENT');
});

test('a hint of another account is not taken', async () => {
  const rig = new OrderRig({ accounts: ['SIM001', 'SIM002'] });
  await rig.open();
  rig.broker.placeFates.push(DONE_UNHEARD);
  const { id } = orderOf(await rig.place(), 'unknown');
  const row = { ...(rig.broker.rows[0] ?? assert.fail()), account: 'SIM002' };
  rig.side.onHint({ account: 'SIM002', source: 'socket', row, receivedUs: 0 });
  rig.side.onHint({ account: 'SIM001', source: 'socket', row, receivedUs: 0 });
  rig.side.onHint({ account: 'SIM009', source: 'socket', row, receivedUs: 0 });
  assert.equal((await rig.get(id)).intentState, 'UNKNOWN');
});
