/*
 * The forward that put-call parity implies: F = K + (call - put) / discount at every strike with both
 * sides quoted. One bad quote must not move it, so the strikes vote by weighted median.
 */

const STRIKES_MAX = 64;
/* Sorted copies; a worker is one thread. */
const implied = new Float64Array(STRIKES_MAX);
const share = new Float64Array(STRIKES_MAX);

/**
 * Forward implied by the first `count` strikes (at most 64 are used), in the prices' own unit; NaN if
 * none of them is usable. `weights`: trust in the strike, such as 1 / (call spread + put spread)^2;
 * strikes with a weight that is not positive or a price that is not finite do not vote. Allocates nothing.
 */
export function parityForward(
  strikes: Float64Array,
  callMids: Float64Array,
  putMids: Float64Array,
  weights: Float64Array,
  count: number,
  discount: number,
): number {
  const votes = collectVotes(strikes, callMids, putMids, weights, count, discount);
  if (votes === 0) return Number.NaN;
  return weightedMedian(votes);
}

/** Fills `implied` and `share`, sorted by implied forward; returns how many there are. */
function collectVotes(
  strikes: Float64Array,
  callMids: Float64Array,
  putMids: Float64Array,
  weights: Float64Array,
  count: number,
  discount: number,
): number {
  let votes = 0;
  for (let i = 0; i < count && votes < STRIKES_MAX; i++) {
    const forward = strikes[i]! + (callMids[i]! - putMids[i]!) / discount;
    const weight = weights[i]!;
    if (!(weight > 0 && weight < Infinity && forward > 0 && forward < Infinity)) continue;
    let place = votes++;
    while (place > 0 && implied[place - 1]! > forward) {
      implied[place] = implied[place - 1]!;
      share[place] = share[place - 1]!;
      place--;
    }
    implied[place] = forward;
    share[place] = weight;
  }
  return votes;
}

/**
 * Weighted median: interpolated between the two votes around half of the weight, every vote standing
 * in the middle of its own weight, so that it moves continuously with prices and weights.
 */
function weightedMedian(votes: number): number {
  let total = 0;
  for (let i = 0; i < votes; i++) total += share[i]!;
  const half = 0.5 * total;
  let centre = 0.5 * share[0]!;
  if (half <= centre) return implied[0]!;
  for (let i = 1; i < votes; i++) {
    const next = centre + 0.5 * (share[i - 1]! + share[i]!);
    if (half <= next) {
      const part = (half - centre) / (next - centre);
      return implied[i - 1]! + part * (implied[i]! - implied[i - 1]!);
    }
    centre = next;
  }
  return implied[votes - 1]!;
}
