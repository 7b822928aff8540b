import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadPricing, parsePricing } from '../../../src/config/pricing-file.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { termsOf } from '../../../src/domain/pricing-terms.ts';
import { FORWARD_SOURCE, PRICING_MODEL } from '../../../src/domain/status.ts';

const RATE = 0.065;

function parse(file: unknown) {
  return parsePricing(JSON.stringify(file), 'pricing.json', RATE);
}

describe('the terms of an underlying', () => {
  test('without a file: Black-76 on the forward by parity, TICKER_RATE, no dividend', () => {
    const book = loadPricing({ pricingFile: undefined, ratePerYear: 0.05 });
    assert.deepEqual(termsOf(book, 'NIFTY'), {
      model: PRICING_MODEL.BLACK_76,
      firstSource: FORWARD_SOURCE.PARITY,
      future: undefined,
      curve: [{ years: 1, rate: 0.05 }],
      dividendYield: 0,
    });
  });

  test('are its own, else those of `default`, else the built-in ones', () => {
    const book = parse({
      default: {
        dividend_yield: 0.01,
        curve: [
          [30, 0.06],
          [365, 0.07],
        ],
      },
      underlyings: {
        RELIANCE: { model: 'bsm', underlying: 'spot', rate: 0.055 },
        BANKNIFTY: { underlying: 'NFO:BANKNIFTY26DECFUT', dividend_yield: 0 },
        NIFTY: { underlying: 'future' },
      },
    });
    const curve = [
      { years: 30 / 365, rate: 0.06 },
      { years: 1, rate: 0.07 },
    ];
    assert.deepEqual(termsOf(book, 'RELIANCE'), {
      model: PRICING_MODEL.BLACK_SCHOLES_MERTON,
      firstSource: FORWARD_SOURCE.SPOT_CARRY,
      future: undefined,
      curve: [{ years: 1, rate: 0.055 }],
      dividendYield: 0.01,
    });
    const named = termsOf(book, 'BANKNIFTY');
    assert.deepEqual(named, {
      model: PRICING_MODEL.BLACK_76,
      firstSource: FORWARD_SOURCE.FUTURE,
      future: 'NFO:BANKNIFTY26DECFUT',
      curve,
      dividendYield: 0,
    });
    assert.equal(termsOf(book, 'NIFTY').firstSource, FORWARD_SOURCE.FUTURE);
    assert.equal(termsOf(book, 'NIFTY').future, undefined);
    assert.equal(termsOf(book, 'TCS').firstSource, FORWARD_SOURCE.PARITY);
    assert.equal(termsOf(book, 'TCS').dividendYield, 0.01);
  });

  test('an empty file changes nothing', () => {
    assert.deepEqual(
      termsOf(parse({}), 'NIFTY'),
      termsOf(loadPricing({ pricingFile: undefined, ratePerYear: RATE }), 'NIFTY'),
    );
  });
});

describe('a file with a mistake is refused, with its place:', () => {
  const CASES: readonly [string, unknown, RegExp][] = [
    ['another shape', [], /must be an object/],
    ['an unknown part', { defaults: {} }, /defaults is not a field/],
    [
      'an unknown field',
      { default: { modle: 'bsm' } },
      /default: modle is not a field; did you mean model\?/,
    ],
    [
      'a model',
      { underlyings: { NIFTY: { model: 'heston' } } },
      /underlying NIFTY, field model: must be black-76 or bsm/,
    ],
    [
      'an underlying',
      { default: { underlying: 'futures' } },
      /default, field underlying: must be parity/,
    ],
    [
      'one future for all',
      { default: { underlying: 'NFO:NIFTY26DECFUT' } },
      /default, field underlying: one future cannot be that of all/,
    ],
    ['a rate as text', { default: { rate: '0.06' } }, /default, field rate: must be a number/],
    [
      'a rate in percent',
      { default: { rate: 6.5 } },
      /field rate: must be a number from -0.1 to 1/,
    ],
    [
      'a rate and a curve',
      { default: { rate: 0.06, curve: [[1, 0.06]] } },
      /field curve: there is a rate too/,
    ],
    [
      'a curve without points',
      { default: { curve: [] } },
      /field curve: must be an array of 1 to 8/,
    ],
    [
      'a long curve',
      { default: { curve: Array.from({ length: 9 }, (_, i) => [i + 1, 0.06]) } },
      /1 to 8/,
    ],
    [
      'days that do not rise',
      {
        default: {
          curve: [
            [30, 0.06],
            [30, 0.07],
          ],
        },
      },
      /point 2 must be \[days, rate\]/,
    ],
    ['day 0', { default: { curve: [[0, 0.06]] } }, /point 1 must be/],
    ['a point of three', { default: { curve: [[1, 0.06, 7]] } }, /point 1 must be/],
    ['a curve in percent', { default: { curve: [[1, 6]] } }, /point 1: the rate must be/],
    [
      'a dividend',
      { underlyings: { TCS: { dividend_yield: -1 } } },
      /underlying TCS, field dividend_yield/,
    ],
    ['an entry that is none', { underlyings: { TCS: null } }, /underlying TCS must be an object/],
    ['underlyings as a list', { underlyings: [] }, /underlyings must be an object/],
  ];
  for (const [name, file, pattern] of CASES) {
    test(name, () => {
      assert.throws(
        () => parse(file),
        (error) =>
          error instanceof TickerError &&
          error.code === 'CONFIG_FILE' &&
          error.detail.startsWith('pricing.json: ') &&
          pattern.test(error.detail),
      );
    });
  }

  test('all of them at once', () => {
    assert.throws(
      () => parse({ default: { rate: 9 }, underlyings: { TCS: { model: 1 } } }),
      /rate.*model/,
    );
  });

  test('no JSON, and no file', () => {
    assert.throws(() => parsePricing('{', 'pricing.json', RATE), /pricing.json is not valid JSON/);
    const missing = { pricingFile: '/nowhere/pricing.json', ratePerYear: RATE };
    assert.throws(() => loadPricing(missing), /cannot be read \(ENOENT\)/);
  });
});
