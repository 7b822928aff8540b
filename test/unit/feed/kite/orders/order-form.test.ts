import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cancelQuery,
  changeForm,
  marginOrdersJson,
  placementForm,
} from '../../../../../src/feed/kite/orders/order-form.ts';
import { shareTerms } from '../../../../support/feed/kite/order-samples.ts';

function fields(form: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(form));
}

test('a placement says what was given, in the names of the broker, and nothing else', () => {
  assert.deepEqual(fields(placementForm(shareTerms({ tradingsymbol: 'M&M' }), 'TAG')), {
    exchange: 'NSE',
    tradingsymbol: 'M&M',
    transaction_type: 'BUY',
    order_type: 'LIMIT',
    product: 'MIS',
    quantity: '10',
    price: '1300',
    validity: 'DAY',
    tag: 'TAG',
  });
});

test('a placement with everything', () => {
  const terms = shareTerms({
    variety: 'iceberg',
    triggerPriceRupees: 1290.05,
    validity: 'TTL',
    validityTtl: 5,
    disclosedQuantity: 2,
    marketProtection: -1,
    autoslice: true,
    icebergLegs: 2,
    icebergQuantity: 5,
    auctionNumber: '22',
    algoId: 'algo-1',
  });
  assert.deepEqual(fields(placementForm(terms, 'TAG')), {
    exchange: 'NSE',
    tradingsymbol: 'RELIANCE',
    transaction_type: 'BUY',
    order_type: 'LIMIT',
    product: 'MIS',
    quantity: '10',
    price: '1300',
    trigger_price: '1290.05',
    validity: 'TTL',
    validity_ttl: '5',
    disclosed_quantity: '2',
    market_protection: '-1',
    autoslice: 'true',
    iceberg_legs: '2',
    iceberg_quantity: '5',
    auction_number: '22',
    algo_id: 'algo-1',
    tag: 'TAG',
  });
});

test('legs are told for icebergs only', () => {
  const terms = shareTerms({ icebergLegs: 2, icebergQuantity: 5 });
  assert.equal('iceberg_legs' in fields(placementForm(terms, 'TAG')), false);
});

test('a modification says only what changes', () => {
  assert.deepEqual(fields(changeForm({ priceRupees: 0.05 }, null)), { price: '0.05' });
  const all = changeForm(
    {
      orderType: 'SL',
      quantity: 5,
      priceRupees: 1,
      triggerPriceRupees: 2,
      validity: 'IOC',
      validityTtl: 3,
      disclosedQuantity: 0,
      marketProtection: 2.5,
    },
    '77',
  );
  assert.deepEqual(fields(all), {
    order_type: 'SL',
    quantity: '5',
    price: '1',
    trigger_price: '2',
    validity: 'IOC',
    validity_ttl: '3',
    disclosed_quantity: '0',
    market_protection: '2.5',
    parent_order_id: '77',
  });
});

test('numbers have no exponent', () => {
  const { price } = fields(changeForm({ priceRupees: 5e-7 }, null));
  assert.equal(price, '0.0000005');
});

test('a cancellation names the parent if there is one', () => {
  assert.equal(cancelQuery(null), '');
  assert.equal(cancelQuery('77'), '?parent_order_id=77');
});

test('margins are asked with the fields that they know', () => {
  assert.deepEqual(JSON.parse(marginOrdersJson([shareTerms()])), [
    {
      exchange: 'NSE',
      tradingsymbol: 'RELIANCE',
      transaction_type: 'BUY',
      variety: 'regular',
      product: 'MIS',
      order_type: 'LIMIT',
      quantity: 10,
      price: 1300,
      trigger_price: 0,
    },
  ]);
});
