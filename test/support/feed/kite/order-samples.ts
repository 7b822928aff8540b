import type { OrderTerms } from '../../../../src/domain/order-terms.ts';

/** A buy of shares at a limit that rests; change what a test is about. */
export function shareTerms(rest: Partial<OrderTerms> = {}): OrderTerms {
  return {
    variety: 'regular',
    exchange: 'NSE',
    tradingsymbol: 'RELIANCE',
    transactionType: 'BUY',
    orderType: 'LIMIT',
    product: 'MIS',
    quantity: 10,
    priceRupees: 1300,
    triggerPriceRupees: null,
    validity: 'DAY',
    validityTtl: null,
    disclosedQuantity: null,
    marketProtection: null,
    autoslice: false,
    icebergLegs: null,
    icebergQuantity: null,
    auctionNumber: null,
    algoId: null,
    ...rest,
  };
}

/** Index futures in three slices: two of the freeze quantity and a rest. */
export function slicedTerms(rest: Partial<OrderTerms> = {}): OrderTerms {
  return shareTerms({
    exchange: 'NFO',
    tradingsymbol: 'NIFTY26SEPFUT',
    product: 'NRML',
    quantity: 2 * 1755 + 455,
    priceRupees: 25_000,
    autoslice: true,
    ...rest,
  });
}

/** A row of the broker's order book as its documentation shows one. */
export function brokerRow(rest: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    placed_by: 'AB1234',
    order_id: '2209150000000012345',
    exchange_order_id: '1100000000012345',
    parent_order_id: null,
    status: 'OPEN',
    status_message: null,
    status_message_raw: null,
    order_timestamp: '2026-09-10 10:00:01',
    exchange_update_timestamp: '2026-09-10 10:00:02',
    exchange_timestamp: '2026-09-10 10:00:01',
    variety: 'regular',
    modified: false,
    exchange: 'NSE',
    tradingsymbol: 'RELIANCE',
    instrument_token: 738_561,
    order_type: 'LIMIT',
    transaction_type: 'BUY',
    validity: 'DAY',
    validity_ttl: 0,
    product: 'MIS',
    quantity: 10,
    disclosed_quantity: 0,
    price: 1300,
    trigger_price: 0,
    average_price: 0,
    filled_quantity: 0,
    pending_quantity: 10,
    cancelled_quantity: 0,
    market_protection: 0,
    meta: {},
    tag: 'AA0000000000000100',
    tags: ['AA0000000000000100'],
    guid: 'XXXXX',
    ...rest,
  };
}
