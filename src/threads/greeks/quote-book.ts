import { MODE, UNDEFINED_U32 } from '../../domain/status.ts';
import type { TickViews } from '../../shm/block.ts';
import {
  DEPTH_LEVELS,
  TICK_DEPTH_U32,
  TICK_LAST_PRICE_U32,
  TICK_LAST_TRADE_TIME_U32,
  TICK_MODE_U8,
  TICK_PRICE_DIVISOR_U32,
  TICK_RECEIVE_TIME_F64,
} from '../../shm/layout/tick-slot.ts';

const ASK_U32 = TICK_DEPTH_U32 + DEPTH_LEVELS * 3;
/**
 * In an open session a price older than this says nothing about other prices now: an underlying or
 * an option near the money changes many times a minute, and the broker sends every change, so what
 * has been silent for a minute is not being traded or not being received.
 */
const FRESH_MS = 60_000;

/**
 * Newest prices of every instrument, rupees; 0 = no such quote. Private to one worker. Ages count
 * only while `isOpen`: after the close the last prices stay what they are.
 */
export class QuoteBook {
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly last: Float64Array;
  /** Middle of a two-sided, uncrossed quote. */
  readonly mids: Float64Array;
  /** Receive time of bid and ask, epoch ms; 0 = never. */
  readonly timeMs: Float64Array;
  /** Receive time of the last price, epoch ms; 0 = never. */
  readonly lastMs: Float64Array;
  /** Time of the trade at the last price, epoch ms; 0 = unknown. */
  readonly tradeMs: Float64Array;
  /** The market is in session. */
  isOpen = true;

  /* In an array: numbers that are handed to functions may have to be boxed for it. */
  readonly #nowMs = new Float64Array(1);

  constructor(rows: number) {
    this.bid = new Float64Array(rows);
    this.ask = new Float64Array(rows);
    this.last = new Float64Array(rows);
    this.mids = new Float64Array(rows);
    this.timeMs = new Float64Array(rows);
    this.lastMs = new Float64Array(rows);
    this.tradeMs = new Float64Array(rows);
  }

  /** Sets the book's own time, epoch ms. */
  setClock(nowMs: number): void {
    this.#nowMs[0] = nowMs;
  }

  /** Takes over the quote of the tick at `tickBytes`. */
  take(row: number, ticks: TickViews, tickBytes: number): void {
    const base = tickBytes >> 2;
    const { u32 } = ticks;
    const scale = 1 / u32[base + TICK_PRICE_DIVISOR_U32]!;
    const last = u32[base + TICK_LAST_PRICE_U32]!;
    const timeMs = ticks.f64[(tickBytes >> 3) + TICK_RECEIVE_TIME_F64]! / 1000;
    this.last[row] = last === UNDEFINED_U32 ? 0 : last * scale;
    this.lastMs[row] = timeMs;
    // Packets of other modes leave the book as it is, and do not make it younger.
    if (ticks.u8[tickBytes + TICK_MODE_U8] !== MODE.FULL) return;
    this.timeMs[row] = timeMs;
    this.tradeMs[row] = tradeTimeMs(u32[base + TICK_LAST_TRADE_TIME_U32]!);
    const bidUnits = u32[base + TICK_DEPTH_U32]!;
    const askUnits = u32[base + ASK_U32]!;
    // Index packets in full mode have no depth.
    const bid = bidUnits === UNDEFINED_U32 ? 0 : bidUnits * scale;
    const ask = askUnits === UNDEFINED_U32 ? 0 : askUnits * scale;
    this.bid[row] = bid;
    this.ask[row] = ask;
    this.mids[row] = bid > 0 && ask >= bid ? (bid + ask) / 2 : 0;
  }

  /** Reads the quote of the tick at `tickBytes` into `target`, rupees, 0 = none. */
  read(
    ticks: TickViews,
    tickBytes: number,
    target: { bid: number; ask: number; last: number; tradeMs: number },
  ): void {
    const base = tickBytes >> 2;
    const { u32 } = ticks;
    const scale = 1 / u32[base + TICK_PRICE_DIVISOR_U32]!;
    const last = u32[base + TICK_LAST_PRICE_U32]!;
    const bid = u32[base + TICK_DEPTH_U32]!;
    const ask = u32[base + ASK_U32]!;
    target.last = last === UNDEFINED_U32 ? 0 : last * scale;
    target.bid = bid === UNDEFINED_U32 ? 0 : bid * scale;
    target.ask = ask === UNDEFINED_U32 ? 0 : ask * scale;
    target.tradeMs = tradeTimeMs(u32[base + TICK_LAST_TRADE_TIME_U32]!);
  }

  /** Middle of a two-sided, uncrossed quote; 0 if there is none. */
  mid(row: number): number {
    return this.mids[row]!;
  }

  /** True if the book has a middle and is fresh at the book's own time. */
  hasFreshMid(row: number): boolean {
    return this.mids[row]! > 0 && this.isFresh(this.timeMs[row]!, this.#nowMs[0]!);
  }

  /** True if `freshLast` of the book's own time is a price. */
  hasFreshLast(row: number): boolean {
    return this.freshLast(row, this.#nowMs[0]!) > 0;
  }

  /** True if a trade of `option` at its last price, if known, is fresh at the book's own time. */
  isTradeFresh({ tradeMs }: { tradeMs: number }): boolean {
    return tradeMs === 0 || this.isFresh(tradeMs, this.#nowMs[0]!);
  }

  /** False: a price of `timeMs` is too old to say anything about `nowMs` (both epoch ms). */
  isFresh(timeMs: number, nowMs: number): boolean {
    return !this.isOpen || nowMs - timeMs <= FRESH_MS;
  }

  /** As `mid`, of a fresh quote. */
  freshMid(row: number, nowMs: number): number {
    return this.isFresh(this.timeMs[row]!, nowMs) ? this.mid(row) : 0;
  }

  /** Last price of a fresh trade where the book is fresh and not crossed; else 0. */
  freshLast(row: number, nowMs: number): number {
    const ask = this.ask[row]!;
    const isCrossed = ask > 0 && this.bid[row]! > ask;
    const isUsable =
      !isCrossed &&
      this.isFresh(this.timeMs[row]!, nowMs) &&
      (this.tradeMs[row] === 0 || this.isFresh(this.tradeMs[row]!, nowMs));
    return isUsable ? this.last[row]! : 0;
  }

  /**
   * Price of a future, an index or a share: fresh mid, else fresh last price, else 0. `row` -1: 0.
   */
  freshPrice(row: number, nowMs: number): number {
    if (row < 0) return 0;
    const mid = this.freshMid(row, nowMs);
    if (mid > 0) return mid;
    return this.isFresh(this.lastMs[row]!, nowMs) ? this.last[row]! : 0;
  }

  /** True if the instrument has had a price, of whatever age. */
  hasPrice(row: number): boolean {
    return row >= 0 && (this.last[row]! > 0 || this.mid(row) > 0);
  }
}

/** Epoch ms of a time in a tick; 0 = absent or not sent in its mode. */
function tradeTimeMs(epochSeconds: number): number {
  return epochSeconds === UNDEFINED_U32 ? 0 : epochSeconds * 1000;
}
