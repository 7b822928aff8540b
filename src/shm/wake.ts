/**
 * Sleeping on a word of shared memory without losing a wake-up and without waking nobody: the
 * waker touches the word only when the sleep flag is up.
 *
 * A sleeper (1) reads the wake word, (2) raises the flag, (3) looks once more for work, (4) waits
 * on the value of (1). A waker makes work visible, then looks at the flag. Either the sleeper sees
 * the work in (3), or the waker sees the flag and bumps the word, so that (4) returns at once.
 */
export class WakeWord {
  readonly #words: Int32Array;
  readonly #wakeIndex: number;
  readonly #sleepIndex: number;

  constructor(words: Int32Array, wakeIndex: number, sleepIndex: number) {
    this.#words = words;
    this.#wakeIndex = wakeIndex;
    this.#sleepIndex = sleepIndex;
  }

  /** Call after the work is visible. */
  wake(): void {
    if (Atomics.load(this.#words, this.#sleepIndex) === 0) return;
    Atomics.store(this.#words, this.#sleepIndex, 0);
    Atomics.add(this.#words, this.#wakeIndex, 1);
    Atomics.notify(this.#words, this.#wakeIndex);
  }

  /** Announces sleep. Look for work again after this call; then pass the result to `wait...`. */
  announce(): number {
    const seen = Atomics.load(this.#words, this.#wakeIndex);
    Atomics.store(this.#words, this.#sleepIndex, 1);
    return seen;
  }

  /** Blocks the thread (Greeks workers only) until woken or `timeoutMs` later. */
  waitBlocking(seen: number, timeoutMs: number): void {
    Atomics.wait(this.#words, this.#wakeIndex, seen, timeoutMs);
  }

  /** Resolves when woken or `timeoutMs` later; undefined if woken already. */
  waitAsync(seen: number, timeoutMs: number): Promise<unknown> | undefined {
    const result = Atomics.waitAsync(this.#words, this.#wakeIndex, seen, timeoutMs);
    return result.async ? result.value : undefined;
  }
}
