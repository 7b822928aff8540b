import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrokerPosition } from '../../../../src/domain/order-broker.ts';
import type { BrokerOrder, OrderRecord } from '../../../../src/domain/order-record.ts';
import { Exposure } from '../../../../src/orders/risk/exposure.ts';
import { openQuantity } from '../../../../src/orders/risk/open-quantity.ts';
import {
  ACCOUNT,
  brokerOrder,
  KEY,
  NOW_US,
  OPTION,
  optionTerms,
  orderRecord,
} from '../../../support/orders/risk-samples.ts';

function accepted(orders: Partial<BrokerOrder>[], changes: Partial<OrderRecord> = {}): OrderRecord {
  const brokerOrders = orders.map((order, index) =>
    brokerOrder({ brokerOrderId: `26092100000000${index}`, ...order }),
  );
  return orderRecord(optionTerms({ quantity: 130 }), {
    intentState: 'ACCEPTED',
    brokerOrders,
    version: 2,
    ...changes,
  });
}

const FILLED = { status: 'COMPLETE', filledQuantity: 65, averagePriceRupees: 100 };

describe('units that may still fill', () => {
  const examples: readonly [string, OrderRecord, number][] = [
    ['sent', accepted([], { intentState: 'SENT' }), 130],
    ['in doubt, partly filled', accepted([FILLED], { intentState: 'UNKNOWN' }), 65],
    ['refused', accepted([], { intentState: 'REJECTED' }), 0],
    ['absent', accepted([], { intentState: 'RESOLVED_ABSENT' }), 0],
    ['a person must look', accepted([], { intentState: 'ESCALATED' }), 130],
    ['accepted, no row yet', accepted([]), 130],
    ['accepted, only the id', accepted([{ status: null, quantity: 0 }]), 130],
    ['open', accepted([{ quantity: 130, filledQuantity: 65 }]), 65],
    ['modified to more', accepted([{ quantity: 195 }]), 195],
    ['cancelled after a fill', accepted([{ ...FILLED, quantity: 130, status: 'CANCELLED' }]), 0],
    ['two slices, one filled', accepted([FILLED, { quantity: 65 }]), 65],
    [
      'two slices, one refused, one unseen',
      accepted([{ status: 'REJECTED' }, { status: null }]),
      65,
    ],
    ['from outside', accepted([{ quantity: 130 }], { intentState: null }), 130],
  ];
  for (const [title, order, expected] of examples) {
    test(`${title}: ${expected}`, () => assert.equal(openQuantity(order), expected));
  }

  test('an iceberg between two legs is open until it is stopped', () => {
    const iceberg = (orders: Partial<BrokerOrder>[]) => {
      const order = accepted(orders);
      return openQuantity({ ...order, terms: { ...order.terms, variety: 'iceberg' } });
    };
    assert.equal(iceberg([FILLED]), 65);
    assert.equal(iceberg([FILLED, FILLED]), 0);
    assert.equal(iceberg([FILLED, { status: 'CANCELLED' }]), 0);
    assert.equal(iceberg([FILLED, { filledQuantity: 5 }]), 60);
  });
});

function position(netQuantity: number, changes: Partial<BrokerPosition> = {}): BrokerPosition {
  return {
    exchange: 'NFO',
    tradingsymbol: OPTION.tradingsymbol,
    instrumentToken: OPTION.token,
    product: 'NRML',
    netQuantity,
    multiplier: 1,
    averagePriceRupees: 100,
    lastPriceRupees: 100,
    pnlRupees: 0,
    buyValueRupees: 0,
    sellValueRupees: 0,
    ...changes,
  };
}

function net(exposure: Exposure, product = 'NRML'): number {
  return exposure.netQuantity(ACCOUNT, 'NFO', OPTION.tradingsymbol, product);
}

describe('exposure', () => {
  test('an order counts from its reservation to its end, for its account and its key', () => {
    const exposure = new Exposure();
    exposure.reserve(orderRecord(optionTerms({ quantity: 130 })), 102);
    assert.equal(exposure.openValueRupees(ACCOUNT), 13_260);
    assert.equal(exposure.openValueOfKeyRupees(KEY), 13_260);
    exposure.update(accepted([FILLED, {}]));
    assert.equal(exposure.openValueRupees(ACCOUNT), 6630);
    assert.equal(net(exposure), 65);
    exposure.update(accepted([FILLED, { status: 'CANCELLED' }], { version: 3 }));
    assert.equal(exposure.openValueRupees(ACCOUNT), 0);
    assert.equal(exposure.openValueOfKeyRupees(KEY), 0);
    assert.equal(exposure.openValueRupees('CD5678'), 0);
  });

  test('an older version and the same one again change nothing', () => {
    const exposure = new Exposure();
    exposure.reserve(orderRecord(optionTerms({ quantity: 130 })), 100);
    const newer = accepted([FILLED, {}], { version: 3 });
    exposure.update(newer);
    exposure.update(newer);
    exposure.update(accepted([], { version: 2 }));
    assert.equal(net(exposure), 65);
    assert.equal(exposure.openValueRupees(ACCOUNT), 6500);
  });

  test('an order that was not reserved is worth what its decision, its price or its row says', () => {
    const value = (changes: Partial<OrderRecord>) => {
      const exposure = new Exposure();
      exposure.update(orderRecord(optionTerms(), changes));
      return exposure.openValueRupees(ACCOUNT);
    };
    const decision = { allowed: true, code: null, detail: null, isExit: false };
    assert.equal(value({ risk: { ...decision, numbers: { reference_price_rupees: 110 } } }), 7150);
    assert.equal(value({}), 6500);
    const terms = optionTerms({ orderType: 'MARKET', priceRupees: null });
    assert.equal(value({ terms, brokerOrders: [brokerOrder({ priceRupees: 90 })] }), 5850);
    assert.equal(value({ terms, keyId: null }), 0);
  });

  test('a modification under way counts with what it may add', () => {
    const exposure = new Exposure();
    const order = orderRecord(optionTerms());
    exposure.reserve(order, 100);
    exposure.reserveChange(order.id, 130, 110);
    assert.equal(exposure.openValueRupees(ACCOUNT), 14_300);
    exposure.reserveChange(order.id, 65, 90);
    assert.equal(exposure.openValueRupees(ACCOUNT), 6500);
    exposure.reserveChange(order.id, 130, 110);
    exposure.releaseChange(order.id);
    const brokerOrders = [brokerOrder({ quantity: 130, priceRupees: 110 })];
    exposure.update({ ...order, intentState: 'ACCEPTED', brokerOrders, version: 2 });
    assert.equal(exposure.openValueRupees(ACCOUNT), 14_300);
    exposure.reserveChange('ord_unknown', 1, 1);
    exposure.releaseChange('ord_unknown');
    exposure.forget(order.id);
    exposure.forget(order.id);
    assert.equal(exposure.openValueRupees(ACCOUNT), 0);
  });

  test('positions hold what filled before they were asked for; later fills are added', () => {
    const exposure = new Exposure();
    const at = (exchangeUpdateTimeS: number | null) => ({ ...FILLED, exchangeUpdateTimeS });
    const second = NOW_US / 1_000_000;
    exposure.update(accepted([at(second - 10)]));
    exposure.setPositions(ACCOUNT, [position(65)], NOW_US);
    assert.equal(net(exposure), 65);
    // Told late, but filled before.
    exposure.update(accepted([at(second - 10), at(second - 1)], { version: 3 }));
    assert.equal(net(exposure), 65);
    const changes = { version: 4, updatedUs: NOW_US + 1_200_000 };
    exposure.update(accepted([at(second - 10), at(second - 1), at(second + 1)], changes));
    assert.equal(net(exposure), 130);
    exposure.setPositions(ACCOUNT, [position(65)], NOW_US - 1);
    assert.equal(net(exposure), 130);
    exposure.setPositions(ACCOUNT, [position(65)], NOW_US + 500_000);
    assert.equal(net(exposure), 130);
    exposure.setPositions(ACCOUNT, [position(130)], NOW_US + 2_000_000);
    assert.equal(net(exposure), 130);
    exposure.setPositions(ACCOUNT, [], NOW_US + 3_000_000);
    assert.equal(net(exposure), 0);
  });

  test('a fill of the second in which positions were asked for is later if we heard of it later', () => {
    const heard = (updatedUs: number) => {
      const exposure = new Exposure();
      exposure.setPositions(ACCOUNT, [], NOW_US + 500_000);
      const fill = { ...FILLED, exchangeUpdateTimeS: NOW_US / 1_000_000 };
      exposure.update(accepted([fill], { updatedUs }));
      return net(exposure);
    };
    assert.deepEqual([heard(NOW_US + 500_000), heard(NOW_US + 500_001)], [0, 65]);
  });

  test('cover orders are held under the product CO', () => {
    const exposure = new Exposure();
    const order = accepted([FILLED]);
    exposure.update({ ...order, terms: { ...order.terms, variety: 'co', product: 'MIS' } });
    assert.deepEqual([net(exposure, 'CO'), net(exposure, 'MIS')], [65, 0]);
  });

  test('the result of the day: the told one, moved by the market and by fills', () => {
    const exposure = new Exposure();
    exposure.setPositions(ACCOUNT, [position(-65, { pnlRupees: -500 })], NOW_US);
    assert.equal(exposure.dayPnlRupees(ACCOUNT), -500);
    exposure.markAll((token) => (token === OPTION.token ? 110 : undefined));
    assert.equal(exposure.dayPnlRupees(ACCOUNT), -500 - 65 * 10);
    exposure.mark(ACCOUNT, 'NFO', OPTION.tradingsymbol, 100);
    assert.equal(exposure.dayPnlRupees(ACCOUNT), -500);
    // Bought back at 104: the result stays whatever the market does.
    const fill = { ...FILLED, averagePriceRupees: 104 };
    exposure.update(accepted([fill], { updatedUs: NOW_US + 1 }));
    exposure.mark(ACCOUNT, 'NFO', OPTION.tradingsymbol, 300);
    assert.equal(exposure.dayPnlRupees(ACCOUNT), -500 - 65 * 4);
    assert.equal(exposure.dayPnlRupees('CD5678'), 0);
  });
});
