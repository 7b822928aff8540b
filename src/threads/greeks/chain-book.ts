import { FORWARD_SOURCE, GREEKS_STATUS, PRICING_MODEL } from '../../domain/status.ts';
import { zeroRate } from '../../pricing/discount-curve.ts';
import type { ChainRow, InstrumentTable } from '../../shm/instrument-table.ts';
import { ParityVotes } from './parity-votes.ts';
import type { QuoteBook } from './quote-book.ts';

const YEAR_MS = 31_536_000_000;
/**
 * Minutes before the end of trading are all treated as one: Greeks of a nearly expired option
 * explode.
 */
export const TIME_TO_EXPIRY_MIN_MS = 60_000;

/** One underlying and expiry as its worker knows it: legs by strike, and their forward. */
export class ChainBook {
  readonly number: number;
  /** Rising. */
  strikes: Float64Array = new Float64Array(0);
  /** Row of the call and of the put of each strike; -1 if not in use. */
  calls: Int32Array = new Int32Array(0);
  puts: Int32Array = new Int32Array(0);
  facts: ChainRow;
  /** Time of the four numbers below, epoch ms; they hold for a whole batch. */
  clockMs = -1;
  /** Years to the end of trading, at least one minute's worth; 0 or less once expired. */
  timeYears = 0;
  /** Zero rate to that end, continuously compounded, per year. */
  rate = 0;
  discount = 1;
  /** GREEKS_STATUS that every option of the chain has by the clock alone: OK, or why none. */
  phase: number = GREEKS_STATUS.OK;
  /** Rupees; 0 unknown. */
  forward = 0;
  /** FORWARD_SOURCE. */
  source: number = FORWARD_SOURCE.NONE;
  /** Why there is no forward: NO_UNDERLYING, or STALE if its sources are all too old. */
  noForward: number = GREEKS_STATUS.NO_UNDERLYING;
  /** A quote that the forward depends on has changed. */
  stale = true;
  /** What the worker's repricing has on it; see repricer.ts. */
  readonly repriced = {
    forward: 0,
    phase: GREEKS_STATUS.OK as number,
    /** Largest gamma seen since. */
    gamma: 0,
    /** Rupees by which the forward of an option may differ without being computed again. */
    near: 0,
    /** No pass over the chain begins before this, epoch ms. */
    dueMs: 0,
    /** Waits for a pass, or is in one. */
    isQueued: false,
    /** On the list of chains to look at. */
    isListed: false,
  };

  constructor(number: number, facts: ChainRow) {
    this.number = number;
    this.facts = facts;
  }

  /** Rebuilds the legs from the instrument table. */
  reload(table: InstrumentTable, rows: readonly number[]): void {
    this.facts = table.chain(this.number);
    const strikes = [...new Set(rows.map((row) => table.strikes[row]!))].sort((a, b) => a - b);
    this.strikes = Float64Array.from(strikes);
    this.calls = new Int32Array(strikes.length).fill(-1);
    this.puts = new Int32Array(strikes.length).fill(-1);
    for (const row of rows) {
      const legs = table.optionTypes[row] === 1 ? this.calls : this.puts;
      legs[strikes.indexOf(table.strikes[row]!)] = row;
    }
    this.stale = true;
    this.clockMs = -1;
  }

  /** Takes the time, epoch ms. Must come before anything that depends on it. */
  setClock(nowMs: number): void {
    if (this.clockMs === nowMs) return;
    const { expiryMs, settlementMs, curve } = this.facts;
    const leftMs = expiryMs - nowMs;
    this.clockMs = nowMs;
    this.timeYears = (leftMs > 0 ? Math.max(leftMs, TIME_TO_EXPIRY_MIN_MS) : leftMs) / YEAR_MS;
    if (leftMs <= 0) this.phase = GREEKS_STATUS.EXPIRED;
    else this.phase = nowMs < settlementMs ? GREEKS_STATUS.OK : GREEKS_STATUS.AFTER_SETTLEMENT;
    this.rate = zeroRate(curve, this.timeYears);
    this.discount = Math.exp(-this.rate * this.timeYears);
  }

  /** PRICING_MODEL. */
  get model(): number {
    return this.facts.model;
  }

  get isSpotModel(): boolean {
    return this.facts.model === PRICING_MODEL.BLACK_SCHOLES_MERTON;
  }

  /** The spot that carries to the forward, rupees. */
  get impliedSpot(): number {
    return this.forward * Math.exp((this.facts.dividendYield - this.rate) * this.timeYears);
  }

  /** Row of the other leg of the strike of option `row`; -1 if not in use. */
  otherLeg(row: number, optionType: number, strike: number): number {
    const index = this.strikeAtOrAbove(strike);
    if (this.strikes[index] !== strike) return -1;
    const legs = optionType === 1 ? this.puts : this.calls;
    const other = legs[index]!;
    return other === row ? -1 : other;
  }

  /** Finds the forward anew from the best source that has fresh prices. `setClock` before. */
  refreshForward(quotes: QuoteBook, nowMs: number): void {
    this.stale = false;
    if (this.phase !== GREEKS_STATUS.OK) return;
    const { firstSource, futureRow, spotRow } = this.facts;
    const future = quotes.freshPrice(futureRow, nowMs);
    const spot = quotes.freshPrice(spotRow, nowMs);
    if (firstSource === FORWARD_SOURCE.PARITY) {
      const anchor = this.forward || future || spot;
      const parity = parityVotes.forward(this, quotes, nowMs, anchor);
      if (parity > 0) {
        this.#set(parity, FORWARD_SOURCE.PARITY);
        return;
      }
    }
    if (future > 0 && firstSource <= FORWARD_SOURCE.FUTURE) {
      this.#set(future, FORWARD_SOURCE.FUTURE);
    } else {
      this.#carry(quotes, nowMs, spot);
    }
  }

  #carry(quotes: QuoteBook, nowMs: number, spot: number): void {
    const { firstSource, otherFutureRow, otherFutureExpiryMs, dividendYield } = this.facts;
    const mayUseFuture = firstSource <= FORWARD_SOURCE.CARRIED_FUTURE;
    const other = mayUseFuture ? quotes.freshPrice(otherFutureRow, nowMs) : 0;
    const otherYears = (otherFutureExpiryMs - nowMs) / YEAR_MS;
    if (other > 0 && spot > 0 && otherYears > 0) {
      const carry = Math.log(other / spot) / otherYears;
      this.#set(spot * Math.exp(carry * this.timeYears), FORWARD_SOURCE.CARRIED_FUTURE);
    } else if (spot > 0) {
      const carry = this.rate - dividendYield;
      this.#set(spot * Math.exp(carry * this.timeYears), FORWARD_SOURCE.SPOT_CARRY);
    } else {
      this.#setNone(quotes);
    }
  }

  #set(forward: number, source: number): void {
    this.forward = forward;
    this.source = source;
  }

  #setNone(quotes: QuoteBook): void {
    const { spotRow, futureRow } = this.facts;
    const hadPrice = quotes.hasPrice(spotRow) || quotes.hasPrice(futureRow);
    this.noForward =
      hadPrice || this.forward > 0 ? GREEKS_STATUS.STALE : GREEKS_STATUS.NO_UNDERLYING;
    // The forward stays as the place from which the next search for the money starts.
    this.source = FORWARD_SOURCE.NONE;
  }

  /** Index of the lowest strike that is not below `price`; the number of strikes if none is. */
  strikeAtOrAbove(price: number): number {
    let low = 0;
    let high = this.strikes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.strikes[middle]! < price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/* Scratch memory; a worker is one thread. */
const parityVotes = new ParityVotes();
