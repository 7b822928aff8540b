import type { Clock } from '../../domain/clock.ts';
import { InstrumentTable } from '../../shm/instrument-table.ts';
import { LastValueTable } from '../../shm/last-value-table.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { PricePlace } from '../messages.ts';
import { random } from '../random.ts';
import { MemoryPrices } from './memory-prices.ts';
import { ServiceHints } from './service-hints.ts';
import { ServicePrices } from './service-prices.ts';
import type { StreamPrices } from './stream-prices.ts';

export interface OrderFeedOptions {
  place: PricePlace;
  clock: Clock;
  logger: Logger;
  /** Has control take a token into demand; resolves with its row, or -1. */
  watch: (token: number) => Promise<number>;
  /** An order update that came over the market side of another process. */
  onOrder: (account: string, data: unknown) => void;
}

/** What orders need of the tick path, whether it runs in this process or in another one. */
export class OrderFeed {
  readonly prices: StreamPrices;
  readonly #hints: ServiceHints | undefined;

  constructor({ place, clock, logger, watch, onOrder }: OrderFeedOptions) {
    if (place.kind === 'memory') {
      const table = new InstrumentTable(place.instruments);
      this.prices = new MemoryPrices(table, new LastValueTable(place.lastValues), watch);
      return;
    }
    const { url, key } = place;
    if (key === undefined) {
      this.prices = NO_PRICES;
      return;
    }
    const onProblem = (what: string) => (error: Error) => {
      logger.warn({ detail: error.message }, what);
    };
    const common = { clock, random, url, key };
    this.prices = new ServicePrices({ ...common, onProblem: onProblem('no prices') });
    this.#hints = new ServiceHints({
      ...common,
      onOrder,
      onProblem: onProblem('no order updates from the market side'),
    });
  }

  /** What is missing for prices and order updates to come; undefined: nothing. */
  problem(): string | undefined {
    return this.prices.problem() ?? this.#hints?.problem();
  }

  close(): void {
    this.prices.close();
    this.#hints?.close();
  }
}

/** Without a key for the market side every price is asked of the broker. */
const NO_PRICES: StreamPrices = {
  last: () => undefined,
  watch: async () => false,
  problem: () => 'TICKER_API_KEY is not set: prices are quotes of the broker',
  close: () => undefined,
};
