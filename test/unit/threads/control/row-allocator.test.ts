import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exchangeCalendar } from '../../../../src/domain/calendar.ts';
import { flatPricing } from '../../../../src/domain/pricing-terms.ts';
import { FORWARD_SOURCE, PRICING_MODEL } from '../../../../src/domain/status.ts';
import type { Instrument } from '../../../../src/domain/instrument.ts';
import { InstrumentRegistry } from '../../../../src/instruments/registry.ts';
import { createInstrumentTable, InstrumentTable } from '../../../../src/shm/instrument-table.ts';
import { RowAllocator } from '../../../../src/threads/control/row-allocator.ts';
import { chain, future, index, option, share } from '../../../support/threads-instruments.ts';

const NEAR = '2026-12-01';
const FAR = '2026-12-29';

function create(
  instruments: readonly Instrument[],
  options: { rows?: number; chains?: number; workers?: number } = {},
): { table: InstrumentTable; rows: RowAllocator } {
  const { rows = 64, chains = 8, workers = 2 } = options;
  const table = new InstrumentTable(createInstrumentTable(rows, chains));
  const registry = new InstrumentRegistry(instruments);
  const calendar = exchangeCalendar;
  return {
    table,
    rows: new RowAllocator({ table, registry, calendar, pricing: flatPricing(0.065), workers }),
  };
}

const spot = index('NIFTY 50', { token: 256265 });
const near = future('NIFTY', NEAR);
const far = future('NIFTY', FAR);

test('an instrument gets a row when it is first wanted and keeps it', () => {
  const infy = share('INFY');
  const { table, rows } = create([infy, spot]);
  const row = rows.rowOf(infy);
  assert.equal(rows.rowOf(spot), row + 1);
  assert.equal(rows.rowOf(infy), row);
  assert.equal(table.count, 2);
  assert.equal(table.tokens[row], infy.token);
  assert.equal(table.optionTypes[row], 0);
  assert.equal(table.chains[row], -1);
});

describe('an option', () => {
  test('brings its chain: expiry instant, rate, spot, futures', () => {
    const legs = chain('NIFTY', NEAR, [24000.5]);
    const { table, rows } = create([spot, near, far, ...legs]);
    const row = rows.rowOf(legs[0]!);
    assert.equal(table.optionTypes[row], 1);
    assert.equal(table.strikes[row], 24000.5);
    assert.deepEqual(table.chain(table.chains[row]!), {
      expiryMs: Date.parse('2026-12-01T15:40:00+05:30'),
      settlementMs: Date.parse('2026-12-01T15:35:00+05:30'),
      calendarEstimated: false,
      model: PRICING_MODEL.BLACK_76,
      firstSource: FORWARD_SOURCE.PARITY,
      curve: [{ years: 1, rate: 0.065 }],
      dividendYield: 0,
      worker: 0,
      spotRow: table.find(spot.token),
      futureRow: table.find(near.token),
      otherFutureRow: table.find(far.token),
      otherFutureExpiryMs: Date.parse('2026-12-29T15:40:00+05:30'),
    });
    assert.ok(table.find(spot.token) >= 0, 'they have rows too');
    const put = rows.rowOf(legs[1]!);
    assert.equal(table.optionTypes[put], -1);
    assert.equal(table.chains[put], table.chains[row]);
    assert.equal(table.chainCount, 1);
  });

  test('of an underlying without spot and futures', () => {
    const legs = chain('ODD', NEAR, [100]);
    const { table, rows } = create(legs);
    const facts = table.chain(table.chains[rows.rowOf(legs[0]!)]!);
    assert.deepEqual(
      [facts.spotRow, facts.futureRow, facts.otherFutureRow, facts.otherFutureExpiryMs],
      [-1, -1, -1, 0],
    );
  });

  test('of a weekly expiry: the nearest future is of another expiry', () => {
    const weekly = option('NIFTY', '2026-12-08', 24000, 'CE');
    const { table, rows } = create([near, far, weekly]);
    const facts = table.chain(table.chains[rows.rowOf(weekly)]!);
    assert.equal(facts.futureRow, -1);
    assert.equal(facts.otherFutureRow, table.find(near.token));
  });

  test('beyond the calendar’s data: the expiry is an estimate', () => {
    const distant = option('NIFTY', '2031-06-24', 24000, 'CE');
    const { table, rows } = create([distant]);
    assert.equal(table.chain(table.chains[rows.rowOf(distant)]!).calendarEstimated, true);
  });

  test('of two exchanges’ contracts of one name: a chain each, with its own future', () => {
    const here = option('RELIANCE', NEAR, 1400, 'CE');
    const there = option('RELIANCE', NEAR, 1400, 'PE', { exchange: 'BFO' });
    const futures = [future('RELIANCE', NEAR), future('RELIANCE', NEAR, { exchange: 'BFO' })];
    const { table, rows } = create([there, here, ...futures]);
    const [ours, theirs] = [here, there].map((leg) => table.chains[rows.rowOf(leg)]!);
    assert.notEqual(ours, theirs);
    assert.deepEqual(
      [ours, theirs].map((number) => table.chain(number!).futureRow),
      futures.map(({ token }) => table.find(token)),
    );
  });

  test('chains are spread over the workers', () => {
    const legs = [NEAR, FAR, '2027-01-26', '2027-02-23'].flatMap((expiry) =>
      chain('NIFTY', expiry, [24000]),
    );
    const { table, rows } = create(legs, { workers: 2 });
    for (const leg of legs) rows.rowOf(leg);
    assert.deepEqual(
      [0, 1, 2, 3].map((number) => table.chainWorker(number)),
      [0, 1, 0, 1],
    );
  });
});

describe('full tables', () => {
  test('of rows: -1, what is in stays', () => {
    const all = ['A', 'B', 'C'].map((name) => share(name));
    const { rows } = create(all, { rows: 2 });
    assert.deepEqual(
      all.map((one) => rows.rowOf(one)),
      [0, 1, -1],
    );
    assert.equal(rows.rowOf(all[0]!), 0);
    assert.equal(rows.subscribable(all[2]!), undefined);
  });

  test('of chains: -1 for the options, other instruments still fit', () => {
    const first = option('NIFTY', NEAR, 24000, 'CE');
    const second = option('NIFTY', FAR, 24000, 'CE');
    const { rows } = create([first, second, spot], { chains: 1 });
    assert.ok(rows.rowOf(first) >= 0);
    assert.equal(rows.rowOf(second), -1);
    assert.ok(rows.rowOf(spot) >= 0);
  });
});

test('what a client is told of a contract', () => {
  const call = option('NIFTY', NEAR, 24000, 'CE', { token: 12_345_602 });
  const currency = share('USDINR', { exchange: 'CDS', token: 3 });
  const { rows } = create([call, currency]);
  assert.deepEqual(rows.subscribable(call), {
    token: 12_345_602,
    symbol: `NFO:${call.tradingsymbol}`,
    type: 'CE',
    strike: 24000,
    expiry: NEAR,
    lotSize: 65,
    priceDivisor: 100,
    row: 0,
  });
  assert.equal(rows.subscribable(currency)?.priceDivisor, 10_000_000);
});
