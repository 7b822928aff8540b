import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrivateTicks } from '../../../src/shm/block.ts';
import { createLastValueTable, LastValueTable } from '../../../src/shm/last-value-table.ts';
import {
  LAST_VALUE_ROW_BYTES,
  ROW_GREEKS_LOCK_I32,
  ROW_INSTRUMENT_SEQUENCE_U32,
  ROW_QUOTE_LOCK_I32,
} from '../../../src/shm/layout/last-value-row.ts';
import { TICK_SLOT_BYTES } from '../../../src/shm/layout/tick-slot.ts';
import {
  areGreeksIntact,
  fillTick,
  greeksPosition,
  isQuoteIntact,
  tickPosition,
} from '../../support/shm-pattern.ts';

const ROWS = 3;

function newTable() {
  const table = new LastValueTable(createLastValueTable(ROWS));
  const source = createPrivateTicks(2, TICK_SLOT_BYTES);
  const target = createPrivateTicks(2, TICK_SLOT_BYTES);
  /** Writes from the second slot of the source. */
  const write = (row: number, position: number, section: 'quote' | 'greeks'): void => {
    fillTick(source, TICK_SLOT_BYTES, position);
    if (section === 'quote') table.writeQuote(row, source, TICK_SLOT_BYTES);
    else table.writeGreeks(row, source, TICK_SLOT_BYTES);
  };
  return { table, target, write };
}

test('a row has no tick until a quote is written, whatever else is', () => {
  const { table, target, write } = newTable();
  assert.equal(table.read(1, target, 0), false);
  table.nextInstrumentSequence(1);
  assert.equal(table.read(1, target, 0), false, 'counted, not yet written');
  write(1, 5, 'greeks');
  assert.equal(table.read(1, target, 0), false);
  write(1, 5, 'quote');
  assert.equal(table.read(1, target, 0), true);
});

test('a read copies the whole tick to its place in the target and leaves the others alone', () => {
  const { table, target, write } = newTable();
  write(1, 2 ** 32 + 9, 'quote');
  write(1, 2 ** 32 + 9, 'greeks');
  assert.equal(table.read(1, target, TICK_SLOT_BYTES), true);
  assert.ok(isQuoteIntact(target, TICK_SLOT_BYTES, 2 ** 32 + 9));
  assert.ok(areGreeksIntact(target, TICK_SLOT_BYTES, 2 ** 32 + 9));
  assert.ok(target.u8.subarray(0, TICK_SLOT_BYTES).every((byte) => byte === 0));
  assert.equal(table.read(0, target, 0), false);
  assert.equal(table.read(2, target, 0), false);
});

test('quote and Greeks are written apart: each keeps its own position', () => {
  const { table, target, write } = newTable();
  write(0, 1, 'quote');
  assert.equal(table.hasGreeks(0), false);
  assert.equal(table.read(0, target, 0), true);
  assert.equal(greeksPosition(target, 0), 0, 'no Greeks yet');
  write(0, 1, 'greeks');
  assert.equal(table.hasGreeks(0), true);
  write(0, 2, 'quote');
  assert.equal(table.read(0, target, 0), true);
  assert.equal(tickPosition(target, 0), 2);
  assert.equal(greeksPosition(target, 0), 1);
  assert.ok(isQuoteIntact(target, 0, 2) && areGreeksIntact(target, 0, 1));
});

test('a tick at a multiple of 2^32, whose low word is 0, is a tick', () => {
  const { table, target, write } = newTable();
  write(0, 2 ** 32, 'quote');
  assert.equal(table.read(0, target, 0), true);
  assert.equal(tickPosition(target, 0), 2 ** 32);
});

test('a section that is being written is not read, the other row is', () => {
  for (const [word, section] of [
    [ROW_QUOTE_LOCK_I32, 'quote'],
    [ROW_GREEKS_LOCK_I32, 'greeks'],
  ] as const) {
    const { table, target, write } = newTable();
    for (const row of [0, 1]) write(row, 7, 'quote');
    const lock = table.rowBytes(0) / 4 + word;
    table.ticks.i32[lock] = 1;
    assert.equal(table.read(0, target, 0), false, section);
    assert.equal(table.read(1, target, 0), true);
    table.ticks.i32[lock] = 2;
    assert.equal(table.read(0, target, 0), true);
  }
});

test('the lock counts two a write and goes on across its wrap', () => {
  const { table, target, write } = newTable();
  const lock = table.rowBytes(1) / 4 + ROW_QUOTE_LOCK_I32;
  write(1, 1, 'quote');
  assert.equal(table.ticks.i32[lock], 2);
  table.ticks.i32[lock] = 0x7fff_fffe;
  for (const position of [2, 3, 4]) {
    write(1, position, 'quote');
    assert.equal(table.read(1, target, 0), true);
    assert.ok(isQuoteIntact(target, 0, position));
  }
  assert.equal(table.ticks.i32[lock], -(2 ** 31) + 4);
});

test('the instrument count starts at 1, rises by one, is per row and survives a new view', () => {
  const block = createLastValueTable(ROWS);
  const table = new LastValueTable(block);
  assert.equal(table.instrumentSequence(2), 0);
  assert.deepEqual(
    [1, 2, 3].map(() => table.nextInstrumentSequence(2)),
    [1, 2, 3],
  );
  assert.equal(table.instrumentSequence(1), 0);
  const restarted = new LastValueTable(block);
  assert.equal(restarted.instrumentSequence(2), 3);
  assert.equal(restarted.nextInstrumentSequence(2), 4);
});

test('the instrument count passes over 0 when it wraps: 0 means that there was no tick', () => {
  const { table } = newTable();
  table.ticks.u32[table.rowBytes(1) / 4 + ROW_INSTRUMENT_SEQUENCE_U32] = 2 ** 32 - 1;
  assert.equal(table.nextInstrumentSequence(1), 1);
});

test('a row outside the table is an error', () => {
  const { table, target, write } = newTable();
  for (const row of [-1, ROWS]) {
    assert.throws(() => table.read(row, target, 0), RangeError);
    assert.throws(() => write(row, 1, 'quote'), RangeError);
    assert.throws(() => write(row, 1, 'greeks'), RangeError);
  }
});

test('rows lie one after another; a table without rows is refused', () => {
  const { table } = newTable();
  assert.equal(table.rows, ROWS);
  assert.deepEqual(
    [0, 1, 2].map((row) => table.rowBytes(row)),
    [0, LAST_VALUE_ROW_BYTES, 2 * LAST_VALUE_ROW_BYTES],
  );
  for (const rows of [0, -1, 1.5]) assert.throws(() => createLastValueTable(rows), RangeError);
});

test('there is nothing to repair in a table whose writers live', () => {
  const { table, target, write } = newTable();
  write(0, 1, 'quote');
  write(0, 1, 'greeks');
  for (const row of [0, 1]) {
    assert.equal(table.repairQuote(row), false);
    assert.equal(table.repairGreeks(row), false);
  }
  assert.equal(table.read(0, target, 0), true);
  assert.ok(isQuoteIntact(target, 0, 1) && areGreeksIntact(target, 0, 1));
});
