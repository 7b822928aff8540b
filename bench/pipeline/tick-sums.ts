interface Sums {
  count: number;
  price: number;
  volume: number;
}

/**
 * Count and sums modulo 2^32 of last price and volume by instrument, as in the simulator's ledger.
 */
export class TickSums {
  count = 0;
  readonly #byToken = new Map<number, Sums>();

  add(token: number, priceRaw: number, volume: number): void {
    let sums = this.#byToken.get(token);
    if (sums === undefined) {
      sums = { count: 0, price: 0, volume: 0 };
      this.#byToken.set(token, sums);
    }
    this.count++;
    sums.count++;
    sums.price = (sums.price + priceRaw) >>> 0;
    sums.volume = (sums.volume + volume) >>> 0;
  }

  /** Tokens whose sums are not those of `other`, either way. */
  differences(other: TickSums): number[] {
    const tokens = new Set([...this.#byToken.keys(), ...other.#byToken.keys()]);
    return [...tokens].filter((token) => {
      const mine = this.#byToken.get(token);
      const theirs = other.#byToken.get(token);
      return (
        mine?.count !== theirs?.count ||
        mine?.price !== theirs?.price ||
        mine?.volume !== theirs?.volume
      );
    });
  }
}
