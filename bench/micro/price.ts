/**
 * What one option costs: implied volatility from a price, then delta, gamma, theta, vega, rho;
 * price and Greeks from a volatility; a chain of 200 options at once; what the chain says together.
 * If this becomes slower, a Greeks worker falls behind at a smaller tick rate; if it becomes less
 * exact, every screen and every hedge is wrong. The anchors are the packages of npm that do the
 * same; their failures are counted, ours must be none.
 */
import { analyseChain, ChainColumns, emptyAnalytics } from '../../src/pricing/chain-analytics.ts';
import { greeksColumns, type OptionColumns, solveColumns } from '../../src/pricing/columns.ts';
import { PRICING_MODEL, SMILE_STATUS } from '../../src/domain/status.ts';
import {
  black76Greeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_PRICE,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from '../../src/pricing/greeks.ts';
import { solveBlack76 } from '../../src/pricing/implied-volatility.ts';
import type { RunOptions } from '../harness/bench.ts';
import { measureCases, microBudget, type MicroCase, ratio } from '../harness/micro-suite.ts';
import type { Measurement, RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import {
  computedSomething,
  type PackageCase,
  PRICING_PACKAGES,
  SOLVING_PACKAGES,
} from '../pricing/packages.ts';
import { FORWARD, makeOptions, type PricedOption, RATE, TIME_VALUE_MIN } from './option-set.ts';

/** Prices in the money have lost digits of their time value; the solver cannot bring them back. */
const VOLATILITY_ERROR_MAX = 1e-9;
const GREEKS_ERROR_MAX = 1e-8;
/** A package's result that is further away has failed: 1 % of a volatility, a hair of a price. */
const FAILED_VOLATILITY = 0.01;
const FAILED_PRICE = 1e-6;

export const SOLVE = 'IV and five Greeks';
export const SOLVE_COLUMNS = 'IV and five Greeks, as columns';
export const IV_ONLY = 'IV alone';
export const PRICE = 'price and five Greeks';
export const CHAIN = 'chain of 200 options: IV and five Greeks of each';
export const ANALYTICS = 'chain of 200 options: smile, skew, positions';

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

export async function runPrice({ smoke }: RunOptions): Promise<RunReport> {
  const verifier = new Verifier();
  verifySolver(verifier);
  const measurements = await measureCases(
    [
      over(SOLVE, (option) => {
        greeksAt(option, solve(option));
        sink.value += out[GREEKS_DELTA]!;
      }),
      columnsCase(SOLVE_COLUMNS, options, 'ns/option', options.length, verifier),
      over(IV_ONLY, (option) => {
        sink.value += solve(option);
      }),
      over(PRICE, (option) => {
        greeksAt(option, option.volatility);
        sink.value += out[GREEKS_DELTA]!;
      }),
      columnsCase(CHAIN, chainOptions(), 'ns/chain', 1, verifier),
      analyticsCase(verifier),
      ...[...SOLVING_PACKAGES, ...PRICING_PACKAGES].map(packageCase),
    ],
    microBudget(smoke),
  );
  const computed = sink.value !== 0 && computedSomething();
  verifier.check('something was computed', computed, 'the sum of the results is 0');
  for (const each of SOLVING_PACKAGES) {
    measurements.push(ratio(`${each.name} / ours`, measurements, SOLVE, each.name));
    measurements.push(failures(each, ({ volatility }) => volatility, FAILED_VOLATILITY));
  }
  for (const each of PRICING_PACKAGES) {
    measurements.push(ratio(`${each.name} / ours`, measurements, PRICE, each.name));
    measurements.push(failures(each, ({ price, discount }) => price / discount, FAILED_PRICE));
  }
  return {
    measurements,
    checks: verifier.checks,
    notes: [
      `${options.length} options: strikes within 12 % of the forward, 1 to 90 days, 8 to 45 % ` +
        `volatility, time value at least ${TIME_VALUE_MIN}; ` +
        'failed: NaN, or a volatility off by more than 1 %, a price by more than a millionth of ' +
        'itself',
    ],
  };
}

function over(
  name: string,
  each: (option: PricedOption) => void,
  rows: readonly PricedOption[] = options,
): MicroCase {
  return {
    name,
    unit: 'ns/option',
    operations: rows.length,
    run: () => {
      for (const option of rows) each(option);
    },
  };
}

function optionsFor({ isSlow }: PackageCase): readonly PricedOption[] {
  return isSlow === true ? options.filter((_, i) => i % 20 === 0) : options;
}

function packageCase(each: PackageCase): MicroCase {
  const run = (option: PricedOption): void => {
    sink.value += each.run(option);
  };
  return over(each.name, run, optionsFor(each));
}

/** 100 strikes of one expiry, call and put of each. */
function chainOptions(): PricedOption[] {
  const timeYears = 7 / 365;
  const discount = Math.exp(-RATE * timeYears);
  return Array.from({ length: 200 }, (_, i) => {
    const type = i % 2 === 0 ? 1 : -1;
    const strike = FORWARD + 50 * ((i >> 1) - 50);
    const volatility = 0.12 + 0.0002 * Math.abs((strike - FORWARD) / 50);
    const option = { type, strike, timeYears, discount, volatility, price: 0 } as const;
    greeksAt(option, volatility);
    return { ...option, price: out[GREEKS_PRICE]! };
  });
}

/** Volatility and Greeks by the batch functions that take columns. */
function columnsCase(
  name: string,
  rows: readonly PricedOption[],
  unit: string,
  operations: number,
  verifier: Verifier,
): MicroCase {
  const count = rows.length;
  const column = (value: (option: PricedOption) => number): Float64Array =>
    Float64Array.from(rows, value);
  const zeros = (): Float64Array => new Float64Array(count);
  const terms: OptionColumns = {
    model: new Uint8Array(count).fill(PRICING_MODEL.BLACK_76),
    type: Int8Array.from(rows, ({ type }) => type),
    underlying: zeros().fill(FORWARD),
    strike: column(({ strike }) => strike),
    timeYears: column(({ timeYears }) => timeYears),
    rate: zeros().fill(RATE),
    dividendYield: zeros(),
  };
  const price = column((option) => option.price);
  const volatility = zeros();
  const results = {
    status: new Uint8Array(count),
    price: zeros(),
    delta: zeros(),
    gamma: zeros(),
    theta: zeros(),
    vega: zeros(),
    rho: zeros(),
  };
  const run = (): void => {
    solveColumns(terms, price, volatility, results.status, 0, count);
    greeksColumns(terms, volatility, results, 0, count);
  };
  run();
  const error = results.price.reduce((worst, got, i) => worse(worst, got / price[i]! - 1), 0);
  verifier.atMost(`${name}: prices come back`, error, VOLATILITY_ERROR_MAX);
  return { name, unit, operations, run };
}

function analyticsCase(verifier: Verifier): MicroCase {
  const rows = chainOptions();
  const chain = new ChainColumns(rows.length / 2);
  chain.count = rows.length / 2;
  for (const [i, { type, strike, price }] of rows.entries()) {
    const row = i >> 1;
    chain.strike[row] = strike;
    (type === 1 ? chain.callPrice : chain.putPrice)[row] = price;
    chain.callSpread[row] = chain.putSpread[row] = 0.1;
    chain.callOpenInterest[row] = 1000 + row;
    chain.putOpenInterest[row] = 2000 - row;
  }
  const { timeYears, discount } = rows[0]!;
  const analytics = emptyAnalytics();
  const run = (): void => analyseChain(chain, FORWARD, timeYears, discount, analytics);
  run();
  verifier.equal('a smile was fitted', analytics.smile.status, SMILE_STATUS.OK);
  verifier.atMost('volatility at the money', Math.abs(analytics.atmVolatility - 0.12), 1e-9);
  return { name: ANALYTICS, unit: 'ns/chain', operations: 1, run };
}

function failures(
  each: PackageCase,
  expected: (option: PricedOption) => number,
  allowed: number,
): Measurement {
  const rows = optionsFor(each);
  const failed = rows.filter(
    (option) => !(Math.abs(each.run(option) / expected(option) - 1) <= allowed),
  );
  const value = (100 * failed.length) / rows.length;
  return { name: `failed: ${each.name}`, unit: '%', value };
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
  const [anchor] = PRICING_PACKAGES;
  if (option === undefined || anchor === undefined) return;
  const error = option.price / option.discount / anchor.run(option) - 1;
  verifier.atMost('difference of a price from the anchor', Math.abs(error), 1e-9);
}

/** NaN is the worst. */
function worse(known: number, error: number): number {
  const size = Math.abs(error);
  return Number.isNaN(size) || size > known ? (Number.isNaN(size) ? Infinity : size) : known;
}
