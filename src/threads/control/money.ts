import { UNDEFINED_U32 } from '../../domain/status.ts';
import type { InstrumentRegistry, OptionChain, Underlying } from '../../instruments/registry.ts';
import { nearestStrike } from '../../instruments/registry.ts';
import { createPrivateTicks, type TickViews } from '../../shm/block.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import {
  TICK_LAST_PRICE_U32,
  TICK_PRICE_DIVISOR_U32,
  TICK_SLOT_BYTES,
} from '../../shm/layout/tick-slot.ts';

/** Shares of a strike step by which the money must leave a strike before the window follows. */
const HYSTERESIS_STEPS = 0.65;

/** Where the money is, from last prices. */
export class Money {
  readonly #registry: InstrumentRegistry;
  readonly #table: InstrumentTable;
  readonly #lastValues: LastValueTable;
  readonly #scratch: TickViews = createPrivateTicks(1, TICK_SLOT_BYTES);

  constructor(registry: InstrumentRegistry, table: InstrumentTable, lastValues: LastValueTable) {
    this.#registry = registry;
    this.#table = table;
    this.#lastValues = lastValues;
  }

  /** Last price of a token, rupees; 0 if it has none yet. */
  lastPrice(token: number): number {
    const row = this.#table.find(token);
    if (row < 0 || !this.#lastValues.read(row, this.#scratch, 0)) return 0;
    const price = this.#scratch.u32[TICK_LAST_PRICE_U32] ?? UNDEFINED_U32;
    return price === UNDEFINED_U32 ? 0 : price / (this.#scratch.u32[TICK_PRICE_DIVISOR_U32] ?? 1);
  }

  /**
   * Price of an underlying: spot, else its nearest future with a price; 0 if nothing has ticked.
   */
  underlyingPrice(underlying: Underlying): number {
    const spot = underlying.spot === undefined ? 0 : this.lastPrice(underlying.spot.token);
    if (spot > 0) return spot;
    for (const future of underlying.futures) {
      const price = this.lastPrice(future.token);
      if (price > 0) return price;
    }
    return 0;
  }

  /**
   * Index of the strike at the money; the middle one if there is no price. `previous` is where it
   * was: it stays there until the price is clearly nearer to another strike.
   */
  atTheMoney(chain: OptionChain, previous?: number): number {
    const underlying = this.#registry.underlying(chain.underlying);
    const price = underlying === undefined ? 0 : this.underlyingPrice(underlying);
    if (price === 0) return previous ?? chain.strikes.length >> 1;
    const nearest = nearestStrike(chain, price);
    if (previous === undefined || nearest === previous) return nearest;
    const from = chain.strikes[previous]?.strike;
    const neighbour = chain.strikes[previous + Math.sign(nearest - previous)]?.strike;
    if (from === undefined || neighbour === undefined) return nearest;
    const moved = Math.abs(price - from) / Math.abs(neighbour - from);
    return moved > HYSTERESIS_STEPS ? nearest : previous;
  }
}
