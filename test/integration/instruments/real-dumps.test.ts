import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { createGunzip } from 'node:zlib';
import { type InstrumentDump, readInstrumentCsv } from '../../../src/instruments/instrument-csv.ts';
import { InstrumentRegistry } from '../../../src/instruments/registry.ts';
import { searchInstruments } from '../../../src/instruments/search.ts';
import { underlyingOfSymbol } from '../../../src/instruments/underlyings.ts';
import { sharedDataOrSkip } from '../../support/shared-data.ts';

async function read(t: TestContext, ...path: string[]): Promise<InstrumentDump | undefined> {
  const file = sharedDataOrSkip(t, ...path);
  if (file === undefined) return undefined;
  const bytes = createReadStream(file);
  return readInstrumentCsv(file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes);
}

function count(dump: InstrumentDump, segment: string): number {
  return dump.instruments.filter((instrument) => instrument.segment === segment).length;
}

/** What holds for every chain of every listing. */
function checkChains(registry: InstrumentRegistry): void {
  for (const { futures, chains } of registry.underlyings) {
    const expiries = chains.map(({ expiry }) => expiry);
    assert.deepEqual(expiries, [...new Set(expiries)].sort());
    const dates = futures.map(({ expiry }) => expiry);
    assert.deepEqual(dates, [...dates].sort());
    for (const { strikes } of chains) {
      for (const [place, legs] of strikes.entries()) {
        assert.ok(place === 0 || legs.strike > strikes[place - 1]!.strike);
        assert.ok(legs.call !== undefined || legs.put !== undefined);
        assert.ok(legs.call === undefined || legs.call.strike === legs.strike);
        assert.ok(legs.put === undefined || legs.put.strike === legs.strike);
      }
    }
  }
}

const DUMPS = [
  ['kite_NFO_202512.csv.gz', 37_258, { 'NFO-OPT': 36_628, 'NFO-FUT': 630 }],
  ['kite_NFO_BFO_202608.csv.gz', 39_941, { 'NFO-OPT': 35_043, 'BFO-OPT': 4_246 }],
] as const;

for (const [name, rows, segments] of DUMPS) {
  test(`${name}: every row is read and every option is in its chain`, async (t) => {
    const dump = await read(t, 'real-data', 'instruments', name);
    if (dump === undefined) return;
    assert.deepEqual([dump.instruments.length, dump.rejectedRows], [rows, 0]);
    for (const [segment, expected] of Object.entries(segments)) {
      assert.equal(count(dump, segment), expected);
    }
    const registry = new InstrumentRegistry(dump.instruments);
    checkChains(registry);
    const inChains = [...registry.underlyings].flatMap(({ chains }) =>
      chains.flatMap(({ strikes }) => strikes.flatMap(({ call, put }) => [call, put])),
    );
    const options = dump.instruments.filter(({ strike }) => strike !== null);
    assert.deepEqual(new Set(inChains.filter((leg) => leg !== undefined)), new Set(options));
    assert.equal(registry.underlying('NIFTY')?.chains.length, 18);
  });

  test(`${name}: the symbol of every derivative tells its underlying`, async (t) => {
    const dump = await read(t, 'real-data', 'instruments', name);
    if (dump === undefined) return;
    const wrong = dump.instruments.filter(
      (instrument) => underlyingOfSymbol(instrument.tradingsymbol) !== instrument.name,
    );
    assert.deepEqual(wrong, []);
  });
}

test('lot sizes of one underlying that differ by expiry are kept', async (t) => {
  const dump = await read(t, 'real-data', 'instruments', 'kite_NFO_202512.csv.gz');
  if (dump === undefined) return;
  const nifty = new InstrumentRegistry(dump.instruments).underlying('NIFTY');
  assert.deepEqual(
    nifty?.futures.map(({ expiry, lotSize }) => [expiry, lotSize]),
    [
      ['2025-12-30', 75],
      ['2026-01-27', 65],
      ['2026-02-24', 65],
    ],
  );
});

test('a search among 40,000 contracts finds the future of the month first', async (t) => {
  const dump = await read(t, 'real-data', 'instruments', 'kite_NFO_BFO_202608.csv.gz');
  if (dump === undefined) return;
  const registry = new InstrumentRegistry(dump.instruments);
  const found = searchInstruments(registry, { q: 'NIFTY26AUGFUT', limit: 5, offset: 0 });
  assert.equal(found.instruments[0]?.tradingsymbol, 'NIFTY26AUGFUT');
  assert.ok(found.total >= 2, 'BANKNIFTY has one too');
});

test('the broker’s own sample of all exchanges, whose options have no name', async (t) => {
  const dump = await read(t, 'kite-mocks', 'instruments_all.csv');
  if (dump === undefined) return;
  assert.deepEqual([dump.instruments.length, dump.rejectedRows], [99, 0]);
  const registry = new InstrumentRegistry(dump.instruments);
  checkChains(registry);
  const chains = registry.underlying('BANKNIFTY')?.chains ?? [];
  const january = chains.find(({ expiry }) => expiry === '2018-01-25');
  const legs = january?.strikes.find(({ strike }) => strike === 23500);
  assert.equal(legs?.call?.tradingsymbol, 'BANKNIFTY18JAN23500CE');
  assert.equal(legs.put?.tradingsymbol, 'BANKNIFTY18JAN23500PE');
});

test('the broker’s own sample of one exchange', async (t) => {
  const dump = await read(t, 'kite-mocks', 'instruments_nse.csv');
  if (dump === undefined) return;
  assert.deepEqual([dump.instruments.length, dump.rejectedRows], [99, 0]);
  const registry = new InstrumentRegistry(dump.instruments);
  const known = registry.bySymbol('NSE:CENTRALBK-BE');
  assert.equal(known?.token, 3813889);
});
