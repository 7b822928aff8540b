import type { Calendar } from '../../domain/calendar.ts';
import type { Clock } from '../../domain/clock.ts';
import { GREEKS_STATUS, TICK_FLAG } from '../../domain/status.ts';
import { createPrivateTicks } from '../../shm/block.ts';
import type { ChainTable } from '../../shm/chain-table.ts';
import { claimGreeks, finishGreeks } from '../../shm/greeks-section.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import {
  TICK_FLAGS_U32,
  TICK_GREEKS_STATE_I32,
  TICK_INSTRUMENT_TOKEN_U32,
  TICK_RECEIVE_TIME_F64,
  TICK_SLOT_BYTES,
} from '../../shm/layout/tick-slot.ts';
import { GREEKS, GREEKS_HISTOGRAM } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { RepriceRing } from '../../shm/reprice-ring.ts';
import type { Ring } from '../../shm/ring.ts';
import { ChainAnalyst } from './chain-analyst.ts';
import type { ChainBook } from './chain-book.ts';
import { ChainSet } from './chain-set.ts';
import { aim, createPricedOption, OptionPricer, type PricedOption } from './option-pricer.ts';
import { QualityWatch } from './quality-watch.ts';
import { QuoteBook } from './quote-book.ts';
import { Repricer } from './repricer.ts';

/** Slots handled between two looks at the cursors. */
const BATCH_MAX = 1024;
/**
 * Behind by more than this share of the ring, only the newest tick of an instrument is computed.
 */
const OVERLOAD_SHARE = 1 / 8;
const SECOND_MS = 1000;

export interface GreeksLoopOptions {
  worker: number;
  ring: Ring;
  lastValues: LastValueTable;
  table: InstrumentTable;
  meters: ThreadMeters;
  repriced: RepriceRing;
  analytics: ChainTable;
  calendar: Calendar;
  clock: Clock;
}

/**
 * Duty cycle of one Greeks worker: reads every slot of the ring, keeps the quotes that its chains
 * depend on, and fills the Greeks sections of its own chains' options. Between batches it keeps
 * those that do not tick in step with their forwards.
 */
export class GreeksLoop {
  readonly #options: GreeksLoopOptions;
  readonly #quotes: QuoteBook;
  readonly #pricer: OptionPricer;
  readonly #chains: ChainSet;
  readonly #repricer: Repricer;
  readonly #watch: QualityWatch;
  readonly #analyst: ChainAnalyst;
  /** Row of each slot of the batch if it is to be computed, else -1. */
  readonly #rows = new Int32Array(BATCH_MAX);
  /** Newest position of a row within the batch. */
  readonly #newest: Float64Array;
  readonly #option: PricedOption;
  /** Copy of a last value. */
  readonly #seed = createPrivateTicks(1, TICK_SLOT_BYTES);
  #position: number;
  #isSimulated = false;
  /** Time of the last batch, epoch ms. */
  #batchMs = 0;
  #nextSecondMs = 0;

  constructor(options: GreeksLoopOptions) {
    this.#options = options;
    const { ring, table, worker } = options;
    this.#chains = new ChainSet(table, worker);
    this.#quotes = new QuoteBook(table.rows);
    this.#pricer = new OptionPricer(this.#quotes);
    const { lastValues, meters, repriced } = options;
    const parts = { lastValues, meters, pricer: this.#pricer, quotes: this.#quotes };
    this.#repricer = new Repricer({ ...parts, table, ring: repriced });
    this.#watch = new QualityWatch(parts);
    this.#analyst = new ChainAnalyst({ ...parts, analytics: options.analytics });
    this.#newest = new Float64Array(table.rows);
    // A restarted worker goes on where ingest is now; what lies between has been sent as late.
    this.#position = ring.newest();
    ring.storeGreeksCursor(worker, this.#position);
    this.#option = createPricedOption(table);
    this.#refreshChains();
  }

  /**
   * Works off at most one batch and repricing for as long as a slice of it takes. Returns the
   * number of slots passed; without any, 0 if there is nothing else to do either.
   */
  doWork(): number {
    const { ring } = this.#options;
    this.#refreshChains();
    const passed = this.#passBatch();
    // More than a batch behind: ticks first.
    if (passed >= BATCH_MAX && ring.published(this.#position) - this.#position >= BATCH_MAX) {
      return passed;
    }
    const { clock } = this.#options;
    // The time of the batch is good enough, and every chain of it stands at that time already.
    const repriced = this.#betweenBatches(passed > 0 ? this.#batchMs : clock.nowUs() / 1000);
    return passed > 0 ? passed : repriced;
  }

  /** How long the worker may sleep if no tick comes, at most `maxMs`. */
  idleMs(maxMs: number): number {
    const { clock } = this.#options;
    return Math.min(maxMs, this.#repricer.waitMs(clock.nowUs() / 1000));
  }

  #betweenBatches(nowMs: number): number {
    const { ring } = this.#options;
    this.#quotes.setClock(nowMs);
    if (nowMs >= this.#nextSecondMs) this.#eachSecond(nowMs);
    const repriced = this.#repricer.isBusy ? this.#repricer.doWork(nowMs) : 0;
    if (repriced > 0) ring.publishWake.wake();
    return repriced + this.#analyst.doWork(nowMs);
  }

  /** What hangs on the clock alone. */
  #eachSecond(nowMs: number): void {
    this.#nextSecondMs = nowMs + SECOND_MS;
    // A simulator's market is always in session.
    this.#quotes.isOpen = this.#isSimulated || this.#options.calendar.isTradingTime(nowMs);
    const { chains } = this.#chains;
    for (const chain of chains) {
      chain.setClock(nowMs);
      if (chain.phase !== chain.repriced.phase) this.#repricer.list(chain);
    }
    this.#watch.eachSecond(chains);
    this.#analyst.eachSecond(chains);
  }

  #passBatch(): number {
    const { ring, meters, worker } = this.#options;
    const from = this.#position;
    const backlog = ring.published(from) - from;
    if (backlog <= 0) return 0;
    const count = Math.min(backlog, BATCH_MAX);
    const overloaded = backlog > ring.slots * OVERLOAD_SHARE;
    if (ring.firstIntact(from + count) > from + 1) return this.#overrun();
    this.#readBatch(from + 1, count);
    if (ring.firstIntact(from + count) > from + 1) return this.#overrun();
    this.#computeBatch(from + 1, count, overloaded);
    this.#position = from + count;
    ring.storeGreeksCursor(worker, this.#position);
    meters.record(GREEKS_HISTOGRAM.BATCH, count);
    ring.publishWake.wake();
    return count;
  }

  /** First pass: takes over every quote of the batch and notes which slots to compute. */
  #readBatch(first: number, count: number): void {
    const { ring, table } = this.#options;
    const { ticks } = ring;
    const flags = ticks.u32[(ring.slotBytes(first) >> 2) + TICK_FLAGS_U32]!;
    this.#isSimulated = (flags & TICK_FLAG.SIMULATED) !== 0;
    for (let i = 0; i < count; i++) {
      const bytes = ring.slotBytes(first + i);
      const row = table.find(ticks.u32[(bytes >> 2) + TICK_INSTRUMENT_TOKEN_U32]!);
      this.#rows[i] = -1;
      if (row < 0) continue;
      const chain = this.#chains.ofRow(row);
      if (chain !== undefined) {
        this.#rows[i] = row;
        this.#newest[row] = first + i;
        this.#quotes.take(row, ticks, bytes);
        this.#setStale(chain);
      } else {
        const dependents = this.#chains.dependentsOf(row);
        if (dependents === undefined) continue;
        this.#quotes.take(row, ticks, bytes);
        for (const dependent of dependents) this.#setStale(dependent);
      }
    }
  }

  #setStale(chain: ChainBook): void {
    chain.stale = true;
    this.#repricer.list(chain);
  }

  /** Second pass: forwards once per chain, then each option from its own slot. */
  #computeBatch(first: number, count: number, overloaded: boolean): void {
    const { clock, meters } = this.#options;
    const nowUs = clock.nowUs();
    const nowMs = nowUs / 1000;
    this.#batchMs = nowMs;
    this.#quotes.setClock(nowMs);
    let own = 0;
    for (let i = 0; i < count; i++) {
      const row = this.#rows[i]!;
      if (row < 0) continue;
      own++;
      const chain = this.#chains.ofRow(row)!;
      chain.setClock(nowMs);
      if (chain.stale) {
        chain.refreshForward(this.#quotes, nowMs);
        meters.add(GREEKS.FORWARD_FIRST + chain.source, 1);
      }
      const skip = overloaded && this.#newest[row] !== first + i;
      this.#computeSlot(first + i, row, chain, skip, overloaded);
    }
    meters.add(GREEKS.TICKS, own);
    meters.add(GREEKS.PASSED, count - own);
  }

  #computeSlot(
    position: number,
    row: number,
    chain: ChainBook,
    skip: boolean,
    overloaded: boolean,
  ): void {
    const { ring, meters, worker } = this.#options;
    const { ticks } = ring;
    const bytes = ring.slotBytes(position);
    const state = (bytes >> 2) + TICK_GREEKS_STATE_I32;
    ring.noteClaim(worker, position);
    if (!claimGreeks(ticks.i32, state, position)) {
      meters.add(GREEKS.NOT_PENDING, 1);
      return;
    }
    const status = skip
      ? this.#pricer.skip(position, ticks, bytes)
      : this.#priceSlot(position, row, chain, !overloaded);
    meters.add(GREEKS.STATUS_FIRST + status, 1);
    const skipped = status === GREEKS_STATUS.GREEKS_SKIPPED;
    // The last-value table takes the section while it is still ours; never a blank for a value.
    if (!skipped) this.#options.lastValues.writeGreeks(row, ticks, bytes);
    const receivedUs = ticks.f64[(bytes >> 3) + TICK_RECEIVE_TIME_F64]!;
    finishGreeks(ticks.i32, state, position);
    if (skipped) meters.add(GREEKS.SKIPPED, 1);
    else meters.record(GREEKS_HISTOGRAM.AGE_US, Math.max(0, this.#batchMs * 1000 - receivedUs));
  }

  #priceSlot(position: number, row: number, chain: ChainBook, withSides: boolean): number {
    const { ring, table } = this.#options;
    const bytes = ring.slotBytes(position);
    const option = this.#option;
    aim(option, table, row, position, chain);
    this.#quotes.read(ring.ticks, bytes, option);
    if (ring.firstIntact(position) > position) {
      // Overwritten between the claim and the read: these are not this quote's prices.
      return this.#pricer.skip(position, ring.ticks, bytes);
    }
    const status = this.#pricer.price(option, ring.ticks, bytes, withSides);
    if (status === GREEKS_STATUS.OK) this.#watch.look(option, ring.ticks, bytes);
    return status;
  }

  /**
   * The ring has lapped this worker: goes on at the newest position, with quotes from the table.
   */
  #overrun(): number {
    const { ring, meters, worker, clock } = this.#options;
    const newest = ring.published(this.#position);
    this.#batchMs = clock.nowUs() / 1000;
    const passed = newest - this.#position;
    meters.add(GREEKS.OVERRUN, passed);
    this.#position = newest;
    ring.storeGreeksCursor(worker, newest);
    this.#seedQuotes();
    return passed;
  }

  /** Takes over new instruments and chains from the instrument table. */
  #refreshChains(): void {
    if (!this.#chains.refresh()) return;
    this.#seedQuotes();
    for (const chain of this.#chains.chains) this.#repricer.list(chain);
  }

  /** Quotes that came before this worker was looking. */
  #seedQuotes(): void {
    const { lastValues, table } = this.#options;
    const rows = table.count;
    for (let row = 0; row < rows; row++) {
      const isWanted =
        this.#chains.ofRow(row) !== undefined || this.#chains.dependentsOf(row) !== undefined;
      if (!isWanted) continue;
      if (lastValues.read(row, this.#seed, 0)) this.#quotes.take(row, this.#seed, 0);
    }
  }
}
