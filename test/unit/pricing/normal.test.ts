import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildMillsTable } from '../../../src/pricing/mills-table.ts';
import { millsRatio } from '../../../src/pricing/mills.ts';
import { erfc, erfcx, normalCdf, normalPdf } from '../../../src/pricing/normal.ts';

/* z, n(z), N(z), erfc(z), exp(z^2) erfc(z), computed with 40 digits. */
const EXACT = [
  [-38, 1.097221052e-314, 2.88542835e-316, 2, Infinity],
  [-37.5, 1.7282337322841054e-306, 4.605353009581955e-308, 2, Infinity],
  [-20, 5.520948362159764e-88, 2.7536241186062337e-89, 2, 1.0442939379528289e174],
  [-8.25, 6.627137455968751e-16, 7.919726314642477e-17, 2, 7.247665983558231e29],
  [-3, 0.0044318484119380075, 0.0013498980316300946, 1.9999779095030015, 16205.988853999586],
  [-1, 0.24197072451914334, 0.15865525393145705, 1.8427007929497148, 5.008980080762283],
  [-0.5, 0.35206532676429947, 0.3085375387259869, 1.5204998778130465, 1.952360489182557],
  [-0.001, 0.39894208093034234, 0.49960105778608893, 1.0011283787909693, 1.0011293799198486],
  [0, 0.3989422804014327, 0.5, 1, 1],
  [1e-10, 0.3989422804014327, 0.5000000000398942, 0.999999999887162, 0.999999999887162],
  [0.3, 0.3813878154605241, 0.6179114221889527, 0.6713732405408726, 0.7345993345676551],
  [1, 0.24197072451914334, 0.8413447460685429, 0.15729920705028513, 0.427583576155807],
  [2.5, 0.017528300493568537, 0.9937903346742238, 0.0004069520174449589, 0.2108063640611436],
  [6, 6.075882849823285e-9, 0.9999999990134123, 2.1519736712498913e-17, 0.09277656780053835],
  [8.5, 8.16623563166955e-17, 1, 2.7623240713337716e-33, 0.06592512249998035],
] as const;

/* z, (1 - N(z)) / n(z). */
const EXACT_MILLS = [
  [-1, 3.4770518117036944],
  [-0.97, 3.3462448714158475],
  [-0.5, 1.9640174953579939],
  [0, 1.2533141373155003],
  [1e-8, 1.2533141273155004],
  [0.03125, 1.2226660820269792],
  [0.5, 0.8763644564536923],
  [1, 0.6556795424187984],
  [2.71828, 0.3308432181875108],
  [5, 0.19280810471531576],
  [9.99, 0.09912583132776691],
  [10, 0.09902859647173193],
  [10.01, 0.09893155044023509],
  [25, 0.039936304769535594],
  [1e3, 0.0009999990000029999],
  [1e8, 9.999999999999999e-9],
] as const;

function assertClose(got: number, exact: number, units: number, name: string): void {
  if (exact === Infinity) {
    assert.equal(got, Infinity, name);
    return;
  }
  // 5e-324: half of the spacing of subnormal numbers rounds up to one.
  const tolerance = units * 2 ** -52 * Math.abs(exact) + 5e-324;
  assert.ok(Math.abs(got - exact) <= tolerance, `${name}: ${got}, should be ${exact}`);
}

test('density, distribution and both error functions are right to four units in both tails', () => {
  for (const [z, pdf, cdf, complement, scaled] of EXACT) {
    assertClose(normalPdf(z), pdf, 4, `n(${z})`);
    assertClose(normalCdf(z), cdf, 4, `N(${z})`);
    assertClose(erfc(z), complement, 4, `erfc(${z})`);
    assertClose(erfcx(z), scaled, 4, `erfcx(${z})`);
  }
});

test("Mills' ratio is right to two units from the table, at its end and beyond", () => {
  for (const [z, exact] of EXACT_MILLS) assertClose(millsRatio(z), exact, 2, `M(${z})`);
});

test("Mills' ratio satisfies M' = z M - 1 across the borders of the table's segments", () => {
  const width = 2 ** -10;
  for (let z = -1; z < 12; z += 1 / 32) {
    const slope = (millsRatio(z + width) - millsRatio(z)) / width;
    const middle = z + width / 2;
    const expected = middle * millsRatio(middle) - 1;
    assert.ok(Math.abs(slope - expected) < 1e-6, `at ${z}: ${slope}, should be ${expected}`);
  }
});

test('the table is the same whenever it is built', () => {
  assert.deepEqual(buildMillsTable(), buildMillsTable());
});

test('far outside the functions reach their limits, and NaN stays NaN', () => {
  assert.deepEqual(
    [normalCdf(-60), normalCdf(60), normalCdf(-Infinity), normalCdf(Infinity)],
    [0, 1, 0, 1],
  );
  assert.deepEqual([normalPdf(-60), normalPdf(Infinity)], [0, 0]);
  assert.deepEqual([erfc(-60), erfc(60), erfc(Infinity)], [2, 0, 0]);
  assert.deepEqual([erfcx(Infinity), erfcx(-Infinity)], [0, Infinity]);
  assert.equal(millsRatio(Infinity), 0);
  for (const f of [normalCdf, normalPdf, erfc, erfcx, millsRatio]) assert.equal(f(NaN), NaN);
});
