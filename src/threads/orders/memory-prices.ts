import { TickerError } from '../../domain/error-codes.ts';
import type { MarketPrice, TradableContract } from '../../domain/order-market.ts';
import { UNDEFINED_U32 } from '../../domain/status.ts';
import { createPrivateTicks, type TickViews } from '../../shm/block.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import {
  DEPTH_LEVEL_BYTES,
  DEPTH_LEVELS,
  TICK_DEPTH_U32,
  TICK_LAST_PRICE_U32,
  TICK_PRICE_DIVISOR_U32,
  TICK_RECEIVE_TIME_F64,
  TICK_SLOT_BYTES,
} from '../../shm/layout/tick-slot.ts';
import type { StreamPrices } from './stream-prices.ts';

const ASKS_U32 = TICK_DEPTH_U32 + (DEPTH_LEVELS * DEPTH_LEVEL_BYTES) / 4;

/** Prices of the tick path of this process, from the last-value table. */
export class MemoryPrices implements StreamPrices {
  readonly #table: InstrumentTable;
  readonly #lastValues: LastValueTable;
  readonly #watch: (token: number) => Promise<number>;
  readonly #tick: TickViews = createPrivateTicks(1, TICK_SLOT_BYTES);

  /** `watch` has control take a token into demand and resolves with its row, or -1. */
  constructor(
    table: InstrumentTable,
    lastValues: LastValueTable,
    watch: (token: number) => Promise<number>,
  ) {
    this.#table = table;
    this.#lastValues = lastValues;
    this.#watch = watch;
  }

  last(token: number): MarketPrice | undefined {
    const row = this.#table.find(token);
    if (row < 0 || !this.#lastValues.read(row, this.#tick, 0)) return undefined;
    const { u32, f64 } = this.#tick;
    const divisor = u32[TICK_PRICE_DIVISOR_U32] ?? 1;
    const rupees = (at: number): number => {
      const price = u32[at] ?? UNDEFINED_U32;
      return price === UNDEFINED_U32 ? 0 : price / divisor;
    };
    return {
      lastRupees: rupees(TICK_LAST_PRICE_U32),
      bidRupees: rupees(TICK_DEPTH_U32),
      askRupees: rupees(ASKS_U32),
      lowerCircuitRupees: null,
      upperCircuitRupees: null,
      receivedUs: f64[TICK_RECEIVE_TIME_F64] ?? 0,
      source: 'stream',
    };
  }

  async watch({ token }: TradableContract): Promise<boolean> {
    try {
      return (await this.#watch(token)) >= 0;
    } catch (error) {
      // Control is busy or not ready: the price is then asked of the broker.
      if (error instanceof TickerError) return false;
      throw error;
    }
  }

  problem(): undefined {
    return undefined;
  }

  close(): void {
    // Demand ends by itself.
  }
}
