import type { SharedBlock } from '../../shm/block.ts';
import { LOOP_BEAT, METER_WRITER } from '../../shm/layout/meters.ts';
import { ThreadMeters } from '../../shm/meters.ts';

/** Checks without a beat after which a thread counts as hung. One check a second. */
const SILENT_CHECKS_MAX = 10;

/**
 * Finds threads whose event loop no longer turns. A hung thread holds sockets and cannot be ended
 * alone, so the process has to go. Counting checks, not time, keeps a suspended process from
 * mistaking its own sleep for a hang.
 */
export class HangWatch {
  readonly #threads: { name: string; meters: ThreadMeters; beat: number; silent: number }[];

  constructor(meters: SharedBlock) {
    this.#threads = [
      { name: 'ingest', writer: METER_WRITER.INGEST },
      { name: 'publish', writer: METER_WRITER.PUBLISH },
    ].map(({ name, writer }) => {
      return { name, meters: new ThreadMeters(meters, writer), beat: -1, silent: 0 };
    });
  }

  /** Name of a hung thread; undefined if all are well. Call once a second. */
  check(): string | undefined {
    for (const thread of this.#threads) {
      const beat = thread.meters.get(LOOP_BEAT);
      thread.silent = beat === thread.beat ? thread.silent + 1 : 0;
      thread.beat = beat;
      // Zero: it has not started yet; that is its supervisor's business.
      if (beat > 0 && thread.silent >= SILENT_CHECKS_MAX) return thread.name;
    }
    return undefined;
  }
}
