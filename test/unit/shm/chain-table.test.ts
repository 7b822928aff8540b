import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FORWARD_SOURCE,
  GREEKS_STATUS,
  QUALITY,
  SMILE_STATUS,
} from '../../../src/domain/status.ts';
import { type ChainFigures, ChainTable, createChainTable } from '../../../src/shm/chain-table.ts';
import { createLastValueTable } from '../../../src/shm/last-value-table.ts';
import { BLOCK_HEADER_BYTES } from '../../../src/shm/layout/block-header.ts';
import { CHAIN_ROW_BYTES, CHAIN_ROW_LOCK_I32 } from '../../../src/shm/layout/chain-row.ts';

const FIGURES: ChainFigures = {
  timeUs: 1_764_000_000_000_123,
  status: GREEKS_STATUS.OK,
  forwardSource: FORWARD_SOURCE.PARITY,
  quality: QUALITY.CALENDAR_ESTIMATED,
  forward: 24_071.35,
  timeYears: 0.0192,
  atmVolatility: 0.1203,
  smileStatus: SMILE_STATUS.OK,
  smilePoints: 41,
  smileA: 1e-5,
  smileB: 0.012,
  smileRho: -0.31,
  smileM: 0.003,
  smileSigma: 0.02,
  smileError: 0.0007,
  riskReversal25: -0.012,
  butterfly25: 0.004,
  putCallOpenInterest: 1.15,
  putCallVolume: 0.93,
  maxPain: 24_000,
  gammaExposure: -3.2e9,
};

test('a chain reads back as it was written, and its neighbours are untouched', () => {
  const block = createChainTable(3);
  new ChainTable(block).write(1, FIGURES);
  const reader = new ChainTable(block);
  assert.equal(reader.rows, 3);
  assert.deepEqual(reader.read(1), FIGURES);
  assert.equal(reader.read(0), undefined, 'never written');
  assert.equal(reader.read(2), undefined, 'never written');
});

test('a number that is not known stays so, whatever the row held before', () => {
  const table = new ChainTable(createChainTable(1));
  table.write(0, FIGURES);
  const unknown = { ...FIGURES, atmVolatility: Number.NaN, gammaExposure: Infinity };
  table.write(0, unknown);
  assert.deepEqual(table.read(0), { ...unknown, gammaExposure: Number.NaN });
});

test('a row in the middle of a write is not read; the next whole write ends that', () => {
  const block = createChainTable(2);
  const table = new ChainTable(block);
  table.write(1, FIGURES);
  const words = new Int32Array(block, BLOCK_HEADER_BYTES);
  const lock = CHAIN_ROW_BYTES / 4 + CHAIN_ROW_LOCK_I32;
  // The writer has died here.
  words[lock] = 3;
  assert.equal(table.read(1), undefined);
  table.write(1, { ...FIGURES, maxPain: 24_100 });
  assert.equal(table.read(1)?.maxPain, 24_100);
});

test('another block is refused', () => {
  assert.throws(() => new ChainTable(createLastValueTable(1)), { code: 'SHM_LAYOUT' });
});
