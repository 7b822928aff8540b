import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OrderTerms } from '../../../../src/domain/order-terms.ts';
import { CRUDE, marketAt, RiskRig, shareTerms } from '../../../support/orders/risk-samples.ts';

type Example = readonly [title: string, terms: Partial<OrderTerms>, refusal?: RegExp];

const MARKET = { orderType: 'MARKET', priceRupees: null } as const;
const STOP = { orderType: 'SL', triggerPriceRupees: 99 } as const;
const COVER = { variety: 'co', product: 'MIS', triggerPriceRupees: 90 } as const;
const ICEBERG = {
  variety: 'iceberg',
  quantity: 650,
  icebergLegs: 5,
  icebergQuantity: 130,
} as const;

const OPTIONS: readonly Example[] = [
  ['LIMIT with a price', {}],
  ['no quantity', { quantity: 0 }, /quantity must be/],
  ['half a unit', { quantity: 0.5 }, /quantity must be/],
  ['LIMIT without a price', { priceRupees: null }, /LIMIT needs a price/],
  ['LIMIT at 0', { priceRupees: 0 }, /LIMIT needs a price/],
  ['LIMIT below 0', { priceRupees: -100 }, /price must not be -100/],
  ['LIMIT at no number', { priceRupees: NaN }, /price must not be NaN/],
  ['LIMIT with a trigger', { triggerPriceRupees: 99 }, /LIMIT has no trigger_price/],
  ['SL', STOP],
  ['SL without a price', { ...STOP, priceRupees: null }, /SL needs a price/],
  ['SL without a trigger', { orderType: 'SL' }, /SL needs a trigger_price/],
  ['SL that buys above its limit', { ...STOP, triggerPriceRupees: 101 }, /must not be above/],
  ['SL that sells below its limit', { ...STOP, transactionType: 'SELL' }, /must not be below/],
  ['SL that triggers at its limit', { ...STOP, triggerPriceRupees: 100 }],
  ['MARKET with protection', { ...MARKET, marketProtection: 2.5 }],
  ['MARKET with automatic protection', { ...MARKET, marketProtection: -1 }],
  ['MARKET without protection', MARKET, /MARKET needs market_protection/],
  ['MARKET with protection 0', { ...MARKET, marketProtection: 0 }, /needs market_protection/],
  ['MARKET with protection 101', { ...MARKET, marketProtection: 101 }, /above 0 up to 100 or -1/],
  ['MARKET with protection -2', { ...MARKET, marketProtection: -2 }, /above 0 up to 100 or -1/],
  ['MARKET with a price', { orderType: 'MARKET', marketProtection: -1 }, /MARKET has no price/],
  ['MARKET at 0', { ...MARKET, priceRupees: 0, marketProtection: -1 }],
  ['SL-M', { ...MARKET, orderType: 'SL-M', triggerPriceRupees: 101, marketProtection: -1 }],
  ['SL-M without a trigger', { ...MARKET, orderType: 'SL-M' }, /SL-M needs a trigger_price/],
  ['LIMIT with protection', { marketProtection: 2 }, /is for MARKET and SL-M, not for LIMIT/],
  ['TTL with minutes', { validity: 'TTL', validityTtl: 5 }],
  ['TTL without minutes', { validity: 'TTL' }, /needs validity_ttl/],
  ['TTL of half a minute', { validity: 'TTL', validityTtl: 0.5 }, /needs validity_ttl/],
  ['minutes without TTL', { validityTtl: 5 }, /validity_ttl is for validity TTL/],
  ['IOC', { validity: 'IOC' }],
  ['disclosed quantity of an option', { disclosedQuantity: 65 }, /is for equity/],
  ['CNC for an option', { product: 'CNC' }, /CNC is for equity, not for NFO/],
  ['MTF for an option', { product: 'MTF' }, /MTF is for equity, not for NFO/],
  ['MIS for an option', { product: 'MIS' }],
  ['product CO', { product: 'CO' }, /CO cannot be asked for/],
  ['cover order', COVER],
  ['cover order without a trigger', { ...COVER, triggerPriceRupees: null }, /cover order needs/],
  ['cover order with the stop above', { ...COVER, triggerPriceRupees: 110 }, /must be below/],
  ['cover order that sells, stop below', { ...COVER, transactionType: 'SELL' }, /must be above/],
  ['cover order as SL', { ...COVER, orderType: 'SL' }, /MARKET or LIMIT, not SL/],
  ['cover order with NRML', { ...COVER, product: 'NRML' }, /a cover order is MIS, not NRML/],
  ['auction order', { variety: 'auction', auctionNumber: '7' }],
  ['auction order without number', { variety: 'auction' }, /needs auction_number/],
  ['auction number of another order', { auctionNumber: '7' }, /is for auction orders/],
  ['iceberg', ICEBERG],
  ['iceberg with a smaller last leg', { ...ICEBERG, icebergLegs: 3, icebergQuantity: 260 }],
  ['iceberg of one leg', { ...ICEBERG, icebergLegs: 1 }, /must be 2 to 50, not 1/],
  ['iceberg of 51 legs', { ...ICEBERG, icebergLegs: 51 }, /must be 2 to 50, not 51/],
  ['iceberg without legs', { ...ICEBERG, icebergLegs: null }, /must be 2 to 50, not null/],
  ['iceberg without a leg quantity', { ...ICEBERG, icebergQuantity: null }, /whole number above 0/],
  ['iceberg that does not add up', { ...ICEBERG, icebergLegs: 4 }, /195 would be right/],
  ['legs of a regular order', { icebergLegs: 2 }, /are for iceberg orders, not for regular/],
  ['autoslice', { autoslice: true }],
  ['autoslice of an iceberg', { ...ICEBERG, autoslice: true }, /autoslice is for regular orders/],
];

const SHARES: readonly Example[] = [
  ['CNC', {}],
  ['MTF', { product: 'MTF' }],
  ['MIS', { product: 'MIS' }],
  ['NRML for a share', { product: 'NRML' }, /NRML is for derivatives, not for NSE/],
  ['disclosed quantity', { disclosedQuantity: 5 }],
  ['disclosed quantity above the quantity', { disclosedQuantity: 11 }, /from 1 to 10, not 11/],
  ['half a unit disclosed', { disclosedQuantity: 0.5 }, /from 1 to 10, not 0.5/],
];

describe('an order whose parameters do not go together is INVALID_ORDER', () => {
  for (const [kind, examples] of [
    ['option', OPTIONS],
    ['share', SHARES],
  ] as const) {
    for (const [title, terms, refusal] of examples) {
      test(`${kind}, ${title}: ${refusal === undefined ? 'taken' : 'refused'}`, () => {
        const rig = new RiskRig();
        const decision = kind === 'option' ? rig.option(terms) : rig.share(terms);
        if (refusal === undefined) assert.equal(decision.detail, null);
        else assert.match(decision.detail ?? '', refusal);
        assert.equal(decision.code, refusal === undefined ? null : 'INVALID_ORDER');
      });
    }
  }

  test('MCX has no IOC', () => {
    const terms = shareTerms({
      exchange: 'MCX',
      tradingsymbol: CRUDE.tradingsymbol,
      product: 'NRML',
      quantity: 1,
    });
    const input = { contract: CRUDE, price: marketAt(1000) };
    const check = (validity: 'DAY' | 'IOC') =>
      new RiskRig().share({}, { ...input, terms: { ...terms, validity } });
    assert.equal(check('DAY').code, null);
    assert.equal(check('IOC').code, 'INVALID_ORDER');
  });
});
