import type { Clock } from '../../domain/clock.ts';
import type { InstrumentRegistry } from '../../instruments/registry.ts';
import type { DemandBook } from './demand-book.ts';
import type { RowAllocator } from './row-allocator.ts';

/** How long an instrument is streamed that no order has asked for again. */
const WATCH_MS = 300_000;
const FULL = 3;

/** Streams what orders need the price of, whether clients want it or not. */
export class PriceWatch {
  readonly #registry: InstrumentRegistry;
  readonly #rows: RowAllocator;
  readonly #demand: DemandBook;
  readonly #clock: Clock;
  /** Until when, by row, monotonic ms. */
  readonly #until = new Map<number, number>();

  constructor(registry: InstrumentRegistry, rows: RowAllocator, demand: DemandBook, clock: Clock) {
    this.#registry = registry;
    this.#rows = rows;
    this.#demand = demand;
    this.#clock = clock;
  }

  /** Row of the instrument, which streams from now on; -1: it is not known, or there is no room. */
  watch(token: number): number {
    const instrument = this.#registry.byToken(token);
    const row = instrument === undefined ? -1 : this.#rows.rowOf(instrument);
    if (row < 0 || !this.#demand.reserve(row)) return -1;
    this.#until.set(row, this.#clock.monotonicMs() + WATCH_MS);
    this.#demand.set('orders', row, FULL);
    return row;
  }

  /** Once a second: ends what was not asked for again. */
  second(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [row, untilMs] of this.#until) {
      if (untilMs > nowMs) continue;
      this.#until.delete(row);
      this.#demand.set('orders', row, 0);
    }
  }
}
