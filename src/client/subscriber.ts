import type { Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type {
  ChainRequest,
  ClientMessage,
  SubscriptionItem,
  SubscriptionResult,
} from '../wire/messages.ts';
import { serviceError, type Answer, type PendingRequests } from './requests.ts';
import {
  batchesOf,
  splitItem,
  SubscriptionList,
  type SubscribeBatch,
  type UnsubscribeItem,
} from './subscriptions.ts';

export interface SubscriberOptions {
  clock: Clock;
  requests: PendingRequests;
  /** Time until a subscription that was refused for now is tried again, ms. */
  retryMs: number;
  isOpen(): boolean;
  send(message: ClientMessage): void;
  /** The service answered; called before the caller's promise is resolved. */
  subscribed(item: SubscriptionItem, results: readonly SubscriptionResult[]): void;
  /** Nothing holds this instrument any more. */
  forget(token: number): void;
  /** A subscription that once stood could not be renewed. */
  error(error: TickerError): void;
}

interface Waiter {
  resolve(results: SubscriptionResult[]): void;
  reject(error: TickerError): void;
}

/** Keeps the service's idea of what this client wants equal to the caller's, over reconnects. */
export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #list = new SubscriptionList();
  /** Calls of `subscribe` that have no answer yet. */
  readonly #waiters = new Map<SubscribeBatch, Waiter>();

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  async subscribe(item: SubscriptionItem): Promise<SubscriptionResult[]> {
    const parts = splitItem(item).map((part) => {
      const batch = this.#list.add(part);
      return new Promise<SubscriptionResult[]>((resolve, reject) => {
        this.#waiters.set(batch, { resolve, reject });
        if (this.#options.isOpen()) this.#request(batch);
      });
    });
    return (await Promise.all(parts)).flat();
  }

  async unsubscribe(item: UnsubscribeItem): Promise<SubscriptionResult[]> {
    const parts = splitItem(item).map((part) => {
      for (const token of this.#list.remove(part)) this.#options.forget(token);
      // A connection that begins later is not asked for it.
      return this.#options.isOpen() ? this.#requestEnd(part) : Promise.resolve([]);
    });
    return (await Promise.all(parts)).flat();
  }

  /** A connection has opened: asks for everything again, in its order. */
  renew(): void {
    const waiting = [...this.#waiters];
    this.#waiters.clear();
    const heldBack = new Set(waiting.flatMap(([batch]) => batch.subscriptions));
    for (const batch of batchesOf(this.#list.without(heldBack))) this.#request(batch);
    for (const [batch, waiter] of waiting) {
      const [again] = batchesOf(this.#list.stillWanted(batch));
      if (again === undefined) {
        waiter.resolve([]);
      } else {
        this.#waiters.set(again, waiter);
        this.#request(again);
      }
    }
  }

  chainChanged(
    chain: ChainRequest,
    added: readonly SubscriptionResult[],
    removed: readonly number[],
  ): void {
    for (const token of this.#list.chainChanged(chain, added, removed)) {
      this.#options.forget(token);
    }
  }

  /** Ends every call that waits. What was subscribed stays on the list. */
  rejectWaiters(error: TickerError): void {
    for (const [batch, waiter] of this.#waiters) {
      this.#list.drop(this.#list.stillWanted(batch));
      waiter.reject(error);
    }
    this.#waiters.clear();
  }

  #request(batch: SubscribeBatch): void {
    const id = this.#options.requests.open({
      answered: (answer) => this.#answered(batch, answer),
      refused: (error) => this.#refused(batch, error),
      // It is asked for again on the next connection.
      lost: () => undefined,
    });
    this.#options.send({ id, type: 'subscribe', ...batch.item });
  }

  #answered(batch: SubscribeBatch, answer: Answer): void {
    if (answer.type !== 'subscribed') {
      this.#refused(batch, new TickerError('BAD_MESSAGE', `subscribe answered by ${answer.type}`));
      return;
    }
    const failed = this.#list.answered(batch, answer.results);
    this.#options.subscribed(batch.item, answer.results);
    const waiter = this.#waiters.get(batch);
    if (waiter !== undefined) {
      this.#waiters.delete(batch);
      this.#list.drop(failed);
      waiter.resolve(answer.results);
      return;
    }
    for (const result of answer.results) {
      if (!result.ok) this.#options.error(renewalError(result.code, result.request));
    }
  }

  #refused(batch: SubscribeBatch, error: TickerError): void {
    const waiter = this.#waiters.get(batch);
    if (waiter !== undefined) {
      this.#waiters.delete(batch);
      this.#list.drop(this.#list.stillWanted(batch));
      waiter.reject(error);
      return;
    }
    this.#options.error(error);
    // After a time-out the connection is given up, and the next one asks for everything.
    if (error.retryable && error.code !== 'TIMEOUT') this.#retryLater(batch);
  }

  #retryLater(batch: SubscribeBatch): void {
    const timer = this.#options.clock.setTimeout(() => {
      if (!this.#options.isOpen()) return;
      for (const again of batchesOf(this.#list.stillWanted(batch))) this.#request(again);
    }, this.#options.retryMs);
    timer.unref();
  }

  #requestEnd(item: UnsubscribeItem): Promise<SubscriptionResult[]> {
    return new Promise((resolve, reject) => {
      const id = this.#options.requests.open({
        answered: (answer) => resolve('results' in answer ? answer.results : []),
        refused: reject,
        lost: () => resolve([]),
      });
      this.#options.send({ id, type: 'unsubscribe', ...item });
    });
  }
}

function renewalError(code: string, request: unknown): TickerError {
  return serviceError(code, `could not be subscribed again: ${JSON.stringify(request)}`);
}
