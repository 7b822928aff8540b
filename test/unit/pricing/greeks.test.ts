import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ALL_GREEKS_OUTPUTS,
  black76AllGreeks,
  blackScholesMertonAllGreeks,
  GREEKS_CHARM,
  GREEKS_VANNA,
  GREEKS_VOLGA,
} from '../../../src/pricing/all-greeks.ts';
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
  toWireUnits,
} from '../../../src/pricing/greeks.ts';
import { CALL, type OptionType, PUT } from '../../../src/pricing/option-type.ts';

/** Inputs by place: underlying, strike, time, rate, dividend yield, volatility. */
type Inputs = readonly [number, number, number, number, number, number];
const UNDERLYING = 0;
const TIME = 2;
const RATE = 3;
const VOLATILITY = 5;

type Model = (out: Float64Array, type: OptionType, inputs: Inputs) => void;

const black76: Model = (out, type, [forward, strike, time, rate, , volatility]) =>
  black76AllGreeks(out, type, forward, strike, time, rate, volatility);
const merton: Model = (out, type, [spot, strike, time, rate, dividend, volatility]) =>
  blackScholesMertonAllGreeks(out, type, spot, strike, time, rate, dividend, volatility);

function outputs(model: Model, type: OptionType, inputs: Inputs): Float64Array {
  const out = new Float64Array(ALL_GREEKS_OUTPUTS);
  model(out, type, inputs);
  return out;
}

/** Central difference of output `index` over input `place`. */
function slope(model: Model, type: OptionType, inputs: Inputs, index: number, place: number) {
  const step = 1e-5 * Math.max(Math.abs(inputs[place]!), 0.01);
  const at = (x: number) =>
    outputs(model, type, inputs.with(place, x) as unknown as Inputs)[index]!;
  return (at(inputs[place]! + step) - at(inputs[place]! - step)) / (2 * step);
}

/* Output, its meaning as (output, input), sign. */
const DERIVATIVES = [
  ['delta', GREEKS_DELTA, GREEKS_PRICE, UNDERLYING, 1],
  ['gamma', GREEKS_GAMMA, GREEKS_DELTA, UNDERLYING, 1],
  ['theta', GREEKS_THETA, GREEKS_PRICE, TIME, -1],
  ['vega', GREEKS_VEGA, GREEKS_PRICE, VOLATILITY, 1],
  ['rho', GREEKS_RHO, GREEKS_PRICE, RATE, 1],
  ['vanna', GREEKS_VANNA, GREEKS_DELTA, VOLATILITY, 1],
  ['volga', GREEKS_VOLGA, GREEKS_VEGA, VOLATILITY, 1],
  ['charm', GREEKS_CHARM, GREEKS_DELTA, TIME, -1],
] as const;

const CASES: readonly Inputs[] = [
  [100, 100, 1, 0.05, 0.02, 0.2],
  [100, 100, 0.02, 0.06, 0, 0.1],
  [24_123.45, 24_500, 0.05, 0.065, 0.012, 0.14],
  [24_123.45, 22_000, 0.4, -0.02, 0.03, 0.25],
  [1.1, 0.9, 5, 0.01, 0.06, 0.9],
];

test('every Greek is the derivative that it is named after, in both models, calls and puts', () => {
  for (const model of [black76, merton]) {
    for (const type of [CALL, PUT]) {
      for (const inputs of CASES) {
        const out = outputs(model, type, inputs);
        for (const [name, index, of, by, sign] of DERIVATIVES) {
          const expected = sign * slope(model, type, inputs, of, by);
          const scale = Math.abs(expected) + Math.abs(out[of]! / inputs[by]);
          assert.ok(
            Math.abs(out[index]! - expected) <= 1e-7 * scale,
            `${name} of ${inputs.join()}: ${out[index]}, should be ${expected}`,
          );
        }
      }
    }
  }
});

test('the six Greeks of the hot path are the first six of all nine', () => {
  const six = new Float64Array(GREEKS_OUTPUTS);
  for (const [underlying, strike, time, rate, dividend, volatility] of CASES) {
    const inputs: Inputs = [underlying, strike, time, rate, dividend, volatility];
    black76Greeks(six, PUT, underlying, strike, time, rate, volatility);
    assert.deepEqual(six, outputs(black76, PUT, inputs).slice(0, GREEKS_OUTPUTS));
    blackScholesMertonGreeks(six, PUT, underlying, strike, time, rate, dividend, volatility);
    assert.deepEqual(six, outputs(merton, PUT, inputs).slice(0, GREEKS_OUTPUTS));
  }
});

test('wire units are theta per day, vega and rho per percentage point', () => {
  const raw = Float64Array.of(10, 0.5, 0.01, -365, 50, 20);
  toWireUnits(raw);
  assert.deepEqual([...raw], [10, 0.5, 0.01, -1, 0.5, 0.2]);
});

test('impossible inputs make every output NaN', () => {
  const good: Inputs = [100, 100, 1, 0.05, 0.01, 0.2];
  for (const model of [black76, merton]) {
    for (let place = 0; place < good.length; place++) {
      if (model === black76 && place === 4) continue;
      for (const bad of [NaN, Infinity, -Infinity]) {
        const out = outputs(model, CALL, good.with(place, bad) as unknown as Inputs);
        assert.ok(out.every(Number.isNaN), `input ${place} = ${bad}: ${out.join()}`);
      }
    }
    for (const place of [0, 1, 2, 5]) {
      const out = outputs(model, CALL, good.with(place, -1) as unknown as Inputs);
      assert.ok(out.every(Number.isNaN), `input ${place} negative: ${out.join()}`);
    }
    for (const place of [0, 1, 2]) {
      const out = outputs(model, CALL, good.with(place, 0) as unknown as Inputs);
      assert.ok(out.every(Number.isNaN), `input ${place} zero: ${out.join()}`);
    }
  }
});

test('zero volatility gives the limits: a forward deep in the money, nothing out of it', () => {
  const call = outputs(merton, CALL, [120, 100, 1, 0.05, 0.01, 0]);
  const asset = 120 * Math.exp(-0.01);
  const cash = 100 * Math.exp(-0.05);
  const near = (got: number, expected: number) => assert.ok(Math.abs(got - expected) < 1e-12);
  near(call[GREEKS_PRICE]!, asset - cash);
  near(call[GREEKS_DELTA]!, Math.exp(-0.01));
  near(call[GREEKS_THETA]!, 0.01 * asset - 0.05 * cash);
  near(call[GREEKS_RHO]!, cash);
  near(call[GREEKS_CHARM]!, 0.01 * Math.exp(-0.01));
  assert.deepEqual(
    [...outputs(merton, PUT, [120, 100, 1, 0.05, 0.01, 0])].map(Math.abs),
    Array(9).fill(0),
  );
});
