import assert from 'node:assert/strict';
import test from 'node:test';
import { createInstrumentTable, InstrumentTable } from '../../../src/shm/instrument-table.ts';
import { chainState, instrument } from '../../support/shm-instrument-samples.ts';

function newTable(rows = 4, chains = 2): InstrumentTable {
  return new InstrumentTable(createInstrumentTable(rows, chains));
}

test('an instrument is found by its token, with all that was said of it', () => {
  const table = newTable();
  for (const index of [0, 1, 2, 3]) assert.equal(table.add(instrument(index)), index);
  for (const index of [0, 1, 2, 3]) {
    const { token, optionType, chain, strike } = instrument(index);
    const row = table.find(token);
    assert.equal(row, index);
    assert.equal(table.tokens[row], token);
    assert.equal(table.optionTypes[row], optionType);
    assert.equal(table.chains[row], chain);
    assert.equal(table.strikes[row], strike);
  }
  assert.equal(table.find(instrument(4).token), -1);
});

test('an instrument added twice keeps its row and its facts', () => {
  const table = newTable();
  table.add(instrument(1));
  assert.equal(table.add({ ...instrument(1), strike: 99 }), 0);
  assert.equal(table.count, 1);
  assert.equal(table.strikes[0], instrument(1).strike);
});

test('a full table takes no more instruments and still finds those it has', () => {
  const table = newTable(3);
  for (const index of [0, 1, 2]) table.add(instrument(index));
  assert.equal(table.add(instrument(3)), -1);
  assert.equal(table.count, 3);
  assert.equal(table.find(instrument(3).token), -1);
  assert.equal(table.add(instrument(2)), 2, 'known ones are no new rows');
});

test('the smallest and the largest token are tokens like others, all else is refused', () => {
  const table = newTable();
  for (const token of [0, 2 ** 32 - 1]) {
    assert.equal(table.find(token), -1);
    const row = table.add({ ...instrument(0), token });
    assert.equal(table.find(token), row);
  }
  for (const token of [-1, 1.5, 2 ** 32, NaN]) {
    assert.throws(() => table.add({ ...instrument(0), token }), RangeError, String(token));
    assert.equal(table.find(token), -1);
  }
});

test('every token of a full table is found, also where hashes collide around the end', () => {
  for (const rows of [1, 2, 3, 5, 64, 100]) {
    const table = newTable(rows);
    for (let index = 0; index < rows; index++) table.add(instrument(index * 7919));
    for (let index = 0; index < rows; index++) {
      assert.equal(table.find(instrument(index * 7919).token), index);
    }
    assert.equal(table.find(instrument(1).token), -1);
  }
});

test('a chain is read as it was written, changed as a whole, and bounded', () => {
  const table = newTable();
  assert.equal(table.chainCount, 0);
  assert.equal(table.addChain(chainState(3)), 0);
  assert.equal(table.addChain(chainState(8)), 1);
  assert.equal(table.addChain(chainState(9)), -1, 'full');
  assert.equal(table.chainCount, 2);
  assert.deepEqual(table.chain(0), chainState(3));
  assert.deepEqual(table.chain(1), chainState(8));
  table.updateChain(0, chainState(4));
  assert.deepEqual(table.chain(0), chainState(4));
  assert.deepEqual(table.chain(1), chainState(8), 'the other one is untouched');
  assert.equal(table.chainWorker(0), chainState(4).worker);
  assert.throws(() => table.chain(2), RangeError);
});

test('rows that are unknown are -1, not large numbers', () => {
  const table = newTable();
  const chain = { ...chainState(1), spotRow: -1, futureRow: -1, otherFutureRow: -1 };
  table.addChain(chain);
  assert.deepEqual(table.chain(0), chain);
});

test('the version rises with every change and with nothing else', () => {
  const table = newTable();
  const versions = [table.version];
  for (const change of [
    () => table.add(instrument(0)),
    () => table.addChain(chainState(0)),
    () => table.updateChain(0, chainState(1)),
  ]) {
    change();
    versions.push(table.version);
  }
  assert.deepEqual(versions, [0, 1, 2, 3]);
  table.add(instrument(0));
  table.find(instrument(9).token);
  table.chain(0);
  assert.equal(table.version, 3);
});

test('a table without rows or chains is refused', () => {
  for (const size of [0, -1, 1.5, NaN]) {
    assert.throws(() => createInstrumentTable(size, 1), RangeError, `${size} rows`);
    assert.throws(() => createInstrumentTable(1, size), RangeError, `${size} chains`);
  }
});
