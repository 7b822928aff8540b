/* What the bench uses of packages that have no types of their own. */

declare module 'option-pricing' {
  export class Option {
    constructor(terms: {
      style: 'european';
      type: 'call' | 'put';
      initialSpotPrice: number;
      strikePrice: number;
      timeToMaturity: number;
      volatility: number;
    });
    price(method: 'black-scholes'): number;
  }
}

declare module 'black-scholes' {
  export function blackScholes(
    spot: number,
    strike: number,
    timeYears: number,
    volatility: number,
    rate: number,
    type: 'call' | 'put',
  ): number;
}

declare module 'implied-volatility' {
  export function getImpliedVolatility(
    price: number,
    spot: number,
    strike: number,
    timeYears: number,
    rate: number,
    type: 'call' | 'put',
    estimate?: number,
  ): number;
}

declare module 'greeks' {
  type Terms = [
    spot: number,
    strike: number,
    timeYears: number,
    volatility: number,
    rate: number,
    type: 'call' | 'put',
  ];
  export function getDelta(...terms: Terms): number;
  export function getTheta(...terms: Terms): number;
  export function getRho(...terms: Terms): number;
  export function getGamma(...terms: Terms): number;
  export function getVega(...terms: Terms): number;
}
