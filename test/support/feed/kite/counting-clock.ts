import type { TimerHandle } from '../../../../src/domain/clock.ts';
import { ManualClock } from '../sim/manual-clock.ts';

/** A clock that stands still until told and knows how many time-outs are pending. */
export class CountingClock extends ManualClock {
  readonly #pending = new Set<TimerHandle>();

  constructor() {
    super('2026-09-10T10:00:00+05:30');
  }

  get pendingTimeouts(): number {
    return this.#pending.size;
  }

  override setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const inner = super.setTimeout(() => {
      this.#pending.delete(handle);
      callback();
    }, delayMs);
    const handle: TimerHandle = {
      cancel: () => {
        this.#pending.delete(handle);
        inner.cancel();
      },
      unref: () => inner.unref(),
    };
    this.#pending.add(handle);
    return handle;
  }
}
