import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GREEKS_STATUS, PRICING_MODEL } from '../../../src/domain/status.ts';
import {
  allGreeksColumns,
  type AllGreeksColumns,
  greeksColumns,
  type OptionColumns,
  solveColumns,
} from '../../../src/pricing/columns.ts';
import {
  impliedVolatility,
  type OptionGreeks,
  optionGreeks,
  type OptionTerms,
} from '../../../src/pricing/option.ts';

const { OK, INVALID, EXPIRED, BELOW_INTRINSIC, ABOVE_MAXIMUM } = GREEKS_STATUS;
const NAMES: readonly (keyof OptionGreeks)[] = [
  'price',
  'delta',
  'gamma',
  'theta',
  'vega',
  'rho',
  'vanna',
  'volga',
  'charm',
];

function allTerms(): OptionTerms[] {
  const terms: OptionTerms[] = [];
  for (const model of ['black76', 'bsm'] as const) {
    for (const type of ['call', 'put'] as const) {
      for (const strike of [90, 100, 130]) {
        const dividendYield = model === 'bsm' ? 0.02 : 0;
        terms.push({
          model,
          type,
          underlying: 105,
          strike,
          timeYears: 0.3,
          rate: 0.06,
          dividendYield,
        });
      }
    }
  }
  return terms;
}

function columnsOf(terms: readonly OptionTerms[]): OptionColumns {
  return {
    model: Uint8Array.from(terms, ({ model }) =>
      model === 'bsm' ? PRICING_MODEL.BLACK_SCHOLES_MERTON : PRICING_MODEL.BLACK_76,
    ),
    type: Int8Array.from(terms, ({ type }) => (type === 'call' ? 1 : -1)),
    underlying: Float64Array.from(terms, ({ underlying }) => underlying),
    strike: Float64Array.from(terms, ({ strike }) => strike),
    timeYears: Float64Array.from(terms, ({ timeYears }) => timeYears),
    rate: Float64Array.from(terms, ({ rate }) => rate),
    dividendYield: Float64Array.from(terms, ({ dividendYield }) => dividendYield ?? 0),
  };
}

function outputColumns(rows: number): AllGreeksColumns {
  const column = () => new Float64Array(rows).fill(-1);
  return {
    status: new Uint8Array(rows).fill(255),
    price: column(),
    delta: column(),
    gamma: column(),
    theta: column(),
    vega: column(),
    rho: column(),
    vanna: column(),
    volga: column(),
    charm: column(),
  };
}

test('columns hold what the single functions give, row by row', () => {
  const terms = allTerms();
  const options = columnsOf(terms);
  const volatility = new Float64Array(terms.length).fill(0.25);
  const out = outputColumns(terms.length);
  allGreeksColumns(options, volatility, out, 0, terms.length);
  const solved = new Float64Array(terms.length);
  const status = new Uint8Array(terms.length);
  solveColumns(options, out.price, solved, status, 0, terms.length);
  terms.forEach((option, i) => {
    const expected = optionGreeks(option, 0.25);
    assert.equal(expected.status, 'OK');
    for (const name of NAMES) assert.equal(out[name][i], expected[name], name);
    const outcome = impliedVolatility(option, expected.price);
    assert.equal(outcome.status, 'OK');
    assert.equal(solved[i], outcome.volatility);
    assert.deepEqual([out.status[i], status[i]], [OK, OK]);
  });
});

test('the columns without second derivatives are those with them', () => {
  const terms = allTerms();
  const volatility = new Float64Array(terms.length).fill(0.25);
  const some = outputColumns(terms.length);
  const all = outputColumns(terms.length);
  greeksColumns(columnsOf(terms), volatility, some, 0, terms.length);
  allGreeksColumns(columnsOf(terms), volatility, all, 0, terms.length);
  for (const name of NAMES.slice(0, 6)) assert.deepEqual(some[name], all[name], name);
});

test('rows outside of the range are left alone, and without second derivatives these columns too', () => {
  const terms = allTerms();
  const volatility = new Float64Array(terms.length).fill(0.25);
  const out = outputColumns(terms.length);
  greeksColumns(columnsOf(terms), volatility, out, 2, 4);
  assert.deepEqual([...out.status.slice(1, 5)], [255, OK, OK, 255]);
  assert.deepEqual([out.price[1], out.rho[4], out.vanna[2], out.charm[3]], [-1, -1, -1, -1]);
  assert.ok(out.price[2]! > 0 && out.vega[3]! > 0);
});

test('a row without result has its reason and NaN, and harms no other row', () => {
  const [good] = allTerms();
  const bad: OptionTerms[] = [
    { ...good!, underlying: -1 },
    { ...good!, strike: 0 },
    { ...good!, rate: NaN },
    { ...good!, dividendYield: Infinity },
    { ...good!, timeYears: NaN },
    { ...good!, timeYears: 0 },
  ];
  const rows = [good!, ...bad, good!];
  const options = columnsOf(rows);
  const expected = [OK, INVALID, INVALID, INVALID, INVALID, INVALID, EXPIRED, OK];
  const out = outputColumns(rows.length);
  allGreeksColumns(options, new Float64Array(rows.length).fill(0.2), out, 0, rows.length);
  assert.deepEqual([...out.status], expected);
  for (const name of NAMES) {
    assert.deepEqual(
      [...out[name]].map(Number.isNaN),
      expected.map((status) => status !== OK),
    );
  }
  const volatility = new Float64Array(rows.length);
  const status = new Uint8Array(rows.length);
  const prices = new Float64Array(rows.length).fill(20);
  solveColumns(options, prices, volatility, status, 0, rows.length);
  assert.deepEqual([...status], expected);
  assert.deepEqual(
    [...volatility].map(Number.isNaN),
    expected.map((code) => code !== OK),
  );
});

test('prices without a volatility say why; a wrong volatility, type or model is invalid', () => {
  const [good] = allTerms();
  const rows = Array<OptionTerms>(4).fill(good!);
  const options = columnsOf(rows);
  const status = new Uint8Array(4);
  solveColumns(options, Float64Array.of(1, 200, NaN, 0), new Float64Array(4), status, 0, 4);
  assert.deepEqual([...status], [BELOW_INTRINSIC, ABOVE_MAXIMUM, INVALID, INVALID]);
  const out = outputColumns(4);
  greeksColumns(options, Float64Array.of(NaN, -0.1, Infinity, 0), out, 0, 4);
  assert.deepEqual([...out.status], [INVALID, INVALID, INVALID, OK]);
  options.type[0] = 0;
  options.model[1] = PRICING_MODEL.NONE;
  greeksColumns(options, new Float64Array(4).fill(0.2), out, 0, 4);
  assert.deepEqual([...out.status], [INVALID, INVALID, OK, OK]);
});
