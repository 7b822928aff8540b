import type { WrongKeys } from '../domain/access.ts';
import type { Clock } from '../domain/clock.ts';
import type { LockNews, RateCounters } from '../domain/storage.ts';
import { addressGroup } from './address-group.ts';
import { LOCK_OUT_RULE, lockMs, type LockOutRule } from './lock-out.ts';

export interface SharedLockOutOptions {
  counters: RateCounters;
  news: LockNews;
  clock: Clock;
  /** An address that the wrong keys of all instances together lock out, until epoch ms. */
  onLocked: (address: string, untilMs: number) => void;
  /** The counters are away: each instance has its own `LockOut` alone. */
  onError: (error: unknown) => void;
  rule?: LockOutRule;
}

/**
 * Counts wrong keys over all instances, by the rule of `LockOut`, and tells the others which
 * addresses are locked out. It stands beside each instance's `LockOut`, which goes on without it.
 */
export class SharedLockOut {
  readonly #options: SharedLockOutOptions;
  readonly #rule: LockOutRule;

  constructor(options: SharedLockOutOptions) {
    this.#options = options;
    this.#rule = options.rule ?? LOCK_OUT_RULE;
  }

  /** What came from an address to this instance. Never rejects. */
  async wrongKeys({ address, forgiven, count }: WrongKeys): Promise<void> {
    const { counters, news, clock, onLocked, onError } = this.#options;
    const { failuresMax, windowMs, quietMs, lockMaxMs } = this.#rule;
    const group = addressGroup(address);
    try {
      if (forgiven) await counters.reset(`wrong-keys/${group}`);
      if (count === 0) return;
      const total = await counters.increment(`wrong-keys/${group}`, windowMs, count);
      const isLock = Math.floor(total / failuresMax) > Math.floor((total - count) / failuresMax);
      if (!isLock) return;
      const locks = await counters.increment(`locks/${group}`, lockMaxMs + quietMs);
      const untilMs = clock.nowUs() / 1000 + lockMs(this.#rule, locks);
      onLocked(address, untilMs);
      await news.publish(address, untilMs);
    } catch (error) {
      onError(error);
    }
  }
}
