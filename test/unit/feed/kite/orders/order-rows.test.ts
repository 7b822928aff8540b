import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import {
  readOrderRow,
  readOrderRows,
  readPositions,
  readTrades,
} from '../../../../../src/feed/kite/orders/order-rows.ts';
import { ShapeError } from '../../../../../src/feed/kite/rest-answers.ts';
import { brokerRow } from '../../../../support/feed/kite/order-samples.ts';
import { sharedDataOrSkip } from '../../../../support/shared-data.ts';

function sample(t: TestContext, name: string): { data: unknown } | undefined {
  const path = sharedDataOrSkip(t, 'kite-mocks', name);
  if (path === undefined) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')) as { data: unknown };
}

const ist = (time: string): number => Date.parse(`${time.replace(' ', 'T')}+05:30`) / 1000;

test('a row is read with its times in IST and its ids as they came', () => {
  const row = readOrderRow(brokerRow({ tags: ['AA0000000000000100', 'mktp'] }), 'A1');
  assert.deepEqual(row, {
    account: 'A1',
    brokerOrderId: '2209150000000012345',
    exchangeOrderId: '1100000000012345',
    parentOrderId: null,
    status: 'OPEN',
    statusMessage: null,
    variety: 'regular',
    exchange: 'NSE',
    tradingsymbol: 'RELIANCE',
    instrumentToken: 738_561,
    transactionType: 'BUY',
    product: 'MIS',
    orderType: 'LIMIT',
    validity: 'DAY',
    validityTtl: 0,
    quantity: 10,
    disclosedQuantity: 0,
    filledQuantity: 0,
    pendingQuantity: 10,
    cancelledQuantity: 0,
    priceRupees: 1300,
    triggerPriceRupees: 0,
    averagePriceRupees: 0,
    marketProtection: 0,
    orderTimeS: ist('2026-09-10 10:00:01'),
    exchangeUpdateTimeS: ist('2026-09-10 10:00:02'),
    meta: {},
    tag: 'AA0000000000000100',
    tags: ['AA0000000000000100', 'mktp'],
    placedBy: 'AB1234',
  });
});

test("the broker's own samples are read", (t) => {
  const orders = readOrderRows(sample(t, 'orders.json')?.data ?? [], 'A1');
  const history = readOrderRows(sample(t, 'order_info.json')?.data ?? [], 'A1');
  const trades = readTrades(sample(t, 'trades.json')?.data ?? [], 'A1');
  const positions = readPositions(sample(t, 'positions.json')?.data ?? { net: [] });
  const postback = sample(t, 'postback.json');
  if (postback === undefined) return;
  assert.deepEqual(
    [orders[0]?.status, orders[0]?.pendingQuantity, orders[0]?.cancelledQuantity],
    ['CANCELLED', 1, 1],
  );
  assert.equal(history[0]?.status, 'PUT ORDER REQ RECEIVED');
  assert.equal(trades[0]?.fillTimeS, ist('2021-05-31 09:16:39'));
  assert.equal(trades[0].priceRupees, 420.65);
  assert.deepEqual([positions[0]?.multiplier, positions[0]?.netQuantity], [1000, 1]);
  // Held from before: `m2m` is what the day has brought, `pnl` is 801.
  assert.equal(positions[1]?.pnlRupees, 276);
  assert.equal(readOrderRow(postback, 'A1').averagePriceRupees, 470);
});

test('unknown fields and statuses, missing numbers and odd times do not matter', () => {
  const odd = brokerRow({
    status: 'NEW STATUS',
    surprise: [1],
    meta: 'text',
    tags: 7,
    order_timestamp: '10/09/2026',
    exchange_update_timestamp: null,
    exchange_order_id: 7,
    average_price: -0,
  });
  delete odd['validity_ttl'];
  const row = readOrderRow(odd, 'A1');
  assert.deepEqual([row.status, row.meta, row.tags, row.orderTimeS], ['NEW STATUS', {}, [], null]);
  assert.equal(row.exchangeUpdateTimeS, ist('2026-09-10 10:00:01'), 'exchange_timestamp stands in');
  assert.ok(Object.is(row.averagePriceRupees, 0));
  assert.deepEqual([row.validityTtl, row.exchangeOrderId], [0, null]);
});

test('what a row is about must be there', () => {
  for (const rest of [
    { order_id: 2_209_150_000_000_012 },
    { order_id: '' },
    { status: null },
    { tradingsymbol: undefined },
    { transaction_type: 'HOLD' },
    { quantity: '10' },
    { filled_quantity: '1' },
  ]) {
    assert.throws(() => readOrderRow(brokerRow(rest), 'A1'), ShapeError, JSON.stringify(rest));
  }
  for (const data of [null, {}, [null], [[]]]) {
    assert.throws(() => readOrderRows(data, 'A1'), ShapeError);
    assert.throws(() => readTrades(data, 'A1'), ShapeError);
  }
  for (const data of [null, [], {}, { net: [{}] }]) {
    assert.throws(() => readPositions(data), ShapeError);
  }
});
