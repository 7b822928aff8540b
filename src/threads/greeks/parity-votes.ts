import { parityForward } from '../../pricing/forward.ts';
import type { QuoteBook } from './quote-book.ts';

/** Strikes nearest the money that vote on the forward. */
const STRIKES_MAX = 7;
/** Below this the parity forward has no outlier protection, so the next source is better. */
const STRIKES_MIN = 3;
/** Rupees; a locked book has spread 0: count it as the narrowest one that the tick size allows. */
const SPREAD_MIN = 0.05;

/** What votes are taken from: a chain at its present time. */
export interface ParityChain {
  readonly strikes: Float64Array;
  /** Rows of the legs of each strike; -1 not in use. */
  readonly calls: Int32Array;
  readonly puts: Int32Array;
  readonly discount: number;
  strikeAtOrAbove(price: number): number;
}

/** Collects what the strikes of a chain say about its forward. */
export class ParityVotes {
  readonly #strikes = new Float64Array(STRIKES_MAX);
  readonly #calls = new Float64Array(STRIKES_MAX);
  readonly #puts = new Float64Array(STRIKES_MAX);
  readonly #weights = new Float64Array(STRIKES_MAX);

  /**
   * Put-call parity of the strikes of `chain` nearest to `anchor` (rupees; 0 unknown), rupees; 0 if
   * too few are quoted.
   */
  forward(chain: ParityChain, quotes: QuoteBook, nowMs: number, anchor: number): number {
    const { strikes } = chain;
    let above = anchor > 0 ? chain.strikeAtOrAbove(anchor) : strikes.length >> 1;
    let below = above - 1;
    let found = 0;
    const target = anchor > 0 ? anchor : (strikes[above] ?? 0);
    while (found < STRIKES_MAX && (below >= 0 || above < strikes.length)) {
      const takeAbove =
        below < 0 ||
        (above < strikes.length && strikes[above]! - target <= target - strikes[below]!);
      const index = takeAbove ? above++ : below--;
      if (this.#vote(chain, quotes, nowMs, index, found)) found++;
    }
    if (found < STRIKES_MIN) return 0;
    const forward = parityForward(
      this.#strikes,
      this.#calls,
      this.#puts,
      this.#weights,
      found,
      chain.discount,
    );
    return forward > 0 ? forward : 0;
  }

  /** Notes the strike's quotes at `place` if both legs are fresh and two-sided. */
  #vote(
    chain: ParityChain,
    quotes: QuoteBook,
    nowMs: number,
    index: number,
    place: number,
  ): boolean {
    const call = chain.calls[index]!;
    const put = chain.puts[index]!;
    if (call < 0 || put < 0) return false;
    const callMid = quotes.freshMid(call, nowMs);
    const putMid = quotes.freshMid(put, nowMs);
    if (callMid === 0 || putMid === 0) return false;
    const spread = quotes.ask[call]! - quotes.bid[call]! + quotes.ask[put]! - quotes.bid[put]!;
    this.#strikes[place] = chain.strikes[index]!;
    this.#calls[place] = callMid;
    this.#puts[place] = putMid;
    const width = Math.max(spread, SPREAD_MIN);
    this.#weights[place] = 1 / (width * width);
    return true;
  }
}
