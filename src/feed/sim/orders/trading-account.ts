import type { MarketDepth } from './market-depth.ts';
import { Portfolio } from './portfolio.ts';
import type { SimOrder } from './sim-order.ts';
import type { SimTrade } from './sim-trade.ts';

/** Orders, trades, positions and funds of one broker account. */
export class TradingAccount {
  readonly id: string;
  readonly portfolio: Portfolio;
  /** Everything ever placed, oldest first, as the ledger shows it. */
  readonly orders: SimOrder[] = [];
  readonly trades: SimTrade[] = [];
  readonly #byId = new Map<string, SimOrder>();
  readonly #open = new Set<SimOrder>();

  constructor(id: string, depth: MarketDepth) {
    this.id = id;
    this.portfolio = new Portfolio(depth);
  }

  add(order: SimOrder): void {
    this.orders.push(order);
    this.#byId.set(order.id, order);
    this.#open.add(order);
  }

  find(orderId: string): SimOrder | undefined {
    return this.#byId.get(orderId);
  }

  /** Orders that may still trade, oldest first. */
  open(): SimOrder[] {
    for (const order of this.#open) {
      if (order.isTerminal) this.#open.delete(order);
    }
    return [...this.#open];
  }

  addTrade(trade: SimTrade): void {
    this.trades.push(trade);
    this.portfolio.trade(trade);
  }
}
