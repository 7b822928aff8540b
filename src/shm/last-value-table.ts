import { GREEKS_STATUS } from '../domain/status.ts';
import { blankGreeks } from './blank-greeks.ts';
import { copyWords } from './copy-words.ts';
import { attachBlock, createBlock, TickViews, type SharedBlock } from './block.ts';
import { BLOCK_HEADER_BYTES, BLOCK_KIND, HEADER_CAPACITY_U32 } from './layout/block-header.ts';
import {
  LAST_VALUE_ROW_BYTES,
  ROW_GREEKS_LOCK_I32,
  ROW_INSTRUMENT_SEQUENCE_U32,
  ROW_QUOTE_LOCK_I32,
} from './layout/last-value-row.ts';
import {
  DEPTH_BYTES,
  DEPTH_OFFSET_BYTES,
  GREEKS_BYTES,
  GREEKS_OFFSET_BYTES,
  QUOTE_BYTES,
  TICK_GREEKS_SEQUENCE_HIGH_U32,
  TICK_GREEKS_SEQUENCE_LOW_U32,
  TICK_GREEKS_STATUS_U8,
  TICK_SEQUENCE_HIGH_U32,
  TICK_SEQUENCE_LOW_U32,
} from './layout/tick-slot.ts';

const QUOTE_WORDS = QUOTE_BYTES >> 2;
const GREEKS_WORD = GREEKS_OFFSET_BYTES >> 2;
const GREEKS_WORDS = GREEKS_BYTES >> 2;
const DEPTH_WORD = DEPTH_OFFSET_BYTES >> 2;
const DEPTH_WORDS = (DEPTH_BYTES + 8) >> 2;
const WORD = 2 ** 32;

/**
 * Attempts (about 10 ns each) before a reader gives up on a section whose writer died in the middle
 * of a write, or lost its core there: waiting for it longer would block the reader's thread.
 */
const READ_ATTEMPTS_MAX = 10_000;

/** Allocates a table of `rows` empty rows. */
export function createLastValueTable(rows: number): SharedBlock {
  const bytes = BLOCK_HEADER_BYTES + rows * LAST_VALUE_ROW_BYTES;
  return createBlock(BLOCK_KIND.LAST_VALUES, bytes, rows, 0);
}

/**
 * The newest tick of every instrument. Rows are numbered by the instrument table. Quote and depth
 * are written by ingest, Greeks by the worker that owns the row's chain, each under its own
 * sequence lock: odd while writing, and a reader that saw it odd or changed reads again.
 */
export class LastValueTable {
  readonly rows: number;
  readonly ticks: TickViews;

  constructor(block: SharedBlock) {
    this.rows = attachBlock(block, BLOCK_KIND.LAST_VALUES)[HEADER_CAPACITY_U32]!;
    this.ticks = new TickViews(block, BLOCK_HEADER_BYTES, this.rows * LAST_VALUE_ROW_BYTES);
  }

  rowBytes(row: number): number {
    return row * LAST_VALUE_ROW_BYTES;
  }

  /** Ingest: counts one more tick of the instrument and returns the count. Survives a restart. */
  nextInstrumentSequence(row: number): number {
    const index = ((row * LAST_VALUE_ROW_BYTES) >> 2) + ROW_INSTRUMENT_SEQUENCE_U32;
    const { u32 } = this.ticks;
    // 0 means "no tick yet", so the count skips it when it wraps.
    const next = (u32[index]! + 1) >>> 0 || 1;
    u32[index] = next;
    return next;
  }

  instrumentSequence(row: number): number {
    return this.ticks.u32[((row * LAST_VALUE_ROW_BYTES) >> 2) + ROW_INSTRUMENT_SEQUENCE_U32]!;
  }

  /** True once the row's Greeks section has been written, if only with a reason for having none. */
  hasGreeks(row: number): boolean {
    return this.ticks.u8[row * LAST_VALUE_ROW_BYTES + TICK_GREEKS_STATUS_U8] !== 0;
  }

  /** Ingest: copies quote and depth of the slot at `slotBytes` in `source` into the row. */
  writeQuote(row: number, source: TickViews, slotBytes: number): void {
    const target = this.ticks.u32;
    const base = (row * LAST_VALUE_ROW_BYTES) >> 2;
    const slot = slotBytes >> 2;
    const words = source.u32;
    this.#lock(base + ROW_QUOTE_LOCK_I32);
    copyWords(words, slot, target, base, QUOTE_WORDS);
    copyWords(words, slot + DEPTH_WORD, target, base + DEPTH_WORD, DEPTH_WORDS);
    this.#unlock(base + ROW_QUOTE_LOCK_I32);
  }

  /** The row's Greeks writer: copies the Greeks section of the slot at `slotBytes` into the row. */
  writeGreeks(row: number, source: TickViews, slotBytes: number): void {
    const target = this.ticks.u32;
    const base = (row * LAST_VALUE_ROW_BYTES) >> 2;
    const slot = slotBytes >> 2;
    const words = source.u32;
    this.#lock(base + ROW_GREEKS_LOCK_I32);
    copyWords(words, slot + GREEKS_WORD, target, base + GREEKS_WORD, GREEKS_WORDS);
    this.#unlock(base + ROW_GREEKS_LOCK_I32);
  }

  /**
   * The row's Greeks writer: from here to `endGreeks` it may change the Greeks section in place, at
   * `rowBytes(row)` in `ticks`.
   */
  beginGreeks(row: number): void {
    this.#lock(((row * LAST_VALUE_ROW_BYTES) >> 2) + ROW_GREEKS_LOCK_I32);
  }

  endGreeks(row: number): void {
    this.#unlock(((row * LAST_VALUE_ROW_BYTES) >> 2) + ROW_GREEKS_LOCK_I32);
  }

  /** Position of the newest quote; a glance without the lock, so compare with what `read` gives. */
  quotePosition(row: number): number {
    const base = (row * LAST_VALUE_ROW_BYTES) >> 2;
    const { u32 } = this.ticks;
    return u32[base + TICK_SEQUENCE_LOW_U32]! + u32[base + TICK_SEQUENCE_HIGH_U32]! * WORD;
  }

  /** Position of the quote that the Greeks belong to; as `quotePosition`. */
  greeksPosition(row: number): number {
    const base = (row * LAST_VALUE_ROW_BYTES) >> 2;
    const { u32 } = this.ticks;
    const high = u32[base + TICK_GREEKS_SEQUENCE_HIGH_U32]!;
    return u32[base + TICK_GREEKS_SEQUENCE_LOW_U32]! + high * WORD;
  }

  /**
   * Copies the row's tick (320 bytes) to `targetBytes` in `target`, each section consistent in
   * itself; Greeks may belong to another quote than the one beside them (compare the positions)
   * and are all zero, status UNSET, until there are any. False, with nothing usable in `target`:
   * the instrument has no tick yet, or a writer is in the middle of a write (read again later).
   */
  read(row: number, target: TickViews, targetBytes: number): boolean {
    const base = (row * LAST_VALUE_ROW_BYTES) >> 2;
    const out = targetBytes >> 2;
    return (
      this.#readSection(base, base + ROW_QUOTE_LOCK_I32, 0, QUOTE_WORDS, target.u32, out, true) &&
      this.#readSection(
        base,
        base + ROW_GREEKS_LOCK_I32,
        GREEKS_WORD,
        GREEKS_WORDS,
        target.u32,
        out,
        false,
      ) &&
      // No tick has position 0: the row was never written, or emptied by a repair.
      (target.u32[out + TICK_SEQUENCE_LOW_U32] !== 0 ||
        target.u32[out + TICK_SEQUENCE_HIGH_U32] !== 0)
    );
  }

  #readSection(
    base: number,
    lock: number,
    first: number,
    count: number,
    target: Uint32Array,
    out: number,
    withDepth: boolean,
  ): boolean {
    const { i32, u32 } = this.ticks;
    for (let attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      const before = Atomics.load(i32, lock);
      if ((before & 1) !== 0) continue;
      copyWords(u32, base + first, target, out + first, count);
      if (withDepth) copyWords(u32, base + DEPTH_WORD, target, out + DEPTH_WORD, DEPTH_WORDS);
      if (Atomics.load(i32, lock) === before) return true;
    }
    return false;
  }

  /**
   * Control, after ingest has exited and before its successor starts: empties a quote and depth
   * left half written, so that `read` says that there is no tick instead of mixing two. True if it
   * was so.
   */
  repairQuote(row: number): boolean {
    const base = (row * LAST_VALUE_ROW_BYTES) >> 2;
    return this.#repair(base + ROW_QUOTE_LOCK_I32, () => {
      this.ticks.u32.fill(0, base, base + QUOTE_WORDS);
      this.ticks.u32.fill(0, base + DEPTH_WORD, base + DEPTH_WORD + DEPTH_WORDS);
    });
  }

  /** Control, as `repairQuote`, after the row's Greeks worker has exited: status GREEKS_LATE. */
  repairGreeks(row: number): boolean {
    const base = (row * LAST_VALUE_ROW_BYTES) >> 2;
    return this.#repair(base + ROW_GREEKS_LOCK_I32, () => {
      this.ticks.u32.fill(0, base + GREEKS_WORD, base + GREEKS_WORD + GREEKS_WORDS);
      blankGreeks(this.ticks, row * LAST_VALUE_ROW_BYTES, GREEKS_STATUS.GREEKS_LATE);
    });
  }

  #repair(lock: number, empty: () => void): boolean {
    if ((Atomics.load(this.ticks.i32, lock) & 1) === 0) return false;
    empty();
    this.#unlock(lock);
    return true;
  }

  /** Makes the lock odd. One left odd by a writer that died stays odd: only the parity counts. */
  #lock(index: number): void {
    Atomics.or(this.ticks.i32, index, 1);
  }

  #unlock(index: number): void {
    Atomics.add(this.ticks.i32, index, 1);
  }
}
