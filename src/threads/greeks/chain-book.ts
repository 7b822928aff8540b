import { FORWARD_SOURCE } from '../../domain/status.ts';
import { parityForward } from '../../pricing/forward.ts';
import type { ChainRow, InstrumentTable } from '../../shm/instrument-table.ts';
import type { QuoteBook } from './quote-book.ts';

const YEAR_MS = 31_536_000_000;
/** Strikes nearest the money that vote on the forward. */
const PARITY_STRIKES_MAX = 7;
/** Below this the parity forward has no outlier protection, so the next source is better. */
const PARITY_STRIKES_MIN = 3;
/**
 * Minutes before the end of trading are all treated as one: Greeks of a nearly expired option
 * explode.
 */
export const TIME_TO_EXPIRY_MIN_MS = 60_000;

/* Scratch of the one function that uses it; a worker is one thread. */
const scratch = {
  strikes: new Float64Array(PARITY_STRIKES_MAX),
  calls: new Float64Array(PARITY_STRIKES_MAX),
  puts: new Float64Array(PARITY_STRIKES_MAX),
  weights: new Float64Array(PARITY_STRIKES_MAX),
};

/** One underlying and expiry as its worker knows it: legs by strike, and their forward. */
export class ChainBook {
  readonly number: number;
  /** Rising. */
  strikes: Float64Array = new Float64Array(0);
  /** Row of the call and of the put of each strike; -1 if not in use. */
  calls: Int32Array = new Int32Array(0);
  puts: Int32Array = new Int32Array(0);
  facts: ChainRow;
  /** Rupees; 0 unknown. */
  forward = 0;
  /** FORWARD_SOURCE. */
  source: number = FORWARD_SOURCE.NONE;
  /** A quote that the forward depends on has changed. */
  stale = true;

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
  }

  /** Years to the end of trading, at least one minute's worth; 0 or less once expired. */
  timeToExpiryYears(nowMs: number): number {
    const leftMs = this.facts.expiryMs - nowMs;
    return (leftMs > 0 ? Math.max(leftMs, TIME_TO_EXPIRY_MIN_MS) : leftMs) / YEAR_MS;
  }

  /** Row of the other leg of the strike of option `row`; -1 if not in use. */
  otherLeg(row: number, optionType: number, strike: number): number {
    const index = this.#strikeAtOrAbove(strike);
    if (this.strikes[index] !== strike) return -1;
    const legs = optionType === 1 ? this.puts : this.calls;
    const other = legs[index]!;
    return other === row ? -1 : other;
  }

  /** Finds the forward anew from the best source that has fresh quotes. */
  refreshForward(quotes: QuoteBook, nowMs: number): void {
    this.stale = false;
    const timeYears = this.timeToExpiryYears(nowMs);
    if (timeYears <= 0) {
      this.#set(0, FORWARD_SOURCE.NONE);
      return;
    }
    const future = priceOf(quotes, this.facts.futureRow);
    const spot = priceOf(quotes, this.facts.spotRow);
    const anchor = this.forward || future || spot;
    const parity = this.#parity(quotes, nowMs, anchor, timeYears);
    if (parity > 0) this.#set(parity, FORWARD_SOURCE.PARITY);
    else if (future > 0) this.#set(future, FORWARD_SOURCE.FUTURE);
    else this.#fallBack(quotes, nowMs, spot, timeYears);
  }

  #fallBack(quotes: QuoteBook, nowMs: number, spot: number, timeYears: number): void {
    const other = priceOf(quotes, this.facts.otherFutureRow);
    const otherYears = (this.facts.otherFutureExpiryMs - nowMs) / YEAR_MS;
    if (other > 0 && spot > 0 && otherYears > 0) {
      const carry = Math.log(other / spot) / otherYears;
      this.#set(spot * Math.exp(carry * timeYears), FORWARD_SOURCE.CARRIED_FUTURE);
    } else if (spot > 0) {
      this.#set(spot * Math.exp(this.facts.rate * timeYears), FORWARD_SOURCE.SPOT_CARRY);
    } else {
      this.#set(0, FORWARD_SOURCE.NONE);
    }
  }

  #set(forward: number, source: number): void {
    this.forward = forward;
    this.source = source;
  }

  /** Put-call parity of the strikes nearest to `anchor`; 0 if too few are quoted. */
  #parity(quotes: QuoteBook, nowMs: number, anchor: number, timeYears: number): number {
    let above = anchor > 0 ? this.#strikeAtOrAbove(anchor) : this.strikes.length >> 1;
    let below = above - 1;
    let found = 0;
    const target = anchor > 0 ? anchor : (this.strikes[above] ?? 0);
    while (found < PARITY_STRIKES_MAX && (below >= 0 || above < this.strikes.length)) {
      const takeAbove =
        below < 0 ||
        (above < this.strikes.length &&
          this.strikes[above]! - target <= target - this.strikes[below]!);
      const index = takeAbove ? above++ : below--;
      if (this.#vote(quotes, nowMs, index, found)) found++;
    }
    if (found < PARITY_STRIKES_MIN) return 0;
    const discount = Math.exp(-this.facts.rate * timeYears);
    const { strikes, calls, puts, weights } = scratch;
    const forward = parityForward(strikes, calls, puts, weights, found, discount);
    return forward > 0 ? forward : 0;
  }

  /**
   * Puts the strike's quotes into the scratch arrays at `place` if both legs are fresh and
   * two-sided.
   */
  #vote(quotes: QuoteBook, nowMs: number, index: number, place: number): boolean {
    const call = this.calls[index]!;
    const put = this.puts[index]!;
    if (call < 0 || put < 0) return false;
    const callMid = quotes.freshMid(call, nowMs);
    const putMid = quotes.freshMid(put, nowMs);
    if (callMid === 0 || putMid === 0) return false;
    const spread = quotes.ask[call]! - quotes.bid[call]! + quotes.ask[put]! - quotes.bid[put]!;
    scratch.strikes[place] = this.strikes[index]!;
    scratch.calls[place] = callMid;
    scratch.puts[place] = putMid;
    // A locked book has spread 0: count it as the narrowest one a tick of 0.05 allows.
    const width = Math.max(spread, 0.05);
    scratch.weights[place] = 1 / (width * width);
    return true;
  }

  #strikeAtOrAbove(price: number): number {
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

/** Mid, else last price; 0 if there is neither. Futures and indices. */
function priceOf(quotes: QuoteBook, row: number): number {
  if (row < 0) return 0;
  return quotes.mid(row) || quotes.last[row]!;
}
