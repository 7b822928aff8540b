import type { Clock } from '../../domain/clock.ts';
import type { Ring } from '../../shm/ring.ts';
import { nextTurn } from '../turn.ts';
import { GATE_MS } from './gate.ts';
import type { PublishLoop } from './loop.ts';

/** Sleep without work; bounds how long a missed wake-up can matter. */
const IDLE_MS = 20;
/** Up to so many clients every wake-up is flushed at once. */
const CLIENTS_WITHOUT_WINDOW = 40;
/** One ms of window per so many clients: about 50,000 socket writes a second at the most. */
const CLIENTS_PER_WINDOW_MS = 50;
const WINDOW_MAX_MS = 10;

/**
 * Runs the loop whenever there is something to send, and lets the thread's sockets be served in
 * between. With many clients it waits a little between flushes: the cost is per socket write, not
 * per tick, so a window of some ms keeps the cost bounded.
 */
export class DutyCycle {
  readonly #ring: Ring;
  readonly #loop: PublishLoop;
  readonly #clock: Clock;
  readonly #clients: () => number;
  #stopped = false;

  constructor(ring: Ring, loop: PublishLoop, clock: Clock, clients: () => number) {
    this.#ring = ring;
    this.#loop = loop;
    this.#clock = clock;
    this.#clients = clients;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#loop.doWork() > 0) {
        const windowMs = this.#windowMs();
        if (windowMs > 0) await this.#pause(windowMs);
        else await nextTurn();
        continue;
      }
      const seen = this.#ring.publishWake.announce();
      // Work that came before the announcement woke nobody: look once more.
      if (this.#loop.doWork() > 0) continue;
      const waitMs = this.#loop.waitingForGreeks ? GATE_MS : IDLE_MS;
      await this.#ring.publishWake.waitAsync(seen, waitMs);
    }
  }

  /** Sends what is left in the ring. */
  drain(): void {
    while (this.#loop.doWork() > 0);
  }

  stop(): void {
    this.#stopped = true;
  }

  #windowMs(): number {
    const clients = this.#clients();
    if (clients <= CLIENTS_WITHOUT_WINDOW) return 0;
    return Math.min(WINDOW_MAX_MS, Math.ceil(clients / CLIENTS_PER_WINDOW_MS));
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimeout(resolve, delayMs));
  }
}
