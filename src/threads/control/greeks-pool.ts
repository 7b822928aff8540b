import type { Piscina } from 'piscina';
import type { Clock } from '../../domain/clock.ts';
import { errorText } from '../../domain/error-codes.ts';
import { InstrumentTable } from '../../shm/instrument-table.ts';
import { LastValueTable } from '../../shm/last-value-table.ts';
import { CONTROL } from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import { Ring } from '../../shm/ring.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { SharedBlocks } from '../messages.ts';
import type { ClockSettings } from '../../domain/clock.ts';
import { createGreeksPool } from '../spawn.ts';

const RESTART_MS = 50;

export interface GreeksPoolOptions {
  workers: number;
  blocks: SharedBlocks;
  clockSettings: ClockSettings;
  clock: Clock;
  logger: Logger;
  meters: ThreadMeters;
}

/** The Greeks workers: one endless task each, started again when its thread dies. */
export class GreeksPool {
  readonly #options: GreeksPoolOptions;
  readonly #pool: Piscina;
  readonly #ring: Ring;
  readonly #table: InstrumentTable;
  readonly #lastValues: LastValueTable;
  readonly #tasks: Promise<void>[] = [];
  #stopping = false;

  constructor(options: GreeksPoolOptions) {
    this.#options = options;
    this.#pool = createGreeksPool(options.workers);
    this.#ring = new Ring(options.blocks.ring);
    this.#table = new InstrumentTable(options.blocks.instruments);
    this.#lastValues = new LastValueTable(options.blocks.lastValues);
    for (let worker = 0; worker < options.workers; worker++) {
      this.#tasks.push(this.#keepRunning(worker));
    }
  }

  /** The pool's threads, for tests that kill one. */
  get threads(): Piscina['threads'] {
    return this.#pool.threads;
  }

  /** Ends the tasks (the ring's stop word must be set), then the threads. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#tasks);
    await this.#pool.destroy();
  }

  async #keepRunning(worker: number): Promise<void> {
    const { blocks, clockSettings, logger, meters, clock } = this.#options;
    while (!this.#stopping) {
      try {
        await this.#pool.run({ worker, ...blocks, clock: clockSettings });
        return;
      } catch (error) {
        if (this.#isStopping()) return;
        // The thread has exited: only now may what it held pass to another one.
        this.#cleanUp(worker);
        meters.add(CONTROL.RESTARTS_GREEKS, 1);
        logger.error({ worker, detail: errorText(error) }, 'Greeks worker ended; restarting it');
        await new Promise<void>((resolve) => clock.setTimeout(resolve, RESTART_MS));
      }
    }
  }

  /* A method: the flag changes while a task is awaited, which flow analysis does not see. */
  #isStopping(): boolean {
    return this.#stopping;
  }

  /** Frees the section that the dead worker may have been writing, in the ring and in the table. */
  #cleanUp(worker: number): void {
    if (this.#ring.releaseDeadWorker(worker)) this.#options.meters.add(CONTROL.CLAIMS_RELEASED, 1);
    const rows = this.#table.count;
    for (let row = 0; row < rows; row++) {
      const chain = this.#table.chains[row] ?? -1;
      if (chain >= 0 && this.#table.chainWorker(chain) === worker)
        this.#lastValues.repairGreeks(row);
    }
  }
}
