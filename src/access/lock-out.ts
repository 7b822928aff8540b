import type { Clock } from '../domain/clock.ts';
import { addressGroup } from './address-group.ts';

/** When an address is locked out, and for how long. */
export interface LockOutRule {
  /** So many wrong keys within `windowMs` lock an address out. */
  failuresMax: number;
  windowMs: number;
  /** How long the first time; doubles with each further time, up to `lockMaxMs`. */
  firstLockMs: number;
  lockMaxMs: number;
  /** After so long without a wrong key the next lock is a first one again. */
  quietMs: number;
  /** Addresses remembered at a time; the one that was wrong longest ago is forgotten first. */
  addressesMax: number;
}

export const LOCK_OUT_RULE: LockOutRule = {
  failuresMax: 10,
  windowMs: 60_000,
  firstLockMs: 30_000,
  lockMaxMs: 900_000,
  quietMs: 900_000,
  addressesMax: 10_000,
};

interface Offender {
  /** When its latest wrong keys came, monotonic ms, oldest first; fewer than `failuresMax`. */
  failuresMs: number[];
  /** Locks so far. */
  locks: number;
  /** Monotonic ms; 0: never locked. */
  lockedUntilMs: number;
}

/** How long the lock number `lock` (from 1) of an address lasts, in ms. */
export function lockMs(rule: LockOutRule, lock: number): number {
  return Math.min(rule.lockMaxMs, rule.firstLockMs * 2 ** (lock - 1));
}

/**
 * Locks addresses out that present wrong keys. A key has 256 random bits and cannot be guessed:
 * this keeps a wrong client from taking the service's time.
 *
 * While an address is locked out a valid key from it is refused too, unseen, so that the answer
 * says nothing about keys. Whoever shares an address (NAT, a proxy that is not one of
 * TICKER_TRUSTED_PROXIES) shares its lock; a right key in between forgets the wrong ones before it,
 * so that one wrong client among working ones does not lock them out.
 */
export class LockOut {
  readonly #clock: Clock;
  readonly #rule: LockOutRule;
  /** By address group, the one that was wrong longest ago first. */
  readonly #offenders = new Map<string, Offender>();

  constructor(clock: Clock, rule: LockOutRule = LOCK_OUT_RULE) {
    this.#clock = clock;
    this.#rule = rule;
  }

  /** Addresses remembered at the moment. */
  get size(): number {
    return this.#offenders.size;
  }

  /** Milliseconds until keys from `address` are looked at again; 0: now. */
  check(address: string): number {
    if (this.#offenders.size === 0) return 0;
    const offender = this.#offenders.get(addressGroup(address));
    return offender === undefined ? 0 : this.#remainingMs(offender);
  }

  /**
   * A wrong key came from `address`. Returns for how many ms it is locked out now; 0: not yet. What
   * comes from an address that is locked out already does not count.
   */
  failure(address: string): number {
    const group = addressGroup(address);
    const offender = this.#offenders.get(group) ?? { failuresMs: [], locks: 0, lockedUntilMs: 0 };
    const remainingMs = this.#remainingMs(offender);
    if (remainingMs > 0) return remainingMs;
    const nowMs = this.#clock.monotonicMs();
    const latestMs = offender.failuresMs.at(-1) ?? offender.lockedUntilMs;
    if (nowMs - Math.max(latestMs, offender.lockedUntilMs) >= this.#rule.quietMs) {
      offender.locks = 0;
    }
    const { failuresMax, windowMs } = this.#rule;
    offender.failuresMs = offender.failuresMs.filter((timeMs) => nowMs - timeMs < windowMs);
    offender.failuresMs.push(nowMs);
    if (offender.failuresMs.length >= failuresMax) {
      offender.locks += 1;
      offender.lockedUntilMs = nowMs + lockMs(this.#rule, offender.locks);
      offender.failuresMs = [];
    }
    this.#remember(group, offender);
    return this.#remainingMs(offender);
  }

  /**
   * A right key came from `address`: the wrong ones before it no longer count. True if there were
   * any.
   */
  success(address: string): boolean {
    if (this.#offenders.size === 0) return false;
    const group = addressGroup(address);
    const offender = this.#offenders.get(group);
    if (offender === undefined || offender.failuresMs.length === 0) return false;
    // What was locked before is remembered, so that the next lock is a longer one.
    if (offender.locks === 0 && offender.lockedUntilMs === 0) this.#offenders.delete(group);
    else offender.failuresMs = [];
    return true;
  }

  /** Another instance has locked `address` out until `untilMs` (epoch ms). */
  lock(address: string, untilMs: number): void {
    const remainingMs = Math.min(this.#rule.lockMaxMs, untilMs - this.#clock.nowUs() / 1000);
    if (!(remainingMs > 0)) return;
    const group = addressGroup(address);
    const offender = this.#offenders.get(group) ?? { failuresMs: [], locks: 0, lockedUntilMs: 0 };
    const lockedUntilMs = this.#clock.monotonicMs() + remainingMs;
    if (lockedUntilMs <= offender.lockedUntilMs) return;
    offender.lockedUntilMs = lockedUntilMs;
    this.#remember(group, offender);
  }

  #remainingMs({ lockedUntilMs }: Offender): number {
    return lockedUntilMs === 0 ? 0 : Math.max(0, lockedUntilMs - this.#clock.monotonicMs());
  }

  #remember(group: string, offender: Offender): void {
    this.#offenders.delete(group);
    this.#offenders.set(group, offender);
    if (this.#offenders.size <= this.#rule.addressesMax) return;
    const [oldest] = this.#offenders.keys();
    if (oldest !== undefined) this.#offenders.delete(oldest);
  }
}
