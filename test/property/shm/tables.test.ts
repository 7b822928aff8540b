import fc from 'fast-check';
import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrivateTicks } from '../../../src/shm/block.ts';
import { createInstrumentTable, InstrumentTable } from '../../../src/shm/instrument-table.ts';
import { createLastValueTable, LastValueTable } from '../../../src/shm/last-value-table.ts';
import { HISTOGRAM_BUCKETS } from '../../../src/shm/layout/meters.ts';
import { TICK_SLOT_BYTES } from '../../../src/shm/layout/tick-slot.ts';
import { createMeters, ThreadMeters } from '../../../src/shm/meters.ts';
import {
  areGreeksIntact,
  fillTick,
  greeksPosition,
  isQuoteIntact,
} from '../../support/shm-pattern.ts';

/** Tokens of a few exchanges close together, so that hashes collide, and any others. */
const tokens = fc.oneof(
  fc.nat(300).map((number) => number * 256 + 2),
  fc.nat(30),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);

test('the instrument table is a map from token to the order of arrival, up to its size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.array(tokens, { maxLength: 100, size: 'max' }),
      fc.array(tokens),
      (rows, added, asked) => {
        const table = new InstrumentTable(createInstrumentTable(rows, 1));
        const model = new Map<number, number>();
        for (const token of added) {
          if (!model.has(token) && model.size < rows) model.set(token, model.size);
          const row = table.add({ token, optionType: 1, strike: token / 2, chain: token % 100 });
          assert.equal(row, model.get(token) ?? -1);
        }
        assert.equal(table.count, model.size);
        for (const token of [...added, ...asked]) {
          const row = table.find(token);
          assert.equal(row, model.get(token) ?? -1);
          if (row >= 0) assert.equal(table.strikes[row], token / 2);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('the last-value table holds the newest quote and the newest Greeks of every row', () => {
  const rows = 4;
  const write = fc.record({
    row: fc.nat(rows - 1),
    position: fc.integer({ min: 1, max: 2 ** 34 }),
    section: fc.constantFrom<'quote' | 'greeks'>('quote', 'greeks'),
  });
  const source = createPrivateTicks(1, TICK_SLOT_BYTES);
  const target = createPrivateTicks(1, TICK_SLOT_BYTES);
  fc.assert(
    fc.property(fc.array(write), (writes) => {
      const table = new LastValueTable(createLastValueTable(rows));
      const model = Array.from({ length: rows }, () => ({ quote: 0, greeks: 0 }));
      for (const { row, position, section } of writes) {
        fillTick(source, 0, position);
        model[row]![section] = position;
        if (section === 'quote') table.writeQuote(row, source, 0);
        else table.writeGreeks(row, source, 0);
      }
      for (const [row, { quote, greeks }] of model.entries()) {
        assert.equal(table.read(row, target, 0), quote !== 0);
        if (quote === 0) continue;
        assert.ok(isQuoteIntact(target, 0, quote));
        if (greeks === 0) assert.equal(greeksPosition(target, 0), 0);
        else assert.ok(areGreeksIntact(target, 0, greeks));
      }
    }),
    { numRuns: 300 },
  );
});

test('a histogram counts every value in the first bucket whose bound it does not pass', () => {
  const values = fc.oneof(
    fc.double({ min: 0, max: 2 ** 34, noNaN: true }),
    fc.double({ min: 0, max: 5, noNaN: true }),
    fc.nat(40).map((exponent) => 2 ** exponent),
    fc.nat(2 ** 30),
  );
  fc.assert(
    fc.property(fc.array(values), (recorded) => {
      const meters = new ThreadMeters(createMeters(1), 0);
      const expected = new Array<number>(HISTOGRAM_BUCKETS).fill(0);
      let sum = 0;
      for (const value of recorded) {
        meters.record(3, value);
        const bucket = expected.findIndex((_, b) => value <= 2 ** b);
        expected[bucket < 0 ? HISTOGRAM_BUCKETS - 1 : Math.min(bucket, HISTOGRAM_BUCKETS - 1)]!++;
        sum += value;
      }
      assert.deepEqual(meters.histogram(3), { counts: expected, count: recorded.length, sum });
    }),
    { numRuns: 500 },
  );
});
