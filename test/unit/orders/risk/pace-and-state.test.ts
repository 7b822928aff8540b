import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALL_ACCOUNTS, type TradingState } from '../../../../src/domain/trading-state.ts';
import {
  ACCOUNT,
  KEY,
  NOW_US,
  optionTerms,
  orderRecord,
  RiskRig,
} from '../../../support/orders/risk-samples.ts';

const SECOND_US = 1_000_000;

function note(rig: RiskRig, count: number, timeUs = NOW_US, key = KEY, account = ACCOUNT): void {
  for (let i = 0; i < count; i++) rig.rates.note(account, key, timeUs);
}

describe('ORDER_RATE_LIMIT', () => {
  test('orders of the account in a rolling second, of all keys', () => {
    const rig = new RiskRig();
    rig.limit({ ordersPerSecond: 3 });
    note(rig, 2, NOW_US, 'key_two');
    assert.equal(rig.option().code, null);
    note(rig, 1);
    const { code, numbers } = rig.option();
    assert.equal(code, 'ORDER_RATE_LIMIT');
    assert.deepEqual([numbers['orders_in_second'], numbers['orders_in_second_limit']], [3, 3]);
    const later = (us: number) => rig.option({}, { nowUs: NOW_US + us }).code;
    assert.equal(later(SECOND_US - 1), 'ORDER_RATE_LIMIT');
    assert.equal(later(SECOND_US), null);
  });

  test('and in a rolling minute', () => {
    const rig = new RiskRig();
    rig.limit({ ordersPerMinute: 3 });
    note(rig, 3, NOW_US - 59 * SECOND_US);
    assert.equal(rig.option().code, 'ORDER_RATE_LIMIT');
    assert.equal(rig.option().numbers['orders_in_minute'], 3);
    const rested = new RiskRig();
    rested.limit({ ordersPerMinute: 3 });
    note(rested, 3, NOW_US - 60 * SECOND_US);
    assert.equal(rested.option().code, null);
  });

  test('of a key over all its accounts', () => {
    const rig = new RiskRig();
    rig.limit({});
    rig.set('key', KEY, { ordersPerSecond: 2 });
    note(rig, 5, NOW_US, 'key_two');
    assert.equal(rig.option().code, null);
    note(rig, 2, NOW_US, KEY, 'CD5678');
    const { code, detail } = rig.option();
    assert.equal(code, 'ORDER_RATE_LIMIT');
    assert.equal(detail, 'the key sent 2 orders in the last second, the limit is 2');
  });

  test('exits may come twice as fast', () => {
    const rig = new RiskRig();
    rig.limit({ ordersPerSecond: 3 });
    rig.hold(65);
    note(rig, 5);
    assert.equal(rig.option().code, 'ORDER_RATE_LIMIT');
    assert.equal(rig.option({ transactionType: 'SELL' }).code, null);
    note(rig, 1);
    assert.equal(rig.option({ transactionType: 'SELL' }).code, 'ORDER_RATE_LIMIT');
  });

  test('a clock that is set back does not hold orders up', () => {
    const rig = new RiskRig();
    rig.limit({ ordersPerSecond: 1 });
    note(rig, 5, NOW_US + 3600 * SECOND_US);
    assert.equal(rig.option().code, null);
  });
});

describe('DUPLICATE_ORDER', () => {
  const check = (rig: RiskRig, ageMs: number) => {
    const order = orderRecord(optionTerms(), { createdUs: NOW_US - ageMs * 1000 });
    rig.exposure.reserve(order, 100);
    return rig.option();
  };

  test('an equal order of the key within the window', () => {
    const { code, numbers } = check(new RiskRig(), 999);
    assert.equal(code, 'DUPLICATE_ORDER');
    assert.equal(numbers['equal_order_id'], 'ord_000000000001');
    assert.equal(numbers['equal_order_age_ms'], 999);
    assert.equal(numbers['duplicate_window_ms'], 1000);
    assert.equal(check(new RiskRig(), 1000).code, null);
  });

  test('not one that differs, not one of another key, none without a window', () => {
    const rig = new RiskRig();
    check(rig, 0);
    assert.equal(rig.option({ priceRupees: 100.05 }).code, null);
    assert.equal(rig.option({ quantity: 130 }).code, null);
    assert.equal(rig.option({}, { keyId: 'key_two' }).code, null);
    rig.limit({});
    assert.equal(rig.option().code, null);
  });

  test('not one that is known not to exist', () => {
    const rig = new RiskRig();
    check(rig, 0);
    const order = orderRecord(optionTerms(), { intentState: 'REJECTED', version: 2 });
    rig.exposure.update(order);
    assert.equal(rig.option().code, null);
  });

  test('a refused one does not make the first one forgotten', () => {
    const rig = new RiskRig();
    check(rig, 100);
    const refused = { id: 'ord_000000000002', intentState: 'REJECTED' } as const;
    rig.exposure.update(orderRecord(optionTerms(), refused));
    assert.equal(rig.option().code, 'DUPLICATE_ORDER');
  });
});

describe('the trading state is looked at first', () => {
  const stated = (account: string, state: TradingState): RiskRig => {
    const rig = new RiskRig();
    rig.hold(65);
    rig.states.apply({ account, state, reason: 'test', actor: 'test', changedUs: NOW_US });
    return rig;
  };
  const SELL = { transactionType: 'SELL' } as const;

  for (const account of [ACCOUNT, ALL_ACCOUNTS]) {
    test(`HALTED for ${account}: nothing, exits neither`, () => {
      const rig = stated(account, 'HALTED');
      assert.equal(rig.option({}, { price: undefined }).code, 'TRADING_HALTED');
      assert.equal(rig.option(SELL).code, 'TRADING_HALTED');
      assert.equal(rig.option(SELL).numbers['trading_state'], 'HALTED');
    });

    test(`REDUCING for ${account}: exits only`, () => {
      const rig = stated(account, 'REDUCING');
      assert.equal(rig.option().code, 'TRADING_REDUCING');
      assert.equal(rig.option(SELL).code, null);
      assert.equal(rig.option({ ...SELL, quantity: 130 }).code, 'TRADING_REDUCING');
    });
  }

  test('another account is not concerned', () => {
    assert.equal(stated('CD5678', 'HALTED').option().code, null);
  });
});
