import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RiskLimits } from '../../../../src/domain/trading-state.ts';
import {
  ACCOUNT,
  CRUDE,
  KEY,
  marketAt,
  NOW_US,
  optionTerms,
  orderRecord,
  RiskRig,
} from '../../../support/orders/risk-samples.ts';

const SELL = { transactionType: 'SELL' } as const;

function limited(limits: Partial<RiskLimits>): RiskRig {
  const rig = new RiskRig();
  rig.limit(limits);
  return rig;
}

/** Another order of two lots at 100 is open. */
function withOpenOrder(rig: RiskRig, keyId = KEY, side: 'BUY' | 'SELL' = 'BUY'): RiskRig {
  const terms = optionTerms({ quantity: 130, transactionType: side });
  rig.exposure.reserve(orderRecord(terms, { keyId, createdUs: NOW_US - 60_000_000 }), 100);
  return rig;
}

test('QUANTITY_LIMIT: units of one order', () => {
  const rig = limited({ orderQuantity: 100 });
  assert.equal(rig.option().code, null);
  const { code, numbers } = rig.option({ quantity: 130 });
  assert.deepEqual([code, numbers['quantity_limit']], ['QUANTITY_LIMIT', 100]);
});

describe('ORDER_VALUE_LIMIT: quantity times the worst price', () => {
  test('at the limit it is taken', () => {
    assert.equal(limited({ orderValueRupees: 6500 }).option().code, null);
    const { code, detail, numbers } = limited({ orderValueRupees: 6499 }).option();
    assert.equal(code, 'ORDER_VALUE_LIMIT');
    assert.equal(detail, 'order value 6500 is above the limit 6499');
    assert.equal(numbers['order_value_rupees'], 6500);
    assert.equal(numbers['order_value_limit_rupees'], 6499);
  });

  test('where one of quantity is many units, it counts them as soon as the broker has told', () => {
    const rig = limited({ orderValueRupees: 100_000 });
    const terms = optionTerms({
      exchange: 'MCX',
      tradingsymbol: CRUDE.tradingsymbol,
      quantity: 1,
      priceRupees: 6000,
    });
    const check = () => rig.option({}, { contract: CRUDE, terms, price: marketAt(6000) });
    assert.equal(check().numbers['multiplier_source'], 'assumed');
    assert.equal(check().code, null);
    const position = {
      exchange: 'MCX',
      tradingsymbol: CRUDE.tradingsymbol,
      instrumentToken: CRUDE.token,
      product: 'NRML',
      netQuantity: 1,
      multiplier: 100,
      averagePriceRupees: 6000,
      lastPriceRupees: 6000,
      pnlRupees: 0,
      buyValueRupees: 0,
      sellValueRupees: 0,
    };
    rig.exposure.setPositions(ACCOUNT, [position], NOW_US);
    assert.equal(check().numbers['multiplier_source'], undefined);
    assert.equal(check().code, 'ORDER_VALUE_LIMIT');
    assert.equal(check().numbers['order_value_rupees'], 600_000);
  });
});

describe('OPEN_VALUE_LIMIT: all that may still fill', () => {
  test('of the account, all keys together', () => {
    const rig = withOpenOrder(limited({ openValueRupees: 19_500 }), 'key_two');
    assert.equal(rig.option().code, null);
    const { code, numbers } = rig.option({ quantity: 130 });
    assert.equal(code, 'OPEN_VALUE_LIMIT');
    assert.equal(numbers['open_value_rupees'], 26_000);
    assert.equal(numbers['open_value_limit_rupees'], 19_500);
  });

  test('of the key, its own orders only', () => {
    const rig = withOpenOrder(limited({}), 'key_two');
    rig.set('key', KEY, { openValueRupees: 6500 });
    assert.equal(rig.option().code, null);
    withOpenOrder(rig, KEY);
    const others = withOpenOrder(limited({}), KEY);
    others.set('key', KEY, { openValueRupees: 6500 });
    assert.equal(others.option().code, 'OPEN_VALUE_LIMIT');
    assert.equal(others.option().numbers['open_value_key_rupees'], 19_500);
  });

  test('an order in doubt counts as a whole, one that is refused no longer', () => {
    const rig = withOpenOrder(limited({ openValueRupees: 6500 }));
    const order = orderRecord(optionTerms({ quantity: 130 }));
    rig.exposure.update({ ...order, intentState: 'UNKNOWN', version: 2 });
    assert.equal(rig.option().code, 'OPEN_VALUE_LIMIT');
    rig.exposure.update({ ...order, intentState: 'RESOLVED_ABSENT', version: 3 });
    assert.equal(rig.option().code, null);
  });
});

describe('POSITION_LIMIT: the position when all that is open has filled', () => {
  test('counts what is held, what is open on the same side, and the order', () => {
    const rig = withOpenOrder(limited({ positionValueRupees: 26_000 }));
    rig.hold(65);
    assert.equal(rig.option().code, null);
    const { code, numbers } = rig.option({ quantity: 130 });
    assert.equal(code, 'POSITION_LIMIT');
    assert.equal(numbers['net_quantity'], 65);
    assert.equal(numbers['open_same_side_quantity'], 130);
    assert.equal(numbers['position_value_rupees'], 32_500);
  });

  test('adds the products of one contract', () => {
    const rig = limited({ positionValueRupees: 6500 });
    rig.hold(65, 'MIS');
    assert.equal(rig.option().code, 'POSITION_LIMIT');
  });

  test('counts a sale that turns the position round by what is beyond zero', () => {
    const rig = limited({ positionValueRupees: 6500 });
    rig.hold(130);
    assert.equal(rig.option({ ...SELL, quantity: 195 }).code, null);
    assert.equal(rig.option({ ...SELL, quantity: 260 }).code, 'POSITION_LIMIT');
  });
});

describe('DAILY_LOSS_LIMIT: once the loss has reached it, only exits', () => {
  test('by the result that the broker tells', () => {
    const rig = limited({ dailyLossRupees: 1000 });
    rig.hold(65, 'NRML', -999);
    assert.equal(rig.option().code, null);
    rig.hold(65, 'NRML', -1000);
    const { code, numbers } = rig.option();
    assert.equal(code, 'DAILY_LOSS_LIMIT');
    assert.equal(numbers['day_pnl_rupees'], -1000);
    assert.equal(numbers['daily_loss_limit_rupees'], 1000);
    assert.equal(rig.option(SELL).code, null);
  });

  test('follows the live price', () => {
    const rig = limited({ dailyLossRupees: 1000 });
    rig.hold(65);
    const price = marketAt(84);
    assert.equal(rig.option({ priceRupees: 84 }, { price }).code, 'DAILY_LOSS_LIMIT');
    rig.exposure.markAll(() => 100);
    assert.equal(rig.option().code, null);
  });
});

test('an exit passes the limits of size, value, position and loss', () => {
  const rig = limited({
    orderQuantity: 1,
    orderValueRupees: 1,
    openValueRupees: 1,
    positionValueRupees: 1,
    dailyLossRupees: 1,
  });
  rig.hold(130, 'NRML', -5000);
  const { code, isExit, numbers } = rig.option({ ...SELL, quantity: 130 });
  assert.deepEqual([code, isExit], [null, true]);
  assert.equal(numbers['order_value_limit_rupees'], 1);
});

describe('an exit is what cannot take the position beyond zero', () => {
  const isExit = (rig: RiskRig, quantity: number, product: 'NRML' | 'MIS' = 'NRML') =>
    rig.option({ ...SELL, quantity, product }).isExit;

  test('of the same product, up to what is held', () => {
    const rig = limited({});
    rig.hold(130);
    assert.equal(isExit(rig, 130), true);
    assert.equal(isExit(rig, 195), false);
    assert.equal(isExit(rig, 65, 'MIS'), false);
    assert.equal(rig.option().isExit, false);
    rig.hold(-65);
    assert.equal(rig.option().isExit, true);
  });

  test('two of them together too, even if one is in doubt', () => {
    const rig = withOpenOrder(limited({}), KEY, 'SELL');
    rig.hold(195);
    assert.equal(isExit(rig, 65), true);
    assert.equal(isExit(rig, 130), false);
    const order = orderRecord(optionTerms({ ...SELL, quantity: 130 }));
    rig.exposure.update({ ...order, intentState: 'UNKNOWN', version: 2 });
    assert.equal(isExit(rig, 130), false);
    rig.exposure.update({ ...order, intentState: 'RESOLVED_ABSENT', version: 3 });
    assert.equal(isExit(rig, 130), true);
  });

  test('never a cover order', () => {
    const rig = limited({});
    rig.hold(130, 'CO');
    const cover = { variety: 'co', product: 'MIS', triggerPriceRupees: 110 } as const;
    assert.equal(rig.option({ ...SELL, ...cover }).isExit, false);
  });
});
