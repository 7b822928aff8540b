/** Buckets of one power of two: values differ by at most 1/32 within a bucket. */
const SUB_BITS = 5;
const SUB_BUCKETS = 2 ** SUB_BITS;
const POWERS = 32 - SUB_BITS;

/** A histogram on its way between processes. */
export interface RecordedLatencies {
  counts: Float64Array;
  maxUs: number;
}

/**
 * Counts of microseconds from 0 to 2^32, at constant relative precision (3 %) in fixed memory, so
 * that a million latencies can be recorded without changing what is measured.
 */
export class LatencyHistogram {
  readonly counts: Float64Array;
  count = 0;
  /** Greatest value recorded, us. */
  maxUs = 0;

  /** Empty, or a copy of what another process recorded. */
  constructor(recorded?: RecordedLatencies) {
    this.counts = new Float64Array((POWERS + 1) * SUB_BUCKETS);
    if (recorded === undefined) return;
    this.counts.set(recorded.counts);
    for (const n of recorded.counts) this.count += n;
    this.maxUs = recorded.maxUs;
  }

  /** A clock that runs ahead of the other can make a latency negative; it counts as 0. */
  record(valueUs: number): void {
    const whole = valueUs > 0 ? Math.min(Math.round(valueUs), 0xffff_ffff) : 0;
    this.counts[bucketOf(whole)]! += 1;
    this.count += 1;
    if (whole > this.maxUs) this.maxUs = whole;
  }

  add(other: LatencyHistogram): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
    this.count += other.count;
    this.maxUs = Math.max(this.maxUs, other.maxUs);
  }

  recorded(): RecordedLatencies {
    return { counts: this.counts.slice(), maxUs: this.maxUs };
  }

  clear(): void {
    this.counts.fill(0);
    this.count = 0;
    this.maxUs = 0;
  }

  /**
   * Upper end of the bucket in which the share `quantile` of the values is reached, us; 0 if empty.
   */
  percentile(quantile: number): number {
    const wanted = quantile * this.count;
    let seen = 0;
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      seen += this.counts[bucket]!;
      if (seen > 0 && seen >= wanted) return Math.min(upperEnd(bucket), this.maxUs);
    }
    return this.maxUs;
  }
}

function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value;
  const shift = 31 - SUB_BITS - Math.clz32(value);
  return (shift + 1) * SUB_BUCKETS + ((value >>> shift) - SUB_BUCKETS);
}

function upperEnd(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  return (SUB_BUCKETS + (bucket % SUB_BUCKETS) + 1) * 2 ** shift - 1;
}
