/**
 * What one option costs: implied volatility from a price, then delta, gamma, theta, vega, rho. If
 * this becomes slower, a Greeks worker falls behind at a smaller tick rate; if it becomes less
 * exact, every screen and every hedge is wrong. The anchor is the fastest package on npm that
 * solves for volatility, in its fast setting; its failures are counted, ours must be none.
 */
import { BlackScholes } from '@uqee/black-scholes';
import {
  black76Greeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from '../../src/pricing/greeks.ts';
import { solveBlack76 } from '../../src/pricing/implied-volatility.ts';
import type { RunOptions } from '../harness/bench.ts';
import { measureCases, microBudget, ratio } from '../harness/micro-suite.ts';
import type { Measurement, RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import { FORWARD, makeOptions, type PricedOption, RATE, TIME_VALUE_MIN } from './option-set.ts';

/** Prices in the money have lost digits of their time value; the solver cannot bring them back. */
const VOLATILITY_ERROR_MAX = 1e-9;
const GREEKS_ERROR_MAX = 1e-8;
/** An anchor's volatility that is further away has failed. */
const FAILED_ERROR = 0.01;
const ANCHOR_ACCURACY = 1e-9;

const OURS = 'IV and five Greeks';
const IV_ONLY = 'IV alone';
const GREEKS_ONLY = 'five Greeks alone, volatility given';
const NEWTON = '@uqee/black-scholes, Newton to 1e-9: IV and Greeks';
const DEFAULT = '@uqee/black-scholes, default settings: IV and Greeks';

const options = makeOptions(2000);
const out = new Float64Array(GREEKS_OUTPUTS);
/* What a timed loop computes goes here, so that the compiler cannot leave it out. */
const sink = { value: 0 };

function solve(option: PricedOption): number {
  const { type, price, strike, timeYears, discount } = option;
  return solveBlack76(type, price, FORWARD, strike, timeYears, discount);
}

function greeksAt(option: PricedOption, volatility: number): void {
  black76Greeks(out, option.type, FORWARD, option.strike, option.timeYears, RATE, volatility);
}

/** On the forward and undiscounted, the spot model is Black-76. */
function anchorRun(anchor: BlackScholes): (option: PricedOption) => number {
  return ({ type, price, strike, timeYears, discount }) => {
    const call = type === 1 ? 'call' : 'put';
    const shared = { rate: 0, strike, time: timeYears, type: call, underlying: FORWARD } as const;
    const sigma = anchor.sigma({ ...shared, price: price / discount });
    sink.value += anchor.option({ ...shared, sigma }).delta;
    return sigma;
  };
}

const newton = anchorRun(
  new BlackScholes({
    sigmaToPricePrecision: 'double',
    priceToSigmaMethod: 'newton-raphson',
    priceToSigmaAccuracy: ANCHOR_ACCURACY,
  }),
);
const bisection = anchorRun(new BlackScholes());

export async function runPrice({ smoke }: RunOptions): Promise<RunReport> {
  const verifier = new Verifier();
  verifySolver(verifier);
  const unit = 'ns/option';
  const over = (name: string, each: (option: PricedOption) => void) => ({
    name,
    unit,
    operations: options.length,
    run: () => {
      for (const option of options) each(option);
    },
  });
  const measurements = await measureCases(
    [
      over(OURS, (option) => {
        greeksAt(option, solve(option));
        sink.value += out[GREEKS_DELTA]!;
      }),
      over(IV_ONLY, (option) => {
        sink.value += solve(option);
      }),
      over(GREEKS_ONLY, (option) => {
        greeksAt(option, option.volatility);
        sink.value += out[GREEKS_DELTA]!;
      }),
      over(NEWTON, newton),
      over(DEFAULT, bisection),
    ],
    microBudget(smoke),
  );
  verifier.check('something was computed', sink.value !== 0, 'the sum of the results is 0');
  measurements.push(
    ratio('@uqee Newton / ours', measurements, OURS, NEWTON),
    ratio('@uqee default / ours', measurements, OURS, DEFAULT),
    failures(NEWTON, newton),
    failures(DEFAULT, bisection),
  );
  return {
    measurements,
    checks: verifier.checks,
    notes: [
      `${options.length} options: strikes within 12 % of the forward, 1 to 90 days, 8 to 45 % ` +
        `volatility, time value at least ${TIME_VALUE_MIN}; ` +
        'failed: NaN, or off by more than 1 % of itself',
    ],
  };
}

function failures(name: string, run: (option: PricedOption) => number): Measurement {
  const failed = options.filter(
    (option) => !(Math.abs(run(option) / option.volatility - 1) <= FAILED_ERROR),
  );
  return { name: `failed: ${name}`, unit: `of ${options.length}`, value: failed.length };
}

/** The volatility that made the price must come back, and with it the same Greeks. */
function verifySolver(verifier: Verifier): void {
  let volatilityError = 0;
  let greeksError = 0;
  const wanted = [GREEKS_DELTA, GREEKS_GAMMA, GREEKS_THETA, GREEKS_VEGA, GREEKS_RHO];
  for (const option of options) {
    const solved = solve(option);
    volatilityError = worse(volatilityError, solved / option.volatility - 1);
    greeksAt(option, option.volatility);
    const expected = wanted.map((index) => out[index]!);
    greeksAt(option, solved);
    wanted.forEach((index, place) => {
      greeksError = worse(greeksError, out[index]! / expected[place]! - 1);
    });
  }
  verifier.atMost('greatest relative error of IV', volatilityError, VOLATILITY_ERROR_MAX);
  verifier.atMost('greatest relative error of a Greek', greeksError, GREEKS_ERROR_MAX);
  const [option] = options;
  if (option === undefined) return;
  const theirs = new BlackScholes({ sigmaToPricePrecision: 'double' }).option({
    rate: 0,
    sigma: option.volatility,
    strike: option.strike,
    time: option.timeYears,
    type: option.type === 1 ? 'call' : 'put',
    underlying: FORWARD,
  });
  const error = option.price / option.discount / theirs.price - 1;
  verifier.atMost('difference of a price from the anchor', Math.abs(error), 1e-9);
}

/** NaN is the worst. */
function worse(known: number, error: number): number {
  const size = Math.abs(error);
  return Number.isNaN(size) || size > known ? (Number.isNaN(size) ? Infinity : size) : known;
}
