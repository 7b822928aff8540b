import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { type ChainReport, type LegReport, reportChain } from '../../../src/cli/chain-report.ts';
import { parseChainSnapshot } from '../../../src/cli/chain-snapshot.ts';
import { chainText } from '../../../src/cli/chain-text.ts';
import { runCommandLine } from '../../../src/cli/command-line.ts';
import { blackPrice } from '../../../src/pricing/black.ts';
import { CALL, type OptionType, PUT } from '../../../src/pricing/option-type.ts';

const FORWARD = 24_020;
const RATE = 0.065;
const DAYS = 5;
const TIME_YEARS = DAYS / 365;

interface Leg {
  bid: number | null;
  ask: number | null;
  last: number | null;
  oi: number;
  volume: number;
}

interface RecordedRow {
  strike: number;
  ce: Leg | null;
  pe: Leg | null;
}

interface Recorded {
  schema: unknown;
  underlying: unknown;
  underlying_value: unknown;
  timestamp_ist: unknown;
  expiry: unknown;
  expiry_time_ist?: unknown;
  market_state: unknown;
  oi_unit: unknown;
  rows: RecordedRow[];
}

/** Volatility of a strike of the chain below. */
const volatilityOf = (strike: number): number => 0.12 + 0.4 * (strike / FORWARD - 1) ** 2;

function leg(type: OptionType, strike: number): Leg {
  const discount = Math.exp(-RATE * TIME_YEARS);
  const price = blackPrice(type, FORWARD, strike, TIME_YEARS, discount, volatilityOf(strike));
  const half = 0.05;
  return { bid: Math.max(price - half, 0), ask: price + half, last: price, oi: 100, volume: 10 };
}

/** 61 strikes, five days before expiry. */
function recorded(): Recorded {
  const rows = Array.from({ length: 61 }, (_, i) => {
    const strike = 22_500 + 50 * i;
    return { strike, ce: leg(CALL, strike), pe: leg(PUT, strike) };
  });
  return {
    schema: 'chain/1',
    underlying: 'NIFTY',
    underlying_value: 24_000,
    timestamp_ist: '2026-06-18T15:30:00',
    expiry: '2026-06-23',
    expiry_time_ist: '15:30:00',
    market_state: 'close',
    oi_unit: 'contracts',
    rows,
  };
}

function report(record: Recorded): ChainReport {
  return reportChain(parseChainSnapshot(JSON.stringify(record)), RATE);
}

function rowOf(chain: ChainReport, strike: number): { ce: LegReport; pe: LegReport } {
  const row = chain.rows.find((each) => each.strike === strike);
  assert.ok(row !== undefined);
  return row;
}

function changed(strike: number, change: (row: RecordedRow) => void): Recorded {
  const record = recorded();
  const row = record.rows.find((each) => each.strike === strike);
  assert.ok(row !== undefined);
  change(row);
  return record;
}

function assertClose(got: number | null, expected: number, tolerance: number): void {
  assert.ok(got !== null && Math.abs(got - expected) <= tolerance, `${got}, not ${expected}`);
}

describe('a chain with quotes', () => {
  test('has its forward by parity, its volatility and its smile', () => {
    const chain = report(recorded());
    assert.deepEqual([chain.status, chain.forward_source, chain.quality], ['OK', 'PARITY', []]);
    assertClose(chain.forward, FORWARD, 1e-6);
    assertClose(chain.forward_dispersion, 0, 1e-6);
    assert.equal(chain.forward_strikes, 7);
    assertClose(chain.time_to_expiry, TIME_YEARS, 1e-15);
    assertClose(chain.atm_volatility, 0.12, 1e-6);
    assert.equal(chain.smile.status, 'OK');
    assertClose(chain.smile.rms_error_points, 0, 0.05);
    assert.deepEqual([chain.put_call_oi, chain.put_call_volume], [1, 1]);
  });

  test('call and put of a strike have one volatility; deltas differ by the discount', () => {
    const { ce, pe } = rowOf(report(recorded()), 23_800);
    assert.deepEqual([ce.status, pe.status], ['OK', 'OK']);
    assert.equal(ce.iv, pe.iv);
    assertClose(pe.iv_own, volatilityOf(23_800), 1e-9);
    assertClose((ce.delta ?? 0) - (pe.delta ?? 0), Math.exp(-RATE * TIME_YEARS), 1e-12);
    assert.ok((pe.iv_bid ?? 1) < (pe.iv_own ?? 0) && (pe.iv_own ?? 1) < (pe.iv_ask ?? 0));
    assertClose(pe.model_price, pe.price ?? 0, 1e-9);
    assert.ok((pe.theta ?? 0) < 0, 'theta is a loss per day');
  });

  test('does not depend on the spot, nor on the order of its strikes', () => {
    const record = recorded();
    record.underlying_value = null;
    record.rows.reverse();
    assert.deepEqual(report(record), report(recorded()));
  });
});

describe('a leg that cannot be solved says why, and the others are unharmed', () => {
  const cases: [name: string, strike: number, ce: Leg | null, iv: string, own: string][] = [
    ['not listed', 24_500, null, 'NO_QUOTE', 'NO_QUOTE'],
    ['without quote', 24_500, { ...leg(CALL, 24_500), bid: 0, ask: null }, 'NO_QUOTE', 'NO_QUOTE'],
    ['bid alone', 24_500, { ...leg(CALL, 24_500), ask: 0 }, 'NO_QUOTE', 'NO_QUOTE'],
    ['crossed', 24_500, { ...leg(CALL, 24_500), bid: 200, ask: 100 }, 'CROSSED', 'CROSSED'],
    [
      'below intrinsic',
      23_000,
      { ...leg(CALL, 23_000), bid: 1000, ask: 1001 },
      'OK',
      'BELOW_INTRINSIC',
    ],
    [
      'above maximum',
      23_000,
      { ...leg(CALL, 23_000), bid: 30_000, ask: 30_001 },
      'OK',
      'ABOVE_MAXIMUM',
    ],
    ['in the money without quote', 23_000, { ...leg(CALL, 23_000), bid: 0 }, 'OK', 'NO_QUOTE'],
  ];
  for (const [name, strike, ce, status, own] of cases) {
    test(name, () => {
      const chain = report(changed(strike, (row) => (row.ce = ce)));
      const row = rowOf(chain, strike);
      assert.deepEqual([row.ce.status, row.ce.iv_own_status], [status, own]);
      assert.equal(row.ce.iv_own, null);
      assert.equal(row.ce.iv === null, status !== 'OK');
      assert.equal(row.ce.delta === null, status !== 'OK');
      assert.equal(row.pe.status, 'OK');
    });
  }
});

test('without any bid and ask, last prices stand for them and are flagged', () => {
  const record = recorded();
  for (const { ce, pe } of record.rows) {
    for (const each of [ce, pe]) if (each !== null) each.bid = each.ask = null;
  }
  const chain = report(record);
  assert.deepEqual(chain.quality, ['PRICE_FROM_LAST_TRADE']);
  assertClose(chain.forward, FORWARD, 1e-6);
  assertClose(chain.atm_volatility, 0.12, 1e-6);
  assert.equal(rowOf(chain, 24_500).ce.status, 'OK');
});

test('with quotes of too few strikes the forward is spot with carry, and flagged', () => {
  const record = recorded();
  for (const row of record.rows) if (row.strike !== 24_000) row.pe = null;
  const chain = report(record);
  assert.equal(chain.forward_source, 'SPOT_CARRY');
  assert.deepEqual(chain.quality, ['FORWARD_DEGRADED']);
  assertClose(chain.forward, 24_000 * Math.exp(RATE * TIME_YEARS), 1e-9);
  record.underlying_value = null;
  const without = report(record);
  assert.deepEqual([without.status, without.forward], ['NO_UNDERLYING', null]);
  assert.equal(rowOf(without, 24_500).ce.status, 'NO_UNDERLYING');
});

describe('an expired chain', () => {
  const expired: [name: string, change: Partial<Recorded>][] = [
    ['by its own word', { market_state: 'expired' }],
    ['by the clock', { timestamp_ist: '2026-06-23T15:30:00' }],
    ['by the calendar', { timestamp_ist: '2026-06-23T15:31:00', expiry_time_ist: null }],
  ];
  for (const [name, change] of expired) {
    test(name, () => {
      const chain = report({ ...recorded(), ...change });
      assert.equal(chain.status, 'EXPIRED');
      const { time_to_expiry, atm_volatility, gamma_exposure, forward } = chain;
      assert.deepEqual(
        [time_to_expiry, atm_volatility, gamma_exposure, forward],
        [0, null, null, null],
      );
      for (const { ce, pe } of chain.rows) {
        assert.deepEqual([ce.status, pe.status], ['EXPIRED', 'EXPIRED']);
      }
      assert.equal(chain.put_call_oi, 1, 'open interest needs no time');
    });
  }
});

describe('a file that is no chain is refused with what is wrong', () => {
  const cases: [change: object | string, error: RegExp][] = [
    ['', /not JSON/],
    ['[]', /the file must be an object/],
    [{ schema: 'chain/2' }, /schema is "chain\/2", not "chain\/1"/],
    [{ rows: [] }, /rows must be a list of strikes/],
    [{ rows: [7] }, /rows\[0\] must be an object/],
    [{ rows: [{ strike: '24000' }] }, /rows\[0\]\.strike must be null or a number/],
    [{ rows: [{ strike: 0 }] }, /rows\[0\]\.strike must be positive/],
    [{ rows: [{ strike: 1, ce: { bid: -1 } }] }, /rows\[0\]\.ce\.bid must be null or a number/],
    [{ rows: [{ strike: 5 }, { strike: 5 }] }, /strike 5 stands there twice/],
    [{ expiry: '2026-02-30' }, /expiry has no such day: 2026-02-30/],
    [{ timestamp_ist: 'noon' }, /timestamp_ist must be yyyy-mm-ddThh:mm:ss, not noon/],
    [{ expiry_time_ist: 15 }, /expiry_time_ist must be a text/],
    [{ underlying: '' }, /underlying must be a text/],
  ];
  for (const [change, error] of cases) {
    test(error.source, () => {
      const text =
        typeof change === 'string' ? change : JSON.stringify({ ...recorded(), ...change });
      assert.throws(() => parseChainSnapshot(text), { code: 'INPUT_INVALID', detail: error });
    });
  }
});

test('as text: a summary, and a table with calls, strikes and puts', () => {
  const text = chainText(report(recorded()));
  assert.match(text, /^NIFTY 2026-06-23 {2}OK {2}5\.0000 days to expiry$/m);
  assert.match(text, /^forward +24020\.00 {2}PARITY \+- 0\.00 by 7 strikes$/m);
  assert.match(text, /^volatility +at the money 12\.00 %/m);
  assert.match(text, /^smile +OK {2}a .* rms error 0\.0\d points \(\d+ strikes\)$/m);
  assert.match(text, /^ +OK .* 12\.00 +[\d.]+ +24000 +[\d.]+ +12\.00 .* OK$/m);
  const expired = chainText(report({ ...recorded(), market_state: 'expired' }));
  assert.match(expired, /^NIFTY 2026-06-23 {2}EXPIRED/m);
});

test('another rate is another discount, not another volatility at the money', () => {
  const chain = reportChain(parseChainSnapshot(JSON.stringify(recorded())), 0.05);
  assert.equal(chain.rate, 0.05);
  assertClose(chain.atm_volatility, 0.12, 1e-4);
});

describe('the command refuses', () => {
  async function refused(t: TestContext, content: string, ...options: string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'ticker-chain-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'chain.json');
    writeFileSync(file, content);
    const { exitCode } = process;
    const errors: string[] = [];
    const mock = t.mock.method(console, 'error', (text: string) => void errors.push(text));
    try {
      await runCommandLine(['chain', '--in', file, ...options]);
      return { exitCode: process.exitCode, error: errors.join('\n') };
    } finally {
      process.exitCode = exitCode;
      mock.mock.restore();
    }
  }

  test('a bad file, by its name', async (t) => {
    const { exitCode, error } = await refused(t, '{"schema":"chain/1","rows":[{"strike":1}]}');
    assert.equal(exitCode, 1);
    assert.match(error, /^ticker: INPUT_INVALID: .*chain\.json: expiry must be a text$/);
  });

  test('a rate in percent', async (t) => {
    const { exitCode, error } = await refused(t, '{}', '--rate', '6.5');
    assert.equal(exitCode, 2);
    assert.match(error, /--rate must be a fraction from -1 to 1, not 6\.5/);
  });
});
