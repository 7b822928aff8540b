import type { ErrorCode } from './error-codes.ts';
import type { IntentState } from './intent-state.ts';
import type { OrderChange, OrderTerms, Product, TransactionType } from './order-terms.ts';

/** What the checks before an order saw and decided. */
export interface RiskDecision {
  allowed: boolean;
  /** Null: allowed. */
  code: ErrorCode | null;
  detail: string | null;
  /** It can only bring a position nearer to zero. */
  isExit: boolean;
  /** What was compared with what, by name with the unit in it. */
  numbers: Readonly<Record<string, number | string | null>>;
}

/** One order of the broker that came of an intent: the order itself, a slice or a leg. */
export interface BrokerOrder {
  /** 15 to 19 digits, never a number. */
  brokerOrderId: string;
  exchangeOrderId: string | null;
  parentOrderId: string | null;
  /** The broker's own words; null: it has only answered with the id. */
  status: string | null;
  statusMessage: string | null;
  quantity: number;
  filledQuantity: number;
  pendingQuantity: number;
  cancelledQuantity: number;
  /** Rupees; 0: nothing filled. */
  averagePriceRupees: number;
  priceRupees: number;
  triggerPriceRupees: number;
  orderType: string;
  validity: string;
  /** Epoch s by the broker's clock; null: not told. */
  orderTimeS: number | null;
  exchangeUpdateTimeS: number | null;
  /** Progress of an iceberg, as the broker tells it. */
  meta: Readonly<Record<string, unknown>>;
}

/** Why one slice of an order was refused. */
export interface SliceRefusal {
  code: string;
  message: string;
}

/**
 * One order intent with all that is known of it. Times are epoch µs of our clock. Plain data: the
 * journal keeps it as it stands.
 */
export interface OrderRecord {
  /** `ord_` and 12 characters; the tag is made of them. */
  id: string;
  account: string;
  /** Whose it is; null: placed outside of this service. */
  keyId: string | null;
  clientOrderId: string | null;
  /** The `tag` of the caller, which stays here: the broker gets ours. */
  clientTag: string | null;
  /** The broker's only handle on the intent. */
  tag: string;
  terms: OrderTerms;
  /** Instrument token of the day; null: the contract was not found. */
  instrumentToken: number | null;
  /** Null: an order from outside has no intent. */
  intentState: IntentState | null;
  /** Why it was refused or is unknown. */
  code: ErrorCode | null;
  /** The same in words, the broker's or ours. */
  message: string | null;
  risk: RiskDecision | null;
  /** The parent first, as the broker numbers them. */
  brokerOrders: readonly BrokerOrder[];
  /** Number by which the broker's answer named all slices together: it may be no order itself. */
  sliceParentId: string | null;
  sliceRefusals: readonly SliceRefusal[];
  /** An order that came twice, or after it was held absent: the younger ones. */
  duplicateOrderIds: readonly string[];
  createdUs: number;
  sentUs: number | null;
  answeredUs: number | null;
  resolvedUs: number | null;
  updatedUs: number;
  /** Rises by one with every change. */
  version: number;
}

export type OperationKind = 'modify' | 'cancel';

/** One modification or cancellation of an order: an intent of its own. */
export interface OperationRecord {
  /** `op_` and 12 characters. */
  id: string;
  orderId: string;
  account: string;
  /** `service`: done of its own accord (kill switch, late duplicate). */
  keyId: string;
  kind: OperationKind;
  /** Which of the broker's orders. */
  brokerOrderId: string;
  /** Null: a cancellation. */
  change: OrderChange | null;
  intentState: IntentState;
  code: ErrorCode | null;
  message: string | null;
  createdUs: number;
  sentUs: number | null;
  resolvedUs: number | null;
  version: number;
}

/** One fill, as the broker's trade book has it. */
export interface TradeRecord {
  tradeId: string;
  account: string;
  brokerOrderId: string;
  /** Ours; null: of an order from outside that is not known yet. */
  orderId: string | null;
  exchange: string;
  tradingsymbol: string;
  transactionType: TransactionType;
  product: Product;
  quantity: number;
  priceRupees: number;
  /** Epoch s; null: not told. */
  fillTimeS: number | null;
}

/** Status of the whole intent in the broker's words; null before any is known. */
export function orderStatus(order: OrderRecord): string | null {
  const orders = order.brokerOrders;
  const open = orders.find(({ status }) => status !== null && !OVER.has(status));
  return (open ?? orders[0])?.status ?? null;
}

const OVER: ReadonlySet<string> = new Set(['COMPLETE', 'CANCELLED', 'REJECTED']);

/** True: the number of all slices together, and the book has not shown an order of that number. */
export function isBareParent(
  { brokerOrders, sliceParentId }: OrderRecord,
  { brokerOrderId, status }: BrokerOrder,
): boolean {
  return status === null && brokerOrderId === sliceParentId && brokerOrders.length > 1;
}

/** What stands for the intent: of a cover order the first leg, as the second one undoes it. */
export function entryOrders({ terms, brokerOrders }: OrderRecord): readonly BrokerOrder[] {
  if (terms.variety !== 'co') return brokerOrders;
  return brokerOrders.filter(({ parentOrderId }) => parentOrderId === null);
}

export function filledQuantity(order: OrderRecord): number {
  return entryOrders(order).reduce((sum, { filledQuantity: filled }) => sum + filled, 0);
}

/** Units that are left of what was filled: the second leg of a cover order has undone the rest. */
export function heldQuantity(order: OrderRecord): number {
  const all = order.brokerOrders.reduce((sum, { filledQuantity: filled }) => sum + filled, 0);
  const filled = filledQuantity(order);
  return filled - (all - filled);
}
