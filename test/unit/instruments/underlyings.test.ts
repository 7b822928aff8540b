import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spotSymbols, underlyingOfSymbol } from '../../../src/instruments/underlyings.ts';

for (const [symbol, underlying] of [
  ['NIFTY26DECFUT', 'NIFTY'],
  ['NIFTY26DEC24000CE', 'NIFTY'],
  ['NIFTY2612024000CE', 'NIFTY'],
  ['NIFTY26O0624000PE', 'NIFTY'],
  ['BANKNIFTY18JAN23500CE', 'BANKNIFTY'],
  ['RELIANCE26NOV1402.5CE', 'RELIANCE'],
  ['M&M26NOVFUT', 'M&M'],
  ['BAJAJ-AUTO26NOV9000PE', 'BAJAJ-AUTO'],
  ['360ONE26NOVFUT', '360ONE'],
  ['360ONE26NOV1000CE', '360ONE'],
  ['NIFTYNXT5026NOV65000PE', 'NIFTYNXT50'],
  ['INFY', 'INFY'],
  ['', ''],
] as const) {
  test(`the underlying of ${JSON.stringify(symbol)} is ${JSON.stringify(underlying)}`, () => {
    assert.equal(underlyingOfSymbol(symbol), underlying);
  });
}

test('an index has one spot symbol, a share may be listed at two exchanges', () => {
  assert.deepEqual(spotSymbols('NIFTY', 'NFO'), ['NSE:NIFTY 50']);
  assert.deepEqual(spotSymbols('INFY', 'NFO'), ['NSE:INFY', 'BSE:INFY']);
  assert.deepEqual(spotSymbols('INFY', 'BFO'), ['BSE:INFY', 'NSE:INFY']);
});
