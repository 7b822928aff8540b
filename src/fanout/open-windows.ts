import type { Window } from './client-message.ts';

/** The windows of the open connections: which is the least one. */
export class OpenWindows {
  readonly #counts = new Map<Window, number>();
  #leastFixedMs = Infinity;

  add(window: Window): void {
    this.#counts.set(window, (this.#counts.get(window) ?? 0) + 1);
    if (window !== 'adaptive') this.#leastFixedMs = Math.min(this.#leastFixedMs, window);
  }

  remove(window: Window): void {
    const left = (this.#counts.get(window) ?? 0) - 1;
    if (left > 0) {
      this.#counts.set(window, left);
      return;
    }
    this.#counts.delete(window);
    this.#leastFixedMs = Infinity;
    for (const other of this.#counts.keys()) {
      if (other !== 'adaptive') this.#leastFixedMs = Math.min(this.#leastFixedMs, other);
    }
  }

  /** ms; Infinity: there is no connection. */
  leastMs(adaptiveMs: number): number {
    return this.#counts.has('adaptive')
      ? Math.min(this.#leastFixedMs, adaptiveMs)
      : this.#leastFixedMs;
  }
}
