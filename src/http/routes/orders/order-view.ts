import { isTerminalStatus } from '../../../domain/intent-state.ts';
import {
  isBareParent,
  type BrokerOrder,
  entryOrders,
  filledQuantity,
  type OperationRecord,
  type OrderRecord,
  orderStatus,
  type RiskDecision,
  type TradeRecord,
} from '../../../domain/order-record.ts';
import type { OrderEventView, SyncReport } from '../../../domain/order-service.ts';
import type { OrderChange, OrderTerms } from '../../../domain/order-terms.ts';

/* Records of the order side as callers see them; the names are those of order-schema.ts. */

type Json = Record<string, unknown>;

const US_PER_S = 1_000_000;

function brokerTimeUs(timeS: number | null): number | null {
  return timeS === null ? null : Math.round(timeS * US_PER_S);
}

/** Whole µs. */
export function timeUs(us: number | null): number | null {
  return us === null ? null : Math.round(us);
}

function sum(orders: readonly BrokerOrder[], quantity: (order: BrokerOrder) => number) {
  return orders.length === 0 ? null : orders.reduce((total, order) => total + quantity(order), 0);
}

/* The broker leaves the quantity of a rejected order standing as pending. */
function pendingUnits({ status, pendingQuantity }: BrokerOrder): number {
  return isTerminalStatus(status) ? 0 : pendingQuantity;
}

/** Units of an iceberg whose legs have not been sent yet: a row of the broker is one leg. */
function laterUnits({ meta }: BrokerOrder): number {
  const { iceberg } = meta as { iceberg?: { remaining_quantity?: unknown } };
  const units = iceberg?.remaining_quantity;
  return typeof units === 'number' ? units : 0;
}

function pendingWithLater(order: BrokerOrder): number {
  return isTerminalStatus(order.status) ? 0 : pendingUnits(order) + laterUnits(order);
}

/** A leg that is cancelled takes the later ones with it. */
function cancelledWithLater(order: BrokerOrder): number {
  return order.cancelledQuantity + (order.status === 'CANCELLED' ? laterUnits(order) : 0);
}

/** Rupees; 0: nothing was filled. */
function averagePrice(order: OrderRecord): number {
  const filled = entryOrders(order).filter(({ filledQuantity: quantity }) => quantity > 0);
  const [only] = filled;
  if (only !== undefined && filled.length === 1) return only.averagePriceRupees;
  const quantity = sum(filled, (each) => each.filledQuantity) ?? 0;
  const value = sum(filled, (each) => each.filledQuantity * each.averagePriceRupees) ?? 0;
  return quantity === 0 ? 0 : value / quantity;
}

function termsView(terms: OrderTerms): Json {
  return {
    order_type: terms.orderType,
    product: terms.product,
    quantity: terms.quantity,
    price: terms.priceRupees,
    trigger_price: terms.triggerPriceRupees,
    validity: terms.validity,
    validity_ttl: terms.validityTtl,
    disclosed_quantity: terms.disclosedQuantity,
    market_protection: terms.marketProtection,
    autoslice: terms.autoslice,
    iceberg_legs: terms.icebergLegs,
    iceberg_quantity: terms.icebergQuantity,
    auction_number: terms.auctionNumber,
    algo_id: terms.algoId,
  };
}

export function riskView(risk: RiskDecision): Json {
  const { allowed, code, detail, isExit, numbers } = risk;
  return { allowed, code, detail, is_exit: isExit, numbers };
}

function brokerOrderView(order: BrokerOrder): Json {
  return {
    broker_order_id: order.brokerOrderId,
    exchange_order_id: order.exchangeOrderId,
    parent_order_id: order.parentOrderId,
    status: order.status,
    status_message: order.statusMessage,
    // Empty: the broker has only answered with the number.
    order_type: order.orderType || null,
    validity: order.validity || null,
    quantity: order.quantity,
    filled_quantity: order.filledQuantity,
    pending_quantity: pendingUnits(order),
    cancelled_quantity: order.cancelledQuantity,
    price: order.priceRupees,
    trigger_price: order.triggerPriceRupees,
    average_price: order.averagePriceRupees,
    order_time: brokerTimeUs(order.orderTimeS),
    exchange_update_time: brokerTimeUs(order.exchangeUpdateTimeS),
    meta: order.meta,
  };
}

export function orderView(order: OrderRecord): Json {
  const { terms, brokerOrders } = order;
  const told = brokerOrders.find(({ statusMessage }) => statusMessage !== null);
  return {
    id: order.id,
    client_order_id: order.clientOrderId,
    account: order.account,
    key_id: order.keyId,
    intent_state: order.intentState,
    status: orderStatus(order),
    status_message: told?.statusMessage ?? null,
    broker_order_id: brokerOrders[0]?.brokerOrderId ?? null,
    tag: order.tag,
    client_tag: order.clientTag,
    variety: terms.variety,
    exchange: terms.exchange,
    tradingsymbol: terms.tradingsymbol,
    instrument_token: order.instrumentToken,
    transaction_type: terms.transactionType,
    ...termsView(terms),
    filled_quantity: filledQuantity(order),
    pending_quantity: sum(entryOrders(order), pendingWithLater),
    cancelled_quantity: sum(entryOrders(order), cancelledWithLater),
    average_price: averagePrice(order),
    broker_orders: brokerOrders.filter((each) => !isBareParent(order, each)).map(brokerOrderView),
    slice_refusals: order.sliceRefusals,
    duplicate_order_ids: order.duplicateOrderIds,
    code: order.code,
    message: order.message,
    risk: order.risk && riskView(order.risk),
    created_time: timeUs(order.createdUs),
    sent_time: timeUs(order.sentUs),
    answered_time: timeUs(order.answeredUs),
    resolved_time: timeUs(order.resolvedUs),
    updated_time: timeUs(order.updatedUs),
    version: order.version,
  };
}

/** By the names with which a modification is asked for. */
function changeView(change: OrderChange): Json {
  return {
    order_type: change.orderType,
    quantity: change.quantity,
    price: change.priceRupees,
    trigger_price: change.triggerPriceRupees,
    validity: change.validity,
    validity_ttl: change.validityTtl,
    disclosed_quantity: change.disclosedQuantity,
    market_protection: change.marketProtection,
  };
}

export function operationView(operation: OperationRecord): Json {
  return {
    id: operation.id,
    order_id: operation.orderId,
    account: operation.account,
    key_id: operation.keyId,
    kind: operation.kind,
    broker_order_id: operation.brokerOrderId,
    change: operation.change && changeView(operation.change),
    intent_state: operation.intentState,
    code: operation.code,
    message: operation.message,
    created_time: timeUs(operation.createdUs),
    sent_time: timeUs(operation.sentUs),
    resolved_time: timeUs(operation.resolvedUs),
    version: operation.version,
  };
}

export function tradeView(trade: TradeRecord): Json {
  return {
    trade_id: trade.tradeId,
    account: trade.account,
    order_id: trade.orderId,
    broker_order_id: trade.brokerOrderId,
    exchange: trade.exchange,
    tradingsymbol: trade.tradingsymbol,
    transaction_type: trade.transactionType,
    product: trade.product,
    quantity: trade.quantity,
    price: trade.priceRupees,
    fill_time: brokerTimeUs(trade.fillTimeS),
  };
}

export function eventView({ timeUs: us, action, actor, detail }: OrderEventView): Json {
  return { time: timeUs(us), action, actor, detail };
}

export function syncView(report: SyncReport): Json {
  const { account, orders, trades, positions, changes, failure, startedUs, finishedUs } = report;
  return {
    account,
    orders,
    trades,
    positions,
    changes,
    failure,
    started_time: timeUs(startedUs),
    finished_time: timeUs(finishedUs),
  };
}
