import { TickerError } from '../../domain/error-codes.ts';
import type { OrderService, Replayable } from '../../domain/order-service.ts';

/**
 * The order side as callers reach it: it comes when accounts and database are known, and ends with
 * the thread. Until then every call rejects with ORDERS_NOT_READY.
 */
export class OrderDoor implements OrderService {
  readonly #current: () => OrderService | undefined;
  readonly #onWrite: (durationUs: number) => void;
  readonly #monotonicMs: () => number;

  /** `onWrite` is told how long each order write took. */
  constructor(
    current: () => OrderService | undefined,
    monotonicMs: () => number,
    onWrite: (durationUs: number) => void,
  ) {
    this.#current = current;
    this.#monotonicMs = monotonicMs;
    this.#onWrite = onWrite;
  }

  place(...args: Parameters<OrderService['place']>): Promise<Replayable> {
    return this.#write((service) => service.place(...args));
  }

  modify(...args: Parameters<OrderService['modify']>): Promise<Replayable> {
    return this.#write((service) => service.modify(...args));
  }

  cancel(...args: Parameters<OrderService['cancel']>): Promise<Replayable> {
    return this.#write((service) => service.cancel(...args));
  }

  exit(...args: Parameters<OrderService['exit']>): Promise<Replayable> {
    return this.#write((service) => service.exit(...args));
  }

  giveUp(...args: Parameters<OrderService['giveUp']>): ReturnType<OrderService['giveUp']> {
    // What nobody took is not kept.
    return this.#current()?.giveUp(...args);
  }

  async get(...args: Parameters<OrderService['get']>): ReturnType<OrderService['get']> {
    return this.#service().get(...args);
  }

  list(...args: Parameters<OrderService['list']>): ReturnType<OrderService['list']> {
    return this.#service().list(...args);
  }

  async operations(
    ...args: Parameters<OrderService['operations']>
  ): ReturnType<OrderService['operations']> {
    return this.#service().operations(...args);
  }

  async events(...args: Parameters<OrderService['events']>): ReturnType<OrderService['events']> {
    return this.#service().events(...args);
  }

  async orderTrades(
    ...args: Parameters<OrderService['orderTrades']>
  ): ReturnType<OrderService['orderTrades']> {
    return this.#service().orderTrades(...args);
  }

  trades(...args: Parameters<OrderService['trades']>): ReturnType<OrderService['trades']> {
    return this.#service().trades(...args);
  }

  async orderMargins(...args: Parameters<OrderService['orderMargins']>): Promise<unknown> {
    return this.#service().orderMargins(...args);
  }

  async basketMargins(...args: Parameters<OrderService['basketMargins']>): Promise<unknown> {
    return this.#service().basketMargins(...args);
  }

  async sync(...args: Parameters<OrderService['sync']>): ReturnType<OrderService['sync']> {
    return this.#service().sync(...args);
  }

  async resolve(...args: Parameters<OrderService['resolve']>): ReturnType<OrderService['resolve']> {
    return this.#service().resolve(...args);
  }

  tradingStates(
    ...args: Parameters<OrderService['tradingStates']>
  ): ReturnType<OrderService['tradingStates']> {
    return this.#service().tradingStates(...args);
  }

  async setTradingState(
    ...args: Parameters<OrderService['setTradingState']>
  ): ReturnType<OrderService['setTradingState']> {
    return this.#service().setTradingState(...args);
  }

  limits(...args: Parameters<OrderService['limits']>): ReturnType<OrderService['limits']> {
    return this.#service().limits(...args);
  }

  async setLimits(
    ...args: Parameters<OrderService['setLimits']>
  ): ReturnType<OrderService['setLimits']> {
    return this.#service().setLimits(...args);
  }

  async postback(...args: Parameters<OrderService['postback']>): Promise<void> {
    return this.#service().postback(...args);
  }

  async #write(act: (service: OrderService) => Promise<Replayable>): Promise<Replayable> {
    const startMs = this.#monotonicMs();
    try {
      return await act(this.#service());
    } finally {
      this.#onWrite((this.#monotonicMs() - startMs) * 1000);
    }
  }

  #service(): OrderService {
    const service = this.#current();
    if (service !== undefined) return service;
    throw new TickerError('ORDERS_NOT_READY', 'accounts and database are not known yet');
  }
}
