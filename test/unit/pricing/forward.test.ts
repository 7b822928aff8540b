import assert from 'node:assert/strict';
import { test } from 'node:test';
import { impliedForward, parityForward, type StrikeQuote } from '../../../src/pricing/forward.ts';

const DISCOUNT = 0.99;
const FORWARD = 24_030.5;
const STRIKES = [23_900, 23_950, 24_000, 24_050, 24_100];

/** Columns of strikes whose prices are exact by parity, then changed by `spoil`. */
function columns(
  strikes = STRIKES,
  spoil = (_callMids: Float64Array, _weights: Float64Array) => {},
) {
  const callMids = Float64Array.from(strikes, (strike) => 400 + DISCOUNT * (FORWARD - strike));
  const putMids = new Float64Array(strikes.length).fill(400);
  const weights = new Float64Array(strikes.length).fill(1);
  spoil(callMids, weights);
  return { strikes: Float64Array.from(strikes), callMids, putMids, weights };
}

function forwardOf(table: ReturnType<typeof columns>, count = table.strikes.length): number {
  const { strikes, callMids, putMids, weights } = table;
  return parityForward(strikes, callMids, putMids, weights, count, DISCOUNT);
}

function assertForward(got: number, expected = FORWARD, tolerance = 1e-9): void {
  assert.ok(Math.abs(got - expected) <= tolerance, `${got}, should be ${expected}`);
}

test('prices that obey parity give the forward, from one strike or many, in any order', () => {
  for (let count = 1; count <= STRIKES.length; count++) assertForward(forwardOf(columns(), count));
  assertForward(forwardOf(columns([...STRIKES].reverse())));
});

test('one wrong quote does not move it, and no weight makes that quote decide', () => {
  for (const error of [-5000, -50, 50, 5000]) {
    for (const weight of [1e-6, 1, 1e9]) {
      for (let place = 0; place < STRIKES.length; place++) {
        const table = columns(STRIKES, (callMids, weights) => {
          callMids[place] = callMids[place]! + error;
          weights[place] = weight;
        });
        assertForward(forwardOf(table));
      }
    }
  }
});

test('wide quotes count less than tight ones', () => {
  const table = columns(STRIKES, (callMids, weights) => {
    callMids[0] = callMids[0]! + DISCOUNT * 10;
    callMids[1] = callMids[1]! + DISCOUNT * 10;
    callMids[2] = callMids[2]! + DISCOUNT * 10;
    weights.set([0.01, 0.01, 1, 1, 1]);
  });
  // Equal weights would put the median at the three wrong strikes.
  assert.ok(forwardOf(table) < FORWARD + 5);
});

test('strikes without a usable price or weight do not vote; without any there is no forward', () => {
  const table = columns(STRIKES, (callMids, weights) => {
    callMids[0] = NaN;
    callMids[1] = Infinity;
    weights[2] = 0;
    weights[3] = NaN;
  });
  assertForward(forwardOf(table));
  assert.equal(forwardOf(table, 4), NaN);
  assert.equal(forwardOf(table, 0), NaN);
});

test('the arguments are left as they were', () => {
  const table = columns();
  const before = structuredClone(table);
  forwardOf(table);
  assert.deepEqual(table, before);
});

function quote(strike: number, change: Partial<StrikeQuote> = {}): StrikeQuote {
  const call = 400 + DISCOUNT * (FORWARD - strike);
  return {
    strike,
    callBid: call - 0.5,
    callAsk: call + 0.5,
    putBid: 399.5,
    putAsk: 400.5,
    ...change,
  };
}

test('quotes give forward, dispersion and the number of strikes that were two-sided', () => {
  const quotes = STRIKES.map((strike) => quote(strike));
  quotes[0] = quote(STRIKES[0]!, { putBid: 0 });
  quotes[1] = quote(STRIKES[1]!, { callBid: 700, callAsk: 600 });
  const result = impliedForward(quotes, DISCOUNT);
  assert.equal(result?.strikes, 3);
  assertForward(result.forward);
  assertForward(result.dispersion, 0);
  assert.equal(impliedForward(quotes.slice(0, 2), DISCOUNT), null);
  assert.equal(impliedForward([], DISCOUNT), null);
});

test('dispersion is half the range of what the strikes imply', () => {
  const quotes = STRIKES.map((strike) => quote(strike));
  const call = quotes[4]!.callBid + 4 * DISCOUNT;
  quotes[4] = quote(STRIKES[4]!, { callBid: call, callAsk: call + 1 });
  assertForward(impliedForward(quotes, DISCOUNT)?.dispersion ?? NaN, 2);
});

test('a locked book counts as one tick wide, not as infinitely good', () => {
  const quotes = STRIKES.map((strike) => quote(strike));
  quotes[2] = quote(STRIKES[2]!, { callBid: 450, callAsk: 450, putBid: 400, putAsk: 400 });
  assertForward(impliedForward(quotes, DISCOUNT)?.forward ?? NaN);
});

test('a wide spread of either option takes weight from its strike', () => {
  const wide = (strike: number, side: Partial<StrikeQuote>) => {
    const call = quote(strike).callBid + 10 * DISCOUNT;
    return quote(strike, { callBid: call, callAsk: call + 1, ...side });
  };
  const wrong = STRIKES.slice(0, 3);
  const right = STRIKES.slice(3).map((strike) => quote(strike));
  const wideCall = wrong.map((strike) => {
    const { callBid, callAsk } = wide(strike, {});
    return wide(strike, { callBid: callBid - 50, callAsk: callAsk + 50 });
  });
  const widePut = wrong.map((strike) => wide(strike, { putBid: 349.5, putAsk: 450.5 }));
  // The third strike, as wide as the first two, would be the median of equal ones.
  for (const wrongQuotes of [wideCall, widePut]) {
    const equal = [...wrong.map((strike) => wide(strike, {})), ...right];
    assertForward(impliedForward(equal, DISCOUNT)?.forward ?? NaN, FORWARD + 10);
    const extra = quote(24_150);
    assertForward(impliedForward([...wrongQuotes, ...right, extra], DISCOUNT)?.forward ?? NaN);
  }
});
