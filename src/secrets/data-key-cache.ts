import type { Clock, TimerHandle } from '../domain/clock.ts';
import type { DataKey } from './data-key.ts';

export interface DataKeyLimits {
  /** Age from which a key is not used any more; 0: every use takes a new one. */
  ageMaxMs: number;
  /** Uses after which a new key is taken. */
  usesMax: number;
  /** Keys kept at a time; the oldest goes first. */
  keysMax: number;
}

interface HeldKey {
  readonly loading: Promise<DataKey>;
  /** Set when it has arrived. */
  key: DataKey | undefined;
  readonly sinceMs: number;
  uses: number;
  /** Callers who wait for it or are using it. */
  users: number;
  evicted: boolean;
}

/**
 * Data keys in the clear, by name, within limits. Callers who miss the same key at once share one
 * request. A key that goes is overwritten with zeros, as soon as nobody uses it any more.
 */
export class DataKeyCache {
  readonly #limits: DataKeyLimits;
  readonly #clock: Clock;
  /** In the order of their age. */
  readonly #keys = new Map<string, HeldKey>();
  #sweep: TimerHandle | undefined;

  constructor(limits: DataKeyLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#keys.size;
  }

  /**
   * What `act` makes of the key `name`, which `load` fetches if none is held. `act` must not keep
   * the key's bytes. Rejects as `load` does; a failure is not remembered.
   */
  async use<Result>(
    name: string,
    load: () => Promise<DataKey>,
    act: (key: DataKey) => Result,
  ): Promise<Result> {
    const held = this.#usable(name) ?? this.#hold(name, load);
    held.uses++;
    held.users++;
    try {
      return act(await held.loading);
    } finally {
      held.users--;
      wipeUnused(held);
    }
  }

  /** Forgets the keys that another key than `keyId` has wrapped. */
  evictOthers(keyId: string): void {
    for (const [name, { key }] of this.#keys) {
      if (key !== undefined && key.keyId !== keyId) this.#evict(name);
    }
  }

  clear(): void {
    for (const name of this.#keys.keys()) this.#evict(name);
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  #usable(name: string): HeldKey | undefined {
    const held = this.#keys.get(name);
    if (held === undefined) return undefined;
    if (held.uses < this.#limits.usesMax && !this.#isOld(held)) return held;
    this.#evict(name);
    return undefined;
  }

  #isOld({ sinceMs }: HeldKey): boolean {
    return this.#clock.monotonicMs() - sinceMs >= this.#limits.ageMaxMs;
  }

  #hold(name: string, load: () => Promise<DataKey>): HeldKey {
    const held: HeldKey = {
      loading: load().then((key) => (held.key = key)),
      key: undefined,
      // From the request on: the key is not younger than that.
      sinceMs: this.#clock.monotonicMs(),
      uses: 0,
      users: 0,
      evicted: false,
    };
    this.#keys.set(name, held);
    held.loading.catch(() => {
      if (this.#keys.get(name) === held) this.#evict(name);
    });
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > this.#limits.keysMax && oldest !== undefined) this.#evict(oldest);
    this.#sweepLater();
    return held;
  }

  #evict(name: string): void {
    const held = this.#keys.get(name);
    if (held === undefined) return;
    this.#keys.delete(name);
    held.evicted = true;
    wipeUnused(held);
  }

  /** Keys that nobody asks for again go too. */
  #sweepLater(): void {
    this.#sweep ??= this.#clock.setTimeout(() => {
      this.#sweep = undefined;
      for (const [name, held] of this.#keys) if (this.#isOld(held)) this.#evict(name);
      if (this.#keys.size > 0) this.#sweepLater();
    }, this.#limits.ageMaxMs);
    this.#sweep.unref();
  }
}

function wipeUnused({ evicted, users, key }: HeldKey): void {
  if (evicted && users === 0) key?.plaintext.fill(0);
}
