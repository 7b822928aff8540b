import { TickerError } from '../domain/error-codes.ts';
import type { ChainRequest, SubscriptionItem, SubscriptionResult } from '../wire/messages.ts';
import { chainKey } from './chain-key.ts';

type Request = number | string | ChainRequest;

/** How something is delivered, in the words of the caller. */
type DeliveryOptions = Omit<SubscriptionItem, 'instruments' | 'chain'>;

/** Instruments in one message; keeps it well below the service's size limit. */
const INSTRUMENTS_PER_MESSAGE = 500;

/** One thing subscribed: an instrument or a chain. */
export interface Subscription {
  readonly request: Request;
  readonly options: DeliveryOptions;
  /** Instruments that the service gave for it. */
  readonly tokens: Set<number>;
  /** Of a chain, as the service resolved it. */
  expiry: string | undefined;
}

/** What one message asks for, and whom its answer serves. */
export interface SubscribeBatch {
  readonly item: SubscriptionItem;
  readonly subscriptions: readonly Subscription[];
}

/** What an answer has changed. */
export interface Accepted {
  /** Subscriptions of which nothing was accepted. */
  readonly failed: Subscription[];
  /** Instruments that their subscription did not have before. */
  readonly added: number[];
}

export type UnsubscribeItem = Pick<SubscriptionItem, 'instruments' | 'chain'>;

export function requestKey(request: Request): string {
  return typeof request === 'object' ? chainKey(request) : `${typeof request} ${request}`;
}

function optionsOf({ instruments: _, chain: __, ...options }: SubscriptionItem): DeliveryOptions {
  return options;
}

function areEqual(a: DeliveryOptions, b: DeliveryOptions): boolean {
  return (
    a.mode === b.mode &&
    a.greeks === b.greeks &&
    a.policy === b.policy &&
    a.window_ms === b.window_ms
  );
}

/** The requests of an item. Throws TickerError BAD_MESSAGE unless it names either kind. */
function requestsOf(item: UnsubscribeItem): Request[] {
  const { instruments, chain } = item;
  if ((instruments === undefined) === (chain === undefined)) {
    throw new TickerError('BAD_MESSAGE', 'a subscription names instruments or a chain');
  }
  return instruments ?? (chain === undefined ? [] : [chain]);
}

/** Items of at most INSTRUMENTS_PER_MESSAGE instruments that together are `item`. */
export function splitItem<Item extends UnsubscribeItem>(item: Item): Item[] {
  const requests = requestsOf(item);
  if (item.chain !== undefined) return [item];
  const parts: Item[] = [];
  for (let start = 0; start < requests.length; start += INSTRUMENTS_PER_MESSAGE) {
    const instruments = (item.instruments ?? []).slice(start, start + INSTRUMENTS_PER_MESSAGE);
    parts.push({ ...item, instruments });
  }
  return parts;
}

/** Everything the caller wants, in the order in which it was asked for: the newest wins. */
export class SubscriptionList {
  readonly #byKey = new Map<string, Subscription>();

  /** Takes a part from `splitItem` into the list. What is already there moves to the end. */
  add(item: SubscriptionItem): SubscribeBatch {
    const subscriptions: Subscription[] = [];
    const options = optionsOf(item);
    for (const request of requestsOf(item)) {
      const key = requestKey(request);
      const tokens = this.#byKey.get(key)?.tokens ?? new Set<number>();
      const expiry = this.#byKey.get(key)?.expiry;
      const subscription = { request, options, tokens, expiry };
      this.#byKey.delete(key);
      this.#byKey.set(key, subscription);
      subscriptions.push(subscription);
    }
    return { item, subscriptions };
  }

  /** Takes `item` off the list. Returns the instruments that nothing else on the list holds. */
  remove(item: UnsubscribeItem): number[] {
    const removed: Subscription[] = [];
    for (const request of requestsOf(item)) {
      for (const subscription of this.#find(request)) {
        this.#byKey.delete(requestKey(subscription.request));
        removed.push(subscription);
      }
    }
    return this.#unheld(removed.flatMap(({ tokens }) => [...tokens]));
  }

  /** Those of a batch that were not asked for again, or off, since. */
  stillWanted(batch: SubscribeBatch): Subscription[] {
    return batch.subscriptions.filter(
      (subscription) => this.#byKey.get(requestKey(subscription.request)) === subscription,
    );
  }

  /** Drops what the service refused, unless it was asked for again since. */
  drop(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) {
      const key = requestKey(subscription.request);
      if (this.#byKey.get(key) === subscription) this.#byKey.delete(key);
    }
  }

  /** Takes in the answer to a batch. */
  answered(batch: SubscribeBatch, results: readonly SubscriptionResult[]): Accepted {
    const added: number[] = [];
    const [first] = batch.subscriptions;
    if (first !== undefined && batch.item.chain !== undefined) {
      acceptTokens(first, results, added);
      return { failed: first.tokens.size === 0 ? [first] : [], added };
    }
    const byKey = new Map(results.map((result) => [requestKey(result.request), result]));
    const failed = batch.subscriptions.filter((subscription) => {
      const result = byKey.get(requestKey(subscription.request));
      acceptTokens(subscription, result === undefined ? [] : [result], added);
      return subscription.tokens.size === 0;
    });
    return { failed, added };
  }

  /** A chain's window moved. Returns the instruments that nothing on the list holds any more. */
  chainChanged(
    chain: ChainRequest,
    added: readonly SubscriptionResult[],
    removed: readonly number[],
  ): number[] {
    for (const subscription of this.#byKey.values()) {
      if (!isResolvedTo(subscription, chain)) continue;
      for (const result of added) if (result.ok) subscription.tokens.add(result.token);
      for (const token of removed) subscription.tokens.delete(token);
    }
    return this.#unheld(removed);
  }

  /** The list but for `excluded`, in its order. */
  without(excluded: ReadonlySet<Subscription>): Subscription[] {
    return [...this.#byKey.values()].filter((subscription) => !excluded.has(subscription));
  }

  /** What the service has once accepted, in its order. */
  accepted(): Subscription[] {
    return [...this.#byKey.values()].filter(({ tokens }) => tokens.size > 0);
  }

  /**
   * What has an instrument for which `isMissing` holds, and what came later and shares one with it:
   * asked for again in this order, it leaves the newest the newest.
   */
  lacking(isMissing: (token: number) => boolean): Subscription[] {
    const touched = new Set<number>();
    return [...this.#byKey.values()].filter(({ tokens }) => {
      const all = [...tokens];
      if (!all.some((token) => isMissing(token) || touched.has(token))) return false;
      for (const token of all) touched.add(token);
      return true;
    });
  }

  /** By its own words, or an instrument by the token that the service gave for its name. */
  #find(request: Request): Subscription[] {
    const exact = this.#byKey.get(requestKey(request));
    if (exact !== undefined) return [exact];
    if (typeof request !== 'number') return [];
    return [...this.#byKey.values()].filter(
      (subscription) =>
        typeof subscription.request === 'string' && subscription.tokens.has(request),
    );
  }

  #unheld(tokens: readonly number[]): number[] {
    const held = new Set<number>();
    for (const subscription of this.#byKey.values()) {
      for (const token of subscription.tokens) held.add(token);
    }
    return tokens.filter((token) => !held.has(token));
  }
}

/** Takes over the instruments of an answer. Appends to `added` those that are new. */
function acceptTokens(
  subscription: Subscription,
  results: readonly SubscriptionResult[],
  added: number[],
): void {
  const before = new Set(subscription.tokens);
  subscription.tokens.clear();
  for (const result of results) {
    if (!result.ok) continue;
    subscription.tokens.add(result.token);
    if (!before.has(result.token)) added.push(result.token);
    if (typeof result.request === 'object') subscription.expiry = result.request.expiry;
  }
}

/** Messages that ask for `subscriptions`, as few as possible, in their order. */
export function batchesOf(subscriptions: Iterable<Subscription>): SubscribeBatch[] {
  const batches: { item: SubscriptionItem; subscriptions: Subscription[] }[] = [];
  for (const subscription of subscriptions) {
    const { request, options } = subscription;
    const last = batches.at(-1);
    if (typeof request === 'object') {
      batches.push({ item: { chain: request, ...options }, subscriptions: [subscription] });
    } else if (
      last?.item.instruments !== undefined &&
      areEqual(last.item, options) &&
      last.subscriptions.length < INSTRUMENTS_PER_MESSAGE
    ) {
      last.item.instruments.push(request);
      last.subscriptions.push(subscription);
    } else {
      const item = { instruments: [request], ...options };
      batches.push({ item, subscriptions: [subscription] });
    }
  }
  return batches;
}

function isResolvedTo({ request, expiry }: Subscription, chain: ChainRequest): boolean {
  return (
    typeof request === 'object' &&
    chain.expiry === expiry &&
    chainKey(chain) === chainKey({ ...request, ...(expiry === undefined ? {} : { expiry }) })
  );
}
