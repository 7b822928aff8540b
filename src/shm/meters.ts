import { attachBlock, createBlock, type SharedBlock } from './block.ts';
import { BLOCK_HEADER_BYTES, BLOCK_KIND, HEADER_CAPACITY_U32 } from './layout/block-header.ts';
import {
  HISTOGRAM_BUCKETS,
  HISTOGRAM_F64,
  METER_BLOCK_BYTES,
  METER_BLOCK_F64,
  METER_COUNTERS,
  METER_HISTOGRAMS,
} from './layout/meters.ts';

/** Allocates meters for `writers` threads. */
export function createMeters(writers: number): SharedBlock {
  const bytes = BLOCK_HEADER_BYTES + writers * METER_BLOCK_BYTES;
  return createBlock(BLOCK_KIND.METERS, bytes, writers, 0);
}

/**
 * Counters and histograms of one thread. One writer each: doubles, exact to 2^53, stored and
 * loaded whole on x64. Readers may see counters of different instants, never a torn one.
 */
export class ThreadMeters {
  readonly #values: Float64Array;

  /** `writer`: METER_WRITER number of the thread. */
  constructor(block: SharedBlock, writer: number) {
    const writers = attachBlock(block, BLOCK_KIND.METERS)[HEADER_CAPACITY_U32]!;
    if (writer < 0 || writer >= writers) throw new RangeError(`no meters for writer ${writer}`);
    const offset = BLOCK_HEADER_BYTES + writer * METER_BLOCK_BYTES;
    this.#values = new Float64Array(block, offset, METER_BLOCK_F64);
  }

  add(counter: number, amount: number): void {
    this.#values[counter]! += amount;
  }

  set(gauge: number, value: number): void {
    this.#values[gauge] = value;
  }

  get(counter: number): number {
    return this.#values[counter]!;
  }

  /** Counts `value` (>= 0; microseconds, bytes, ...) in a histogram. */
  record(histogram: number, value: number): void {
    const base = METER_COUNTERS + histogram * HISTOGRAM_F64;
    // Bucket b holds values in (2^(b-1), 2^b]; the last one everything above.
    const whole = Math.ceil(value);
    const bucket = whole <= 1 ? 0 : 32 - Math.clz32(whole - 1);
    const capped =
      value >= 0x1_0000_0000 || bucket >= HISTOGRAM_BUCKETS ? HISTOGRAM_BUCKETS - 1 : bucket;
    this.#values[base + capped]! += 1;
    this.#values[base + HISTOGRAM_BUCKETS]! += value;
  }

  /** A copy of a histogram: count per bucket (bucket b: values up to 2^b), their number and sum. */
  histogram(histogram: number): { counts: number[]; count: number; sum: number } {
    if (histogram < 0 || histogram >= METER_HISTOGRAMS) throw new RangeError('no such histogram');
    const base = METER_COUNTERS + histogram * HISTOGRAM_F64;
    const counts = Array.from(this.#values.subarray(base, base + HISTOGRAM_BUCKETS));
    const count = counts.reduce((total, n) => total + n, 0);
    return { counts, count, sum: this.#values[base + HISTOGRAM_BUCKETS]! };
  }
}
