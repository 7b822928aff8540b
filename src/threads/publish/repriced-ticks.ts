import type { Delivery } from '../../fanout/delivery.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import type { RepriceRing } from '../../shm/reprice-ring.ts';

/** Records handed on at a time, and late ticks looked at: bounds what they keep ticks waiting. */
const ROWS_MAX = 512;

/**
 * Greeks that came after their tick: of ticks that went out GREEKS_LATE, and of options whose
 * forward moved. Finds out which instruments have some and lets the delivery send them.
 */
export class RepricedTicks {
  readonly #rings: readonly RepriceRing[];
  readonly #lastValues: LastValueTable;
  readonly #delivery: Delivery;
  /** Position read of each ring. */
  readonly #read: Int32Array;
  readonly #rows = new Int32Array(ROWS_MAX);
  /** Position of each row's newest tick if that went out without its Greeks; 0 it did not. */
  readonly #latePosition: Float64Array;
  /** Rows with such a position, and where the next look at them begins. */
  readonly #lateRows: Int32Array;
  #lateCount = 0;
  #nextLate = 0;

  constructor(rings: readonly RepriceRing[], lastValues: LastValueTable, delivery: Delivery) {
    this.#rings = rings;
    this.#lastValues = lastValues;
    this.#delivery = delivery;
    this.#read = Int32Array.from(rings, (ring) => ring.written);
    this.#latePosition = new Float64Array(lastValues.rows);
    this.#lateRows = new Int32Array(lastValues.rows);
  }

  /** The tick at `position` is about to go out without its Greeks. */
  noteLate(row: number, position: number): void {
    if (this.#latePosition[row] === 0) this.#lateRows[this.#lateCount++] = row;
    this.#latePosition[row] = position;
  }

  /** Sends what there is, at most ROWS_MAX instruments. Returns how many it took. */
  doWork(): number {
    let count = this.#takeLate();
    for (let i = 0; i < this.#rings.length; i++) {
      const ring = this.#rings[i]!;
      const from = ring.oldest(this.#read[i]!);
      const taken = ring.take(from, this.#rows, count);
      this.#read[i] = from + taken;
      count += taken;
    }
    if (count > 0) this.#delivery.deliverRepriced(this.#rows, count);
    return count;
  }

  /** Late ticks whose Greeks have come; those with a newer tick are given up. */
  #takeLate(): number {
    let count = 0;
    const looks = Math.min(this.#lateCount, ROWS_MAX);
    for (let look = 0; look < looks; look++) {
      if (this.#nextLate >= this.#lateCount) this.#nextLate = 0;
      const row = this.#lateRows[this.#nextLate]!;
      const position = this.#latePosition[row]!;
      if (this.#lastValues.greeksPosition(row) === position) this.#rows[count++] = row;
      else if (this.#lastValues.quotePosition(row) === position) {
        this.#nextLate++;
        continue;
      }
      this.#latePosition[row] = 0;
      this.#lateRows[this.#nextLate] = this.#lateRows[--this.#lateCount]!;
    }
    return count;
  }
}
