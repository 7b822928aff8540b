import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MarketPrice } from '../../../../src/domain/order-market.ts';
import type { OrderTerms } from '../../../../src/domain/order-terms.ts';
import { protectionPercent } from '../../../../src/orders/risk/market-price.ts';
import { referencePriceRupees } from '../../../../src/orders/risk/risk-numbers.ts';
import { marketAt, NOW_US, RiskRig } from '../../../support/orders/risk-samples.ts';

const MARKET = { orderType: 'MARKET', priceRupees: null } as const;

function option(terms: Partial<OrderTerms>, price: MarketPrice | undefined = marketAt(100)) {
  const rig = new RiskRig();
  rig.limit({ priceBandPercent: 10 });
  return rig.option(terms, { price });
}

describe('without a good price nothing is sent: PRICE_STALE', () => {
  test('no price, one that is more than five seconds old, one of a market without any', () => {
    assert.equal(new RiskRig().option({}, { price: undefined }).code, 'PRICE_STALE');
    const aged = (ageUs: number) => option({}, marketAt(100, { receivedUs: NOW_US - ageUs }));
    assert.equal(aged(5_000_000).code, null);
    const old = aged(5_001_000);
    assert.equal(old.code, 'PRICE_STALE');
    assert.deepEqual(
      [old.numbers['price_age_ms'], old.numbers['price_age_limit_ms']],
      [5001, 5000],
    );
    assert.equal(option({}, marketAt(0)).code, 'PRICE_STALE');
    assert.equal(option({}, marketAt(100, { receivedUs: NaN })).code, 'PRICE_STALE');
  });
});

describe('the market is the last price, within the best bid and ask', () => {
  const examples: readonly [string, MarketPrice, number | undefined][] = [
    ['last inside', marketAt(100, { bidRupees: 90, askRupees: 110 }), 100],
    ['last above the ask', marketAt(100, { bidRupees: 80, askRupees: 90 }), 90],
    ['last below the bid', marketAt(100, { bidRupees: 110, askRupees: 120 }), 110],
    ['no ask', marketAt(100, { bidRupees: 110, askRupees: 0 }), 110],
    ['no last', marketAt(0, { bidRupees: 100, askRupees: 110 }), 105],
    ['a bid only', marketAt(0, { bidRupees: 100 }), 100],
    ['crossed', marketAt(100, { bidRupees: 130, askRupees: 120 }), 100],
    ['crossed, no last', marketAt(0, { bidRupees: 130, askRupees: 120 }), 0],
  ];
  for (const [title, price, expected] of examples) {
    test(title, () => assert.equal(option({}, price).numbers['market_rupees'], expected));
  }
});

describe('a limit far on the side that fills is PRICE_OUTSIDE_BAND', () => {
  const code = (terms: Partial<OrderTerms>) => option(terms).code;
  const share = (priceRupees: number, transactionType: 'BUY' | 'SELL') => {
    const rig = new RiskRig();
    rig.limit({ priceBandPercent: 10 });
    return rig.share({ priceRupees, transactionType });
  };

  test('shares: 10 % above when buying, below when selling; the other way is no harm', () => {
    assert.equal(share(1100, 'BUY').code, null);
    const far = share(1100.1, 'BUY');
    assert.equal(far.code, 'PRICE_OUTSIDE_BAND');
    assert.equal(far.numbers['price_bound_rupees'], 1100);
    assert.equal(far.numbers['price_band_percent'], 10);
    assert.equal(share(500, 'BUY').code, null);
    assert.equal(share(900, 'SELL').code, null);
    assert.equal(share(899.9, 'SELL').code, 'PRICE_OUTSIDE_BAND');
    assert.equal(share(2000, 'SELL').code, null);
  });

  test('options: four times as much, and a premium below 5 counts as 5', () => {
    assert.equal(code({ priceRupees: 140 }), null);
    assert.equal(code({ priceRupees: 140.05 }), 'PRICE_OUTSIDE_BAND');
    assert.equal(option({ priceRupees: 2.5 }, marketAt(0.5)).code, null);
    assert.equal(option({ priceRupees: 2.55 }, marketAt(0.5)).code, 'PRICE_OUTSIDE_BAND');
  });

  test('market orders: how far their protection lets them go', () => {
    assert.equal(code({ ...MARKET, marketProtection: 40 }), null);
    assert.equal(code({ ...MARKET, marketProtection: 41 }), 'PRICE_OUTSIDE_BAND');
    const sale = { ...MARKET, transactionType: 'SELL', marketProtection: 41 } as const;
    assert.equal(code(sale), 'PRICE_OUTSIDE_BAND');
    assert.equal(code({ ...MARKET, marketProtection: -1 }), null);
  });

  test('stops: the limit from the trigger, the trigger from the market', () => {
    const stop = (triggerPriceRupees: number, priceRupees: number) =>
      code({ orderType: 'SL', triggerPriceRupees, priceRupees });
    assert.equal(stop(200, 280), null);
    assert.equal(stop(200, 280.05), 'PRICE_OUTSIDE_BAND');
    assert.equal(stop(300, 300), null);
    assert.equal(stop(300.05, 310), 'PRICE_OUTSIDE_BAND');
  });

  test('no band, no check', () => {
    const rig = new RiskRig();
    rig.limit({});
    assert.equal(rig.option({ priceRupees: 10_000 }).code, null);
  });

  test('circuit limits hold for prices and triggers where they are known', () => {
    const price = marketAt(100, { lowerCircuitRupees: 95, upperCircuitRupees: 105 });
    assert.equal(option({ priceRupees: 105 }, price).code, null);
    const above = option({ priceRupees: 105.05 }, price);
    assert.equal(above.code, 'PRICE_OUTSIDE_BAND');
    assert.equal(above.numbers['upper_circuit_rupees'], 105);
    assert.equal(option({ priceRupees: 94.95 }, price).code, 'PRICE_OUTSIDE_BAND');
    const stop = { orderType: 'SL', priceRupees: 105, triggerPriceRupees: 94 } as const;
    assert.equal(option(stop, price).code, 'PRICE_OUTSIDE_BAND');
  });
});

describe('what a unit of an order is worth', () => {
  const worth = (terms: Partial<OrderTerms>) => referencePriceRupees(option(terms));
  const examples: readonly [string, Partial<OrderTerms>, number][] = [
    ['a buyer pays the limit', { priceRupees: 90 }, 90],
    ['a seller gets the market', { transactionType: 'SELL', priceRupees: 90 }, 100],
    ['a seller gets the limit', { transactionType: 'SELL', priceRupees: 110 }, 110],
    ['a market order goes to its protection', { ...MARKET, marketProtection: 5 }, 105],
    ['automatic protection by price', { ...MARKET, marketProtection: -1 }, 102],
    [
      'a stop goes from its trigger',
      { ...MARKET, orderType: 'SL-M', triggerPriceRupees: 120, marketProtection: 5 },
      126,
    ],
  ];
  for (const [title, terms, expected] of examples) {
    test(title, () => assert.equal(worth(terms), expected));
  }

  test('automatic protection is that of the table of the broker', () => {
    const table = (type: 'EQ' | 'CE') =>
      [9, 10, 100, 500].map((price) => protectionPercent(type, -1, price));
    assert.deepEqual(table('EQ'), [2, 2, 1, 0.5]);
    assert.deepEqual(table('CE'), [5, 3, 2, 1]);
    assert.equal(protectionPercent('CE', null, 100), 0);
  });
});
