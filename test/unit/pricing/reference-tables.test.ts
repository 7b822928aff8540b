import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parityForward } from '../../../src/pricing/forward.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { sharedDataOrSkip } from '../../support/shared-data.ts';
import { readTable, type TableRow } from './option-table.ts';
import { checkGreeks, checkVolatilities } from './table-checks.ts';

const edgeFolder = join(repositoryRoot, 'test', 'unit', 'pricing');

test('edge families: price and eight derivatives within 2 eta of the exact values', (t) => {
  const rows = readTable(join(edgeFolder, 'edge-greeks.csv'));
  assert.equal(rows.length, 90);
  t.diagnostic(`largest error ${checkGreeks(rows).toFixed(2)} eta`);
});

test('edge families: labels, and volatilities within twice the attainable error', (t) => {
  const rows = readTable(join(edgeFolder, 'edge-implied-volatility.csv'));
  assert.equal(rows.length, 160);
  t.diagnostic(`largest error ${checkVolatilities(rows).toFixed(2)} units`);
});

test('reference table: price and eight derivatives within 2 eta of the exact values', (t) => {
  const path = sharedDataOrSkip(t, 'reference', 'greeks.csv');
  if (path === undefined) return;
  const rows = readTable(path);
  assert.ok(rows.length >= 2000);
  t.diagnostic(`largest error ${checkGreeks(rows).toFixed(2)} eta`);
});

test('reference table: labels, and volatilities within twice the attainable error', (t) => {
  const path = sharedDataOrSkip(t, 'reference', 'implied_vol.csv');
  if (path === undefined) return;
  const rows = readTable(path);
  assert.ok(rows.length >= 2000);
  t.diagnostic(`largest error ${checkVolatilities(rows).toFixed(2)} units`);
});

function forwardError(chain: readonly TableRow[]): number {
  const column = (name: string) => Float64Array.from(chain, (row) => row.number(name));
  const spread = (row: TableRow) =>
    row.number('call_ask') - row.number('call_bid') + row.number('put_ask') - row.number('put_bid');
  const weights = Float64Array.from(chain, (row) => spread(row) ** -2);
  const forward = parityForward(
    column('strike'),
    column('call_mid'),
    column('put_mid'),
    weights,
    chain.length,
    chain[0]!.number('discount'),
  );
  const exact = chain[0]!.number('forward');
  return Math.abs(forward - exact) / exact;
}

test('reference table: implied forwards of noisy chains, median 1e-6 and worst 5e-4', (t) => {
  const path = sharedDataOrSkip(t, 'reference', 'forward.csv');
  if (path === undefined) return;
  const chains = new Map<string, TableRow[]>();
  for (const row of readTable(path)) {
    const chain = chains.get(row.text('chain')) ?? [];
    chains.set(row.text('chain'), [...chain, row]);
  }
  assert.equal(chains.size, 100);
  for (const strikes of [11, 7]) {
    const errors = [...chains.values()].map((chain) => {
      const spare = (chain.length - strikes) / 2;
      return forwardError(chain.slice(spare, spare + strikes));
    });
    errors.sort((a, b) => a - b);
    const median = errors[50]!;
    const worst = errors.at(-1)!;
    t.diagnostic(
      `${strikes} strikes: median ${median.toExponential(1)}, worst ${worst.toExponential(1)}`,
    );
    assert.ok(median <= 1e-6 && worst <= 5e-4, `${strikes} strikes: ${median}, ${worst}`);
  }
});
