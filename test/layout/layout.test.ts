import assert from 'node:assert/strict';
import test from 'node:test';
import { CURVE_POINTS_MAX } from '../../src/domain/pricing-terms.ts';
import { FORWARD_SOURCE, GREEKS_STATUS } from '../../src/domain/status.ts';
import { createInstrumentTable } from '../../src/shm/instrument-table.ts';
import { createRepriceRings, repriceRings } from '../../src/shm/reprice-ring.ts';
import * as blockHeader from '../../src/shm/layout/block-header.ts';
import * as chainRow from '../../src/shm/layout/chain-row.ts';
import * as instrumentColumns from '../../src/shm/layout/instrument-columns.ts';
import * as lastValueRow from '../../src/shm/layout/last-value-row.ts';
import * as meters from '../../src/shm/layout/meters.ts';
import * as repriceRing from '../../src/shm/layout/reprice-ring.ts';
import * as ringHeader from '../../src/shm/layout/ring-header.ts';
import * as tickSlot from '../../src/shm/layout/tick-slot.ts';
import {
  byteTable,
  columnTable,
  elementBytes,
  layoutComment,
  wordTable,
  type ByteTable,
} from './byte-tables.ts';

type Constants = Readonly<Record<string, unknown>>;

const { INSTRUMENT_COUNTS_BYTES, CHAIN_NUMBERS_F64, CHAIN_WORDS_I32 } = instrumentColumns;

/** Each byte table with the prefix of its constants, and the constant that gives its length. */
const TABLES: readonly [string, string, Constants, string, number][] = [
  ['block-header.ts', 'Block header', blockHeader, 'HEADER_', blockHeader.BLOCK_HEADER_BYTES],
  ['tick-slot.ts', 'Tick slot', tickSlot, 'TICK_', tickSlot.TICK_SLOT_BYTES],
  ['chain-row.ts', 'Chain row', chainRow, 'CHAIN_ROW_', chainRow.CHAIN_ROW_BYTES],
  ['last-value-row.ts', 'Last-value row', lastValueRow, 'ROW_', lastValueRow.LAST_VALUE_ROW_BYTES],
  [
    'instrument-columns.ts',
    'Instrument counts',
    instrumentColumns,
    'INSTRUMENT_',
    INSTRUMENT_COUNTS_BYTES,
  ],
  ['instrument-columns.ts', 'Chain numbers', instrumentColumns, 'CHAIN_', CHAIN_NUMBERS_F64 * 8],
  ['reprice-ring.ts', 'Reprice head', repriceRing, 'REPRICE_', repriceRing.REPRICE_HEAD_BYTES],
  ['instrument-columns.ts', 'Chain words', instrumentColumns, 'CHAIN_', CHAIN_WORDS_I32 * 4],
];

function constantName(prefix: string, name: string, type: string): string {
  return `${prefix}${name.toUpperCase()}_${type.toUpperCase()}`;
}

/** What is wrong with the geometry of a table: gaps, overlaps, alignment, total. */
function geometryProblems(table: ByteTable): string[] {
  const problems: string[] = [];
  let end = 0;
  for (const { name, offset, size, type } of table.fields) {
    if (offset !== end) problems.push(`${name} is at ${offset}, the field before ends at ${end}`);
    if (offset % elementBytes(type) !== 0) problems.push(`${name} is not aligned`);
    if (size % elementBytes(type) !== 0) problems.push(`${name} has a broken size`);
    end = offset + size;
  }
  if (end !== table.bytes) problems.push(`ends at ${end}, not at ${table.bytes}`);
  return problems;
}

test('a gap, an overlap, a misaligned field and a wrong total are found', () => {
  const field = (offset: number, size: number, type: 'u32' | 'f64') => {
    return { offset, size, type, name: `at_${offset}`, meaning: '' };
  };
  const problems = (...fields: ReturnType<typeof field>[]) => {
    return geometryProblems({ title: '', bytes: 12, fields }).length;
  };
  assert.equal(problems(field(0, 8, 'f64'), field(8, 4, 'u32')), 0);
  assert.equal(problems(field(0, 4, 'u32'), field(8, 4, 'u32')), 1);
  assert.equal(problems(field(0, 8, 'f64'), field(4, 8, 'u32')), 1);
  assert.equal(problems(field(0, 4, 'u32'), field(4, 8, 'f64')), 1);
  assert.equal(problems(field(0, 8, 'f64')), 1);
});

for (const [file, title, constants, prefix, bytes] of TABLES) {
  test(`${title}: fields lie without gap or overlap, aligned, and add up`, () => {
    const table = byteTable(file, title);
    assert.deepEqual(geometryProblems(table), []);
    assert.equal(table.bytes, bytes);
  });

  test(`${title}: every constant is the offset of its field divided by the element size`, () => {
    const typed = byteTable(file, title).fields.filter(({ type }) => type !== 'raw');
    for (const { name, offset, type } of typed) {
      const constant = constantName(prefix, name, type);
      assert.equal(constants[constant], offset / elementBytes(type), constant);
    }
  });
}

test('every index constant names a field of a table', () => {
  const lengths = new Set(['CHAIN_NUMBERS_F64', 'CHAIN_WORDS_I32']);
  for (const constants of new Set(TABLES.map(([, , module]) => module))) {
    const known = new Set(
      TABLES.filter(([, , module]) => module === constants).flatMap(([file, title, , prefix]) => {
        return byteTable(file, title).fields.map(({ name, type }) => {
          return type === 'raw'
            ? `${prefix}${name.toUpperCase()}_U32`
            : constantName(prefix, name, type);
        });
      }),
    );
    const indices = Object.keys(constants).filter((name) =>
      /_(U8|U16|U32|I32|F32|F64)$/.test(name),
    );
    const unknown = indices.filter((name) => !known.has(name) && !lengths.has(name));
    assert.deepEqual(unknown, []);
  }
});

test('the sections of a tick slot are where their constants say', () => {
  const fields = new Map(
    byteTable('tick-slot.ts', 'Tick slot').fields.map((field) => [field.name, field]),
  );
  assert.equal(fields.get('greeks_sequence_low')?.offset, tickSlot.GREEKS_OFFSET_BYTES);
  assert.equal(tickSlot.QUOTE_BYTES, tickSlot.GREEKS_OFFSET_BYTES);
  assert.equal(fields.get('depth')?.offset, tickSlot.DEPTH_OFFSET_BYTES);
  assert.equal(fields.get('depth')?.size, tickSlot.DEPTH_BYTES);
  assert.equal(tickSlot.TICK_DEPTH_U32 * 4, tickSlot.DEPTH_OFFSET_BYTES);
  assert.equal(
    tickSlot.GREEKS_OFFSET_BYTES + tickSlot.GREEKS_BYTES,
    tickSlot.DEPTH_OFFSET_BYTES,
    'Greeks end where depth starts',
  );
  assert.equal(2 * tickSlot.DEPTH_LEVELS * tickSlot.DEPTH_LEVEL_BYTES, tickSlot.DEPTH_BYTES);
  assert.equal(fields.get('greeks_state')!.offset + 4, tickSlot.DEPTH_OFFSET_BYTES);
});

test('a last-value row starts with a whole tick, and its two writers share no 64-byte line', () => {
  const [tick] = byteTable('last-value-row.ts', 'Last-value row').fields;
  assert.equal(tick?.size, tickSlot.TICK_SLOT_BYTES);
  const line = (index: number) => Math.floor((index * 4) / 64);
  assert.notEqual(line(lastValueRow.ROW_QUOTE_LOCK_I32), line(lastValueRow.ROW_GREEKS_LOCK_I32));
  assert.equal(lastValueRow.LAST_VALUE_ROW_BYTES % 64, 0);
});

test('every control word of the ring stands in the picture, alone on its 128 bytes', () => {
  const constants: Constants = ringHeader;
  const words = wordTable(layoutComment('ring-header.ts'));
  const fixed = words.filter(({ word }) => /^\d+$/.test(word));
  for (const { word, name } of fixed) assert.equal(constants[`${name}_WORD`], Number(word), name);
  const named = Object.keys(constants).filter((name) => /_WORD$/.test(name));
  assert.equal(named.length, fixed.length + 1, 'FIRST_GREEKS_WORD and one constant a row');

  const ofWorker = (name: string, worker: number) => {
    const row = words.find((candidate) => candidate.name === name);
    return Number(/^(\d+)\+2i$/.exec(row?.word ?? '')?.[1]) + 2 * worker;
  };
  const used = fixed.map(({ word }) => Number(word));
  for (let worker = 0; worker < ringHeader.GREEKS_WORKERS_MAX; worker++) {
    assert.equal(ringHeader.greeksCursorWord(worker), ofWorker('GREEKS_CURSOR', worker));
    assert.equal(ringHeader.greeksClaimWord(worker), ofWorker('GREEKS_CLAIM', worker));
    used.push(ringHeader.greeksCursorWord(worker), ringHeader.greeksClaimWord(worker));
  }
  assert.equal(new Set(used).size, used.length, 'no word is used twice');
  assert.equal(Math.max(...used) + 1, ringHeader.CONTROL_WORDS);
  assert.equal(ringHeader.CONTROL_WORD_BYTES, 128);
  assert.equal(ringHeader.CONTROL_WORD_I32 * 4, ringHeader.CONTROL_WORD_BYTES);
  assert.equal(ringHeader.CONTROL_WORDS * 128, ringHeader.CONTROL_BYTES);
});

test('a curve has as many places as a curve may have points', () => {
  const fields = byteTable('instrument-columns.ts', 'Chain numbers').fields;
  for (const name of ['curve_years', 'curve_rates']) {
    assert.equal(fields.find((field) => field.name === name)?.size, 8 * CURVE_POINTS_MAX);
  }
});

test('slots, rows and meter blocks start on 64 bytes of their block', () => {
  assert.equal((blockHeader.BLOCK_HEADER_BYTES + ringHeader.CONTROL_BYTES) % 64, 0);
  assert.equal(tickSlot.TICK_SLOT_BYTES % 64, 0);
  assert.equal(chainRow.CHAIN_ROW_BYTES % 64, 0);
  assert.equal(blockHeader.BLOCK_HEADER_BYTES % 64, 0);
  assert.equal(meters.METER_BLOCK_BYTES % 128, 0);
});

test('reprice rings lie one after another, each head alone on its cache lines', () => {
  for (const [workers, rows] of [
    [1, 4],
    [3, 1000],
  ] as const) {
    const block = createRepriceRings(workers, rows);
    const [ring] = repriceRings(block, workers);
    const each = repriceRing.repriceRingBytes(ring!.capacity);
    assert.equal(each, repriceRing.REPRICE_HEAD_BYTES + 4 * ring!.capacity);
    assert.equal(block.byteLength, blockHeader.BLOCK_HEADER_BYTES + workers * each);
  }
});

test('the columns of the instrument table follow one another on 8 bytes, as in the picture', () => {
  const columns = columnTable(layoutComment('instrument-columns.ts'));
  for (const [rows, chains] of [
    [1, 1],
    [3, 5],
    [1000, 7],
    [32_768, 600],
  ] as const) {
    const at = instrumentColumns.instrumentColumns(rows, chains);
    assert.ok(at.hashSize >= 2 * rows && at.hashSize < 4 * rows, 'at most half full');
    assert.equal(Math.log2(at.hashSize) % 1, 0);
    const items: Readonly<Record<string, number>> = { rows, chains, hash: at.hashSize };
    let end = blockHeader.BLOCK_HEADER_BYTES + INSTRUMENT_COUNTS_BYTES;
    assert.equal(at.counts, blockHeader.BLOCK_HEADER_BYTES);
    for (const { name, items: many, size } of columns) {
      const property = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      assert.equal((at as unknown as Record<string, unknown>)[property], end, name);
      end = Math.ceil((end + size * items[many]!) / 8) * 8;
    }
    assert.equal(at.bytes, end);
    assert.equal(createInstrumentTable(rows, chains).byteLength, end);
  }
});

test('meters: counters, then histograms of buckets and sum, fill the block', () => {
  const block = byteTable('meters.ts', 'Meter block');
  const histogram = byteTable('meters.ts', 'Histogram');
  assert.deepEqual(geometryProblems(block), []);
  assert.deepEqual(geometryProblems(histogram), []);
  assert.equal(block.bytes, meters.METER_BLOCK_BYTES);
  assert.equal(block.bytes, meters.METER_BLOCK_F64 * 8);
  assert.deepEqual(
    block.fields.map(({ size }) => size),
    [meters.METER_COUNTERS * 8, meters.METER_HISTOGRAMS * histogram.bytes],
  );
  assert.deepEqual(
    histogram.fields.map(({ size }) => size / 8),
    [meters.HISTOGRAM_BUCKETS, 1],
  );
  assert.equal(histogram.bytes, meters.HISTOGRAM_F64 * 8);
});

test('no two counters of a writer share a number, ranges included', () => {
  const ranges: Readonly<Record<string, number>> = {
    STATUS_FIRST: Math.max(...Object.values(GREEKS_STATUS)) + 1,
    FORWARD_FIRST: Math.max(...Object.values(FORWARD_SOURCE)) + 1,
    DISAGREEMENT_FIRST: meters.DISAGREEMENT_KINDS.length,
    // Index 1 to 5, the hundreds of the HTTP status.
    HTTP_STATUS_FIRST: 6,
  };
  const everywhere = [meters.LOOP_LAG_P50_US, meters.LOOP_LAG_P99_US, meters.LOOP_LAG_MAX_US];
  for (const table of [meters.INGEST, meters.GREEKS, meters.PUBLISH, meters.CONTROL]) {
    const used = Object.entries(table).flatMap(([name, first]) => {
      return Array.from({ length: ranges[name] ?? 1 }, (_, index) => first + index);
    });
    used.push(...everywhere);
    assert.equal(new Set(used).size, used.length);
    assert.ok(Math.max(...used) < meters.METER_COUNTERS);
  }
});

test('histogram numbers are unique per writer and have room', () => {
  for (const table of [
    meters.INGEST_HISTOGRAM,
    meters.GREEKS_HISTOGRAM,
    meters.PUBLISH_HISTOGRAM,
  ]) {
    const used = Object.values<number>(table);
    assert.equal(new Set(used).size, used.length);
    assert.ok(Math.max(...used) < meters.METER_HISTOGRAMS);
  }
});
