import { exchangeCalendar } from '../../src/domain/calendar.ts';
import type { Random } from '../../src/feed/sim/random.ts';
import { ChainTable } from '../../src/shm/chain-table.ts';
import { InstrumentTable } from '../../src/shm/instrument-table.ts';
import { METER_WRITER } from '../../src/shm/layout/meters.ts';
import { LastValueTable } from '../../src/shm/last-value-table.ts';
import { ThreadMeters } from '../../src/shm/meters.ts';
import { RepriceRing } from '../../src/shm/reprice-ring.ts';
import { GreeksLoop } from '../../src/threads/greeks/loop.ts';
import type { SharedBlocks } from '../../src/threads/messages.ts';
import { HookedRing } from './hooked-ring.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { Crash, VirtualThread } from './virtual-thread.ts';

const WAKE_MS = 0.15;
/** As the real worker: the longest sleep. */
const SLEEP_MAX_MS = 100;
/** Looks at the ring between which a worker that is to die may still live. */
const CRASH_LOOKS = 40;

export interface GreeksHostOptions {
  worker: number;
  clock: VirtualClock;
  random: Random;
  blocks: SharedBlocks;
  /** Something has been computed. */
  onWork: () => void;
  onDeath: () => void;
}

/** A Greeks worker: the real loop in slices, which can sleep too long and die anywhere. */
export class GreeksHost {
  readonly thread: VirtualThread;
  readonly #options: GreeksHostOptions;
  readonly #loop: GreeksLoop;
  #isAwake = false;
  /** Looks at the ring until it dies. */
  #looksLeft = Infinity;

  constructor(options: GreeksHostOptions) {
    const { worker, clock, random, blocks } = options;
    this.#options = options;
    this.thread = new VirtualThread(clock, random, (error) => this.#onCrash(error));
    this.#loop = new GreeksLoop({
      worker,
      ring: new HookedRing(blocks.ring, () => this.#look()),
      lastValues: new LastValueTable(blocks.lastValues),
      table: new InstrumentTable(blocks.instruments),
      meters: new ThreadMeters(blocks.meters, METER_WRITER.GREEKS + worker),
      repriced: new RepriceRing(blocks.repriced, worker),
      analytics: new ChainTable(blocks.chains),
      calendar: exchangeCalendar,
      clock: this.thread.clock,
    });
    this.thread.clock.setInterval(() => this.wake(), SLEEP_MAX_MS);
  }

  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.thread.post('timer', WAKE_MS, () => {
      this.#isAwake = false;
      if (this.#loop.doWork() === 0) return;
      this.#options.onWork();
      this.wake();
    });
  }

  /** Dies in the middle of its next work. */
  crash(): void {
    this.#looksLeft = this.#options.random.integer(1, CRASH_LOOKS);
  }

  #look(): void {
    if (--this.#looksLeft <= 0) throw new Crash('in a Greeks worker');
  }

  #onCrash(error: unknown): void {
    if (!(error instanceof Crash)) throw error;
    this.die();
  }

  die(): void {
    if (!this.thread.isAlive) return;
    this.thread.kill();
    this.#options.onDeath();
  }
}
