import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GREEKS_STATUS } from '../../../src/domain/status.ts';
import {
  ALL_GREEKS_OUTPUTS,
  black76AllGreeks,
  blackScholesMertonAllGreeks,
} from '../../../src/pricing/all-greeks.ts';
import { blackPrice, blackScholesMertonPrice } from '../../../src/pricing/black.ts';
import {
  black76Greeks,
  GREEKS_DELTA,
  GREEKS_OUTPUTS,
  GREEKS_VEGA,
} from '../../../src/pricing/greeks.ts';
import { solveBlack76, solveBlackScholesMerton } from '../../../src/pricing/implied-volatility.ts';
import { CALL, type OptionType, PUT } from '../../../src/pricing/option-type.ts';

const RUNS = { numRuns: 5000 };

/** 10^x for x in the range. */
function decades(min: number, max: number): fc.Arbitrary<number> {
  return fc.double({ min, max, noNaN: true }).map((exponent) => 10 ** exponent);
}

interface Option {
  type: OptionType;
  forward: number;
  strike: number;
  timeYears: number;
  rate: number;
  volatility: number;
}

const anyType = fc.constantFrom<OptionType>(CALL, PUT);

/**
 * From a nanosecond to ten years, volatility 0.1 % to 1000 %, up to `deviations` from the money.
 */
function anyOption(deviations: number): fc.Arbitrary<Option> {
  return fc
    .record({
      type: anyType,
      forward: decades(-2, 6),
      distance: fc.double({ min: -deviations, max: deviations, noNaN: true }),
      timeYears: decades(-16.5, 1),
      rate: fc.double({ min: -0.1, max: 0.2, noNaN: true }),
      volatility: decades(-3, 1),
    })
    .map(({ distance, ...option }) => {
      const deviation = option.volatility * Math.sqrt(option.timeYears);
      return { ...option, strike: option.forward * Math.exp(distance * deviation) };
    })
    .filter(({ strike }) => strike > 1e-280 && strike < 1e280);
}

function discountOf(option: Option): number {
  return Math.exp(-option.rate * option.timeYears);
}

function priceOf(option: Option): number {
  const { type, forward, strike, timeYears, volatility } = option;
  return blackPrice(type, forward, strike, timeYears, discountOf(option), volatility);
}

/**
 * Sum of what one relative rounding of price, forward, strike and volatility is worth, in price.
 */
function priceRounding(option: Option, greeks: Float64Array): number {
  const price = priceOf(option);
  const legs = Math.abs(option.forward * greeks[GREEKS_DELTA]!);
  const other = Math.abs(price - option.forward * greeks[GREEKS_DELTA]!);
  return 2 ** -52 * (price + legs + other + option.volatility * greeks[GREEKS_VEGA]!);
}

function greeksOf(option: Option): Float64Array {
  const out = new Float64Array(GREEKS_OUTPUTS);
  const { type, forward, strike, timeYears, rate, volatility } = option;
  black76Greeks(out, type, forward, strike, timeYears, rate, volatility);
  return out;
}

test('the volatility of a price is the one that the price was made with, to the last digits it holds', () => {
  fc.assert(
    fc.property(anyOption(30), (option) => {
      const { type, forward, strike, timeYears, volatility } = option;
      const price = priceOf(option);
      const greeks = greeksOf(option);
      const attainable =
        2 ** -52 * volatility + priceRounding(option, greeks) / greeks[GREEKS_VEGA]!;
      fc.pre(price > 1e-290 && attainable < 1e-3 * volatility);
      const solved = solveBlack76(type, price, forward, strike, timeYears, discountOf(option));
      assert.ok(
        Math.abs(solved - volatility) <= 4 * attainable,
        `${solved}, should be ${volatility} +- ${attainable}`,
      );
    }),
    RUNS,
  );
});

test('a price rises with volatility, up to the rounding of its inputs', () => {
  fc.assert(
    fc.property(anyOption(40), decades(-12, 1), (option, increase) => {
      const higher = { ...option, volatility: option.volatility * (1 + increase) };
      const tolerance = priceRounding(higher, greeksOf(higher));
      assert.ok(priceOf(higher) >= priceOf(option) - tolerance);
    }),
    RUNS,
  );
});

test('a volatility rises with the price of the option that is out of the money', () => {
  const share = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
  fc.assert(
    fc.property(anyOption(2), share, share, (option, one, other) => {
      const { forward, strike, timeYears } = option;
      fc.pre(Math.abs(one - other) > 1e-9);
      const type = forward < strike ? CALL : PUT;
      const highest = Math.min(forward, strike);
      const solve = (part: number) =>
        solveBlack76(type, highest * part, forward, strike, timeYears, 1);
      const [less, more] = [solve(Math.min(one, other)), solve(Math.max(one, other))];
      assert.ok(less > 0 && more > less, `${less} and ${more}`);
    }),
    RUNS,
  );
});

test('call minus put is the discounted distance of forward and strike', () => {
  fc.assert(
    fc.property(anyOption(30), (option) => {
      const call = priceOf({ ...option, type: CALL });
      const put = priceOf({ ...option, type: PUT });
      const discount = discountOf(option);
      const expected = discount * (option.forward - option.strike);
      const tolerance = 2 ** -50 * discount * (option.forward + option.strike);
      assert.ok(Math.abs(call - put - expected) <= tolerance);
    }),
    RUNS,
  );
});

test('a price lies between its bounds, and delta between 0 and the discount factor', () => {
  fc.assert(
    fc.property(anyOption(40), (option) => {
      const { type, forward, strike } = option;
      const discount = discountOf(option);
      const price = priceOf(option);
      const slack = 1 + 2 ** -50;
      const lower = discount * Math.max(type * (forward - strike), 0);
      assert.ok(
        price >= lower / slack && price <= discount * (type > 0 ? forward : strike) * slack,
      );
      const delta = type * greeksOf(option)[GREEKS_DELTA]!;
      assert.ok(delta >= 0 && delta <= discount * slack, `${delta}`);
    }),
    RUNS,
  );
});

/** Doubles of every kind: NaN, infinities, zeros, subnormals, and plausible numbers. */
const hostile = fc.oneof(
  fc.double(),
  decades(-320, 308),
  decades(-3, 3),
  fc.constantFrom(0, 1, 100),
);

test('whatever the input, the solvers give a positive number or a reason', () => {
  const reasons: readonly number[] = [
    -GREEKS_STATUS.INVALID,
    -GREEKS_STATUS.EXPIRED,
    -GREEKS_STATUS.BELOW_INTRINSIC,
    -GREEKS_STATUS.ABOVE_MAXIMUM,
  ];
  const check = (solved: number) =>
    assert.ok(
      (solved > 0 && solved < Infinity) || reasons.includes(solved),
      `${solved} is neither`,
    );
  fc.assert(
    fc.property(
      anyType,
      fc.tuple(hostile, hostile, hostile, hostile, hostile, hostile),
      (type, [price, underlying, strike, time, rate, dividend]) => {
        check(solveBlack76(type, price, underlying, strike, time, rate));
        check(solveBlack76(type, price, underlying, underlying, time, rate));
        check(solveBlackScholesMerton(type, price, underlying, strike, time, rate, dividend));
      },
    ),
    { numRuns: 20_000 },
  );
});

test('plausible magnitudes give Greeks without NaN in both models, volatility zero included', () => {
  const option = fc.record({
    type: anyType,
    underlying: decades(-30, 30),
    strike: decades(-30, 30),
    time: decades(-20, 3),
    rate: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
    dividend: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
    volatility: fc.oneof(fc.constant(0), decades(-30, 30)),
  });
  const out = new Float64Array(ALL_GREEKS_OUTPUTS);
  fc.assert(
    fc.property(option, fc.boolean(), (input, atTheMoney) => {
      const { type, underlying, time, rate, dividend, volatility } = input;
      const strike = atTheMoney ? underlying : input.strike;
      black76AllGreeks(out, type, underlying, strike, time, rate, volatility);
      assert.ok(!out.some(Number.isNaN), out.join());
      blackScholesMertonAllGreeks(out, type, underlying, strike, time, rate, dividend, volatility);
      assert.ok(!out.some(Number.isNaN), out.join());
      const price = blackScholesMertonPrice(
        type,
        underlying,
        strike,
        time,
        rate,
        dividend,
        volatility,
      );
      assert.equal(price, out[0]);
    }),
    RUNS,
  );
});
