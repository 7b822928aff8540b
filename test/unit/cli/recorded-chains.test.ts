import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type ChainReport, type LegReport, reportChain } from '../../../src/cli/chain-report.ts';
import { type ChainSnapshot, parseChainSnapshot } from '../../../src/cli/chain-snapshot.ts';
import { sharedDataOrSkip } from '../../support/shared-data.ts';
import { readTable, type TableRow } from '../pricing/option-table.ts';

/*
 * Recorded chains of the Indian exchanges. What other programs made of them is compared, never
 * fitted.
 */

const RATE = 0.065;

interface RecordedChain {
  name: string;
  index: TableRow;
  snapshot: ChainSnapshot;
  report: ChainReport;
  /** As the vendor published it: percent, by strike. */
  published: Map<number, { call: number; put: number }>;
}

interface PublishedRow {
  strike: number;
  ce: { iv?: number | null } | null;
  pe: { iv?: number | null } | null;
}

function recordedChains(t: TestContext): RecordedChain[] {
  const index = sharedDataOrSkip(t, 'real-data', 'index.csv');
  if (index === undefined) return [];
  const chains = readTable(index).map((row) => {
    const text = readFileSync(join(index, '..', row.text('file')), 'utf8');
    const snapshot = parseChainSnapshot(text);
    const { rows } = JSON.parse(text) as { rows: PublishedRow[] };
    const published = new Map(
      rows.map(({ strike, ce, pe }) => [strike, { call: ce?.iv ?? 0, put: pe?.iv ?? 0 }]),
    );
    return {
      name: row.text('file'),
      index: row,
      snapshot,
      report: reportChain(snapshot, RATE),
      published,
    };
  });
  assert.ok(chains.length >= 48);
  return chains;
}

const isPriced = ({ index }: RecordedChain): boolean => index.text('parity_forward') !== '';

/** Row whose strike is nearest to the forward, of those that `isUsable`. */
function atTheMoney(
  { report }: RecordedChain,
  isUsable: (ce: LegReport, pe: LegReport) => boolean = () => true,
): ChainReport['rows'][number] | undefined {
  const forward = report.forward ?? Number.NaN;
  const usable = report.rows.filter(({ ce, pe }) => isUsable(ce, pe));
  usable.sort((a, b) => Math.abs(a.strike - forward) - Math.abs(b.strike - forward));
  return usable[0];
}

test('the forward is within its dispersion of the independent one, by parity', (t) => {
  const chains = recordedChains(t).filter(isPriced);
  for (const { name, index, report } of chains) {
    const expected = index.number('parity_forward');
    const allowed = Math.max(1, index.number('forward_dispersion'));
    assert.equal(report.forward_source, 'PARITY', name);
    const error = Math.abs((report.forward ?? Number.NaN) - expected);
    assert.ok(error <= allowed, `${name}: ${report.forward}, not ${expected}`);
  }
  t.diagnostic(`${chains.length} chains`);
});

test('call and put agree at the money to 0.1 points in the middle chain', (t) => {
  const splits = recordedChains(t)
    .filter(isPriced)
    .map((chain) => atTheMoney(chain, (ce, pe) => ce.iv_own !== null && pe.iv_own !== null))
    .map((row) => 100 * Math.abs((row?.ce.iv_own ?? Number.NaN) - (row?.pe.iv_own ?? Number.NaN)));
  if (splits.length === 0) return;
  splits.sort((a, b) => a - b);
  const median = splits[splits.length >> 1] ?? Number.NaN;
  assert.ok(median <= 0.1, `median ${median} points`);
  t.diagnostic(`median ${median.toFixed(3)} points`);
});

test('every two-sided option out of the money is solved, and every other says why', (t) => {
  let solved = 0;
  for (const { name, snapshot, report } of recordedChains(t).filter(isPriced)) {
    const forward = report.forward ?? Number.NaN;
    for (const [i, { strike, ce, pe }] of report.rows.entries()) {
      const row = snapshot.rows[i];
      const [quoted, leg] = strike >= forward ? [row?.call, ce] : [row?.put, pe];
      if (quoted && quoted.bid > 0 && quoted.ask > 0) {
        assert.equal(leg.status, 'OK', `${name} ${strike}`);
        assert.ok(leg.iv !== null && leg.iv_own === leg.iv && leg.delta !== null);
        solved++;
      }
      for (const each of [ce, pe]) {
        assert.match(each.status, /^[A-Z_]+$/);
        assert.match(each.iv_own_status, /^[A-Z_]+$/);
        assert.equal(each.iv === null, each.status !== 'OK', `${name} ${strike}`);
        assert.equal(each.iv_own === null, each.iv_own_status !== 'OK', `${name} ${strike}`);
      }
    }
  }
  t.diagnostic(`${solved} options solved`);
});

test('expired chains say so, in every option', (t) => {
  const chains = recordedChains(t).filter(({ snapshot }) => snapshot.isExpired);
  for (const { name, report } of chains) {
    assert.equal(report.status, 'EXPIRED', name);
    for (const { ce, pe } of report.rows) {
      assert.ok(ce.status === 'EXPIRED' && pe.status === 'EXPIRED');
      assert.ok(ce.iv === null && pe.iv === null && ce.gamma === null);
    }
  }
  t.diagnostic(`${chains.length} chains`);
});

test('a chain without any quote is priced on last prices, flagged', (t) => {
  const chains = recordedChains(t).filter(({ name }) => name.includes('lastonly'));
  for (const { report } of chains) {
    assert.deepEqual(report.quality, ['PRICE_FROM_LAST_TRADE']);
    assert.equal(report.forward_source, 'PARITY');
    assert.equal(atTheMoney({ report } as RecordedChain)?.ce.status, 'OK');
  }
});

test('volatilities published by Upstox are met within 0.15 points at the money', (t) => {
  const chains = recordedChains(t)
    .filter(({ name }) => name.includes('upstox'))
    .filter(isPriced);
  for (const chain of chains) {
    const row = atTheMoney(chain);
    const { call, put } = chain.published.get(row?.strike ?? 0) ?? { call: 0, put: 0 };
    // Their call and put differ where ours do not: both are noisy around one volatility.
    const error = Math.abs(100 * (row?.ce.iv ?? Number.NaN) - (call + put) / 2);
    assert.ok(error <= 0.15, `${chain.name}: ${row?.ce.iv}, published ${call} and ${put}`);
  }
  t.diagnostic(`${chains.length} chains`);
});

test('smiles are free of arbitrage and pass through the money', (t) => {
  const chains = recordedChains(t).filter(isPriced);
  const errors: number[] = [];
  for (const { name, report } of chains) {
    const { smile, atm_volatility: atm } = report;
    if (smile.status === 'TOO_FEW_POINTS') continue;
    assert.equal(smile.status, 'OK', name);
    const { a, b, rho, m, sigma } = smile as Record<'a' | 'b' | 'rho' | 'm' | 'sigma', number>;
    const variance = a + b * (-rho * m + Math.hypot(m, sigma));
    const error = 100 * Math.abs(Math.sqrt(variance / report.time_to_expiry) - (atm ?? Number.NaN));
    // The last hour of an expiry has few strikes, whose quotes are old.
    if (report.time_to_expiry > 1 / 365) assert.ok(error <= 0.5, `${name}: ${error} points`);
    errors.push(error);
  }
  if (errors.length === 0) return;
  assert.ok(errors.length >= 40);
  errors.sort((x, y) => x - y);
  t.diagnostic(`median ${errors[errors.length >> 1]?.toFixed(2)} points from the money`);
});
