import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InstrumentSearch } from '../../../src/domain/ports.ts';
import { InstrumentRegistry } from '../../../src/instruments/registry.ts';
import { instrumentRecord, searchInstruments } from '../../../src/instruments/search.ts';
import { chain, future, index, share } from '../../support/threads-instruments.ts';

const NEAR = '2026-12-01';
const registry = new InstrumentRegistry([
  share('SBIN', { name: 'STATE BANK OF INDIA' }),
  share('SBICARD', { name: 'SBI CARDS' }),
  share('KSBIN', { name: 'PUMPS' }),
  share('STATEFUND', { name: 'HOLDS SBIN' }),
  share('SBIN', { exchange: 'BSE', segment: 'BSE', name: 'STATE BANK OF INDIA' }),
  index('NIFTY BANK'),
  future('SBIN', NEAR),
  future('NIFTY', NEAR),
  ...chain('NIFTY', NEAR, [24000, 24100]),
  ...chain('NIFTY', '2026-12-29', [24000]),
]);

function search(conditions: Partial<InstrumentSearch>): { total: number; symbols: string[] } {
  const found = searchInstruments(registry, { limit: 100, offset: 0, ...conditions });
  const symbols = found.instruments.map(
    ({ exchange, tradingsymbol }) => `${exchange}:${tradingsymbol}`,
  );
  return { total: found.total, symbols };
}

describe('q', () => {
  test('ranks symbols: exact, beginning, inside; then names; each by symbol', () => {
    assert.deepEqual(search({ q: 'SBIN' }).symbols, [
      'BSE:SBIN',
      'NSE:SBIN',
      'NFO:SBIN2612-01FUT',
      'NSE:KSBIN',
      'NSE:STATEFUND',
    ]);
  });

  test('finds parts of names', () => {
    assert.deepEqual(search({ q: 'bank of' }).symbols, ['BSE:SBIN', 'NSE:SBIN']);
  });

  test('with an exchange is exact', () => {
    assert.deepEqual(search({ q: 'nse:sbin' }).symbols, ['NSE:SBIN']);
  });

  test('does not mind case and spaces around', () => {
    assert.deepEqual(search({ q: '  sbicard ' }).symbols, ['NSE:SBICARD']);
  });

  test('that is empty matches everything; that nothing matches, nothing', () => {
    assert.equal(search({ q: ' ' }).total, registry.all.length);
    assert.deepEqual(search({ q: 'NOSUCH' }), { total: 0, symbols: [] });
  });
});

test('an underlying at two exchanges: by its name both, by the prefixed one the other alone', () => {
  const both = new InstrumentRegistry([
    future('SBIN', NEAR),
    future('SBIN', NEAR, { exchange: 'BFO', segment: 'BFO-FUT' }),
  ]);
  const exchanges = (underlying: string) =>
    searchInstruments(both, { underlying, limit: 9, offset: 0 }).instruments.map(
      ({ exchange }) => exchange,
    );
  assert.deepEqual(exchanges('SBIN'), ['BFO', 'NFO']);
  assert.deepEqual(exchanges('BFO:SBIN'), ['BFO']);
});

describe('conditions', () => {
  test('exchange, segment, type, expiry', () => {
    assert.equal(search({ exchange: 'BSE' }).total, 1);
    assert.equal(search({ segment: 'INDICES' }).total, 1);
    assert.equal(search({ type: 'CE' }).total, 3);
    assert.equal(search({ expiry: '2026-12-29' }).total, 2);
    assert.equal(search({ expiry: '2027-01-01' }).total, 0);
  });

  test('underlying means its derivatives, not its spot', () => {
    assert.deepEqual(search({ underlying: 'SBIN' }).symbols, ['NFO:SBIN2612-01FUT']);
    assert.equal(search({ underlying: 'NIFTY' }).total, 7);
  });

  test('all together', () => {
    const found = search({ underlying: 'NIFTY', type: 'PE', expiry: NEAR, q: '24100' });
    assert.deepEqual(found.symbols, ['NFO:NIFTY26120124100PE']);
  });
});

describe('pages', () => {
  test('follow each other without gap or repeat; the total is that of all', () => {
    const whole = search({}).symbols;
    const pages = [0, 4, 8, 12, 16].map((offset) => search({ limit: 4, offset }));
    assert.deepEqual(
      pages.flatMap(({ symbols }) => symbols),
      whole,
    );
    assert.ok(pages.every(({ total }) => total === whole.length));
  });

  test('beyond the end are empty', () => {
    assert.deepEqual(search({ limit: 10, offset: 1000 }).symbols, []);
  });
});

test('a record has the names of the broker’s columns', () => {
  const [call] = chain('NIFTY', NEAR, [24000]);
  assert.deepEqual(instrumentRecord(call!), {
    instrument_token: call!.token,
    symbol: 'NFO:NIFTY26120124000CE',
    exchange: 'NFO',
    tradingsymbol: 'NIFTY26120124000CE',
    name: 'NIFTY',
    type: 'CE',
    segment: 'NFO-OPT',
    expiry: NEAR,
    strike: 24000,
    tick_size: 0.05,
    lot_size: 65,
  });
});
