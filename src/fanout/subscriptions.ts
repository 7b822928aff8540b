import { TickerError } from '../domain/error-codes.ts';
import {
  type ChainKey,
  chainName,
  type InstrumentDirectory,
  type Resolution,
} from '../domain/ports.ts';
import type { SubscriptionResult } from '../wire/messages.ts';
import type { DeliveryOptions, Target, Wish } from './client-message.ts';
import { BY_NAME, type ClientConnection, Subscription } from './connection.ts';
import type { Delivery } from './delivery.ts';
import type { SubscriptionIndex } from './subscription-index.ts';
import {
  failure,
  refused,
  type SubscriptionOutcome,
  subscribed,
  success,
} from './subscription-result.ts';

export interface SubscriptionsPorts {
  directory: InstrumentDirectory;
  index: SubscriptionIndex;
  delivery: Delivery;
  /** Told when a client starts or stops following a chain. */
  chains: { follow(key: ChainKey): void; unfollow(key: ChainKey): void };
}

/** A chain that a client has subscribed to. */
export interface FollowedChain {
  key: ChainKey;
  /** Row of one of its contracts; -1: none could be had. */
  row: number;
  options: DeliveryOptions;
  /** Number of the subscribe that asked for it. */
  order: number;
}

/** Answer to one name or token of a message. */
type ItemOutcome = Resolution<string | number | ChainKey>;

/** What one client has subscribed to, by name and by chain. */
export class Subscriptions {
  readonly #ports: SubscriptionsPorts;
  readonly #connection: ClientConnection;
  readonly #chains = new Map<string, FollowedChain>();
  #subscribes = 0;

  constructor(ports: SubscriptionsPorts, connection: ClientConnection) {
    this.#ports = ports;
    this.#connection = connection;
  }

  /** Chains that the client follows, by name. */
  get chains(): ReadonlyMap<string, FollowedChain> {
    return this.#chains;
  }

  get isEmpty(): boolean {
    return this.#connection.subscriptions.size === 0;
  }

  /**
   * Subscribes to what a wish names, of which the client may have up to `max` in all. undefined:
   * the connection was closed meanwhile. Rejects with TickerError UNKNOWN_UNDERLYING or
   * UNKNOWN_EXPIRY.
   */
  async subscribe(wish: Wish, max: number): Promise<SubscriptionOutcome[] | undefined> {
    const { mode, greeks, policy, target, window } = wish;
    const wanted: DeliveryOptions = { mode, greeks, ...(policy === undefined ? {} : { policy }) };
    const order = ++this.#subscribes;
    const { directory, chains } = this.#ports;
    if (target.kind === 'instruments') {
      const items = await directory.resolveInstruments(target.instruments);
      if (this.#connection.closed) return undefined;
      this.#change(window);
      return items.map((item) => this.#add(item, BY_NAME, wanted, order, max));
    }
    const { chain, results } = await directory.resolveChain(target.chain);
    if (this.#connection.closed) return undefined;
    this.#change(window);
    const source = chainName(chain);
    if (!this.#chains.has(source)) chains.follow(chain);
    const row = rowOfFirst(results);
    this.#chains.set(source, { key: chain, row, options: wanted, order });
    return results.map((item) => this.#add(item, source, wanted, order, max));
  }

  /** Ends what a target names; undefined: the connection was closed meanwhile. */
  async unsubscribe(target: Target): Promise<SubscriptionResult[] | undefined> {
    if (target.kind === 'chain') return this.#unsubscribeChain(target.chain);
    this.#change(undefined);
    const byRequest = this.#byRequest();
    return target.instruments.map((request) => {
      const subscription = byRequest.get(request);
      return subscription !== undefined && this.#removeSource(subscription, BY_NAME)
        ? success(request, subscription.instrument)
        : failure(request, 'NOT_SUBSCRIBED');
    });
  }

  /** The contracts of a followed chain have changed; undefined: it is not followed. */
  changeChain(
    key: ChainKey,
    added: readonly Resolution<ChainKey>[],
    removedRows: readonly number[],
    max: number,
  ): { added: SubscriptionOutcome[]; removed: number[] } | undefined {
    const source = chainName(key);
    const chain = this.#chains.get(source);
    if (chain === undefined) return undefined;
    this.#change(undefined);
    const removed: number[] = [];
    for (const row of removedRows) {
      const subscription = this.#connection.subscriptions.get(row);
      if (subscription === undefined || !this.#removeSource(subscription, source)) continue;
      removed.push(subscription.instrument.token);
    }
    if (chain.row < 0) chain.row = rowOfFirst(added);
    const { options, order } = chain;
    return { added: added.map((item) => this.#add(item, source, options, order, max)), removed };
  }

  /** Sends what the outcomes begin with. */
  sendSnapshots(outcomes: readonly SubscriptionOutcome[]): void {
    this.#ports.delivery.sendSnapshots(this.#connection, subscribed(outcomes));
  }

  /** Sends what everything begins with: contracts that a chain has got meanwhile included. */
  sendAllSnapshots(): void {
    const { subscriptions } = this.#connection;
    this.#ports.delivery.sendSnapshots(this.#connection, [...subscriptions.values()]);
  }

  /** Ends everything, also when the connection is gone: nothing stays behind. */
  clear(): void {
    const { subscriptions } = this.#connection;
    this.#ports.delivery.forget(this.#connection);
    for (const { key } of this.#chains.values()) this.#ports.chains.unfollow(key);
    this.#chains.clear();
    for (const subscription of subscriptions.values()) this.#drop(subscription);
    subscriptions.clear();
  }

  /** What the client wants is about to change: it shares no frames with others any more. */
  #change(window: Wish['window']): void {
    const connection = this.#connection;
    this.#ports.delivery.sharing.leave(connection);
    connection.version++;
    if (window === undefined) return;
    const { windows } = this.#ports.delivery;
    windows.remove(connection.window);
    windows.add(window);
    connection.window = window;
  }

  #add(
    item: ItemOutcome,
    source: string,
    options: DeliveryOptions,
    order: number,
    max: number,
  ): SubscriptionOutcome {
    if (!item.ok) return refused(item.request, item.code);
    const { subscriptions, behind } = this.#connection;
    const { instrument } = item;
    let subscription = subscriptions.get(instrument.row);
    if (subscription === undefined) {
      if (subscriptions.size >= max) return refused(item.request, 'LIMIT_EXCEEDED');
      subscription = new Subscription(this.#connection, instrument);
      subscriptions.set(instrument.row, subscription);
      this.#ports.index.add(subscription, behind === undefined);
    }
    subscription.addSource(source, options, order);
    this.#ports.index.refreshDemand(instrument.row);
    return { line: success(item.request, instrument), subscription };
  }

  /** Subscriptions by both names under which a client may end them. */
  #byRequest(): Map<string | number, Subscription> {
    const byRequest = new Map<string | number, Subscription>();
    for (const subscription of this.#connection.subscriptions.values()) {
      byRequest.set(subscription.instrument.token, subscription);
      byRequest.set(subscription.instrument.symbol, subscription);
    }
    return byRequest;
  }

  async #unsubscribeChain(
    request: Extract<Target, { kind: 'chain' }>['chain'],
  ): Promise<SubscriptionResult[] | undefined> {
    // The chain may have been named without its expiry: the directory fills that in.
    const { chain } = await this.#ports.directory.resolveChain(request);
    if (this.#connection.closed) return undefined;
    const source = chainName(chain);
    if (!this.#chains.delete(source)) return [failure(chain, 'NOT_SUBSCRIBED')];
    this.#change(undefined);
    this.#ports.chains.unfollow(chain);
    const results: SubscriptionResult[] = [];
    for (const subscription of [...this.#connection.subscriptions.values()]) {
      const { instrument } = subscription;
      if (this.#removeSource(subscription, source)) results.push(success(chain, instrument));
    }
    return results;
  }

  #removeSource(subscription: Subscription, source: string): boolean {
    if (!subscription.removeSource(source)) return false;
    if (!subscription.hasSources) {
      this.#connection.subscriptions.delete(subscription.instrument.row);
      this.#drop(subscription);
    } else {
      this.#ports.index.refreshDemand(subscription.instrument.row);
    }
    return true;
  }

  #drop(subscription: Subscription): void {
    this.#ports.index.remove(subscription);
    this.#ports.index.refreshDemand(subscription.instrument.row);
  }
}

function rowOfFirst(results: readonly Resolution<ChainKey>[]): number {
  return results.find((item) => item.ok)?.instrument.row ?? -1;
}

/** Checks that a resume comes before everything else. */
export function refuseLateResume(subscriptions: Subscriptions): void {
  if (subscriptions.isEmpty) return;
  throw new TickerError('BAD_MESSAGE', '"resume" comes instead of subscribe, not after it');
}
