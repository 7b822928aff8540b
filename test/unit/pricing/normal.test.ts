import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildMillsTable } from '../../../src/pricing/mills-table.ts';
import { millsRatio } from '../../../src/pricing/mills.ts';
import { erfc, erfcx, normalCdf, normalPdf } from '../../../src/pricing/normal.ts';

/* z, n(z), N(z), erfc(z), exp(z^2) erfc(z), computed with 40 digits. */
const EXACT = [
  [-38, 1.09722105200759296e-314, 2.88542836006878431e-316, 2, Infinity],
  [-37.5, 1.72823373228410522e-306, 4.60535300958195484e-308, 2, Infinity],
  [-20, 5.52094836215976319e-88, 2.7536241186062337e-89, 2, 1.04429393795282879e174],
  [-8.25, 6.62713745596875154e-16, 7.91972631464247734e-17, 2, 7.24766598355823187e29],
  [-3, 0.00443184841193800718, 0.00134989803163009453, 1.99997790950300141, 16205.9888539995866],
  [-1, 0.24197072451914335, 0.158655253931457051, 1.84270079294971487, 5.00898008076228347],
  [-0.5, 0.352065326764299478, 0.308537538725986896, 1.52049987781304654, 1.95236048918255709],
  [-0.001, 0.398942080930342345, 0.499601057786088937, 1.00112837879096924, 1.00112937991984859],
  [0, 0.398942280401432678, 0.5, 1, 1],
  [1e-10, 0.398942280401432678, 0.500000000039894228, 0.999999999887162083, 0.999999999887162083],
  [0.3, 0.381387815460524087, 0.617911422188952633, 0.671373240540872584, 0.73459933456765515],
  [1, 0.24197072451914335, 0.841344746068542949, 0.157299207050285131, 0.427583576155807004],
  [2.5, 0.0175283004935685374, 0.993790334674223865, 0.00040695201744495894, 0.210806364061143581],
  [6, 6.07588284982328549e-9, 0.999999999013412355, 2.15197367124989131e-17, 0.0927765678005383544],
  [8.5, 8.16623563166955004e-17, 1, 2.76232407133377145e-33, 0.0659251224999803517],
] as const;

/* z, (1 - N(z)) / n(z). */
const EXACT_MILLS = [
  [-1, 3.47705181170369447],
  [-0.97, 3.3462448714158473],
  [-0.5, 1.96401749535799375],
  [0, 1.25331413731550025],
  [1e-8, 1.25331412731550031],
  [0.03125, 1.22266608202697932],
  [0.5, 0.876364456453692347],
  [1, 0.655679542418798472],
  [2.71828, 0.330843218187510788],
  [5, 0.192808104715315765],
  [9.99, 0.0991258313277669041],
  [10, 0.0990285964717319214],
  [10.01, 0.0989315504402350894],
  [25, 0.0399363047695355925],
  [1e3, 0.000999999000002999985],
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
