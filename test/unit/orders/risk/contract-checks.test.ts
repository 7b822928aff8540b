import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SessionState, TradableContract } from '../../../../src/domain/order-market.ts';
import type { OrderTerms } from '../../../../src/domain/order-terms.ts';
import { NOW_US, OPTION, RiskRig } from '../../../support/orders/risk-samples.ts';

function withContract(changes: Partial<TradableContract>) {
  return new RiskRig().option({}, { contract: { ...OPTION, ...changes } });
}

describe('a contract that does not trade is NOT_TRADABLE', () => {
  test('an index', () => {
    assert.equal(withContract({ type: 'INDEX' }).code, 'NOT_TRADABLE');
    assert.equal(withContract({ segment: 'INDICES' }).code, 'NOT_TRADABLE');
  });

  test('an option after the day of its expiry, not on it', () => {
    assert.equal(withContract({ expiry: '2026-09-21' }).code, null);
    const expired = withContract({ expiry: '2026-09-20' });
    assert.equal(expired.code, 'NOT_TRADABLE');
    assert.equal(expired.numbers['expiry'], '2026-09-20');
  });

  test('one without a tick or a lot', () => {
    assert.equal(withContract({ tickSizeRupees: 0 }).code, 'NOT_TRADABLE');
    assert.equal(withContract({ lotSize: 0 }).code, 'NOT_TRADABLE');
  });
});

describe('the session decides which orders are taken', () => {
  const MARKET = { orderType: 'MARKET', priceRupees: null, marketProtection: -1 } as const;
  const STOP = { orderType: 'SL', triggerPriceRupees: 99 } as const;
  const COVER = { variety: 'co', product: 'MIS', triggerPriceRupees: 90 } as const;
  const examples: readonly [Partial<OrderTerms>, readonly SessionState[]][] = [
    [{}, ['open', 'pre-open', 'auction']],
    [MARKET, ['open', 'pre-open', 'auction']],
    [STOP, ['open']],
    [{ validity: 'IOC' }, ['open']],
    [COVER, ['open']],
    [{ variety: 'amo' }, ['closed']],
  ];
  for (const [terms, expected] of examples) {
    test(`${JSON.stringify(terms)}: ${expected.join(', ')}`, () => {
      const states: SessionState[] = ['open', 'pre-open', 'auction', 'closed'];
      const taken = states.filter((session) => {
        const { code, numbers } = new RiskRig().option(terms, { session });
        assert.equal(numbers['session'], session);
        assert.ok(
          code === null || code === (terms.variety === 'amo' ? 'INVALID_ORDER' : 'SESSION_CLOSED'),
        );
        return code === null;
      });
      assert.deepEqual(taken, expected);
    });
  }
});

describe('quantities', () => {
  test('are multiples of the lot, the legs of an iceberg too', () => {
    const { code, numbers } = new RiskRig().option({ quantity: 100 });
    assert.deepEqual([code, numbers['lot_size']], ['QUANTITY_NOT_LOTS', 65]);
    const iceberg = { variety: 'iceberg', quantity: 650, icebergLegs: 4 } as const;
    const leg = (icebergQuantity: number) =>
      new RiskRig().option({ ...iceberg, icebergQuantity }).code;
    assert.deepEqual([leg(195), leg(163)], [null, 'QUANTITY_NOT_LOTS']);
  });

  test('are at most the freeze quantity of one order, leg or slice, and ten slices', () => {
    const code = (terms: Partial<OrderTerms>) => {
      const rig = new RiskRig();
      rig.limit({});
      return rig.option(terms).code;
    };
    // 27 lots are 1,755 units, 28 are 1,820; the exchange takes 1,800.
    assert.equal(code({ quantity: 27 * 65 }), null);
    assert.equal(code({ quantity: 28 * 65 }), 'FREEZE_QUANTITY');
    assert.equal(code({ quantity: 28 * 65, autoslice: true }), null);
    assert.equal(code({ quantity: 270 * 65, autoslice: true }), null);
    assert.equal(code({ quantity: 271 * 65, autoslice: true }), 'FREEZE_QUANTITY');
    const iceberg = { variety: 'iceberg', icebergLegs: 2 } as const;
    assert.equal(code({ ...iceberg, quantity: 54 * 65, icebergQuantity: 27 * 65 }), null);
    const tooLarge = { quantity: 56 * 65, icebergQuantity: 28 * 65 };
    assert.equal(code({ ...iceberg, ...tooLarge }), 'FREEZE_QUANTITY');
  });

  test('say which freeze quantity was seen, and since when it holds; null: not known', () => {
    const seen = (contract: TradableContract, nowUs: number) => {
      const { numbers } = new RiskRig().option({}, { contract, nowUs, session: 'open' });
      return [numbers['freeze_quantity'], numbers['freeze_known_from']];
    };
    assert.deepEqual(seen(OPTION, NOW_US), [1800, '2026-08-03']);
    assert.deepEqual(seen({ ...OPTION, underlying: 'RELIANCE' }, NOW_US), [null, null]);
    assert.deepEqual(seen({ ...OPTION, exchange: 'BFO' }, NOW_US), [null, null]);
    const julyUs = Date.parse('2026-07-31T11:00:00+05:30') * 1000;
    assert.deepEqual(seen(OPTION, julyUs), [null, null]);
  });
});

test('prices and triggers are multiples of the tick', () => {
  const code = (terms: Partial<OrderTerms>) => new RiskRig().option(terms).code;
  assert.equal(code({ priceRupees: 100.05 }), null);
  assert.equal(code({ priceRupees: 100.15 }), null);
  assert.equal(code({ priceRupees: 100.01 }), 'PRICE_NOT_TICKS');
  assert.equal(code({ priceRupees: 100.050000001 }), 'PRICE_NOT_TICKS');
  assert.equal(code({ orderType: 'SL', triggerPriceRupees: 99.99 }), 'PRICE_NOT_TICKS');
});
