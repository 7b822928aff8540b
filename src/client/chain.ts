import type {
  ChainRequest,
  SubscriptionItem,
  SubscriptionResult,
  TickObject,
} from '../wire/messages.ts';
import { chainKey } from './chain-key.ts';
import type { ClientEvents } from './events.ts';
import { spotSymbol } from './spot-symbols.ts';
import type { UnsubscribeItem } from './subscriptions.ts';

/** What the view needs of a TickerClient. */
export interface ChainSource {
  on<Name extends 'tick' | 'chain' | 'subscribed'>(
    name: Name,
    listener: (value: ClientEvents[Name]) => void,
  ): () => void;
  subscribe(item: SubscriptionItem): Promise<SubscriptionResult[]>;
  unsubscribe(item: UnsubscribeItem): Promise<SubscriptionResult[]>;
}

/** One contract of a chain. */
export interface ChainLeg {
  readonly token: number;
  readonly symbol: string;
  readonly lotSize: number;
  /** The newest tick; undefined until one comes. */
  tick: TickObject | undefined;
}

export interface ChainRow {
  /** Rupees. */
  readonly strike: number;
  call: ChainLeg | undefined;
  put: ChainLeg | undefined;
}

export type ChainSide = 'call' | 'put';

export interface ChainListeners {
  /** Strikes came or went. */
  rows?(): void;
  /** A leg has a newer tick. */
  leg?(row: ChainRow, side: ChainSide): void;
  /** The underlying has a newer tick. */
  spot?(tick: TickObject): void;
}

interface Place {
  row: ChainRow;
  side: ChainSide;
}

function isSettled(tick: TickObject | undefined): boolean {
  const status = tick?.greeks?.status;
  return tick !== undefined && status !== 'GREEKS_LATE' && status !== 'GREEKS_SKIPPED';
}

/**
 * An option chain that keeps itself current: subscribes in mode compact with Greeks, follows the
 * window of strikes, holds the newest tick of every contract and of the underlying. Subscriptions
 * belong to the client: what one view closes is closed for all.
 */
export class OptionChainView {
  readonly #source: ChainSource;
  readonly #request: ChainRequest;
  readonly #listeners: ChainListeners;
  readonly #byStrike = new Map<number, ChainRow>();
  readonly #byToken = new Map<number, Place>();
  readonly #removers: (() => void)[] = [];
  #rows: readonly ChainRow[] = [];
  #expiry: string | undefined;
  #spotToken: number | undefined;
  #spot: TickObject | undefined;
  #forward: number | undefined;
  #hasFailed = false;

  constructor(source: ChainSource, request: ChainRequest, listeners: ChainListeners = {}) {
    this.#source = source;
    this.#request = request;
    this.#listeners = listeners;
  }

  /** Rows by rising strike. */
  get rows(): readonly ChainRow[] {
    return this.#rows;
  }

  get underlying(): string {
    return this.#request.underlying;
  }

  /** IST day; undefined until the service has resolved it. */
  get expiry(): string | undefined {
    return this.#expiry ?? this.#request.expiry;
  }

  /** Newest tick of the underlying. */
  get spot(): TickObject | undefined {
    return this.#spot;
  }

  /** Newest forward of the expiry that came with a contract's Greeks, rupees. */
  get forward(): number | undefined {
    return this.#forward;
  }

  /** The strike nearest to the forward, or to the spot while there is none. */
  get atmStrike(): number | undefined {
    const price = this.#forward ?? this.#spot?.last_price ?? undefined;
    if (price === undefined) return undefined;
    let nearest: number | undefined;
    for (const { strike } of this.#rows) {
      if (nearest === undefined || Math.abs(strike - price) < Math.abs(nearest - price)) {
        nearest = strike;
      }
    }
    return nearest;
  }

  /** Whether any tick of the view says that it is simulated. */
  get isSimulated(): boolean {
    if (this.#spot?.flags.includes('SIMULATED') === true) return true;
    return this.#rows.some((row) =>
      [row.call, row.put].some((leg) => leg?.tick?.flags.includes('SIMULATED') === true),
    );
  }

  /**
   * Whether there are contracts, and each of them, and the underlying if it is listed, has a tick
   * whose Greeks are not still on their way.
   */
  get isComplete(): boolean {
    if (this.#spotToken !== undefined && this.#spot === undefined) return false;
    return (
      this.#rows.length > 0 &&
      this.#rows.every(({ call, put }) =>
        [call, put].every((leg) => leg === undefined || isSettled(leg.tick)),
      )
    );
  }

  /**
   * Subscribes. Rejects with the service's error if there is no such chain; the underlying is
   * wanted too, but a chain without it is shown all the same.
   */
  async open(): Promise<void> {
    this.#removers.push(
      this.#source.on('subscribed', ({ item, results }) => this.#subscribed(item, results)),
      this.#source.on('tick', (tick) => this.#receive(tick)),
      this.#source.on('chain', (change) => {
        if (!this.#isThis(change.chain, this.#expiry)) return;
        for (const token of change.removed) this.#remove(token);
        this.#add(change.added);
        this.#sortRows();
      }),
    );
    const spotItem = { instruments: [spotSymbol(this.underlying)], mode: 'quote' as const };
    const chainItem = { chain: this.#request, mode: 'compact' as const, greeks: true };
    const [chain, spot] = await Promise.allSettled([
      this.#source.subscribe(chainItem),
      this.#source.subscribe(spotItem),
    ]);
    if (chain.status === 'fulfilled') return;
    this.#hasFailed = true;
    this.#stopListening();
    if (spot.status === 'fulfilled') await Promise.allSettled([this.#closeSpot()]);
    throw chain.reason;
  }

  /** Ends the subscriptions and stops following ticks. After a failed `open` it does nothing. */
  async close(): Promise<void> {
    if (this.#hasFailed) return;
    this.#stopListening();
    await Promise.all([this.#source.unsubscribe({ chain: this.#request }), this.#closeSpot()]);
  }

  #closeSpot(): Promise<unknown> {
    return this.#source.unsubscribe({ instruments: [spotSymbol(this.underlying)] });
  }

  #stopListening(): void {
    for (const remove of this.#removers.splice(0)) remove();
  }

  #isThis(chain: ChainRequest, expiry: string | undefined): boolean {
    const { underlying, strikes } = this.#request;
    const wanted = { underlying, strikes, ...(expiry === undefined ? {} : { expiry }) };
    return chainKey(chain) === chainKey(wanted);
  }

  /** After a reconnect the window may be another one. */
  #subscribed(item: SubscriptionItem, results: readonly SubscriptionResult[]): void {
    if (item.chain !== undefined) {
      if (!this.#isThis(item.chain, this.#request.expiry)) return;
      const tokens = new Set(results.map((result) => (result.ok ? result.token : undefined)));
      for (const token of [...this.#byToken.keys()]) if (!tokens.has(token)) this.#remove(token);
      this.#add(results);
      this.#sortRows();
      return;
    }
    const symbol = spotSymbol(this.underlying);
    const spot = results.find((result) => result.request === symbol);
    if (spot?.ok === true) this.#spotToken = spot.token;
  }

  #add(results: readonly SubscriptionResult[]): void {
    for (const result of results) {
      if (!result.ok || result.strike === null || this.#byToken.has(result.token)) continue;
      const side = result.type === 'CE' ? 'call' : result.type === 'PE' ? 'put' : undefined;
      if (side === undefined) continue;
      this.#moveTo(result.expiry ?? this.#expiry);
      let row = this.#byStrike.get(result.strike);
      if (row === undefined) {
        row = { strike: result.strike, call: undefined, put: undefined };
        this.#byStrike.set(result.strike, row);
      }
      const { token, symbol, lot_size: lotSize } = result;
      row[side] = { token, symbol, lotSize, tick: undefined };
      this.#byToken.set(token, { row, side });
    }
  }

  /** The nearest expiry is another one after a while, and has another forward. */
  #moveTo(expiry: string | undefined): void {
    if (expiry === this.#expiry) return;
    if (this.#expiry !== undefined) this.#forward = undefined;
    this.#expiry = expiry;
  }

  #remove(token: number): void {
    const place = this.#byToken.get(token);
    if (place === undefined) return;
    this.#byToken.delete(token);
    place.row[place.side] = undefined;
    if (place.row.call === undefined && place.row.put === undefined) {
      this.#byStrike.delete(place.row.strike);
    }
  }

  #sortRows(): void {
    this.#rows = [...this.#byStrike.values()].sort((a, b) => a.strike - b.strike);
    this.#listeners.rows?.();
  }

  #receive(tick: TickObject): void {
    if (tick.instrument_token === this.#spotToken) {
      this.#spot = tick;
      this.#listeners.spot?.(tick);
      return;
    }
    const place = this.#byToken.get(tick.instrument_token);
    const leg = place?.row[place.side];
    if (place === undefined || leg === undefined) return;
    leg.tick = tick;
    this.#forward = tick.greeks?.forward ?? this.#forward;
    this.#listeners.leg?.(place.row, place.side);
  }
}
