import assert from 'node:assert/strict';
import test from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import {
  attachBlock,
  createBlock,
  createPrivateTicks,
  TickViews,
  type BlockKind,
} from '../../../src/shm/block.ts';
import { InstrumentTable } from '../../../src/shm/instrument-table.ts';
import { LastValueTable } from '../../../src/shm/last-value-table.ts';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_KIND,
  HEADER_CAPACITY_U32,
  HEADER_KIND_U32,
  HEADER_LAYOUT_U32,
  HEADER_MAGIC_U32,
  HEADER_PARAM_U32,
  HEADER_TOTAL_BYTES_U32,
} from '../../../src/shm/layout/block-header.ts';
import { createMeters, ThreadMeters } from '../../../src/shm/meters.ts';
import { createRing, Ring } from '../../../src/shm/ring.ts';

const isLayoutError = (error: unknown) => {
  return error instanceof TickerError && error.code === 'SHM_LAYOUT';
};

test('a block carries kind, layout, capacity, param and its length', () => {
  const block = createBlock(BLOCK_KIND.METERS, 256, 3, 4);
  const header = attachBlock(block, BLOCK_KIND.METERS);
  assert.equal(header.byteLength, BLOCK_HEADER_BYTES);
  assert.equal(header[HEADER_KIND_U32], BLOCK_KIND.METERS);
  assert.equal(header[HEADER_CAPACITY_U32], 3);
  assert.equal(header[HEADER_PARAM_U32], 4);
  assert.equal(header[HEADER_TOTAL_BYTES_U32], 256);
  assert.ok(new Uint8Array(block, BLOCK_HEADER_BYTES).every((byte) => byte === 0));
});

test('attaching to a block of another kind fails with SHM_LAYOUT, whatever attaches', () => {
  const ring = createRing({ slots: 2, workers: 0, epochLow: 0, epochHigh: 0 });
  const meters = createMeters(1);
  for (const attach of [
    () => new Ring(meters),
    () => new LastValueTable(ring),
    () => new InstrumentTable(ring),
    () => new ThreadMeters(ring, 0),
  ]) {
    assert.throws(attach, isLayoutError);
  }
});

test('attaching to garbage, another layout version or a cut block fails with SHM_LAYOUT', () => {
  for (const bytes of [0, 4, BLOCK_HEADER_BYTES - 4, BLOCK_HEADER_BYTES, 4096]) {
    const garbage = new SharedArrayBuffer(bytes);
    assert.throws(() => attachBlock(garbage, BLOCK_KIND.RING), isLayoutError, `${bytes} bytes`);
  }
  for (const word of [
    HEADER_MAGIC_U32,
    HEADER_KIND_U32,
    HEADER_LAYOUT_U32,
    HEADER_TOTAL_BYTES_U32,
  ]) {
    const block = createBlock(BLOCK_KIND.RING, 256, 1, 0);
    new Uint32Array(block)[word]!++;
    assert.throws(() => attachBlock(block, BLOCK_KIND.RING), isLayoutError, `header word ${word}`);
  }
});

test('the error names the kind that was wanted and what was found', () => {
  const block = createBlock(BLOCK_KIND.METERS, 256, 1, 0);
  assert.throws(() => attachBlock(block, BLOCK_KIND.RING), /kind 1: .*kind 4, layout \d+/);
});

test('a capacity that is no whole number from 1 on, and a block of 2 GiB, are refused', () => {
  const kind: BlockKind = BLOCK_KIND.METERS;
  for (const capacity of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => createBlock(kind, 256, capacity, 0), RangeError, String(capacity));
  }
  assert.throws(() => createBlock(kind, 2 ** 31, 1, 0), RangeError);
});

test('all views of a stretch start at the same byte and end with it', () => {
  const buffer = new ArrayBuffer(64);
  const views = new TickViews(buffer, 16, 32);
  for (const view of Object.values(views) as (Uint8Array | Float64Array)[]) {
    assert.equal(view.buffer, buffer);
    assert.equal(view.byteOffset, 16);
    assert.equal(view.byteLength, 32);
  }
  assert.equal(Object.keys(views).length, 6);
});

test('private ticks are zero, of their own and not shared', () => {
  const ticks = createPrivateTicks(3, 320);
  assert.equal(ticks.u8.length, 960);
  assert.ok(ticks.u8.buffer instanceof ArrayBuffer);
  assert.ok(ticks.u8.every((byte) => byte === 0));
});
