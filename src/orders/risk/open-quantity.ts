import { isTerminalStatus } from '../../domain/intent-state.ts';
import { filledQuantity, type BrokerOrder, type OrderRecord } from '../../domain/order-record.ts';

function unfilled({ quantity, filledQuantity: filled }: BrokerOrder): number {
  return Math.max(0, quantity - filled);
}

function sum(orders: readonly BrokerOrder[]): number {
  return orders.reduce((units, order) => units + unfilled(order), 0);
}

/** True: it has been told that no more legs of an iceberg come. */
function isStopped({ status }: BrokerOrder): boolean {
  return status === 'CANCELLED' || status === 'REJECTED';
}

/**
 * Units of an order that may still fill, at the most. One whose fate is open counts as a whole, but
 * for what is known to be filled; so does one of which the broker has told nothing but the id.
 */
export function openQuantity(order: OrderRecord): number {
  const { intentState, brokerOrders, terms } = order;
  const rest = Math.max(0, terms.quantity - filledQuantity(order));
  const over = brokerOrders.filter(({ status }) => isTerminalStatus(status));
  const open = brokerOrders.filter(({ status }) => !isTerminalStatus(status));
  switch (intentState) {
    case 'REJECTED':
    case 'RESOLVED_ABSENT':
      return sum(open);
    case 'INTENT':
    case 'SENT':
    case 'UNKNOWN':
    case 'ESCALATED':
      return Math.max(rest, sum(open));
    case 'ACCEPTED':
    case 'RESOLVED_PRESENT':
    case null:
      break;
  }
  if (brokerOrders.length === 0) return rest;
  // The rows are legs; the next one comes when one is filled.
  if (terms.variety === 'iceberg') return over.some(isStopped) && open.length === 0 ? 0 : rest;
  if (open.some(({ status }) => status === null)) return Math.max(rest - sum(over), sum(open));
  return sum(open);
}
