import type { BrokerOrder, OrderRecord, TradeRecord } from '../../../src/domain/order-record.ts';
import type {
  LedgerAccount,
  LedgerOrder,
  OrdersLedger,
} from '../../../src/feed/sim/orders/orders-ledger.ts';
import type { LoggedRequest } from '../../../src/feed/sim/orders/request-log.ts';

/** What all attempts of one intent share. */
const PREFIX_LENGTH = 14;
const OPEN_INTENTS: ReadonlySet<string | null> = new Set(['INTENT', 'SENT', 'UNKNOWN']);
const NOTHING_DONE: ReadonlySet<string | null> = new Set([
  'REJECTED',
  'RESOLVED_ABSENT',
  'ESCALATED',
]);

/** What the judge needs of an order as the service has it. */
export type KnownOrder = Pick<OrderRecord, 'id' | 'account' | 'tag' | 'intentState'> & {
  terms: Pick<OrderRecord['terms'], 'tradingsymbol' | 'variety' | 'product' | 'transactionType'>;
  brokerOrders: readonly KnownBrokerOrder[];
};

export type KnownBrokerOrder = Pick<
  BrokerOrder,
  | 'brokerOrderId'
  | 'parentOrderId'
  | 'status'
  | 'quantity'
  | 'filledQuantity'
  | 'cancelledQuantity'
  | 'averagePriceRupees'
  | 'priceRupees'
  | 'triggerPriceRupees'
>;

/** What a service believes. */
export interface Belief {
  orders: readonly KnownOrder[];
  trades: readonly Pick<TradeRecord, 'account' | 'tradeId'>[];
}

/** Compares what the service believes at the end with what the broker really did. */
export function judgeLedger({ orders: records, trades }: Belief, ledger: OrdersLedger): string[] {
  return ledger.accounts.flatMap((account) => {
    const own = records.filter((record) => record.account === account.account);
    const requests = ledger.requests.filter((request) => request.account === account.account);
    const fills = trades.filter((trade) => trade.account === account.account);
    return [
      ...intents(own, account, requests),
      ...orders(own, account),
      ...positions(own, account),
      ...fillsOf(account, new Set(fills.map(({ tradeId }) => tradeId)), fills.length),
    ].map((what) => `${account.account}: ${what}`);
  });
}

/** At most one order of each intent, of every intent a known end, and nothing done unknown. */
function intents(
  records: readonly KnownOrder[],
  account: LedgerAccount,
  requests: readonly LoggedRequest[],
): string[] {
  const violations: string[] = [];
  const placed = new Map<string, LoggedRequest[]>();
  for (const request of requests) {
    if (request.method !== 'POST' || !request.accepted) continue;
    const prefix = (request.tag ?? '').slice(0, PREFIX_LENGTH);
    placed.set(prefix, [...(placed.get(prefix) ?? []), request]);
  }
  const ours = records.filter(({ intentState }) => intentState !== null);
  for (const { id, tag, intentState, brokerOrders } of ours) {
    const done = placed.get(tag.slice(0, PREFIX_LENGTH)) ?? [];
    if (done.length > 1) violations.push(`${id} was placed ${done.length} times`);
    if (OPEN_INTENTS.has(intentState)) violations.push(`${id} is ${intentState} at the end`);
    const isThere = done.length > 0;
    if (isThere && NOTHING_DONE.has(intentState)) {
      violations.push(`${id} is ${intentState}, but it was placed as ${done[0]?.order_ids.join()}`);
    }
    if (!isThere && !NOTHING_DONE.has(intentState) && !OPEN_INTENTS.has(intentState)) {
      violations.push(`${id} is ${intentState}, but it was never placed`);
    }
    const known = new Set(brokerOrders.map(({ brokerOrderId }) => brokerOrderId));
    for (const orderId of done.flatMap(({ order_ids: ids }) => ids)) {
      if (!known.has(orderId)) violations.push(`${id} does not know its order ${orderId}`);
    }
  }
  const prefixes = new Set(ours.map(({ tag }) => tag.slice(0, PREFIX_LENGTH)));
  for (const [prefix, [first]] of placed) {
    if (!prefixes.has(prefix)) violations.push(`nobody knows of ${first?.order_ids.join()}`);
  }
  const ids = new Set(account.orders.map(({ order_id: id }) => id));
  for (const { id, brokerOrders } of records) {
    const foreign = brokerOrders.find(({ brokerOrderId }) => !ids.has(brokerOrderId));
    if (foreign !== undefined) {
      violations.push(`${id} claims ${foreign.brokerOrderId}, which the account does not have`);
    }
  }
  return violations;
}

/** Every order of the broker is known once, as it is. */
function orders(records: readonly KnownOrder[], account: LedgerAccount): string[] {
  const known = new Map<string, { record: KnownOrder; order: KnownBrokerOrder }[]>();
  for (const record of records) {
    for (const order of record.brokerOrders) {
      const entry = { record, order };
      known.set(order.brokerOrderId, [...(known.get(order.brokerOrderId) ?? []), entry]);
    }
  }
  return account.orders.flatMap((truth) => {
    const entries = known.get(truth.order_id) ?? [];
    const [entry] = entries;
    if (entry === undefined) return [`order ${truth.order_id} (${truth.tag}) is not known`];
    if (entries.length > 1) return [`order ${truth.order_id} belongs to several intents`];
    const { record, order } = entry;
    if (truth.is_external !== (record.intentState === null)) {
      return [`${record.id}: ${truth.order_id} is taken for one from outside, or is not`];
    }
    return differences(order, truth).map((what) => `${record.id}, ${truth.order_id}: ${what}`);
  });
}

function differences(order: KnownBrokerOrder, { row, ...truth }: LedgerOrder): string[] {
  const compare = (name: string, ours: unknown, real: unknown): string[] =>
    ours === real ? [] : [`${name} is ${String(real)}, not ${String(ours)}`];
  const price = (name: string, ours: number): string[] =>
    Math.abs(ours - Number(row[name])) < 0.005 ? [] : compare(name, ours, row[name]);
  return [
    ...compare('status', order.status, truth.status),
    ...compare('filled', order.filledQuantity, truth.filled),
    ...compare('quantity', order.quantity, truth.quantity),
    ...compare('cancelled', order.cancelledQuantity, truth.cancelled),
    ...price('average_price', order.averagePriceRupees),
    ...price('price', order.priceRupees),
    ...price('trigger_price', order.triggerPriceRupees),
  ];
}

/** What all orders have filled makes the broker's positions. */
function positions(records: readonly KnownOrder[], account: LedgerAccount): string[] {
  const net = new Map<string, number>();
  for (const { terms, brokerOrders } of records) {
    const product = terms.variety === 'co' ? 'CO' : terms.product;
    const key = `${terms.tradingsymbol} ${product}`;
    for (const order of brokerOrders) {
      const sign = sideOf(order, records) === 'BUY' ? 1 : -1;
      net.set(key, (net.get(key) ?? 0) + sign * order.filledQuantity);
    }
  }
  return account.positions.flatMap((row) => {
    const { tradingsymbol, product, quantity } = row as Record<string, unknown>;
    const ours = net.get(`${String(tradingsymbol)} ${String(product)}`) ?? 0;
    return ours === quantity
      ? []
      : [`position ${String(tradingsymbol)} ${String(product)}: ${String(quantity)}, not ${ours}`];
  });
}

/** The second leg of a cover order trades the other way. */
function sideOf(order: KnownBrokerOrder, records: readonly KnownOrder[]): 'BUY' | 'SELL' {
  const record = records.find(({ brokerOrders }) => brokerOrders.includes(order))!;
  const { variety, transactionType } = record.terms;
  const isSecondLeg = variety === 'co' && order.parentOrderId !== null;
  if (!isSecondLeg) return transactionType;
  return transactionType === 'BUY' ? 'SELL' : 'BUY';
}

function fillsOf(account: LedgerAccount, known: ReadonlySet<string>, count: number): string[] {
  const real = account.trades.map((trade) => String((trade as { trade_id: unknown }).trade_id));
  const lost = real.filter((id) => !known.has(id));
  return [
    ...lost.slice(0, 1).map((id) => `trade ${id} is not known (${lost.length} of ${real.length})`),
    ...(count > real.length ? [`${count} trades are known of ${real.length}`] : []),
  ];
}
