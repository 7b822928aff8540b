/** Rates to try, ticks/s: the first must be verified, the others look for the knee. */
const RATES = [10_000, 20_000, 50_000, 100_000, 150_000, 200_000];

/** Climbs until a rate is not sustained, then tries the middle of the last step. */
export class RateLadder {
  /** Highest rate that was sustained; 0: none. */
  sustained = 0;
  /** Lowest rate that was not; Infinity: none. */
  failed = Infinity;
  readonly #rates: readonly number[];
  #next: number | undefined;
  #isMiddle = false;

  /** `rates`: rising. */
  constructor(rates: readonly number[] = RATES) {
    this.#rates = rates;
    this.#next = rates[0];
  }

  get next(): number | undefined {
    return this.#next;
  }

  /** Tells how the rate `next` went. */
  record(isSustained: boolean): void {
    const rate = this.#next;
    if (rate === undefined) return;
    if (isSustained) this.sustained = Math.max(this.sustained, rate);
    else this.failed = Math.min(this.failed, rate);
    if (this.#isMiddle) this.#next = undefined;
    else if (isSustained) this.#next = this.#rates.find((candidate) => candidate > rate);
    else this.#next = this.#middle();
  }

  #middle(): number | undefined {
    this.#isMiddle = true;
    return this.sustained === 0 ? undefined : Math.round((this.sustained + this.failed) / 2);
  }
}
