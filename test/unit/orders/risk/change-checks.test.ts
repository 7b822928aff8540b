import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OrderRecord } from '../../../../src/domain/order-record.ts';
import type { OrderChange, OrderTerms } from '../../../../src/domain/order-terms.ts';
import { changedTerms } from '../../../../src/orders/risk/changed-terms.ts';
import type { CheckInput } from '../../../../src/orders/risk/check-input.ts';
import {
  brokerOrder,
  OPTION_INPUT,
  optionTerms,
  orderRecord,
  RiskRig,
} from '../../../support/orders/risk-samples.ts';

/** An order of two lots is open at the broker, 65 units of it filled. */
function openOrder(terms: Partial<OrderTerms> = {}, filledQuantity = 65): OrderRecord {
  const order = brokerOrder({ quantity: 130, filledQuantity, averagePriceRupees: 100 });
  const all = optionTerms({ quantity: 130, ...terms });
  return orderRecord(all, { intentState: 'ACCEPTED', brokerOrders: [order] });
}

function change(
  rig: RiskRig,
  order: OrderRecord,
  wanted: OrderChange,
  input: Partial<CheckInput> = {},
) {
  rig.exposure.reserve(order, 100);
  const { terms } = order;
  return rig.checks.checkChange({ ...OPTION_INPUT, terms, order, change: wanted, ...input });
}

describe('a modification is checked by what the order will be', () => {
  test('its own rules: tick, form, lot', () => {
    const code = (wanted: OrderChange) => change(new RiskRig(), openOrder(), wanted).code;
    assert.equal(code({ priceRupees: 101 }), null);
    assert.equal(code({ priceRupees: 101.01 }), 'PRICE_NOT_TICKS');
    assert.equal(code({ orderType: 'SL' }), 'INVALID_ORDER');
    assert.equal(code({ orderType: 'MARKET' }), 'INVALID_ORDER');
    assert.equal(code({ orderType: 'MARKET', marketProtection: -1 }), null);
    assert.equal(code({ quantity: 100 }), 'QUANTITY_NOT_LOTS');
    assert.equal(code({ priceRupees: 200 }), 'PRICE_OUTSIDE_BAND');
  });

  test('what it counted with before does not count twice', () => {
    const rig = new RiskRig();
    rig.limit({ openValueRupees: 13_000, positionValueRupees: 20_000 });
    const order = openOrder();
    assert.equal(change(rig, order, { priceRupees: 101 }).code, null);
    const { numbers } = change(rig, order, { priceRupees: 101 });
    assert.equal(numbers['open_value_rupees'], 65 * 101);
    assert.equal(numbers['open_same_side_quantity'], 0);
    assert.equal(numbers['position_value_rupees'], 130 * 101);
    assert.equal(change(rig, order, { quantity: 260 }).code, 'OPEN_VALUE_LIMIT');
  });

  test('an exit stays one up to what is held', () => {
    const rig = new RiskRig();
    rig.hold(130);
    const order = openOrder({ transactionType: 'SELL' }, 0);
    assert.equal(change(rig, order, { priceRupees: 99 }).isExit, true);
    assert.equal(change(rig, order, { quantity: 195 }).isExit, false);
  });

  test('it is no duplicate of the order, but counts for the rate', () => {
    const rig = new RiskRig();
    assert.equal(change(rig, openOrder(), {}).code, null);
    rig.limit({ ordersPerSecond: 0 });
    assert.equal(change(rig, openOrder(), {}).code, 'ORDER_RATE_LIMIT');
  });

  test('an amo order may be modified in either session', () => {
    const order = openOrder({ variety: 'amo' }, 0);
    for (const session of ['open', 'closed'] as const) {
      assert.equal(change(new RiskRig(), order, { priceRupees: 99 }, { session }).code, null);
    }
    const regular = change(new RiskRig(), openOrder(), {}, { session: 'closed' });
    assert.equal(regular.code, 'SESSION_CLOSED');
  });

  test('halted: none', () => {
    const rig = new RiskRig();
    rig.states.apply({ account: '*', state: 'HALTED', reason: '', actor: '', changedUs: 1 });
    assert.equal(change(rig, openOrder(), { priceRupees: 99 }).code, 'TRADING_HALTED');
  });
});

test('what the new type or validity has no use for falls away', () => {
  const stop = optionTerms({ orderType: 'SL', triggerPriceRupees: 99 });
  assert.deepEqual(changedTerms(stop, { orderType: 'LIMIT' }), optionTerms());
  assert.deepEqual(
    changedTerms(optionTerms(), { orderType: 'MARKET', marketProtection: 3 }),
    optionTerms({ orderType: 'MARKET', priceRupees: null, marketProtection: 3 }),
  );
  const timed = optionTerms({ validity: 'TTL', validityTtl: 5 });
  assert.deepEqual(changedTerms(timed, { validity: 'DAY' }), optionTerms());
  const cover = optionTerms({ variety: 'co', triggerPriceRupees: 90 });
  assert.deepEqual(changedTerms(cover, {}), cover);
});
