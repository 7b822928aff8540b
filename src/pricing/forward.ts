/*
 * The forward that put-call parity implies: F = K + (call - put) / discount at every strike with
 * both sides quoted. One bad quote must not move it, so the strikes vote by weighted median, and no
 * strike has more weight than the median strike: a tight spread on a stale quote cannot decide
 * alone.
 */

/** Strikes used at most. */
export const PARITY_STRIKES_MAX = 64;

/*
 * Votes sorted by implied forward, and their weights sorted; a thread asks for one forward at a
 * time.
 */
const implied = new Float64Array(PARITY_STRIKES_MAX);
const weight = new Float64Array(PARITY_STRIKES_MAX);
const sortedWeight = new Float64Array(PARITY_STRIKES_MAX);

/**
 * Forward implied by the first `count` strikes, in the unit of the prices; NaN if none of them is
 * usable. `weights`: trust in a strike, 1 / (call spread + put spread)^2; strikes with a weight
 * that is not positive or a price that is not finite do not vote. Allocates nothing, changes no
 * argument.
 */
export function parityForward(
  strikes: Float64Array,
  callMids: Float64Array,
  putMids: Float64Array,
  weights: Float64Array,
  count: number,
  discount: number,
): number {
  let votes = 0;
  for (let i = 0; i < count && votes < PARITY_STRIKES_MAX; i++) {
    const forward = strikes[i]! + (callMids[i]! - putMids[i]!) / discount;
    if (!(forward > 0 && forward < Infinity)) continue;
    if (!(weights[i]! > 0 && weights[i]! < Infinity)) continue;
    insert(votes++, forward, weights[i]!);
  }
  if (votes === 0) return Number.NaN;
  capWeights(votes);
  return weightedMedian(votes);
}

/** Inserts a vote into the sorted ones; its weight into the sorted weights. */
function insert(votes: number, forward: number, voteWeight: number): void {
  let place = votes;
  for (; place > 0 && implied[place - 1]! > forward; place--) {
    implied[place] = implied[place - 1]!;
    weight[place] = weight[place - 1]!;
  }
  implied[place] = forward;
  weight[place] = voteWeight;
  place = votes;
  for (; place > 0 && sortedWeight[place - 1]! > voteWeight; place--) {
    sortedWeight[place] = sortedWeight[place - 1]!;
  }
  sortedWeight[place] = voteWeight;
}

function capWeights(votes: number): void {
  const cap = sortedWeight[votes >> 1]!;
  for (let i = 0; i < votes; i++) weight[i] = Math.min(weight[i]!, cap);
}

/** Weighted median: half of the weight lies on either side. Continuous in the votes. */
function weightedMedian(votes: number): number {
  let above = 0;
  for (let i = 0; i < votes; i++) above += weight[i]!;
  const rounding = 1e-12 * above;
  let upTo = 0;
  for (let i = 0; i < votes - 1; i++) {
    upTo += weight[i]!;
    above -= weight[i]!;
    // Just as much on either side: the middle of the two votes in the middle.
    if (Math.abs(upTo - above) <= rounding) return 0.5 * (implied[i]! + implied[i + 1]!);
    if (upTo > above) return implied[i]!;
  }
  return implied[votes - 1]!;
}

/** Best bid and ask of both options of a strike; a side without a quote is 0. */
export interface StrikeQuote {
  readonly strike: number;
  readonly callBid: number;
  readonly callAsk: number;
  readonly putBid: number;
  readonly putAsk: number;
}

export interface ImpliedForward {
  readonly forward: number;
  /** Half the range of forwards that the single strikes imply. */
  readonly dispersion: number;
  /** Strikes that were two-sided and not crossed. */
  readonly strikes: number;
}

/**
 * Forward implied by quotes, weighted by inverse squared spread; null if no strike has both options
 * two-sided. `tickSize`, in the unit of the prices, is the least spread that counts.
 */
export function impliedForward(
  quotes: readonly StrikeQuote[],
  discount: number,
  tickSize = 0.05,
): ImpliedForward | null {
  const usable = quotes.filter(isTwoSided).slice(0, PARITY_STRIKES_MAX);
  const column = (value: (quote: StrikeQuote) => number) => Float64Array.from(usable, value);
  const strikes = column((quote) => quote.strike);
  const callMids = column((quote) => (quote.callBid + quote.callAsk) / 2);
  const putMids = column((quote) => (quote.putBid + quote.putAsk) / 2);
  const weights = column((quote) => {
    const spread = quote.callAsk - quote.callBid + quote.putAsk - quote.putBid;
    return Math.max(spread, tickSize) ** -2;
  });
  const forward = parityForward(strikes, callMids, putMids, weights, usable.length, discount);
  if (Number.isNaN(forward)) return null;
  const votes = strikes.map((strike, i) => strike + (callMids[i]! - putMids[i]!) / discount);
  const dispersion = (Math.max(...votes) - Math.min(...votes)) / 2;
  return { forward, dispersion, strikes: usable.length };
}

function isTwoSided(quote: StrikeQuote): boolean {
  const { callBid, callAsk, putBid, putAsk } = quote;
  return callBid > 0 && callAsk >= callBid && putBid > 0 && putAsk >= putBid;
}
