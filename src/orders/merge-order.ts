/*
 * What is known of one order of the broker, and one more telling of it, become one: whatever the
 * order in which they come, however often, and however old. An order that is over stays over, what
 * is filled stays filled, and what is older never replaces what is newer.
 */
import { isTerminalStatus } from '../domain/intent-state.ts';
import type { BrokerOrder } from '../domain/order-record.ts';

/**
 * Which of two statuses of the same second comes later; others are between the first ones and the
 * settled ones. What waits for a change is followed by the settled status again, so that it is
 * before it.
 */
const STATUS_RANK: Readonly<Record<string, number>> = {
  'PUT ORDER REQ RECEIVED': 1,
  'VALIDATION PENDING': 2,
  'OPEN PENDING': 3,
  'AMO REQ RECEIVED': 5,
  'TRIGGER PENDING': 6,
  OPEN: 7,
  REJECTED: 8,
  CANCELLED: 9,
  COMPLETE: 10,
};
const OTHER_RANK = 4;

/** Events say only that something changed; null: the broker has only answered with the id. */
function tellsStatus(order: BrokerOrder): boolean {
  return order.status !== null && order.status !== 'UPDATE';
}

function rank({ status }: BrokerOrder): number {
  if (status === null) return 0;
  return STATUS_RANK[status] ?? OTHER_RANK;
}

/** Above 0: `left` tells a later moment of the order than `right`; 0: it cannot be told. */
function compareMoments(left: BrokerOrder, right: BrokerOrder): number {
  return (
    Number(isTerminalStatus(left.status)) - Number(isTerminalStatus(right.status)) ||
    left.filledQuantity - right.filledQuantity ||
    (left.exchangeUpdateTimeS ?? -1) - (right.exchangeUpdateTimeS ?? -1) ||
    rank(left) - rank(right)
  );
}

/**
 * `known` with what `told` adds: the very same object if that is nothing. `isBook`: it was read
 * from the broker's book, which is right where the moment cannot be told apart (its times are
 * whole seconds).
 */
export function mergeBrokerOrder(
  known: BrokerOrder | undefined,
  told: BrokerOrder,
  isBook: boolean,
): BrokerOrder {
  if (known === undefined) return told.status === 'UPDATE' ? { ...told, status: null } : told;
  const order = compareMoments(told, known);
  const isNewer = order > 0 || (order === 0 && (isBook || compareText(told, known) > 0));
  const [newer, older] = isNewer ? [told, known] : [known, told];
  const merged: BrokerOrder = {
    ...newer,
    status: tellsStatus(newer) ? newer.status : tellsStatus(older) ? older.status : null,
    statusMessage: newer.statusMessage ?? older.statusMessage,
    exchangeOrderId: newer.exchangeOrderId ?? older.exchangeOrderId,
    parentOrderId: newer.parentOrderId ?? older.parentOrderId,
    filledQuantity: Math.max(newer.filledQuantity, older.filledQuantity),
    averagePriceRupees: averagePrice(newer, older),
    orderTimeS: newer.orderTimeS ?? older.orderTimeS,
    exchangeUpdateTimeS: newer.exchangeUpdateTimeS ?? older.exchangeUpdateTimeS,
  };
  return isSame(merged, known) ? known : merged;
}

/** The price that goes with the larger filled quantity. */
function averagePrice(newer: BrokerOrder, older: BrokerOrder): number {
  if (older.filledQuantity > newer.filledQuantity) return older.averagePriceRupees;
  if (older.filledQuantity < newer.filledQuantity) return newer.averagePriceRupees;
  return newer.averagePriceRupees || older.averagePriceRupees;
}

/** Some order, the same whichever comes first. */
function compareText(left: BrokerOrder, right: BrokerOrder): number {
  const [a, b] = [textOf(left), textOf(right)];
  return a === b ? 0 : a < b ? -1 : 1;
}

const FIELDS = [
  'status',
  'filledQuantity',
  'pendingQuantity',
  'cancelledQuantity',
  'quantity',
  'averagePriceRupees',
  'priceRupees',
  'triggerPriceRupees',
  'exchangeUpdateTimeS',
  'orderTimeS',
  'orderType',
  'validity',
  'statusMessage',
  'exchangeOrderId',
  'parentOrderId',
] as const satisfies readonly (keyof BrokerOrder)[];

/* A whole book is compared at every reading: no text is made for it. */
function isSame(left: BrokerOrder, right: BrokerOrder): boolean {
  if (FIELDS.some((name) => left[name] !== right[name])) return false;
  return left.meta === right.meta || JSON.stringify(left.meta) === JSON.stringify(right.meta);
}

function textOf(order: BrokerOrder): string {
  return JSON.stringify([FIELDS.map((name) => order[name]), order.meta]);
}

/** Only the fields of a BrokerOrder, of a row that has more. */
export function brokerOrderOf(row: BrokerOrder): BrokerOrder {
  return {
    brokerOrderId: row.brokerOrderId,
    exchangeOrderId: row.exchangeOrderId,
    parentOrderId: row.parentOrderId,
    status: row.status,
    statusMessage: row.statusMessage,
    quantity: row.quantity,
    filledQuantity: row.filledQuantity,
    pendingQuantity: row.pendingQuantity,
    cancelledQuantity: row.cancelledQuantity,
    averagePriceRupees: row.averagePriceRupees,
    priceRupees: row.priceRupees,
    triggerPriceRupees: row.triggerPriceRupees,
    orderType: row.orderType,
    validity: row.validity,
    orderTimeS: row.orderTimeS,
    exchangeUpdateTimeS: row.exchangeUpdateTimeS,
    meta: row.meta,
  };
}

/** An order of which only the id is known, from the answer to its placement. */
export function answeredOrder(
  brokerOrderId: string,
  terms: { quantity: number; priceRupees: number | null; triggerPriceRupees: number | null },
): BrokerOrder {
  return {
    brokerOrderId,
    exchangeOrderId: null,
    parentOrderId: null,
    status: null,
    statusMessage: null,
    quantity: terms.quantity,
    filledQuantity: 0,
    pendingQuantity: terms.quantity,
    cancelledQuantity: 0,
    averagePriceRupees: 0,
    priceRupees: terms.priceRupees ?? 0,
    triggerPriceRupees: terms.triggerPriceRupees ?? 0,
    orderType: '',
    validity: '',
    orderTimeS: null,
    exchangeUpdateTimeS: null,
    meta: {},
  };
}

/**
 * `orders` with one more telling of one of them, or with one more order; the very same list if
 * nothing changes. The parent is first, the others as the broker numbers them.
 */
export function mergeIntoOrders(
  orders: readonly BrokerOrder[],
  told: BrokerOrder,
  isBook: boolean,
): readonly BrokerOrder[] {
  const at = orders.findIndex(({ brokerOrderId }) => brokerOrderId === told.brokerOrderId);
  const merged = mergeBrokerOrder(orders[at], told, isBook);
  if (merged === orders[at]) return orders;
  const others = orders.filter((_, index) => index !== at);
  return [...others, merged].sort(compareNumbers);
}

function compareNumbers(left: BrokerOrder, right: BrokerOrder): number {
  const [a, b] = [left.brokerOrderId, right.brokerOrderId];
  return (
    Number(left.parentOrderId !== null) - Number(right.parentOrderId !== null) ||
    a.length - b.length ||
    (a < b ? -1 : 1)
  );
}
