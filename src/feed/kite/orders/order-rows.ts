import type { BrokerOrderRow, BrokerPosition } from '../../../domain/order-broker.ts';
import type { TradeRecord } from '../../../domain/order-record.ts';
import { TRANSACTION_TYPES, type Product } from '../../../domain/order-terms.ts';
import type { TransactionType } from '../../../domain/order-terms.ts';
import {
  asArray,
  asFields,
  asNumber,
  asText,
  readIstTime,
  ShapeError,
  type Fields,
} from '../rest-answers.ts';

/*
 * Rows of the broker: of the order book, of an order's history, of socket events and postbacks.
 * What a row is about must be there and of its type. The rest is taken as far as it can be
 * understood, so that a new field or status of the broker does not make its whole book unreadable.
 */

/** Throws ShapeError. */
export function readOrderRow(row: unknown, account: string): BrokerOrderRow {
  const fields = asFields(row, 'order');
  return {
    account,
    brokerOrderId: idOf(fields, 'order_id'),
    exchangeOrderId: textOrNull(fields['exchange_order_id']),
    parentOrderId: textOrNull(fields['parent_order_id']),
    status: required(fields, 'status'),
    statusMessage: textOrNull(fields['status_message'] ?? fields['status_message_raw']),
    variety: textOrNull(fields['variety']) ?? 'regular',
    exchange: required(fields, 'exchange'),
    tradingsymbol: required(fields, 'tradingsymbol'),
    instrumentToken: numberOr(fields, 'instrument_token', 0),
    transactionType: sideOf(fields),
    product: textOrNull(fields['product']) ?? '',
    orderType: textOrNull(fields['order_type']) ?? '',
    validity: textOrNull(fields['validity']) ?? '',
    validityTtl: numberOr(fields, 'validity_ttl', 0),
    quantity: asNumber(fields['quantity'], 'quantity'),
    disclosedQuantity: numberOr(fields, 'disclosed_quantity', 0),
    filledQuantity: numberOr(fields, 'filled_quantity', 0),
    pendingQuantity: numberOr(fields, 'pending_quantity', 0),
    cancelledQuantity: numberOr(fields, 'cancelled_quantity', 0),
    priceRupees: numberOr(fields, 'price', 0),
    triggerPriceRupees: numberOr(fields, 'trigger_price', 0),
    averagePriceRupees: numberOr(fields, 'average_price', 0),
    marketProtection: numberOr(fields, 'market_protection', 0),
    orderTimeS: timeOrNull(fields['order_timestamp']),
    exchangeUpdateTimeS:
      timeOrNull(fields['exchange_update_timestamp']) ?? timeOrNull(fields['exchange_timestamp']),
    meta: objectOrEmpty(fields['meta']),
    tag: textOrNull(fields['tag']),
    tags: textsOf(fields['tags']),
    placedBy: textOrNull(fields['placed_by']),
  };
}

/** `data` of the order book and of a history. Throws ShapeError: no part of it is evidence. */
export function readOrderRows(data: unknown, account: string): BrokerOrderRow[] {
  return asArray(data, 'data').map((row) => readOrderRow(row, account));
}

/** `data` of the trade book. Throws ShapeError. */
export function readTrades(data: unknown, account: string): TradeRecord[] {
  return asArray(data, 'data').map((row) => {
    const fields = asFields(row, 'trade');
    return {
      tradeId: idOf(fields, 'trade_id'),
      account,
      brokerOrderId: idOf(fields, 'order_id'),
      orderId: null,
      exchange: required(fields, 'exchange'),
      tradingsymbol: required(fields, 'tradingsymbol'),
      transactionType: sideOf(fields),
      // The broker's set is open; what is not known is passed on as it stands.
      product: required(fields, 'product') as Product,
      quantity: asNumber(fields['quantity'], 'quantity'),
      priceRupees: asNumber(fields['average_price'], 'average_price'),
      // `order_timestamp` of a trade has no date.
      fillTimeS: timeOrNull(fields['fill_timestamp']) ?? timeOrNull(fields['exchange_timestamp']),
    };
  });
}

/** `data` of the positions: those that are held or were today. Throws ShapeError. */
export function readPositions(data: unknown): BrokerPosition[] {
  return asArray(asFields(data, 'data')['net'], 'net').map((row) => {
    const fields = asFields(row, 'position');
    return {
      exchange: required(fields, 'exchange'),
      tradingsymbol: required(fields, 'tradingsymbol'),
      instrumentToken: numberOr(fields, 'instrument_token', 0),
      product: required(fields, 'product'),
      netQuantity: asNumber(fields['quantity'], 'quantity'),
      multiplier: numberOr(fields, 'multiplier', 1),
      averagePriceRupees: numberOr(fields, 'average_price', 0),
      lastPriceRupees: numberOr(fields, 'last_price', 0),
      // `m2m` counts from the last close, `pnl` from when the position was opened.
      pnlRupees: numberOr(fields, 'm2m', numberOr(fields, 'pnl', 0)),
      buyValueRupees: numberOr(fields, 'buy_value', 0),
      sellValueRupees: numberOr(fields, 'sell_value', 0),
    };
  });
}

/** An id has more digits than a number can hold, so one that came as a number is wrong already. */
function idOf(fields: Fields, name: string): string {
  const id = asText(fields[name], name);
  if (id === '') throw new ShapeError(`${name} is empty`);
  return id;
}

function required(fields: Fields, name: string): string {
  return asText(fields[name], name);
}

function sideOf(fields: Fields): TransactionType {
  const side = TRANSACTION_TYPES.find((known) => known === fields['transaction_type']);
  if (side === undefined) throw new ShapeError('transaction_type is neither BUY nor SELL');
  return side;
}

/** `-0` becomes 0. */
function numberOr(fields: Fields, name: string, otherwise: number): number {
  const value = fields[name] ?? otherwise;
  return asNumber(value, name) + 0;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((tag) => typeof tag === 'string') : [];
}

function objectOrEmpty(value: unknown): Fields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : {};
}

/** Epoch s; a time in a form that is not known counts as not told. */
function timeOrNull(value: unknown): number | null {
  try {
    return readIstTime(value, 'time');
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}
