import { FORWARD_SOURCE } from '../domain/status.ts';
import { impliedForward, type StrikeQuote } from '../pricing/forward.ts';
import type { ChainSnapshot, SnapshotLeg } from './chain-snapshot.ts';

/** Strikes around the money that vote on the forward: at most, and at least. */
const STRIKES_MAX = 7;
const STRIKES_MIN = 3;
/** The anchor decides which strikes vote, and their vote is a better anchor. */
const ROUNDS_MAX = 5;

export interface SnapshotForward {
  /** 0: there is none. */
  forward: number;
  /** FORWARD_SOURCE: parity, else spot with carry, else none. */
  source: number;
  /** Half the range of forwards that the single strikes imply; 0 if not by parity. */
  dispersion: number;
  strikes: number;
}

/** A quote with both sides, which last prices are not unless `fromLast`. */
function quoteOf(leg: SnapshotLeg | null, fromLast: boolean): { bid: number; ask: number } {
  if (leg === null) return { bid: 0, ask: 0 };
  return fromLast ? { bid: leg.last, ask: leg.last } : { bid: leg.bid, ask: leg.ask };
}

/**
 * Forward of a recorded chain. `fromLast`: the record has no bids and asks, so last prices stand
 * for them. `rate` continuously compounded per year.
 */
export function snapshotForward(
  snapshot: ChainSnapshot,
  timeYears: number,
  rate: number,
  fromLast: boolean,
): SnapshotForward {
  const discount = Math.exp(-rate * timeYears);
  const quotes: StrikeQuote[] = [];
  for (const { strike, call, put } of snapshot.rows) {
    const calls = quoteOf(call, fromLast);
    const puts = quoteOf(put, fromLast);
    if (!(calls.bid > 0 && calls.ask >= calls.bid && puts.bid > 0 && puts.ask >= puts.bid))
      continue;
    const sides = { callBid: calls.bid, callAsk: calls.ask, putBid: puts.bid, putAsk: puts.ask };
    quotes.push({ strike, ...sides });
  }
  const spot = snapshot.underlyingValue;
  if (quotes.length >= STRIKES_MIN) {
    let anchor = crossing(quotes, discount);
    let nearest: StrikeQuote[] = [];
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const before = nearest;
      nearest = nearestTo(quotes, anchor);
      if (nearest.every((quote) => before.includes(quote))) break;
      anchor = impliedForward(nearest, discount)?.forward ?? anchor;
    }
    const implied = impliedForward(nearest, discount);
    if (implied !== null) return { ...implied, source: FORWARD_SOURCE.PARITY };
  }
  const none = { dispersion: 0, strikes: 0 };
  if (spot === 0) return { forward: 0, source: FORWARD_SOURCE.NONE, ...none };
  return { forward: spot / discount, source: FORWARD_SOURCE.SPOT_CARRY, ...none };
}

/** What the strike says at which call and put cost most nearly the same. */
function crossing(quotes: readonly StrikeQuote[], discount: number): number {
  const difference = ({ callBid, callAsk, putBid, putAsk }: StrikeQuote): number =>
    (callBid + callAsk - putBid - putAsk) / 2;
  const best = quotes.reduce((a, b) => (Math.abs(difference(b)) < Math.abs(difference(a)) ? b : a));
  return best.strike + difference(best) / discount;
}

function nearestTo(quotes: readonly StrikeQuote[], anchor: number): StrikeQuote[] {
  const byDistance = [...quotes].sort(
    (a, b) => Math.abs(a.strike - anchor) - Math.abs(b.strike - anchor),
  );
  return byDistance.slice(0, STRIKES_MAX);
}
