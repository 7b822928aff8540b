import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BookSide, type Liquidity, liquidityOf } from '../../../src/pricing/liquidity.ts';

type Level = readonly [price: number, quantity: number, orders: number];

function side(...levels: Level[]): BookSide {
  return {
    prices: levels.map(([price]) => price),
    quantities: levels.map(([, quantity]) => quantity),
    orders: levels.map(([, , orders]) => orders),
  };
}

/** Compares to ten digits: the golden values were worked out by hand. */
function assertMeasures(got: Liquidity, golden: Partial<Liquidity>): void {
  for (const [name, expected] of Object.entries(golden)) {
    const value = got[name as keyof Liquidity];
    if (typeof expected === 'number' && Number.isFinite(expected)) {
      const error = Math.abs((value as number) - expected);
      assert.ok(error <= 1e-10 * Math.max(1, Math.abs(expected)), `${name}: ${String(value)}`);
    } else {
      assert.deepEqual(value, expected, name);
    }
  }
}

const BIDS = side([100, 200, 4], [99.5, 300, 6], [99, 100, 2], [98.5, 250, 5], [98, 150, 3]);
const ASKS = side([100.5, 50, 1], [101, 250, 5], [101.5, 100, 2], [102, 150, 3], [102.5, 50, 1]);

test('golden values of a whole book', () => {
  assertMeasures(liquidityOf(BIDS, ASKS, 100.35), {
    spread: 0.5,
    spreadPercent: 50 / 100.25,
    mid: 100.25,
    weightedMid: 159_925 / 1600,
    microprice: 100.4,
    bidQuantity: 1000,
    askQuantity: 600,
    bidValue: 99_075,
    askValue: 60_850,
    bestBidQuantity: 200,
    bestAskQuantity: 50,
    bidOrders: 20,
    askOrders: 12,
    averageBidOrder: 50,
    averageAskOrder: 50,
    imbalanceRatio: 5 / 3,
    imbalancePercent: 25,
    orderImbalancePercent: 25,
    valueImbalancePercent: (100 * 38_225) / 159_925,
    bookPressure: 220 / (475 + 5 / 6 + 255 + 5 / 6),
    impact100: 0.5,
    impact500: 1,
    effectiveSpread: 0.2,
    concentrationPercent: 15.625,
    // 40 % of 0.249, 30 % of 100 (160 capped), 20 % of 32, 10 % of 50.
    score: 0.4 * (100 - 10_000 / 100.25) + 30 + 6.4 + 5,
    tier: 'LOW',
    flags: ['FEW_ORDERS', 'IMBALANCED'],
  });
});

describe('score and tier', () => {
  const tick = (quantity: number, orders: number): Liquidity =>
    liquidityOf(side([99.95, quantity, orders]), side([100.05, quantity, orders]), 100);

  const cases: [quantity: number, orders: number, score: number, tier: string][] = [
    // The spread of 0.1 % gives 0.4 * 80 = 32, perfect balance 10.
    [500, 50, 92, 'HIGH'],
    [500, 10, 76, 'MEDIUM'],
    [250, 5, 59, 'LOW'],
    [50, 1, 45.4, 'LOW'],
    [0, 0, 0, 'ILLIQUID'],
  ];
  for (const [quantity, orders, score, tier] of cases) {
    test(`${quantity} units in ${orders} orders on each side: ${score}, ${tier}`, () => {
      assertMeasures(tick(quantity, orders), { score, tier: tier as Liquidity['tier'] });
    });
  }

  test('a spread of half a percent and more scores nothing', () => {
    const wide = liquidityOf(side([99, 1000, 100]), side([101, 1000, 100]), 100);
    assertMeasures(wide, { score: 60, tier: 'MEDIUM', flags: ['WIDE_SPREAD'] });
  });
});

describe('what a book does not say is NaN', () => {
  test('without asks there is no spread, no mid and no score', () => {
    const measures = liquidityOf(BIDS, side([0, 0, 0]), 100);
    assertMeasures(measures, {
      spread: Number.NaN,
      mid: Number.NaN,
      microprice: Number.NaN,
      impact100: Number.NaN,
      effectiveSpread: Number.NaN,
      imbalanceRatio: Number.NaN,
      bookPressure: 1,
      imbalancePercent: 100,
      bidQuantity: 1000,
      score: 0,
      tier: 'ILLIQUID',
      flags: ['WIDE_SPREAD', 'FEW_ORDERS', 'IMBALANCED', 'THIN_BEST_LEVEL'],
    });
  });

  test('more than the book has cannot be bought', () => {
    const { impact100, impact500 } = liquidityOf(BIDS, side([100.5, 499, 9]), 100);
    assert.equal(impact100, 0.25);
    assert.equal(impact500, Number.NaN);
  });

  test('an instrument that never traded has no effective spread', () => {
    assert.equal(liquidityOf(BIDS, ASKS, 0).effectiveSpread, Number.NaN);
  });
});
