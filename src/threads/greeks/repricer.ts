import { FORWARD_SOURCE, GREEKS_STATUS } from '../../domain/status.ts';
import { createPrivateTicks, type TickViews } from '../../shm/block.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import { GREEKS } from '../../shm/layout/meters.ts';
import {
  TICK_FORWARD_F64,
  TICK_GREEKS_STATUS_U8,
  TICK_RECEIVE_TIME_F64,
  TICK_SEQUENCE_HIGH_U32,
  TICK_SEQUENCE_LOW_U32,
  TICK_SLOT_BYTES,
} from '../../shm/layout/tick-slot.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { RepriceRing } from '../../shm/reprice-ring.ts';
import { ChainBook } from './chain-book.ts';
import { aim, createPricedOption, type OptionPricer, type PricedOption } from './option-pricer.ts';
import type { QuoteBook } from './quote-book.ts';

/** Options repriced at a time: some 30 us, by which a tick that comes meanwhile waits longer. */
const SLICE_OPTIONS = 128;
/** Options looked at for that. */
const SLICE_LOOKS = 1024;
/**
 * Least time between two passes over a chain, ms: no screen shows more than ten changes a second,
 * and what comes between them goes into the next pass.
 */
const INTERVAL_MS = 100;
/**
 * The forward has moved if some option's delta is off by this much: deltas are shown and hedged to
 * two places, and the steps of a forward by parity stay below it most of the time.
 */
const DELTA_NOTICED = 0.001;
/** And in any case by this share, two and a half points of NIFTY: the forward itself is shown. */
const SHARE_NOTICED = 1e-4;
/** An option whose own forward is off by less than this share of such a move is left alone. */
const NEAR_SHARE = 0.25;
/**
 * An option that ticked before the first forward of its chain was known is solved from that tick
 * if it is of the same moment; an older quote would meet a forward that is not its own.
 */
const SAME_MOMENT_US = 1_000_000;
const WORD = 2 ** 32;

export interface RepricerOptions {
  table: InstrumentTable;
  lastValues: LastValueTable;
  ring: RepriceRing;
  meters: ThreadMeters;
  pricer: OptionPricer;
  quotes: QuoteBook;
}

/**
 * Keeps the Greeks of options that do not tick in step with the forward of their chain: their last
 * volatility is held, their Greeks are computed again in the last-value table, and publish is told
 * by a ring. Works in slices, so that ticks do not wait for it.
 */
export class Repricer {
  readonly #options: RepricerOptions;
  /** Chains whose forward may have moved. */
  readonly #listed: ChainBook[];
  #listedCount = 0;
  /** Chains that wait for a pass, round a circle; the first one is in its pass. */
  readonly #queue: ChainBook[];
  #head = 0;
  #queued = 0;
  /** Next leg of the pass: call and put of each strike in turn. */
  #leg = 0;
  readonly #rows = new Int32Array(SLICE_OPTIONS);
  readonly #quote: TickViews = createPrivateTicks(1, TICK_SLOT_BYTES);
  readonly #option: PricedOption;

  constructor(options: RepricerOptions) {
    this.#options = options;
    const { chainRows } = options.table;
    const none = new ChainBook(-1, options.table.chain(0));
    this.#listed = new Array<ChainBook>(chainRows).fill(none);
    this.#queue = new Array<ChainBook>(chainRows).fill(none);
    this.#option = createPricedOption(options.table);
  }

  /** True if there is something to look at, now or later. */
  get isBusy(): boolean {
    return this.#listedCount + this.#queued > 0;
  }

  /** Puts a chain whose forward or clock has changed on the list. */
  list(chain: ChainBook): void {
    if (chain.repriced.isListed) return;
    chain.repriced.isListed = true;
    this.#listed[this.#listedCount++] = chain;
  }

  /** Milliseconds until a pass is due; Infinity without one. */
  waitMs(nowMs: number): number {
    let dueMs = Infinity;
    for (let i = 0; i < this.#listedCount; i++) {
      dueMs = Math.min(dueMs, this.#listed[i]!.repriced.dueMs);
    }
    return Math.max(1, dueMs - nowMs);
  }

  /**
   * Works at most one slice. Returns the options repriced; at least 1 while there are more. Then
   * publish is to be woken.
   */
  doWork(nowMs: number): number {
    this.#enqueueMoved(nowMs);
    const { meters, ring } = this.#options;
    let count = 0;
    for (let looks = 0; looks < SLICE_LOOKS && count < SLICE_OPTIONS && this.#queued > 0; looks++) {
      const chain = this.#queue[this.#head]!;
      if (this.#leg === 0) this.#beginPass(chain, nowMs);
      const row = nextRow(chain, this.#leg++);
      if (row >= 0 && this.#reprice(row, chain, nowMs)) this.#rows[count++] = row;
      if (this.#leg >= 2 * chain.strikes.length) this.#endPass(chain);
    }
    if (count > 0) {
      ring.append(this.#rows, count);
      meters.add(GREEKS.REPRICED, count);
    }
    return count === 0 && this.#queued > 0 ? 1 : count;
  }

  #enqueueMoved(nowMs: number): void {
    const { meters, quotes } = this.#options;
    let kept = 0;
    for (let i = 0; i < this.#listedCount; i++) {
      const chain = this.#listed[i]!;
      const { repriced } = chain;
      if (repriced.isQueued || nowMs < repriced.dueMs) {
        this.#listed[kept++] = chain;
        continue;
      }
      repriced.isListed = false;
      chain.setClock(nowMs);
      if (chain.stale) {
        chain.refreshForward(quotes, nowMs);
        meters.add(GREEKS.FORWARD_FIRST + chain.source, 1);
      }
      if (!hasMoved(chain)) continue;
      repriced.isQueued = true;
      this.#queue[(this.#head + this.#queued++) % this.#queue.length] = chain;
    }
    this.#listedCount = kept;
  }

  #beginPass(chain: ChainBook, nowMs: number): void {
    const { repriced } = chain;
    chain.setClock(nowMs);
    repriced.near = NEAR_SHARE * noticedMove(chain);
    repriced.forward = chain.forward;
    repriced.phase = chain.phase;
    repriced.gamma = 0;
    repriced.dueMs = nowMs + INTERVAL_MS;
  }

  #endPass(chain: ChainBook): void {
    chain.repriced.isQueued = false;
    this.#head = (this.#head + 1) % this.#queue.length;
    this.#queued--;
    this.#leg = 0;
  }

  /** False if there is nothing new to say of the option. */
  #reprice(row: number, chain: ChainBook, nowMs: number): boolean {
    const { lastValues, table, pricer } = this.#options;
    const { ticks } = lastValues;
    const bytes = lastValues.rowBytes(row);
    const position = lastValues.greeksPosition(row);
    // Before its first tick, or with a newer one under way: that one brings its own Greeks.
    if (position === 0 || position !== lastValues.quotePosition(row)) return false;
    const status = ticks.u8[bytes + TICK_GREEKS_STATUS_U8]!;
    if (chain.phase !== GREEKS_STATUS.OK) {
      if (status === chain.phase) return false;
      lastValues.beginGreeks(row);
      pricer.close(chain, ticks, bytes);
      lastValues.endGreeks(row);
      return true;
    }
    if (chain.source === FORWARD_SOURCE.NONE) return false;
    if (status === GREEKS_STATUS.NO_UNDERLYING || status === GREEKS_STATUS.STALE) {
      return this.#solve(row, position, chain, nowMs);
    }
    if (status !== GREEKS_STATUS.OK) return false;
    const off = Math.abs(ticks.f64[(bytes >> 3) + TICK_FORWARD_F64]! - chain.forward);
    // It has ticked meanwhile.
    if (off <= chain.repriced.near) return false;
    lastValues.beginGreeks(row);
    pricer.reprice(chain, row, table, ticks, bytes);
    lastValues.endGreeks(row);
    return true;
  }

  /** Greeks of an option that ticked just before there was a forward. */
  #solve(row: number, position: number, chain: ChainBook, nowMs: number): boolean {
    const { lastValues, table, pricer, quotes } = this.#options;
    const quote = this.#quote;
    if (!lastValues.read(row, quote, 0)) return false;
    const { u32, f64 } = quote;
    const newest = u32[TICK_SEQUENCE_LOW_U32]! + u32[TICK_SEQUENCE_HIGH_U32]! * WORD;
    if (newest !== position) return false;
    if (nowMs * 1000 - f64[TICK_RECEIVE_TIME_F64]! > SAME_MOMENT_US) return false;
    const option = this.#option;
    aim(option, table, row, position, chain);
    quotes.read(quote, 0, option);
    lastValues.beginGreeks(row);
    const status = pricer.price(option, lastValues.ticks, lastValues.rowBytes(row), true);
    lastValues.endGreeks(row);
    return status === GREEKS_STATUS.OK;
  }
}

/** Row of a leg of the pass; -1 if it is not in use. */
function nextRow(chain: ChainBook, leg: number): number {
  const strike = leg >> 1;
  if (strike >= chain.strikes.length) return -1;
  return (leg & 1) === 0 ? chain.calls[strike]! : chain.puts[strike]!;
}

/** Least move of the forward that counts, rupees. */
function noticedMove({ forward, repriced }: ChainBook): number {
  return Math.min(SHARE_NOTICED * forward, DELTA_NOTICED / repriced.gamma);
}

function hasMoved(chain: ChainBook): boolean {
  const { repriced, forward, phase, source } = chain;
  if (phase !== repriced.phase) return true;
  if (phase !== GREEKS_STATUS.OK || source === FORWARD_SOURCE.NONE) return false;
  return Math.abs(forward - repriced.forward) >= noticedMove(chain);
}
