import { MODE, UNDEFINED_U32 } from '../../domain/status.ts';
import type { TickViews } from '../../shm/block.ts';
import {
  DEPTH_LEVELS,
  TICK_DEPTH_U32,
  TICK_LAST_PRICE_U32,
  TICK_MODE_U8,
  TICK_PRICE_DIVISOR_U32,
  TICK_RECEIVE_TIME_F64,
} from '../../shm/layout/tick-slot.ts';

const ASK_U32 = TICK_DEPTH_U32 + DEPTH_LEVELS * 3;
/** A book older than this says nothing about other options. The broker sends changes only. */
const FRESH_MS = 60_000;

/** Newest top of book of every instrument, rupees; 0 = no such quote. Private to one worker. */
export class QuoteBook {
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly last: Float64Array;
  /** Receive time of bid and ask, epoch ms; 0 = never. */
  readonly timeMs: Float64Array;

  constructor(rows: number) {
    this.bid = new Float64Array(rows);
    this.ask = new Float64Array(rows);
    this.last = new Float64Array(rows);
    this.timeMs = new Float64Array(rows);
  }

  /** Takes over the quote of the tick at `tickBytes`. */
  take(row: number, ticks: TickViews, tickBytes: number): void {
    const base = tickBytes >> 2;
    const { u32 } = ticks;
    const scale = 1 / u32[base + TICK_PRICE_DIVISOR_U32]!;
    const last = u32[base + TICK_LAST_PRICE_U32]!;
    this.last[row] = last === UNDEFINED_U32 ? 0 : last * scale;
    // Packets of other modes leave the book as it is, and do not make it younger.
    if (ticks.u8[tickBytes + TICK_MODE_U8] !== MODE.FULL) return;
    this.timeMs[row] = ticks.f64[(tickBytes >> 3) + TICK_RECEIVE_TIME_F64]! / 1000;
    const bid = u32[base + TICK_DEPTH_U32]!;
    const ask = u32[base + ASK_U32]!;
    // Index packets in full mode have no depth.
    this.bid[row] = bid === UNDEFINED_U32 ? 0 : bid * scale;
    this.ask[row] = ask === UNDEFINED_U32 ? 0 : ask * scale;
  }

  /** Reads the quote of the tick at `tickBytes` into `target`, rupees, 0 = none. */
  read(
    ticks: TickViews,
    tickBytes: number,
    target: { bid: number; ask: number; last: number },
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
  }

  /** Middle of a two-sided, uncrossed quote; 0 if there is none. */
  mid(row: number): number {
    const bid = this.bid[row]!;
    const ask = this.ask[row]!;
    return bid > 0 && ask >= bid ? (bid + ask) / 2 : 0;
  }

  /** As `mid`, of a quote that is not older than FRESH_MS at `nowMs` (epoch ms). */
  freshMid(row: number, nowMs: number): number {
    return nowMs - this.timeMs[row]! > FRESH_MS ? 0 : this.mid(row);
  }

  /** Last price where the book is fresh, as in `freshMid`, and not crossed; else 0. */
  freshLast(row: number, nowMs: number): number {
    const ask = this.ask[row]!;
    const isCrossed = ask > 0 && this.bid[row]! > ask;
    return isCrossed || nowMs - this.timeMs[row]! > FRESH_MS ? 0 : this.last[row]!;
  }
}
