import type { Market } from '../market.ts';
import type { SimInstrument } from '../sim-instrument.ts';
import type { BookLine, BookNumbers, OrderLine, PlacedOrder } from './book-lines.ts';
import { exchangeOrderNumber, tradeNumber } from './exchange.ts';
import { orderNumber } from './order-desk.ts';
import type { OrderDesk } from './order-desk.ts';
import type { PortfolioState } from './portfolio.ts';
import type { SimOrder } from './sim-order.ts';
import type { SimTrade } from './sim-trade.ts';

/**
 * Gives a desk that is new the lines of one day. Returns how many orders and positions were left
 * out, because the market does not list their contract any more.
 */
export function restoreBook(lines: readonly BookLine[], desk: OrderDesk, market: Market): number {
  const restoring = new Restoring(desk, market);
  for (const line of lines) restoring.take(line);
  restoring.finish();
  return restoring.unlisted;
}

class Restoring {
  readonly #desk: OrderDesk;
  readonly #market: Market;
  readonly #orders = new Map<string, SimOrder>();
  #numbers: BookNumbers;
  unlisted = 0;

  constructor(desk: OrderDesk, market: Market) {
    this.#desk = desk;
    this.#market = market;
    this.#numbers = desk.numbers;
  }

  take(line: BookLine): void {
    if (line.kind === 'order') this.#order(line);
    else if (line.kind === 'account') this.#portfolio(line.state);
    else {
      this.#numbers = line.numbers;
      this.#desk.takeOverDay(line.day);
      for (const state of line.accounts) this.#portfolio(state);
    }
  }

  finish(): void {
    this.#desk.takeOverNumbers(this.#numbers);
  }

  #portfolio(state: PortfolioState): void {
    const { portfolio } = this.#desk.accountAsItIs(state.account);
    const listed = portfolio.restore(state, (key) => this.#instrument(key));
    this.unlisted += state.positions.length - listed;
  }

  #order({ id, placed, state, trade }: OrderLine): void {
    const numbers = this.#numbers;
    this.#numbers = {
      order: placed === null ? numbers.order : orderNumber(id),
      exchangeOrder: Math.max(numbers.exchangeOrder, exchangeOrderNumber(state.exchangeOrderId)),
      trade: Math.max(numbers.trade, trade === null ? 0 : tradeNumber(trade.id)),
    };
    const order = placed === null ? this.#orders.get(id) : this.#place(placed);
    if (order === undefined) return;
    order.restore(state);
    if (trade === null) return;
    const whole: SimTrade = {
      ...trade,
      orderId: id,
      exchangeOrderId: state.exchangeOrderId ?? '',
      terms: order.terms,
    };
    order.trades.push(whole);
    this.#desk.accountAsItIs(order.origin.account).addTrade(whole);
  }

  #place({ origin, terms, iceberg }: PlacedOrder): SimOrder | undefined {
    const instrument = this.#instrument(terms.instrument);
    if (instrument === undefined) {
      this.unlisted++;
      return undefined;
    }
    const order = this.#desk.newOrder(origin, { ...terms, instrument }, iceberg);
    this.#orders.set(order.id, order);
    this.#desk.accountAsItIs(origin.account).add(order);
    return order;
  }

  /** With a price, by which positions and funds are valued. */
  #instrument(key: string): SimInstrument | undefined {
    const instrument = this.#market.findByKey(key);
    if (instrument !== undefined) this.#desk.depth.referencePaise(instrument);
    return instrument;
  }
}
