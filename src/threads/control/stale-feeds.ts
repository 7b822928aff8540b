import type { UpstreamSocket } from '../messages.ts';

/** A socket that is down for longer than a reconnect usually takes is news to clients. */
const STALE_MS = 3_000;

/** Notices accounts whose sockets are down; each outage is reported once. */
export class StaleFeeds {
  /** Monotonic ms at which an account's outage was first seen. */
  readonly #since = new Map<string, number>();
  readonly #reported = new Set<string>();

  /** Accounts that have just become stale, with the ms for which they have been down. */
  update(sockets: readonly UpstreamSocket[], nowMs: number): { account: string; downMs: number }[] {
    const down = new Set<string>();
    for (const { account, state, instruments } of sockets) {
      if (state !== 'OPEN' && instruments > 0) down.add(account);
    }
    for (const account of this.#since.keys()) {
      if (down.has(account)) continue;
      this.#since.delete(account);
      this.#reported.delete(account);
    }
    const stale: { account: string; downMs: number }[] = [];
    for (const account of down) {
      const sinceMs = this.#since.get(account) ?? nowMs;
      this.#since.set(account, sinceMs);
      if (nowMs - sinceMs < STALE_MS || this.#reported.has(account)) continue;
      this.#reported.add(account);
      stale.push({ account, downMs: nowMs - sinceMs });
    }
    return stale;
  }
}
