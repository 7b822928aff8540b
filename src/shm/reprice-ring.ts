import { attachBlock, createBlock, type SharedBlock } from './block.ts';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_KIND,
  HEADER_CAPACITY_U32,
  HEADER_PARAM_U32,
} from './layout/block-header.ts';
import {
  REPRICE_HEAD_BYTES,
  REPRICE_WRITTEN_I32,
  repriceRingBytes,
} from './layout/reprice-ring.ts';

/**
 * Allocates a ring for each of `workers`, with room for at least twice `rows` entries: one worker
 * may own every row, and a pass over all of them may begin before the last one has been read.
 */
export function createRepriceRings(workers: number, rows: number): SharedBlock {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * rows)));
  const bytes = BLOCK_HEADER_BYTES + Math.max(1, workers) * repriceRingBytes(capacity);
  return createBlock(BLOCK_KIND.REPRICED, bytes, capacity, workers);
}

/** The ring of one worker: the worker writes, publish reads. */
export class RepriceRing {
  readonly capacity: number;
  readonly #words: Int32Array;
  readonly #entries: Int32Array;

  constructor(block: SharedBlock, worker: number) {
    const header = attachBlock(block, BLOCK_KIND.REPRICED);
    this.capacity = header[HEADER_CAPACITY_U32]!;
    if (worker < 0 || worker >= header[HEADER_PARAM_U32]!) {
      throw new RangeError(`no reprice ring for worker ${worker}`);
    }
    const offset = BLOCK_HEADER_BYTES + worker * repriceRingBytes(this.capacity);
    this.#words = new Int32Array(block, offset, REPRICE_HEAD_BYTES >> 2);
    this.#entries = new Int32Array(block, offset + REPRICE_HEAD_BYTES, this.capacity);
  }

  /** Position of the newest entry, 32 bits. */
  get written(): number {
    return Atomics.load(this.#words, REPRICE_WRITTEN_I32);
  }

  /** Writer: appends `rows[0..count)`; the values of the rows must be in the table by then. */
  append(rows: Int32Array, count: number): void {
    const mask = this.capacity - 1;
    const written = this.#words[REPRICE_WRITTEN_I32]!;
    for (let i = 0; i < count; i++) this.#entries[(written + 1 + i) & mask] = rows[i]!;
    Atomics.store(this.#words, REPRICE_WRITTEN_I32, (written + count) | 0);
  }

  /**
   * Reader: copies the entries after position `from` into `rows` from index `at` on, at most
   * `rows.length - at`, and returns how many. `from` must come from `oldest`. An entry that the
   * writer laps meanwhile is a newer one, which will be read once more.
   */
  take(from: number, rows: Int32Array, at: number): number {
    const mask = this.capacity - 1;
    const count = Math.min((this.written - from) | 0, rows.length - at);
    for (let i = 0; i < count; i++) rows[at + i] = this.#entries[(from + 1 + i) & mask]!;
    return count;
  }

  /**
   * Reader: where to go on reading, `from` or the position before the oldest entry that is left.
   */
  oldest(from: number): number {
    const written = this.written;
    return ((written - from) | 0) > this.capacity ? (written - this.capacity) | 0 : from;
  }
}

/** The rings of all workers. */
export function repriceRings(block: SharedBlock, workers: number): RepriceRing[] {
  return Array.from({ length: workers }, (_unused, worker) => new RepriceRing(block, worker));
}
