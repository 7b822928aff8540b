import { TickerError } from '../domain/error-codes.ts';
import { filledQuantity, type OrderRecord } from '../domain/order-record.ts';
import type { PlaceRequest } from '../domain/order-service.ts';
import { AUTOMATIC_PROTECTION, opposite } from '../domain/order-terms.ts';
import type { Exposure } from './risk/exposure.ts';

/**
 * The order that ends what `order` has brought: the opposite one at the market, for no more than
 * was filled and is still held. Throws INVALID_ORDER when nothing is left of it.
 */
export function exitRequest(order: OrderRecord, exposure: Exposure): PlaceRequest {
  const { account, terms, clientTag } = order;
  const { exchange, tradingsymbol, product, transactionType, autoslice } = terms;
  const net = exposure.netQuantity(account, exchange, tradingsymbol, product);
  const held = Math.max(0, transactionType === 'BUY' ? net : -net);
  const quantity = Math.min(held, filledQuantity(order));
  if (quantity === 0) throw new TickerError('INVALID_ORDER', 'there is no position of it');
  return {
    account,
    clientOrderId: null,
    clientTag,
    terms: {
      variety: 'regular',
      exchange,
      tradingsymbol,
      transactionType: opposite(transactionType),
      orderType: 'MARKET',
      product,
      quantity,
      priceRupees: null,
      triggerPriceRupees: null,
      validity: 'DAY',
      validityTtl: null,
      disclosedQuantity: null,
      marketProtection: AUTOMATIC_PROTECTION,
      autoslice,
      icebergLegs: null,
      icebergQuantity: null,
      auctionNumber: null,
      algoId: null,
    },
  };
}
