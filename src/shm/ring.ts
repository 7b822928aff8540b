import { attachBlock, createBlock, TickViews, type SharedBlock } from './block.ts';
import { releaseClaim } from './greeks-section.ts';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_KIND,
  HEADER_CAPACITY_U32,
  HEADER_EPOCH_HIGH_U32,
  HEADER_EPOCH_LOW_U32,
  HEADER_NEWEST_F64,
  HEADER_PARAM_U32,
  HEADER_START_F64,
} from './layout/block-header.ts';
import {
  CONTROL_BYTES,
  CONTROL_WORD_I32,
  GREEKS_SLEEP_WORD,
  GREEKS_WAKE_WORD,
  GREEKS_WORKERS_MAX,
  greeksClaimWord,
  greeksCursorWord,
  INTENT_WORD,
  PUBLISH_CURSOR_WORD,
  PUBLISH_SLEEP_WORD,
  PUBLISH_WAKE_WORD,
  PUBLISHED_WORD,
  STOP_WORD,
} from './layout/ring-header.ts';
import { TICK_GREEKS_STATE_I32, TICK_SLOT_BYTES } from './layout/tick-slot.ts';
import { WakeWord } from './wake.ts';

/** The largest power of two whose slots stay below 2 GiB. */
export const RING_SLOTS_MAX = 2 ** 22;

export interface RingOptions {
  /** Power of two, 2 to RING_SLOTS_MAX. */
  slots: number;
  /** Greeks workers, 0 to GREEKS_WORKERS_MAX. */
  workers: number;
  /** 64 random bits in two words. */
  epochLow: number;
  epochHigh: number;
  /** Position before the first tick; 0 but in tests of the wrap. */
  start?: number;
}

/**
 * Allocates a ring. Positions count from `start` + 1 for ever (up to 2^53); the slot of a position
 * is its low bits. One writer (ingest); readers never slow it down. Throws RangeError for options
 * out of range.
 */
export function createRing(options: RingOptions): SharedBlock {
  const { slots, workers, epochLow, epochHigh, start = 0 } = options;
  if (!Number.isInteger(Math.log2(slots)) || slots < 2 || slots > RING_SLOTS_MAX) {
    throw new RangeError(`slots: a power of two from 2 to ${RING_SLOTS_MAX}, not ${slots}`);
  }
  if (!Number.isInteger(workers) || workers < 0 || workers > GREEKS_WORKERS_MAX) {
    throw new RangeError(`workers: 0 to ${GREEKS_WORKERS_MAX}, not ${workers}`);
  }
  if (!Number.isSafeInteger(start) || start < 0) {
    throw new RangeError(`start: a position, not ${start}`);
  }
  const bytes = BLOCK_HEADER_BYTES + CONTROL_BYTES + slots * TICK_SLOT_BYTES;
  const block = createBlock(BLOCK_KIND.RING, bytes, slots, workers);
  const header = new Uint32Array(block, 0, 32);
  header[HEADER_EPOCH_LOW_U32] = epochLow;
  header[HEADER_EPOCH_HIGH_U32] = epochHigh;
  const numbers = new Float64Array(block, 0, 16);
  numbers[HEADER_START_F64] = start;
  numbers[HEADER_NEWEST_F64] = start;
  const words = new Int32Array(block, BLOCK_HEADER_BYTES, CONTROL_BYTES >> 2);
  const cursors = [INTENT_WORD, PUBLISHED_WORD, PUBLISH_CURSOR_WORD];
  for (let i = 0; i < workers; i++) cursors.push(greeksCursorWord(i));
  for (const word of cursors) words[word * CONTROL_WORD_I32] = start | 0;
  return block;
}

/** A thread's view of the ring: geometry, slots, cursors. */
export class Ring {
  readonly slots: number;
  readonly workers: number;
  readonly epochLow: number;
  readonly epochHigh: number;
  /** Position before the first tick. */
  readonly start: number;
  /** Views of the slot area. */
  readonly ticks: TickViews;
  readonly greeksWake: WakeWord;
  readonly publishWake: WakeWord;
  readonly #mask: number;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;

  constructor(block: SharedBlock) {
    const header = attachBlock(block, BLOCK_KIND.RING);
    this.slots = header[HEADER_CAPACITY_U32]!;
    this.workers = header[HEADER_PARAM_U32]!;
    this.epochLow = header[HEADER_EPOCH_LOW_U32]!;
    this.epochHigh = header[HEADER_EPOCH_HIGH_U32]!;
    this.#numbers = new Float64Array(block, 0, 16);
    this.start = this.#numbers[HEADER_START_F64]!;
    this.#mask = this.slots - 1;
    this.#words = new Int32Array(block, BLOCK_HEADER_BYTES, CONTROL_BYTES >> 2);
    const slotsOffset = BLOCK_HEADER_BYTES + CONTROL_BYTES;
    this.ticks = new TickViews(block, slotsOffset, this.slots * TICK_SLOT_BYTES);
    const at = (word: number) => word * CONTROL_WORD_I32;
    this.greeksWake = new WakeWord(this.#words, at(GREEKS_WAKE_WORD), at(GREEKS_SLEEP_WORD));
    this.publishWake = new WakeWord(this.#words, at(PUBLISH_WAKE_WORD), at(PUBLISH_SLEEP_WORD));
  }

  /** Byte offset in `ticks` of the slot of `position`. */
  slotBytes(position: number): number {
    return (position & this.#mask) * TICK_SLOT_BYTES;
  }

  /**
   * A 32-bit cursor word as a full position, given a full position at most 2^31 away from it.
   * Cursors wrap every 2^32 ticks; only their difference counts.
   */
  #cursor(word: number, near: number): number {
    return near + ((Atomics.load(this.#words, word * CONTROL_WORD_I32) - (near | 0)) | 0);
  }

  #storeCursor(word: number, position: number): void {
    Atomics.store(this.#words, word * CONTROL_WORD_I32, position | 0);
  }

  /** Last position that readers may read. */
  published(near: number): number {
    return this.#cursor(PUBLISHED_WORD, near);
  }

  /**
   * First position whose slot was certainly not being overwritten up to now. A reader copies, then
   * asks: what lies below this must be thrown away.
   */
  firstIntact(near: number): number {
    return this.intent(near) - this.slots + 1;
  }

  /** Slots of positions up to here may be being overwritten. */
  intent(near: number): number {
    return this.#cursor(INTENT_WORD, near);
  }

  /** Writer: slots of positions up to `position` are about to be overwritten. Must never fall. */
  declareIntent(position: number): void {
    this.#storeCursor(INTENT_WORD, position);
  }

  /** Newest published position, for who has no position of its own yet. */
  newest(): number {
    return this.published(this.#numbers[HEADER_NEWEST_F64]!);
  }

  /** Writer: positions up to `position` are complete. */
  publish(position: number): void {
    this.#numbers[HEADER_NEWEST_F64] = position;
    this.#storeCursor(PUBLISHED_WORD, position);
  }

  /** Where worker `worker` is: positions up to here are done or passed over. */
  greeksCursor(worker: number, near: number): number {
    return this.#cursor(greeksCursorWord(worker), near);
  }

  storeGreeksCursor(worker: number, position: number): void {
    this.#storeCursor(greeksCursorWord(worker), position);
  }

  publishCursor(near: number): number {
    return this.#cursor(PUBLISH_CURSOR_WORD, near);
  }

  storePublishCursor(position: number): void {
    this.#storeCursor(PUBLISH_CURSOR_WORD, position);
  }

  /** Worker: remembers what it is about to claim, so that control can undo it after a death. */
  noteClaim(worker: number, position: number): void {
    // Plain store: the compare-exchange of the claim orders it.
    this.#words[greeksClaimWord(worker) * CONTROL_WORD_I32] = position | 0;
  }

  /** Control, after worker `worker` has exited: frees the section it may have left half written. */
  releaseDeadWorker(worker: number): boolean {
    const low = this.#words[greeksClaimWord(worker) * CONTROL_WORD_I32]!;
    const index = (this.slotBytes(low) >> 2) + TICK_GREEKS_STATE_I32;
    return releaseClaim(this.ticks.i32, index, low);
  }

  /** Control: asks blocked readers to leave their loops. */
  requestStop(): void {
    Atomics.store(this.#words, STOP_WORD * CONTROL_WORD_I32, 1);
    this.greeksWake.wake();
    this.publishWake.wake();
  }

  get stopRequested(): boolean {
    return Atomics.load(this.#words, STOP_WORD * CONTROL_WORD_I32) !== 0;
  }
}
