import { istTime } from '../ist-time.ts';
import type { OrderTerms } from './order-terms.ts';

/** One fill of one order. */
export interface SimTrade {
  id: string;
  orderId: string;
  exchangeOrderId: string;
  terms: OrderTerms;
  quantity: number;
  pricePaise: number;
  timeUs: number;
}

/** A trade as the broker shows it. */
export function tradeRow(trade: SimTrade): object {
  const { terms } = trade;
  const { spec } = terms.instrument;
  const time = istTime(trade.timeUs / 1000);
  return {
    trade_id: trade.id,
    order_id: trade.orderId,
    exchange: spec.exchange,
    tradingsymbol: spec.tradingsymbol,
    instrument_token: spec.token,
    product: terms.product,
    average_price: trade.pricePaise / 100,
    quantity: trade.quantity,
    exchange_order_id: trade.exchangeOrderId,
    transaction_type: terms.side,
    fill_timestamp: time,
    order_timestamp: time.slice(11),
    exchange_timestamp: time,
  };
}
