/** Ring positions that the service has named as missing. */
export class NamedGaps {
  /** Positions in all. */
  positions = 0;
  #ranges: { from: number; to: number }[] = [];

  /** Both inclusive. */
  add(from: number, to: number): void {
    this.#ranges.push({ from, to });
    this.positions += to - from + 1;
  }

  clear(): void {
    this.#ranges = [];
    this.positions = 0;
  }

  /** How many named positions lie between `after` and `before`, both exclusive. */
  between(after: number, before: number): number {
    let count = 0;
    for (const { from, to } of this.#ranges) {
      count += Math.max(0, Math.min(to, before - 1) - Math.max(from, after + 1) + 1);
    }
    return count;
  }
}
