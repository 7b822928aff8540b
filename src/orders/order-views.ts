import { mayTouchAccount, type Principal } from '../domain/access.ts';
import { TickerError } from '../domain/error-codes.ts';
import { mayChange, type OrderJournal } from '../domain/order-journal.ts';
import type { OperationRecord, OrderRecord, TradeRecord } from '../domain/order-record.ts';
import type { OrderEventView, OrderFilter } from '../domain/order-service.ts';
import type { OrderBook } from './order-book.ts';
import { isOrderId } from './order-ids.ts';

export interface OrderViewsOptions {
  book: OrderBook;
  store: Pick<OrderJournal, 'findOrder' | 'orderParts' | 'orderEvents'>;
}

/** What a key may see. Orders of accounts that it may not touch do not exist for it. */
export class OrderViews {
  readonly #options: OrderViewsOptions;

  constructor(options: OrderViewsOptions) {
    this.#options = options;
  }

  /** One order of any day. Rejects with UNKNOWN_ORDER. */
  async get(principal: Principal, orderId: string): Promise<OrderRecord> {
    const { book, store } = this.#options;
    const order =
      book.get(orderId) ?? (isOrderId(orderId) ? await store.findOrder(orderId) : undefined);
    if (order === undefined || !mayTouchAccount(principal, order.account)) {
      throw new TickerError('UNKNOWN_ORDER');
    }
    return order;
  }

  /** The newest first. Throws FORBIDDEN for an account that the key may not touch. */
  list(principal: Principal, filter: OrderFilter): OrderRecord[] {
    requireAccount(principal, filter.account);
    return [...this.#options.book.orders()]
      .filter((order) => mayTouchAccount(principal, order.account) && matches(order, filter))
      .toSorted((a, b) => b.createdUs - a.createdUs || (a.id < b.id ? 1 : -1));
  }

  async operations(principal: Principal, orderId: string): Promise<readonly OperationRecord[]> {
    await this.get(principal, orderId);
    const { book, store } = this.#options;
    if (book.get(orderId) !== undefined) return book.operationsOf(orderId);
    return (await store.orderParts(orderId)).operations;
  }

  async orderTrades(principal: Principal, orderId: string): Promise<readonly TradeRecord[]> {
    await this.get(principal, orderId);
    const { book, store } = this.#options;
    if (book.get(orderId) === undefined) return (await store.orderParts(orderId)).trades;
    return [...book.trades()].filter((trade) => trade.orderId === orderId);
  }

  async events(principal: Principal, orderId: string): Promise<OrderEventView[]> {
    await this.get(principal, orderId);
    const events = await this.#options.store.orderEvents(orderId);
    return events.map(({ timeUs, action, actor, detail }) => ({ timeUs, action, actor, detail }));
  }

  trades(principal: Principal, { account }: { account?: string }): TradeRecord[] {
    requireAccount(principal, account);
    return [...this.#options.book.trades()].filter(
      (trade) =>
        mayTouchAccount(principal, trade.account) &&
        (account === undefined || trade.account === account),
    );
  }
}

function requireAccount(principal: Principal, account: string | undefined): void {
  if (account === undefined || mayTouchAccount(principal, account)) return;
  throw new TickerError('FORBIDDEN', `the key may not touch ${account}`);
}

function matches(order: OrderRecord, filter: OrderFilter): boolean {
  const { account, clientOrderId, tag, intentState, open } = filter;
  return (
    (account === undefined || order.account === account) &&
    (clientOrderId === undefined || order.clientOrderId === clientOrderId) &&
    (tag === undefined || order.tag === tag || order.clientTag === tag) &&
    (intentState === undefined || order.intentState === intentState) &&
    (open === undefined || mayChange(order) === open)
  );
}
