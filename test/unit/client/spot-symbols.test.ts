import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spotSymbol } from '../../../src/client/spot-symbols.ts';

for (const [underlying, symbol] of [
  ['NIFTY', 'NSE:NIFTY 50'],
  ['SENSEX', 'BSE:SENSEX'],
  ['RELIANCE', 'NSE:RELIANCE'],
  ['BFO:RELIANCE', 'BSE:RELIANCE'],
] as const) {
  test(`the spot of ${underlying} is ${symbol}`, () => {
    assert.equal(spotSymbol(underlying), symbol);
  });
}
