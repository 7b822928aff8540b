import assert from 'node:assert/strict';
import test from 'node:test';
import {
  black76Greeks,
  blackScholesMertonGreeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_PRICE,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from '../../../src/pricing/greeks.ts';
import { normalCdf } from '../../../src/pricing/normal.ts';
import {
  referenceCdf,
  referenceGreeks,
  referenceVolatility,
  type ReferenceTerms,
} from '../../../src/pricing/reference.ts';

function close(actual: number, expected: number, relative: number, absolute: number): void {
  const allowed = relative * Math.abs(expected) + absolute;
  assert.ok(Math.abs(actual - expected) <= allowed, `${actual}, expected ${expected}`);
}

test('the distribution of the reference has the known values', () => {
  // To 16 digits, from tables of the error function.
  for (const [x, probability] of [
    [0, 0.5],
    [1, 0.8413447460685429],
    [-1, 0.15865525393145705],
    [2, 0.9772498680518208],
    [-3, 0.0013498980316300946],
    [-6, 9.865876450376981e-10],
    [-10, 7.619853024160527e-24],
  ] as const) {
    close(referenceCdf(x), probability, 4e-15, 0);
  }
  for (let x = -8; x <= 8; x += 0.01) close(referenceCdf(x), normalCdf(x), 1e-13, 1e-16);
});

test('it agrees with the fast functions of both models, near the money and far', () => {
  const out = new Float64Array(GREEKS_OUTPUTS);
  for (const type of [1, -1] as const) {
    for (const strike of [70, 90, 100, 110, 140]) {
      for (const timeYears of [0.01, 0.25, 2]) {
        const terms: ReferenceTerms = {
          type,
          underlying: 100,
          strike,
          timeYears,
          rate: 0.06,
          dividendYield: 0.02,
        };
        blackScholesMertonGreeks(out, type, 100, strike, timeYears, 0.06, 0.02, 0.3);
        const spot = referenceGreeks(terms, 0.3);
        close(out[GREEKS_PRICE]!, spot.price, 1e-11, 1e-12);
        close(out[GREEKS_DELTA]!, spot.delta, 1e-11, 1e-13);
        close(out[GREEKS_GAMMA]!, spot.gamma, 1e-11, 1e-13);
        close(out[GREEKS_THETA]!, spot.theta, 1e-11, 1e-11);
        close(out[GREEKS_VEGA]!, spot.vega, 1e-11, 1e-11);
        close(out[GREEKS_RHO]!, spot.rho, 1e-11, 1e-11);
        black76Greeks(out, type, 100, strike, timeYears, 0.06, 0.3);
        const forward = referenceGreeks({ ...terms, dividendYield: 0.06 }, 0.3);
        close(out[GREEKS_PRICE]!, forward.price, 1e-11, 1e-12);
        close(out[GREEKS_THETA]!, forward.theta, 1e-11, 1e-11);
      }
    }
  }
});

test('its volatility gives the price back; a price out of reach has none', () => {
  const terms: ReferenceTerms = {
    type: 1,
    underlying: 24_000,
    strike: 24_500,
    timeYears: 0.02,
    rate: 0.065,
    dividendYield: 0.065,
  };
  for (const volatility of [0.05, 0.12, 0.4, 3]) {
    const { price } = referenceGreeks(terms, volatility);
    close(referenceVolatility(terms, price), volatility, 1e-11, 0);
  }
  assert.ok(Number.isNaN(referenceVolatility(terms, 24_001)));
  assert.ok(Number.isNaN(referenceVolatility(terms, -1)));
});
