import { isTerminalStatus } from '../domain/intent-state.ts';
import type { BrokerOrder, OrderRecord } from '../domain/order-record.ts';

/** Orders of the broker for one intent that should have only one. */
export interface SurplusOrders {
  /** All but the oldest one. */
  duplicateOrderIds: string[];
  /** Open ones that must be cancelled, so that no more than one is left that can fill. */
  cancel: BrokerOrder[];
}

/** True: slices and legs are as asked. */
function hasParts({ terms }: OrderRecord): boolean {
  return terms.autoslice || terms.variety === 'iceberg' || terms.variety === 'co';
}

function isOlder(left: BrokerOrder, right: BrokerOrder): number {
  const byTime = (left.orderTimeS ?? 0) - (right.orderTimeS ?? 0);
  const [a, b] = [left.brokerOrderId, right.brokerOrderId];
  return byTime || a.length - b.length || (a < b ? -1 : 1);
}

/**
 * What is too much of an intent. The oldest order is the right one; but once another one has
 * filled, that one stands for the intent, and whatever is still open is too much.
 */
export function surplusOrders(order: OrderRecord): SurplusOrders {
  const ids = new Set(order.brokerOrders.map(({ brokerOrderId }) => brokerOrderId));
  const own = order.brokerOrders.filter(
    ({ status, filledQuantity, parentOrderId }) =>
      // A number that was never shown may be none: nothing is cancelled for its sake.
      status !== null &&
      (status !== 'REJECTED' || filledQuantity > 0) &&
      (parentOrderId === null || !ids.has(parentOrderId)),
  );
  if (hasParts(order) || own.length < 2) return { duplicateOrderIds: [], cancel: [] };
  const sorted = own.toSorted(isOlder);
  const kept = sorted.find(({ filledQuantity }) => filledQuantity > 0) ?? sorted[0];
  return {
    duplicateOrderIds: sorted.slice(1).map(({ brokerOrderId }) => brokerOrderId),
    cancel: sorted.filter((each) => each !== kept && !isTerminalStatus(each.status)),
  };
}

/** What is still open of what was found to be too much, for a service that has just started. */
export function openSurplus(order: OrderRecord): BrokerOrder[] {
  const { duplicateOrderIds } = order;
  if (duplicateOrderIds.length === 0) return [];
  const surplus = surplusOrders(order);
  if (surplus.duplicateOrderIds.length > 0) return surplus.cancel;
  // The one order there is came after it was held absent.
  return order.brokerOrders.filter(
    ({ brokerOrderId, status }) =>
      duplicateOrderIds.includes(brokerOrderId) && !isTerminalStatus(status),
  );
}
