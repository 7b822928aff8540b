import type { Clock } from '../../domain/clock.ts';
import type { Delivery } from '../../fanout/delivery.ts';
import type { Ring } from '../../shm/ring.ts';
import { nextTurn } from '../turn.ts';
import { GATE_MS } from './gate.ts';
import type { PublishLoop } from './loop.ts';

/** Sleep without work; bounds how long a missed wake-up can matter. */
const IDLE_MS = 20;
/** Up to so many clients with an adaptive window have none. */
const CLIENTS_WITHOUT_WINDOW = 40;
/** One ms of window per so many clients: about 50,000 socket writes a second at the most. */
const CLIENTS_PER_WINDOW_MS = 50;
const WINDOW_MAX_MS = 10;
/** Least adaptive window at each LOAD_LEVEL, ms. */
const WINDOW_OF_LEVEL_MS = [0, 0, 5, 10] as const;

/**
 * Runs the loop whenever there is something to send, and lets the thread's sockets be served in
 * between. With many clients their adaptive window grows: the cost is per socket write, not per
 * tick, so a window of some ms keeps the cost bounded.
 */
export class DutyCycle {
  readonly #ring: Ring;
  readonly #loop: PublishLoop;
  readonly #delivery: Delivery;
  readonly #clock: Clock;
  readonly #clients: () => number;
  /** See LOAD_LEVELS. */
  #level = 0;
  #stopped = false;

  constructor(
    ring: Ring,
    loop: PublishLoop,
    delivery: Delivery,
    clock: Clock,
    clients: () => number,
  ) {
    this.#ring = ring;
    this.#loop = loop;
    this.#delivery = delivery;
    this.#clock = clock;
    this.#clients = clients;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      this.#delivery.adaptiveWindowMs = this.#windowMs();
      if (this.#loop.doWork() > 0) {
        const pauseMs = this.#delivery.pauseMs() ?? 0;
        if (pauseMs >= 1) await this.#pause(pauseMs);
        else await nextTurn();
        continue;
      }
      const seen = this.#ring.publishWake.announce();
      // Work that came before the announcement woke nobody: look once more.
      if (this.#loop.doWork() > 0) continue;
      const waitMs = this.#loop.waitingForGreeks ? GATE_MS : IDLE_MS;
      const dueMs = this.#delivery.pauseMs() ?? waitMs;
      await this.#ring.publishWake.waitAsync(seen, Math.min(waitMs, Math.max(1, dueMs)));
    }
  }

  /** Sends what is left in the ring. */
  drain(): void {
    while (this.#loop.doWork() > 0);
    this.#delivery.flushAll();
  }

  /** From `critical` on windows grow and conflation begins. */
  setLoadLevel(level: number): void {
    this.#level = level;
    this.#delivery.sheds = level >= 2;
  }

  stop(): void {
    this.#stopped = true;
  }

  #windowMs(): number {
    const clients = this.#clients();
    const least = WINDOW_OF_LEVEL_MS[this.#level] ?? 0;
    if (clients <= CLIENTS_WITHOUT_WINDOW) return least;
    return Math.max(least, Math.min(WINDOW_MAX_MS, Math.ceil(clients / CLIENTS_PER_WINDOW_MS)));
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimeout(resolve, delayMs));
  }
}
