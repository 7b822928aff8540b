import type { OptionType } from './option-type.ts';

/*
 * A slow second opinion: textbook formulas on a normal distribution by its power series and its
 * continued fraction, and volatility by bisection. It shares no code with the fast functions, so
 * that a mistake of theirs cannot hide in it, and takes some 100 us an option. Its digits: about 13
 * of an option near the money, fewer in the wings, where the textbook subtracts nearly equal legs.
 */

const SQRT_2PI = Math.sqrt(2 * Math.PI);
/** Beyond this the series loses digits of the tail, and the fraction converges. */
const SERIES_MAX = 1.5;
const FRACTION_TERMS = 120;
const BISECTIONS = 200;
const VOLATILITY_MAX = 100;

/** Density of the standard normal distribution. */
function density(x: number): number {
  return Math.exp(-0.5 * x * x) / SQRT_2PI;
}

/** Probability below `x`. */
export function referenceCdf(x: number): number {
  const size = Math.abs(x);
  if (size > SERIES_MAX) {
    // Laplace's fraction, from its far end.
    let fraction = size;
    for (let k = FRACTION_TERMS; k > 0; k--) fraction = size + k / fraction;
    const tail = density(size) / fraction;
    return x > 0 ? 1 - tail : tail;
  }
  // 1/2 + n(x) (x + x^3/3 + x^5/(3 5) + ...)
  let term = size;
  let sum = size;
  for (let k = 3; term > sum * 1e-17; k += 2) {
    term *= (size * size) / k;
    sum += term;
  }
  const half = density(size) * sum;
  return x > 0 ? 0.5 + half : 0.5 - half;
}

/** What an option is worth under. */
export interface ReferenceTerms {
  readonly type: OptionType;
  /** Spot of Black-Scholes-Merton; the forward of Black-76 with `dividendYield` = `rate`. */
  readonly underlying: number;
  readonly strike: number;
  readonly timeYears: number;
  /** Continuously compounded, per year, both. */
  readonly rate: number;
  readonly dividendYield: number;
}

export interface ReferenceGreeks {
  price: number;
  /** Raw, as in greeks.ts. */
  delta: number;
  gamma: number;
  theta: number;
  vega: number;
  /** Of Black-Scholes-Merton; the one of Black-76 is -time x price. */
  rho: number;
}

/** Value and derivatives at `volatility` > 0. */
export function referenceGreeks(terms: ReferenceTerms, volatility: number): ReferenceGreeks {
  const { type, underlying, strike, timeYears, rate, dividendYield } = terms;
  const deviation = volatility * Math.sqrt(timeYears);
  const carry = (rate - dividendYield) * timeYears;
  const d1 = (Math.log(underlying / strike) + carry) / deviation + deviation / 2;
  const d2 = d1 - deviation;
  const growth = Math.exp(-dividendYield * timeYears);
  const discount = Math.exp(-rate * timeYears);
  const asset = underlying * growth * referenceCdf(type * d1);
  const cash = strike * discount * referenceCdf(type * d2);
  const decay = (underlying * growth * density(d1) * volatility) / (2 * Math.sqrt(timeYears));
  return {
    price: type * (asset - cash),
    delta: type * growth * referenceCdf(type * d1),
    gamma: (growth * density(d1)) / (underlying * deviation),
    theta: type * (dividendYield * asset - rate * cash) - decay,
    vega: underlying * growth * density(d1) * Math.sqrt(timeYears),
    rho: type * timeYears * cash,
  };
}

/** Volatility at which the option is worth `price`; NaN if there is none below 100. */
export function referenceVolatility(terms: ReferenceTerms, price: number): number {
  let low = 0;
  let high = VOLATILITY_MAX;
  if (!(referenceGreeks(terms, high).price >= price)) return Number.NaN;
  for (let i = 0; i < BISECTIONS && high - low > high * 1e-15; i++) {
    const middle = 0.5 * (low + high);
    if (referenceGreeks(terms, middle).price < price) low = middle;
    else high = middle;
  }
  return low > 0 ? 0.5 * (low + high) : Number.NaN;
}
