import { MODE } from '../../domain/status.ts';
import type { Market } from './market.ts';
import type { FeedMode, PacketSink, SimInstrument, Subscription } from './sim-instrument.ts';

/** Most instruments of one connection, as at the broker. */
export const MAX_SUBSCRIPTIONS = 3000;

/** Called when the first subscription of an instrument begins or its last one ends. */
export interface WatchList {
  watch(instrument: SimInstrument): void;
  unwatch(instrument: SimInstrument): void;
}

/** The subscriptions of one connection, and which of them still wait for their snapshot. */
export class SubscriptionBook {
  readonly #sink: PacketSink;
  readonly #market: Market;
  readonly #watchList: WatchList;
  readonly #byToken = new Map<number, Subscription>();
  readonly #unsent = new Set<Subscription>();
  readonly #unsentRecorded = new Set<SimInstrument>();

  constructor(sink: PacketSink, market: Market, watchList: WatchList) {
    this.#sink = sink;
    this.#market = market;
    this.#watchList = watchList;
  }

  get size(): number {
    return this.#byToken.size;
  }

  /** Unknown tokens are passed over. Returns how many found no room. */
  subscribe(tokens: readonly number[]): number {
    let refused = 0;
    for (const token of tokens) {
      const instrument = this.#market.find(token);
      if (instrument === undefined) continue;
      let subscription = this.#byToken.get(token);
      if (subscription === undefined) {
        if (this.#byToken.size === MAX_SUBSCRIPTIONS) {
          refused++;
          continue;
        }
        subscription = this.#begin(instrument);
      }
      this.#unsent.add(subscription);
      if (instrument.isRecorded) this.#unsentRecorded.add(instrument);
    }
    return refused;
  }

  unsubscribe(tokens: Iterable<number>): void {
    for (const token of tokens) {
      const subscription = this.#byToken.get(token);
      if (subscription !== undefined) this.#end(subscription);
    }
  }

  unsubscribeAll(): void {
    this.unsubscribe([...this.#byToken.keys()]);
  }

  /** Only what is subscribed changes its mode. */
  setMode(mode: FeedMode, tokens: readonly number[]): void {
    for (const token of tokens) {
      const subscription = this.#byToken.get(token);
      if (subscription === undefined) continue;
      subscription.mode = mode;
      this.#unsent.add(subscription);
    }
  }

  /** Delivers the waiting snapshots; recorded instruments are handed to `sendRecorded` instead. */
  deliverSnapshots(sendRecorded: (instrument: SimInstrument) => void): void {
    for (const subscription of this.#unsent) {
      const { instrument } = subscription;
      if (instrument.isRecorded || instrument.isExpired) continue;
      // Nobody else has seen the packet before this one, so it may be brought up to date.
      if (instrument.subscriptions.length === 1) this.#market.refresh(instrument);
      instrument.deliverTo(subscription);
    }
    this.#unsent.clear();
    for (const instrument of this.#unsentRecorded) sendRecorded(instrument);
    this.#unsentRecorded.clear();
  }

  #begin(instrument: SimInstrument): Subscription {
    const subscription: Subscription = { sink: this.#sink, instrument, mode: MODE.QUOTE };
    if (instrument.subscriptions.length === 0) this.#watchList.watch(instrument);
    instrument.subscriptions.push(subscription);
    this.#byToken.set(instrument.spec.token, subscription);
    return subscription;
  }

  #end(subscription: Subscription): void {
    const { instrument } = subscription;
    this.#byToken.delete(instrument.spec.token);
    this.#unsent.delete(subscription);
    this.#unsentRecorded.delete(instrument);
    instrument.subscriptions.splice(instrument.subscriptions.indexOf(subscription), 1);
    if (instrument.subscriptions.length === 0) this.#watchList.unwatch(instrument);
  }
}
