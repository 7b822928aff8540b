/**
 * Lets a test wait for a condition that events bring about. The test's time-out ends a vain wait.
 */
export class Watch {
  readonly #waiting = new Set<() => void>();

  /** Something happened: conditions are looked at again. */
  notify(): void {
    for (const check of [...this.#waiting]) check();
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}
