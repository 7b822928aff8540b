import { BlackScholes } from '@uqee/black-scholes';
import blackScholesPackage from 'black-scholes';
import greeksPackage from 'greeks';
import impliedVolatilityPackage from 'implied-volatility';
import { Option } from 'option-pricing';
import { FORWARD, type PricedOption } from '../micro/option-set.ts';

/*
 * Packages of npm that price options, each as its documentation says. On the forward, undiscounted
 * and without a rate, the spot model of all of them is Black-76.
 */

/** Computes what its name says of one option, and returns volatility or undiscounted price. */
export interface PackageCase {
  readonly name: string;
  readonly run: (option: PricedOption) => number;
  /** So slow that it gets every twentieth option. */
  readonly isSlow?: true;
}

/* What nobody looks at goes here, so that the compiler cannot leave it out. */
const sink = { value: 0 };

/** False if nothing has been computed. */
export function computedSomething(): boolean {
  return sink.value !== 0;
}

const typeOf = ({ type }: PricedOption): 'call' | 'put' => (type === 1 ? 'call' : 'put');

function uqee(anchor: BlackScholes): (option: PricedOption) => number {
  return (option) => {
    const { price, strike, timeYears, discount } = option;
    const shared = { rate: 0, strike, time: timeYears, type: typeOf(option), underlying: FORWARD };
    const sigma = anchor.sigma({ ...shared, price: price / discount });
    sink.value += anchor.option({ ...shared, sigma }).delta;
    return sigma;
  };
}

function fiveGreeks(option: PricedOption, volatility: number): void {
  const { strike, timeYears } = option;
  const terms = [FORWARD, strike, timeYears, volatility, 0, typeOf(option)] as const;
  sink.value +=
    greeksPackage.getDelta(...terms) +
    greeksPackage.getGamma(...terms) +
    greeksPackage.getVega(...terms) +
    greeksPackage.getTheta(...terms) +
    greeksPackage.getRho(...terms);
}

/** Volatility from a price, then delta, gamma, theta, vega, rho. */
export const SOLVING_PACKAGES: readonly PackageCase[] = [
  {
    name: '@uqee/black-scholes, Newton to 1e-9',
    run: uqee(
      new BlackScholes({
        sigmaToPricePrecision: 'double',
        priceToSigmaMethod: 'newton-raphson',
        priceToSigmaAccuracy: 1e-9,
      }),
    ),
  },
  { name: '@uqee/black-scholes, default settings', run: uqee(new BlackScholes()) },
  {
    name: 'implied-volatility and greeks',
    isSlow: true,
    run: (option) => {
      const { price, strike, timeYears, discount } = option;
      const type = typeOf(option);
      const undiscounted = price / discount;
      const volatility = impliedVolatilityPackage.getImpliedVolatility(
        undiscounted,
        FORWARD,
        strike,
        timeYears,
        0,
        type,
      );
      fiveGreeks(option, volatility);
      return volatility;
    },
  },
];

const exactUqee = new BlackScholes({ sigmaToPricePrecision: 'double' });

/** Price and delta, gamma, theta, vega, rho from a volatility. */
export const PRICING_PACKAGES: readonly PackageCase[] = [
  {
    name: '@uqee/black-scholes',
    run: (option) => {
      const { strike, timeYears, volatility } = option;
      const priced = exactUqee.option({
        rate: 0,
        sigma: volatility,
        strike,
        time: timeYears,
        type: typeOf(option),
        underlying: FORWARD,
      });
      sink.value += priced.delta;
      return priced.price;
    },
  },
  {
    name: 'black-scholes and greeks',
    isSlow: true,
    run: (option) => {
      const { strike, timeYears, volatility } = option;
      fiveGreeks(option, volatility);
      const type = typeOf(option);
      return blackScholesPackage.blackScholes(FORWARD, strike, timeYears, volatility, 0, type);
    },
  },
  {
    name: 'option-pricing (price alone, it has no Greeks)',
    run: (option) =>
      new Option({
        style: 'european',
        type: typeOf(option),
        initialSpotPrice: FORWARD,
        strikePrice: option.strike,
        timeToMaturity: option.timeYears,
        volatility: option.volatility,
      }).price('black-scholes'),
  },
];
