import type { Admission, Gate, Principal, RequestBudget, WrongKeys } from '../domain/access.ts';
import type { Clock } from '../domain/clock.ts';
import { isApiKey } from './api-key.ts';
import type { KeyTable } from './key-table.ts';
import type { LockOut } from './lock-out.ts';
import { RequestRate } from './request-rate.ts';

export interface GatekeeperOptions {
  keys: KeyTable;
  lockOut: LockOut;
  clock: Clock;
  /** Told of everybody who is not let in. */
  onRefused?: (reason: 'UNAUTHENTICATED' | 'LOCKED_OUT') => void;
}

/** Lets callers in by key, and counts what each of them uses. One per thread that has callers. */
export class Gatekeeper implements Gate {
  readonly #keys: KeyTable;
  readonly #lockOut: LockOut;
  readonly #clock: Clock;
  readonly #rate: RequestRate;
  readonly #onRefused: NonNullable<GatekeeperOptions['onRefused']>;
  readonly #connections = new Map<string, number>();
  /** By address since the last `takeWrongKeys`. */
  readonly #wrongKeys = new Map<string, WrongKeys>();
  /** Last use of each key since the last `takeUses`, epoch ms. */
  readonly #uses = new Map<string, number>();

  constructor({ keys, lockOut, clock, onRefused }: GatekeeperOptions) {
    this.#keys = keys;
    this.#lockOut = lockOut;
    this.#clock = clock;
    this.#rate = new RequestRate(clock);
    this.#onRefused = onRefused ?? (() => undefined);
  }

  admit(token: string, address: string): Admission {
    // Before the key is looked at, so that an address that is locked out learns nothing.
    const retryAfterMs = this.#lockOut.check(address);
    if (retryAfterMs > 0) {
      this.#onRefused('LOCKED_OUT');
      return { refused: 'LOCKED_OUT', retryAfterMs };
    }
    const principal = this.#keys.authenticate(token);
    if (principal === undefined) {
      // A new key may be used before the database has been opened: it is not a wrong one.
      if (!this.#keys.isComplete && isApiKey(token)) return { refused: 'NOT_READY' };
      this.#onRefused('UNAUTHENTICATED');
      this.#lockOut.failure(address);
      const { forgiven = false, count = 0 } = this.#wrongKeys.get(address) ?? {};
      this.#wrongKeys.set(address, { address, forgiven, count: count + 1 });
      return { refused: 'UNAUTHENTICATED' };
    }
    if (this.#lockOut.success(address)) {
      this.#wrongKeys.set(address, { address, forgiven: true, count: 0 });
    }
    this.#uses.set(principal.keyId, this.#clock.nowUs() / 1000);
    return { principal };
  }

  takeRequest({ keyId, limits }: Principal): RequestBudget {
    return this.#rate.take(keyId, limits.requestsPerSecond);
  }

  enter({ keyId, limits }: Principal): boolean {
    const count = this.#connections.get(keyId) ?? 0;
    if (count >= limits.connections) return false;
    this.#connections.set(keyId, count + 1);
    return true;
  }

  leave({ keyId }: Principal): void {
    const count = (this.#connections.get(keyId) ?? 0) - 1;
    if (count > 0) this.#connections.set(keyId, count);
    else this.#connections.delete(keyId);
  }

  /** What came from each address since the last call. */
  takeWrongKeys(): WrongKeys[] {
    const wrongKeys = [...this.#wrongKeys.values()];
    this.#wrongKeys.clear();
    return wrongKeys;
  }

  /** When each key was last used, since the last call. */
  takeUses(): { keyId: string; timeMs: number }[] {
    const uses = [...this.#uses].map(([keyId, timeMs]) => ({ keyId, timeMs }));
    this.#uses.clear();
    return uses;
  }
}
