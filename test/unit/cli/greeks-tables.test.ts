import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCommandLine } from '../../../src/cli/command-line.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { sharedDataOrSkip } from '../../support/shared-data.ts';
import { readTable, type TableRow, ulp } from '../pricing/option-table.ts';

/*
 * The command on whole tables of exact values, so that nothing on the way from file to file loses a
 * digit.
 */

const OUTPUTS = 'price delta gamma vega theta rho vanna volga charm'.split(' ');

/** Rows of the table before and after the command. */
async function converted(
  t: TestContext,
  path: string,
  option: string,
): Promise<[before: TableRow, after: TableRow][]> {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-greeks-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  t.mock.method(process.stderr, 'write', () => true);
  const to = join(folder, 'out.csv');
  await runCommandLine(['greeks', '--in', path, '--out', to, option]);
  t.mock.restoreAll();
  const after = readTable(to);
  const before = readTable(path);
  assert.equal(after.length, before.length);
  return before.map((row, i) => [row, after[i] as TableRow]);
}

function checkPrices(rows: readonly [before: TableRow, after: TableRow][]): void {
  for (const [exact, got] of rows) {
    assert.equal(got.text('status'), 'ok');
    for (const column of OUTPUTS) {
      const error = Math.abs(got.number(column) - exact.number(column));
      const allowed = 2 * exact.number(`${column}_eta`) + 1e-290;
      assert.ok(error <= allowed, `${exact.text('id')} ${column}: ${got.text(column)}`);
    }
  }
}

function checkVolatilities(rows: readonly [before: TableRow, after: TableRow][]): void {
  for (const [exact, got] of rows) {
    const expected = exact.text('expected');
    if (!(exact.number('margin_ulps') < 4)) assert.equal(got.text('status'), expected);
    if (got.text('status') !== 'ok') {
      assert.equal(got.text('vol'), 'NaN');
    } else if (expected === 'ok' && exact.number('attainable') <= 1e-3 * exact.number('vol')) {
      const vol = exact.number('vol');
      const unit = Math.max(exact.number('conditioning'), exact.number('attainable'), ulp(vol));
      const error = Math.abs(got.number('vol') - vol);
      assert.ok(error <= 2 * unit, `${exact.text('id')}: ${got.text('vol')}`);
    }
  }
}

const edge = (name: string): string => join(repositoryRoot, 'test', 'unit', 'pricing', name);

test('prices and derivatives of the edge families', async (t) => {
  checkPrices(await converted(t, edge('edge-greeks.csv'), '--price'));
});

test('volatilities of the edge families', async (t) => {
  checkVolatilities(await converted(t, edge('edge-implied-volatility.csv'), '--solve'));
});

test('prices and derivatives of the reference table', async (t) => {
  const path = sharedDataOrSkip(t, 'reference', 'greeks.csv');
  if (path !== undefined) checkPrices(await converted(t, path, '--price'));
});

test('volatilities of the reference table', async (t) => {
  const path = sharedDataOrSkip(t, 'reference', 'implied_vol.csv');
  if (path !== undefined) checkVolatilities(await converted(t, path, '--solve'));
});
