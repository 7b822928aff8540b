import type { Clock } from '../../domain/clock.ts';
import type { MarketPrice, PriceSource, TradableContract } from '../../domain/order-market.ts';
import type { StreamPrices } from './stream-prices.ts';

/** How long an order waits for the first tick of what nobody streamed. */
const FIRST_TICK_MS = 1_500;
const LOOK_MS = 5;
/** What has streamed for so long and does not tick will not do so now. */
const SETTLED_MS = 5_000;
/** What is ordered goes on streaming: it is asked for again at the latest after this time. */
const RENEW_MS = 60_000;
/** What was not asked for again for so long may not stream any more. */
const KEPT_MS = 240_000;

/** Where a price came from: stream, at once or after a wait; quote; none could be had. */
export type PriceOrigin = 'stream' | 'waited' | 'quote' | 'none';

export interface OrderPricesOptions {
  clock: Clock;
  stream: StreamPrices;
  /** One budgeted quote of `account`; undefined: the broker has none, or cannot be asked now. */
  quote: (contract: TradableContract, account: string) => Promise<MarketPrice | undefined>;
  /** Told of each price that was asked for. */
  onPrice: (origin: PriceOrigin, waitedUs: number) => void;
}

/** Prices for order checks: streamed, else streamed on demand, else asked of the broker. */
export class OrderPrices implements PriceSource {
  readonly #options: OrderPricesOptions;
  /** By token, monotonic ms. */
  readonly #watchedSince = new Map<number, number>();
  readonly #renewed = new Map<number, number>();
  readonly #underWay = new Map<number, Promise<MarketPrice | undefined>>();

  constructor(options: OrderPricesOptions) {
    this.#options = options;
  }

  last(token: number): MarketPrice | undefined {
    return this.#options.stream.last(token);
  }

  async fresh(
    contract: TradableContract,
    account: string,
    maxAgeMs: number,
  ): Promise<MarketPrice | undefined> {
    const { clock, onPrice } = this.#options;
    const startMs = clock.monotonicMs();
    const { token } = contract;
    const streamed = this.#streamed(token, maxAgeMs);
    if (streamed !== undefined) {
      onPrice('stream', 0);
      this.#renew(contract);
      return streamed;
    }
    // Several orders of one contract wait for one price.
    let underWay = this.#underWay.get(token);
    if (underWay === undefined) {
      underWay = this.#fetch(contract, account, maxAgeMs).finally(() => {
        this.#underWay.delete(token);
      });
      this.#underWay.set(token, underWay);
    }
    const price = await underWay;
    const origin = price === undefined ? 'none' : price.source === 'quote' ? 'quote' : 'waited';
    onPrice(origin, (clock.monotonicMs() - startMs) * 1000);
    return price;
  }

  async #fetch(
    contract: TradableContract,
    account: string,
    maxAgeMs: number,
  ): Promise<MarketPrice | undefined> {
    const { clock, stream, quote } = this.#options;
    const { token } = contract;
    const startMs = clock.monotonicMs();
    const sinceMs = this.#since(token, startMs);
    const isWatched = await stream.watch(contract);
    this.#renewed.set(token, clock.monotonicMs());
    if (!isWatched) this.#watchedSince.delete(token);
    else if (sinceMs === undefined) this.#watchedSince.set(token, clock.monotonicMs());
    const isSettled = sinceMs !== undefined && startMs - sinceMs > SETTLED_MS;
    if (isWatched && !isSettled) {
      const price = await this.#firstTick(token, maxAgeMs, startMs + FIRST_TICK_MS);
      if (price !== undefined) return price;
    }
    return this.#streamed(token, maxAgeMs) ?? quote(contract, account);
  }

  /** Since when the instrument has streamed; undefined: it does not. */
  #since(token: number, nowMs: number): number | undefined {
    if (nowMs - (this.#renewed.get(token) ?? -Infinity) > KEPT_MS) this.#watchedSince.delete(token);
    return this.#watchedSince.get(token);
  }

  #firstTick(
    token: number,
    maxAgeMs: number,
    deadlineMs: number,
  ): Promise<MarketPrice | undefined> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.setInterval(() => {
        const price = this.#streamed(token, maxAgeMs);
        if (price === undefined && clock.monotonicMs() < deadlineMs) return;
        timer.cancel();
        resolve(price);
      }, LOOK_MS);
    });
  }

  #streamed(token: number, maxAgeMs: number): MarketPrice | undefined {
    const price = this.#options.stream.last(token);
    if (price === undefined || price.lastRupees <= 0) return undefined;
    const ageMs = (this.#options.clock.nowUs() - price.receivedUs) / 1000;
    return ageMs <= maxAgeMs ? price : undefined;
  }

  #renew(contract: TradableContract): void {
    const { clock, stream } = this.#options;
    const nowMs = clock.monotonicMs();
    const { token } = contract;
    if (nowMs - (this.#renewed.get(token) ?? -Infinity) < RENEW_MS) return;
    this.#renewed.set(token, nowMs);
    void stream.watch(contract).then((isWatched) => {
      if (isWatched && !this.#watchedSince.has(token)) this.#watchedSince.set(token, nowMs);
    });
  }
}
