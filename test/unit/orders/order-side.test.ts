import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import {
  type BrokerOrder,
  filledQuantity,
  heldQuantity,
  type OrderRecord,
} from '../../../src/domain/order-record.ts';
import { answeredOrder } from '../../../src/orders/merge-order.ts';
import { orderOf, refusalOf, rejectsWith } from '../../support/order-answers.ts';
import { BUY_INFY, OrderRig, TRADER } from '../../support/order-rig.ts';
import { LOST } from '../../support/scripted-order-broker.ts';

function brokerRow(
  brokerOrderId: string,
  parentOrderId: string | null,
  fields: Partial<BrokerOrder>,
): BrokerOrder {
  const terms = { quantity: 3, priceRupees: 100, triggerPriceRupees: null };
  return { ...answeredOrder(brokerOrderId, terms), parentOrderId, ...fields };
}

async function openRig(accounts = ['SIM001']): Promise<OrderRig> {
  const rig = new OrderRig({ accounts });
  await rig.open();
  return rig;
}

test('an order is followed through the hints of its fills', async () => {
  const rig = await openRig();
  const { id, brokerOrders } = await rig.placed();
  const brokerOrderId = brokerOrders[0]?.brokerOrderId ?? '';
  const partly = rig.broker.fill(brokerOrderId, 4, 99);
  const whole = rig.broker.fill(brokerOrderId, 6, 99.5);
  for (const row of [whole, partly, whole]) {
    rig.side.onHint({ account: 'SIM001', source: 'socket', row, receivedUs: 0 });
  }
  const [brokerOrder] = (await rig.get(id)).brokerOrders;
  assert.equal(brokerOrder?.status, 'COMPLETE');
  assert.equal(brokerOrder.filledQuantity, 10);
  assert.equal(brokerOrder.averagePriceRupees, 99.5);
});

test('an order that rests is followed to the exchange, of which no event tells', async () => {
  const rig = await openRig();
  rig.broker.placedStatus = 'PUT ORDER REQ RECEIVED';
  const { id, brokerOrders } = await rig.placed();
  const brokerOrderId = brokerOrders[0]?.brokerOrderId ?? '';
  const status = async () => (await rig.get(id)).brokerOrders[0]?.status;
  await rig.pass(300);
  assert.equal(await status(), 'PUT ORDER REQ RECEIVED');
  rig.broker.update(brokerOrderId, { status: 'OPEN' });
  await rig.pass(2_000);
  assert.equal(await status(), 'OPEN');
  const reads = rig.broker.bookReads;
  await rig.pass(60_000);
  assert.equal(rig.broker.bookReads, reads, 'what rests is not read again and again');
});

test('a hint has book, trades and positions read soon, once for many', async () => {
  const rig = await openRig();
  const { brokerOrders } = await rig.placed();
  const before = rig.broker.bookReads;
  const row = rig.broker.fill(brokerOrders[0]?.brokerOrderId ?? '', 10, 99);
  for (let time = 0; time < 5; time++) {
    rig.side.onHint({ account: 'SIM001', source: 'socket', row, receivedUs: 0 });
  }
  await rig.pass(2_500);
  assert.equal(rig.broker.bookReads, before + 1);
});

test('what cannot be an id of ours is no order', async () => {
  const rig = await openRig();
  for (const id of ['', '\0', 'ord_', 'ord_0123456789aB', "ord_'; drop table"]) {
    await rejectsWith(rig.side.get(TRADER, id), 'UNKNOWN_ORDER');
    await rejectsWith(rig.side.cancel(rig.call(), id), 'UNKNOWN_ORDER');
  }
});

test('an account that cannot be read does not hide the others from a sync', async () => {
  const rig = await openRig(['SIM001', 'SIM002']);
  const [, second] = rig.brokers;
  if (second === undefined) assert.fail();
  second.readError = new TickerError('BROKER_SESSION');
  const reports = await rig.side.sync(rig.plain(), undefined);
  assert.deepEqual(
    reports.map(({ account, failure }) => [account, failure?.code]),
    [
      ['SIM001', undefined],
      ['SIM002', 'BROKER_SESSION'],
    ],
  );
  await rejectsWith(rig.side.sync(rig.plain(), 'SIM002'), 'BROKER_SESSION');
});

test('a cover order counts by its first leg; the second one undoes it', async () => {
  const rig = await openRig();
  const first = brokerRow('1', null, { status: 'COMPLETE', filledQuantity: 3 });
  const leg = brokerRow('2', '1', { status: 'COMPLETE', filledQuantity: 3 });
  const order = await rig.placed();
  const cover: OrderRecord = {
    ...order,
    terms: { ...order.terms, variety: 'co' },
    brokerOrders: [first, leg],
  };
  assert.equal(filledQuantity(cover), 3);
  assert.equal(heldQuantity(cover), 0);
  assert.equal(heldQuantity({ ...cover, brokerOrders: [first] }), 3);
});

test('fills are listed by order and by account', async () => {
  const rig = await openRig();
  const { id, brokerOrders } = await rig.placed();
  const trade = {
    tradeId: 't1',
    account: 'SIM001',
    brokerOrderId: brokerOrders[0]?.brokerOrderId ?? '',
    orderId: null,
    exchange: 'NSE',
    tradingsymbol: 'INFY',
    transactionType: 'BUY',
    product: 'CNC',
    quantity: 10,
    priceRupees: 99,
    fillTimeS: Math.floor(rig.clock.nowUs() / 1e6),
  } as const;
  rig.broker.tradeRows.push(trade);
  const [report] = await rig.side.sync(rig.plain(), 'SIM001');
  assert.equal(report?.trades, 1);
  assert.deepEqual(await rig.side.orderTrades(TRADER, id), [{ ...trade, orderId: id }]);
  await rejectsWith(rig.side.orderTrades(TRADER, 'another'), 'UNKNOWN_ORDER');
  assert.equal(rig.side.trades(TRADER, { account: 'SIM001' }).length, 1);
  const other = { ...TRADER, accounts: new Set(['SIM002']) };
  assert.deepEqual(rig.side.trades(other, {}), []);
  assert.throws(() => rig.side.trades(other, { account: 'SIM001' }), /FORBIDDEN/);
});

test('orders are found by everything that names them', async () => {
  const rig = await openRig();
  const request = { ...rig.request(), clientOrderId: 'mine', clientTag: 'tagged' };
  const { id, tag } = orderOf((await rig.finish(rig.side.place(rig.call(), request))).answer);
  await rig.placed({ quantity: 2 });
  const found = [
    { clientOrderId: 'mine' },
    { tag },
    { tag: 'tagged' },
    { account: 'SIM001', intentState: 'ACCEPTED', clientOrderId: 'mine', open: true },
  ] as const;
  for (const filter of found) {
    assert.deepEqual(
      rig.side.list(TRADER, filter).map((order) => order.id),
      [id],
    );
  }
  assert.equal(rig.side.list(TRADER, {}).length, 2);
  assert.deepEqual(rig.side.list(TRADER, { open: false }), []);
  const other = { ...TRADER, accounts: new Set(['SIM002']) };
  assert.throws(() => rig.side.list(other, { account: 'SIM001' }), /FORBIDDEN/);
});

test('the history of an order has who, what was decided, what was sent and answered', async () => {
  const rig = await openRig();
  const { id } = await rig.placed();
  await rig.pass(10);
  const events = await rig.side.events(TRADER, id);
  assert.deepEqual(
    events.map(({ action }) => action),
    ['order.intent', 'order.decision', 'order.sent', 'order.answer', 'order.state'],
  );
  assert.equal(events[0]?.actor, 'key_trader');
  assert.ok('evidence' in (events[3]?.detail ?? {}));
});

test('margins are the broker’s own, for accounts of the key', async () => {
  const rig = await openRig();
  const orders = [BUY_INFY];
  assert.deepEqual(await rig.side.orderMargins(TRADER, 'SIM001', orders, true), {
    account: 'SIM001',
    orders: 1,
    compact: true,
  });
  const basket = await rig.side.basketMargins(TRADER, 'SIM001', orders, true, false);
  assert.deepEqual(basket, {
    account: 'SIM001',
    orders: 1,
    considerPositions: true,
    compact: false,
  });
  const other = { ...TRADER, accounts: new Set(['SIM002']) };
  await rejectsWith(rig.side.orderMargins(other, 'SIM001', orders, true), 'FORBIDDEN');
  await rejectsWith(rig.side.orderMargins(other, 'SIM002', orders, true), 'ACCOUNT_NOT_TRADING');
  await rejectsWith(rig.side.orderMargins(TRADER, 'SIM009', orders, true), 'UNKNOWN_ACCOUNT');
});

test('a reading on demand covers what the key may touch, and says when one fails', async () => {
  const rig = await openRig(['SIM001', 'SIM002']);
  const all = await rig.side.sync(rig.plain(), undefined);
  assert.deepEqual(
    all.map(({ account }) => account),
    ['SIM001', 'SIM002'],
  );
  const one = { ...TRADER, accounts: new Set(['SIM002']) };
  assert.equal((await rig.side.sync(rig.plain(one), undefined)).length, 1);
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  await rejectsWith(rig.side.sync(rig.plain(), 'SIM001'), 'BROKER_UNAVAILABLE');
});

test('one account’s answer that does not come delays no other', async () => {
  const rig = await openRig(['SIM001', 'SIM002']);
  rig.broker.placeHold = new Promise(() => undefined);
  rig.broker.readHold = new Promise(() => undefined);
  void rig.side.place(rig.call(), rig.request());
  const other = await rig.finish(rig.side.place(rig.call(), rig.request({}, 'SIM002')));
  assert.equal(orderOf(other.answer).account, 'SIM002');
});

test('what could not be sent soon is refused before it is journaled as sent', async () => {
  const rig = await openRig();
  rig.broker.refusal = {
    ok: false,
    code: 'BROKER_BREAKER_OPEN',
    detail: 'it failed five times',
    retryAfterMs: 9_000,
  };
  const refused = refusalOf(await rig.place(), 'BROKER_BREAKER_OPEN');
  assert.equal(refused.retryAfterMs, 9_000);
  assert.equal(rig.broker.placed.length, 0);
  const order = await rig.get(refused.orderId ?? '');
  assert.equal(order.sentUs, null);
});

test('a price that is too old refuses the order with what was seen', async () => {
  const rig = await openRig();
  rig.priceRupees = undefined;
  const refused = refusalOf(await rig.place(), 'PRICE_STALE');
  assert.equal(refused.risk?.allowed, false);
});

test('equal orders with different keys are two, once the duplicate window is over', async () => {
  const rig = await openRig();
  await rig.placed();
  refusalOf(await rig.place(), 'DUPLICATE_ORDER');
  await rig.pass(1_100);
  await rig.placed();
  assert.equal(rig.broker.placed.length, 2);
});

test('the gauges count what is open, unknown and refused', async () => {
  const rig = await openRig();
  await rig.placed({ quantity: 3 });
  rig.broker.placeFates.push(LOST);
  await rig.place();
  refusalOf(await rig.place({ quantity: 5 }), 'ORDER_IN_DOUBT');
  await rig.pass(2_000);
  const gauges = rig.side.gauges();
  assert.equal(gauges.byIntentState.ACCEPTED, 1);
  assert.equal(gauges.byIntentState.UNKNOWN, 1);
  assert.deepEqual([gauges.inDoubt, gauges.escalated, gauges.open], [1, 0, 2]);
  assert.ok(gauges.unresolvedAgeMs >= 2_000);
  assert.deepEqual(gauges.refusals, { ORDER_IN_DOUBT: 1 });
  assert.equal(gauges.journalBacklog, 0);
  assert.equal(gauges.alarms['late-order'], 0);
  assert.equal(gauges.missing, 0);
});

test('a placement of which every slice was refused is refused', async () => {
  const rig = await openRig();
  const refusals = [{ code: 'InputException', message: 'above the freeze quantity' }];
  rig.broker.place = async () => {
    const evidence = {
      method: 'POST',
      path: '/orders/regular',
      requestBody: null,
      status: 200,
      responseBody: null,
      sentUs: 0,
      answeredUs: 0,
    };
    return Promise.resolve({
      kind: 'accepted',
      result: { orderIds: [], parentOrderId: null, refusals },
      evidence,
    });
  };
  const refused = refusalOf(await rig.place(), 'BROKER_REJECTED');
  assert.equal(refused.detail, 'above the freeze quantity');
  assert.deepEqual((await rig.get(refused.orderId ?? '')).sliceRefusals, refusals);
});

test('a broker that breaks its word may have done what was asked', async () => {
  const rig = await openRig();
  rig.broker.place = () => Promise.reject(new Error('a broker that breaks its word'));
  const call = rig.call('k');
  const { id } = orderOf((await rig.finish(rig.side.place(call, rig.request()))).answer, 'unknown');
  assert.equal(rig.alarms.at(-1)?.kind, 'internal');
  await rig.pass(150_000);
  assert.equal((await rig.get(id)).intentState, 'RESOLVED_ABSENT');
});
