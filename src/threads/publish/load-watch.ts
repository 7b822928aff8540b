import type { Clock } from '../../domain/clock.ts';
import { PUBLISH, PUBLISH_HISTOGRAM } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { Ring } from '../../shm/ring.ts';
import type { DutyCycle } from './duty-cycle.ts';
import { LoadLevel } from './load-level.ts';
import type { PublishLoop } from './loop.ts';

/** Looks once a second at how publish copes, and tells the duty cycle. */
export class LoadWatch {
  readonly #ring: Ring;
  readonly #loop: Pick<PublishLoop, 'position' | 'pending'>;
  readonly #cycle: Pick<DutyCycle, 'setLoadLevel'>;
  readonly #meters: ThreadMeters;
  readonly #clock: Clock;
  readonly #level = new LoadLevel();
  #seen: { newest: number; position: number; ageSumUs: number; atMs: number };

  constructor(
    ring: Ring,
    loop: Pick<PublishLoop, 'position' | 'pending'>,
    cycle: Pick<DutyCycle, 'setLoadLevel'>,
    meters: ThreadMeters,
    clock: Clock,
  ) {
    this.#ring = ring;
    this.#loop = loop;
    this.#cycle = cycle;
    this.#meters = meters;
    this.#clock = clock;
    this.#seen = this.#now();
  }

  second(): void {
    const seen = this.#seen;
    const now = this.#now();
    this.#seen = now;
    const level = this.#level.look({
      received: now.newest - seen.newest,
      passedOn: now.position - seen.position,
      ageSumMs: (now.ageSumUs - seen.ageSumUs) / 1000,
      pending: this.#loop.pending,
      elapsedMs: now.atMs - seen.atMs,
    });
    this.#meters.set(PUBLISH.LOAD_LEVEL, level);
    this.#cycle.setLoadLevel(level);
  }

  #now() {
    return {
      newest: this.#ring.newest(),
      position: this.#loop.position,
      ageSumUs: this.#meters.histogram(PUBLISH_HISTOGRAM.AGE_US).sum,
      atMs: this.#clock.monotonicMs(),
    };
  }
}
