import type { Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type {
  ChainRequest,
  ClientMessage,
  SubscriptionItem,
  SubscriptionResult,
} from '../wire/messages.ts';
import { serviceError, type Answer, type PendingRequests } from './requests.ts';
import { splitResults } from './resumed-results.ts';
import {
  batchesOf,
  splitItem,
  SubscriptionList,
  type SubscribeBatch,
  type Subscription,
  type UnsubscribeItem,
} from './subscriptions.ts';

/** Where the stream is to be continued. */
export interface ResumePoint {
  epoch: string;
  /** The last `through`. */
  sequence: number;
  /** Size of the largest message that the service takes, if it says so. */
  messageMaxBytes: number;
}

export interface SubscriberOptions {
  clock: Clock;
  requests: PendingRequests;
  /** Time until a subscription that was refused for now is tried again, ms. */
  retryMs: number;
  send(message: ClientMessage): void;
  /** A call waits for the end of a resume: `isHolding`. */
  held(): void;
  /** The service has answered `resume`, or refused it: false. Called before `subscribed`. */
  resumed(isRecovered: boolean): void;
  /** The service answered; called before the caller's promise is resolved. */
  subscribed(item: SubscriptionItem, results: readonly SubscriptionResult[]): void;
  /** The newest value of this instrument is on its way; `isNew`: to somebody who has none. */
  expect(token: number, isNew: boolean): void;
  /** Whether it still is. */
  isOutstanding(token: number): boolean;
  /** Nothing holds this instrument any more. */
  forget(token: number): void;
  /** A subscription that once stood could not be renewed. */
  error(error: TickerError): void;
}

interface Waiter {
  resolve: (results: SubscriptionResult[]) => void;
  reject: (error: TickerError) => void;
}

interface HeldEnd extends Waiter {
  item: UnsubscribeItem;
}

/**
 * offline: there is no connection. resuming: the service is sending what was missed; a subscription
 * now would overtake it.
 */
type Phase = 'offline' | 'resuming' | 'open';

/** Keeps the service's idea of what this client wants equal to the caller's, over reconnects. */
export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #list = new SubscriptionList();
  /** Calls of `subscribe` that have no answer yet. */
  readonly #waiters = new Map<SubscribeBatch, Waiter>();
  #heldEnds: HeldEnd[] = [];
  /** What the service was asked for by the resume of this connection. */
  #resumedList: readonly Subscription[] = [];
  #phase: Phase = 'offline';
  #hasResumeTimedOut = false;

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  /** Whether a call waits for the end of a resume. */
  get isHolding(): boolean {
    return this.#phase === 'resuming' && (this.#waiters.size > 0 || this.#heldEnds.length > 0);
  }

  async subscribe(item: SubscriptionItem): Promise<SubscriptionResult[]> {
    const parts = splitItem(item).map((part) => {
      const batch = this.#list.add(part);
      return new Promise<SubscriptionResult[]>((resolve, reject) => {
        this.#waiters.set(batch, { resolve, reject });
        if (this.#phase === 'open') this.#request(batch);
        else if (this.#phase === 'resuming') this.#options.held();
      });
    });
    return (await Promise.all(parts)).flat();
  }

  async unsubscribe(item: UnsubscribeItem): Promise<SubscriptionResult[]> {
    const parts = splitItem(item).map((part) => {
      for (const token of this.#list.remove(part)) this.#options.forget(token);
      // A connection that begins later is not asked for it.
      if (this.#phase === 'offline') return Promise.resolve([]);
      return new Promise<SubscriptionResult[]>((resolve, reject) => {
        const end = { item: part, resolve, reject };
        if (this.#phase === 'open') {
          this.#requestEnd(end);
        } else {
          this.#heldEnds.push(end);
          this.#options.held();
        }
      });
    });
    return (await Promise.all(parts)).flat();
  }

  /**
   * A connection has opened. Continues at `from` (true: `resumed` will tell how it went), or asks
   * for everything again in its order.
   */
  begin(from: ResumePoint | undefined): boolean {
    const accepted = this.#list.accepted();
    const isTried = from !== undefined && accepted.length > 0 && !this.#hasResumeTimedOut;
    this.#hasResumeTimedOut = false;
    if (isTried && this.#resume(from, accepted)) return true;
    this.#open(new Set());
    return false;
  }

  /** Everything that was missed has come. */
  replayed(): void {
    if (this.#phase !== 'resuming') return;
    // What was accepted on a connection that broke before the first value came.
    const lacking = this.#list.lacking((token) => this.#options.isOutstanding(token));
    this.#open(new Set(this.#resumedList));
    for (const batch of batchesOf(lacking)) this.#request(batch);
  }

  /** The connection has ended. */
  end(): void {
    this.#phase = 'offline';
    for (const { resolve } of this.#heldEnds.splice(0)) resolve([]);
  }

  chainChanged(
    chain: ChainRequest,
    added: readonly SubscriptionResult[],
    removed: readonly number[],
  ): void {
    for (const token of this.#list.chainChanged(chain, added, removed)) {
      this.#options.forget(token);
    }
    for (const result of added) if (result.ok) this.#options.expect(result.token, true);
  }

  /** Ends every call that waits. What was subscribed stays on the list. */
  rejectWaiters(error: TickerError): void {
    for (const [batch, waiter] of this.#waiters) {
      this.#list.drop(this.#list.stillWanted(batch));
      waiter.reject(error);
    }
    this.#waiters.clear();
  }

  /** False: it cannot be asked for in one message. */
  #resume(from: ResumePoint, accepted: readonly Subscription[]): boolean {
    const batches = batchesOf(accepted);
    const { epoch, sequence } = from;
    const subscriptions = batches.map(({ item }) => item);
    // Symbols are ASCII: as many bytes as characters. Some are left for the rest of the message.
    if (JSON.stringify(subscriptions).length + 200 > from.messageMaxBytes) return false;
    this.#phase = 'resuming';
    this.#resumedList = accepted;
    const id = this.#options.requests.open({
      answered: (answer) => this.#resumed(batches, answer),
      refused: (error) => this.#resumeRefused(error),
      lost: () => undefined,
    });
    this.#options.send({ id, type: 'resume', epoch, sequence, subscriptions });
    return true;
  }

  #resumed(batches: readonly SubscribeBatch[], answer: Answer): void {
    if (answer.type !== 'resumed') {
      this.#resumeRefused(new TickerError('BAD_MESSAGE', `resume answered by ${answer.type}`));
      return;
    }
    const { recovered, results } = answer;
    this.#options.resumed(recovered);
    splitResults(batches, results).forEach((lines, index) => {
      const batch = batches[index];
      if (batch !== undefined) this.#renewed(batch, lines, recovered);
    });
    if (!recovered) this.#open(new Set(this.#resumedList));
  }

  #resumeRefused(error: TickerError): void {
    // The connection is given up; the next one asks for everything instead.
    if (error.code === 'TIMEOUT') {
      this.#hasResumeTimedOut = true;
      return;
    }
    if (error.code !== 'NOT_SUPPORTED') this.#options.error(error);
    this.#options.resumed(false);
    this.#open(new Set());
  }

  /** Asks for everything but `served`, what was asked for long ago first. */
  #open(served: ReadonlySet<Subscription>): void {
    this.#phase = 'open';
    for (const end of this.#heldEnds.splice(0)) this.#requestEnd(end);
    const waiting = [...this.#waiters];
    this.#waiters.clear();
    const heldBack = new Set(waiting.flatMap(([batch]) => batch.subscriptions));
    const excluded = new Set([...served, ...heldBack]);
    for (const batch of batchesOf(this.#list.without(excluded))) this.#request(batch);
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
    const waiter = this.#waiters.get(batch);
    if (waiter === undefined) {
      this.#renewed(batch, answer.results, false);
      return;
    }
    this.#waiters.delete(batch);
    const { failed } = this.#list.answered(batch, answer.results);
    for (const result of answer.results) if (result.ok) this.#options.expect(result.token, true);
    this.#options.subscribed(batch.item, answer.results);
    this.#list.drop(failed);
    waiter.resolve(answer.results);
  }

  /** The service answered what nobody waits for: it stood before. */
  #renewed(
    batch: SubscribeBatch,
    results: readonly SubscriptionResult[],
    isContinued: boolean,
  ): void {
    const added = new Set(this.#list.answered(batch, results).added);
    for (const result of results) {
      if (!result.ok) continue;
      const isNew = added.has(result.token);
      // What goes on sends its newest value again only if somebody new wants it.
      if (isNew || !isContinued) this.#options.expect(result.token, isNew);
    }
    this.#options.subscribed(batch.item, results);
    for (const result of results) {
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
      if (this.#phase !== 'open') return;
      for (const again of batchesOf(this.#list.stillWanted(batch))) this.#request(again);
    }, this.#options.retryMs);
    timer.unref();
  }

  #requestEnd({ item, resolve, reject }: HeldEnd): void {
    const id = this.#options.requests.open({
      answered: (answer) => resolve('results' in answer ? answer.results : []),
      refused: reject,
      lost: () => resolve([]),
    });
    this.#options.send({ id, type: 'unsubscribe', ...item });
  }
}

function renewalError(code: string, request: unknown): TickerError {
  return serviceError(code, `could not be subscribed again: ${JSON.stringify(request)}`);
}
