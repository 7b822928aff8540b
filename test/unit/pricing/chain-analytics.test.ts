import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SMILE_STATUS } from '../../../src/domain/status.ts';
import { blackPrice } from '../../../src/pricing/black.ts';
import {
  analyseChain,
  type ChainAnalytics,
  ChainColumns,
  emptyAnalytics,
} from '../../../src/pricing/chain-analytics.ts';
import { optionGreeks } from '../../../src/pricing/option.ts';
import { CALL, PUT } from '../../../src/pricing/option-type.ts';
import { type Smile, smileVolatility } from '../../../src/pricing/smile.ts';

const FORWARD = 24_010;
const TIME_YEARS = 7 / 365;
const RATE = 0.065;
const DISCOUNT = Math.exp(-RATE * TIME_YEARS);
const SMILE: Smile = { a: 0.00004, b: 0.012, rho: -0.3, m: 0.003, sigma: 0.02 };

/** A chain of strikes 50 apart, priced on `volatilityAt` log-moneyness. */
function chainOf(
  strikes: number,
  volatilityAt: (k: number) => number = (k) => smileVolatility(SMILE, k, TIME_YEARS),
): ChainColumns {
  const chain = new ChainColumns(strikes);
  chain.count = strikes;
  const lowest = 24_000 - 50 * Math.floor(strikes / 2);
  for (let i = 0; i < strikes; i++) {
    const strike = lowest + 50 * i;
    const volatility = volatilityAt(Math.log(strike / FORWARD));
    chain.strike[i] = strike;
    chain.callPrice[i] = blackPrice(CALL, FORWARD, strike, TIME_YEARS, DISCOUNT, volatility);
    chain.putPrice[i] = blackPrice(PUT, FORWARD, strike, TIME_YEARS, DISCOUNT, volatility);
    chain.callSpread[i] = 0.1;
    chain.putSpread[i] = 0.1;
  }
  return chain;
}

function analysed(chain: ChainColumns): ChainAnalytics {
  const out = emptyAnalytics();
  analyseChain(chain, FORWARD, TIME_YEARS, DISCOUNT, out);
  return out;
}

function assertClose(got: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(got - expected) <= tolerance, `${got}, should be ${expected}`);
}

describe('volatilities', () => {
  test('at the money, between the strikes around the forward', () => {
    const { atmVolatility } = analysed(chainOf(81));
    assertClose(atmVolatility, smileVolatility(SMILE, 0, TIME_YEARS), 1e-4);
  });

  test('without a strike on one side of the forward, from the smile', () => {
    const chain = chainOf(81);
    chain.count = 41;
    assert.equal(chain.strike[40], 24_000);
    const { atmVolatility, smile } = analysed(chain);
    assert.equal(atmVolatility, smileVolatility(smile, 0, TIME_YEARS));
    assertClose(atmVolatility, smileVolatility(SMILE, 0, TIME_YEARS), 5e-4);
  });

  test('25-delta risk reversal and butterfly are those of the smile', () => {
    const { riskReversal25, butterfly25 } = analysed(chainOf(121));
    /** Volatility at the strike at which an option on the smile has this delta. */
    const atDelta = (delta: number): number => {
      let [low, high] = [-0.3, 0.3];
      for (let i = 0; i < 60; i++) {
        const k = (low + high) / 2;
        const terms = {
          model: 'black76',
          type: 'call',
          underlying: 1,
          timeYears: TIME_YEARS,
        } as const;
        const volatility = smileVolatility(SMILE, k, TIME_YEARS);
        const greeks = optionGreeks({ ...terms, strike: Math.exp(k), rate: 0 }, volatility);
        assert.ok(greeks.status === 'OK');
        if (greeks.delta > delta) low = k;
        else high = k;
      }
      return smileVolatility(SMILE, low, TIME_YEARS);
    };
    const [call, put] = [atDelta(0.25), atDelta(0.75)];
    assert.ok(call < put, 'the skew of an index');
    assertClose(riskReversal25, call - put, 2e-4);
    assertClose(butterfly25, (call + put) / 2 - smileVolatility(SMILE, 0, TIME_YEARS), 2e-4);
  });

  test('a side without the strikes for a delta of 0.25 leaves both undefined', () => {
    const { smile, riskReversal25, butterfly25 } = analysed(chainOf(9));
    assert.equal(smile.status, SMILE_STATUS.OK);
    assert.deepEqual([riskReversal25, butterfly25], [Number.NaN, Number.NaN]);
  });

  test('two strikes are too few for a smile, and enough for the money', () => {
    const { smile, atmVolatility, riskReversal25 } = analysed(chainOf(2, () => 0.15));
    assert.equal(smile.status, SMILE_STATUS.TOO_FEW_POINTS);
    assert.ok(Number.isNaN(atmVolatility), 'both strikes are below the forward');
    assert.ok(Number.isNaN(riskReversal25));
    assertClose(analysed(chainOf(3, () => 0.15)).atmVolatility, 0.15, 1e-9);
  });

  test('options that cost a few ticks do not bend the smile', () => {
    const chain = chainOf(121);
    for (let i = 0; i < 121; i++) {
      if (chain.strike[i]! < 22_000) chain.putPrice[i] = 1;
    }
    const { smile } = analysed(chain);
    assertClose(smileVolatility(smile, 0, TIME_YEARS), smileVolatility(SMILE, 0, TIME_YEARS), 2e-4);
  });
});

describe('positions', () => {
  const withPositions = (rows: [call: number, put: number][]): ChainAnalytics => {
    const chain = chainOf(rows.length);
    for (const [i, [call, put]] of rows.entries()) {
      chain.callOpenInterest[i] = call;
      chain.putOpenInterest[i] = put;
      chain.callVolume[i] = 2 * call;
      chain.putVolume[i] = put;
    }
    return analysed(chain);
  };

  test('put-call ratios are puts over calls', () => {
    const { putCallOpenInterest, putCallVolume } = withPositions([
      [100, 50],
      [300, 250],
    ]);
    assert.deepEqual([putCallOpenInterest, putCallVolume], [0.75, 0.375]);
  });

  test('max pain is the strike at which all options together are worth least', () => {
    // Strikes 23900, 23950, 24000, 24050, 24100.
    const rows: [number, number][] = [
      [10, 400],
      [20, 300],
      [50, 80],
      [500, 40],
      [900, 10],
    ];
    const strikes = [23_900, 23_950, 24_000, 24_050, 24_100];
    const worth = strikes.map((price) =>
      rows.reduce((sum, [calls, puts], i) => {
        const strike = strikes[i]!;
        return sum + calls * Math.max(price - strike, 0) + puts * Math.max(strike - price, 0);
      }, 0),
    );
    const least = strikes[worth.indexOf(Math.min(...worth))];
    assert.equal(least, 24_000);
    assert.equal(withPositions(rows).maxPain, least);
  });

  test('without open interest there is neither', () => {
    const { putCallOpenInterest, maxPain, gammaExposure } = analysed(chainOf(5));
    assert.deepEqual([putCallOpenInterest, maxPain, gammaExposure], [Number.NaN, Number.NaN, 0]);
  });

  test('gamma exposure: calls count positive, puts negative, for a move of 1 %', () => {
    const rows: [number, number][] = [
      [0, 0],
      [650, 0],
      [0, 325],
    ];
    const gammas = [24_000, 24_050].map((strike) => {
      const terms = { model: 'black76', type: 'call', underlying: FORWARD, strike } as const;
      const volatility = smileVolatility(SMILE, Math.log(strike / FORWARD), TIME_YEARS);
      const greeks = optionGreeks({ ...terms, timeYears: TIME_YEARS, rate: RATE }, volatility);
      assert.ok(greeks.status === 'OK');
      return greeks.gamma;
    });
    const expected = (650 * gammas[0]! - 325 * gammas[1]!) * FORWARD * FORWARD * 0.01;
    assertClose(withPositions(rows).gammaExposure, expected, 1e-6 * expected);
  });
});
