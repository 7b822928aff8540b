import type { EventRecord, OrderEvents } from './order-events.ts';
import type { OrderDesk } from './order-desk.ts';
import type { OrderLimits } from './order-limits.ts';
import type { LoggedRequest, RequestLog } from './request-log.ts';
import type { OrderRow, SimOrder } from './sim-order.ts';
import { tradeRow } from './sim-trade.ts';
import type { TradingAccount } from './trading-account.ts';

/** The true state of an order and how it came there. Times are epoch microseconds. */
export interface LedgerOrder {
  order_id: string;
  tag: string | null;
  /** IST day of its book. */
  day: string;
  placed_us: number;
  /** From when on the book shows it. */
  visible_from_us: number;
  is_external: boolean;
  status: string;
  quantity: number;
  filled: number;
  pending: number;
  cancelled: number;
  /** The row as the book has it once it shows the order. */
  row: OrderRow;
  history: { time_us: number; status: string }[];
}

export interface LedgerAccount {
  account: string;
  orders: LedgerOrder[];
  trades: object[];
  positions: object[];
  /** Rupees. */
  funds: { cash: number; debits: number; net: number };
  /** Order requests that count towards the day's limit. */
  order_requests_today: number;
}

/** What really happened, to be compared with what a client believes. */
export interface OrdersLedger {
  time_us: number;
  day: string;
  is_market_open: boolean;
  requests: readonly LoggedRequest[];
  requests_dropped: number;
  accounts: LedgerAccount[];
  events: LedgerEvent[];
}

export interface LedgerEvent {
  time_us: number;
  account: string;
  channel: string;
  order_id: string;
  status: string;
  filled: number;
  fate: string;
}

export interface OrdersLedgerSources {
  timeUs: number;
  desk: OrderDesk;
  requests: RequestLog;
  events: OrderEvents;
  limits: OrderLimits;
}

export function buildOrdersLedger(sources: OrdersLedgerSources): OrdersLedger {
  const { desk, requests, events, limits } = sources;
  return {
    time_us: sources.timeUs,
    day: desk.day,
    is_market_open: desk.isMarketOpen,
    requests: requests.requests,
    requests_dropped: requests.dropped,
    accounts: desk.accounts().map((account) => accountEntry(account, limits)),
    events: events.records.map(eventEntry),
  };
}

function accountEntry(account: TradingAccount, limits: OrderLimits): LedgerAccount {
  const { opening, payin, debits, net } = account.portfolio.funds(account.open());
  return {
    account: account.id,
    orders: account.orders.map(orderEntry),
    trades: account.trades.map(tradeRow),
    positions: account.portfolio.positions().map((position) => position.row('net')),
    funds: { cash: (opening + payin) / 100, debits: debits / 100, net: net / 100 },
    order_requests_today: limits.ordersToday(account.id),
  };
}

function orderEntry(order: SimOrder): LedgerOrder {
  return {
    order_id: order.id,
    tag: order.terms.tag,
    day: order.origin.day,
    placed_us: order.origin.placedUs,
    visible_from_us: order.visibleFromUs,
    is_external: order.origin.isExternal,
    status: order.status,
    quantity: order.quantity,
    filled: order.filled,
    pending: order.pending,
    cancelled: order.cancelled,
    row: order.history.at(-1)?.row ?? {},
    history: order.history.map(({ timeUs, status }) => ({ time_us: timeUs, status })),
  };
}

function eventEntry(event: EventRecord): LedgerEvent {
  return {
    time_us: event.timeUs,
    account: event.account,
    channel: event.channel,
    order_id: event.orderId,
    status: event.status,
    filled: event.filled,
    fate: event.fate,
  };
}
