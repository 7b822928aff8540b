import { createNodeClient } from '../../client/node-socket.ts';
import type { TickerClient, TickerClientOptions } from '../../client/client.ts';
import type { Clock } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { MarketPrice, TradableContract } from '../../domain/order-market.ts';
import type { TickObject } from '../../wire/messages.ts';
import type { StreamPrices } from './stream-prices.ts';

/** How long an instrument is followed that no order has asked for again. */
const FOLLOW_MS = 300_000;
const TIDY_MS = 10_000;

export interface ServicePricesOptions {
  clock: Clock;
  random: () => number;
  /** http(s)://host:port of the market side. */
  url: string;
  /** A key of it with scope `ticks:read`. */
  key: string;
  /** Why nothing comes at the moment. */
  onProblem: (error: TickerError) => void;
  /** Makes the client; tests have their own. */
  createClient?: (options: Omit<TickerClientOptions, 'WebSocket'>) => TickerClient;
}

/** Prices of the tick path of another process, followed through its `/ws/ticks` on demand. */
export class ServicePrices implements StreamPrices {
  readonly #clock: Clock;
  readonly #client: TickerClient;
  readonly #prices = new Map<number, MarketPrice>();
  /** When an instrument was last asked for, monotonic ms. */
  readonly #asked = new Map<number, number>();
  readonly #tidy: { cancel(): void };
  #problem: string | undefined = 'the market side has not been reached yet';

  constructor(options: ServicePricesOptions) {
    const { clock, random, url, key, onProblem, createClient = createNodeClient } = options;
    this.#clock = clock;
    this.#client = createClient({
      url: `${url.replace(/^http/, 'ws').replace(/\/+$/, '')}/ws/ticks`,
      token: key,
      clock,
      random,
    });
    const failed = (error: TickerError): void => {
      this.#problem = error.message;
      onProblem(error);
    };
    this.#client.on('tick', (tick) => this.#take(tick));
    this.#client.on('error', failed);
    this.#client.on('state', (state) => {
      if (state === 'open') this.#problem = undefined;
      else if (state === 'waiting') this.#problem = 'the market side cannot be reached';
    });
    this.#client.connect().catch((error: unknown) => {
      if (error instanceof TickerError && error.code !== 'SHUTTING_DOWN') failed(error);
    });
    this.#tidy = clock.setInterval(() => this.#forget(), TIDY_MS);
  }

  last(token: number): MarketPrice | undefined {
    return this.#prices.get(token);
  }

  async watch({ token }: TradableContract): Promise<boolean> {
    const isFollowed = this.#asked.has(token);
    this.#asked.set(token, this.#clock.monotonicMs());
    if (isFollowed) return this.#client.state === 'open';
    // An instrument that is not connected yet is subscribed when it is: nobody waits for that here.
    if (this.#client.state !== 'open') {
      this.#asked.delete(token);
      return false;
    }
    try {
      const [result] = await this.#client.subscribe({ instruments: [token], mode: 'full' });
      if (result?.ok === true) return true;
    } catch (error) {
      if (!(error instanceof TickerError)) throw error;
    }
    this.#asked.delete(token);
    return false;
  }

  problem(): string | undefined {
    return this.#problem;
  }

  close(): void {
    this.#tidy.cancel();
    this.#client.close();
  }

  #take(tick: TickObject): void {
    const { instrument_token: token, last_price: last, receive_time: receivedUs, depth } = tick;
    this.#prices.set(token, {
      lastRupees: last ?? 0,
      bidRupees: depth?.buy[0]?.price ?? 0,
      askRupees: depth?.sell[0]?.price ?? 0,
      lowerCircuitRupees: null,
      upperCircuitRupees: null,
      receivedUs,
      source: 'stream',
    });
  }

  #forget(): void {
    const sinceMs = this.#clock.monotonicMs() - FOLLOW_MS;
    for (const [token, askedMs] of this.#asked) {
      if (askedMs > sinceMs) continue;
      this.#asked.delete(token);
      this.#prices.delete(token);
      // Refused or lost with the connection: it ends either way.
      this.#client.unsubscribe({ instruments: [token] }).catch(() => undefined);
    }
  }
}
