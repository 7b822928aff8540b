import type { SharedBlock } from '../../shm/block.ts';
import { LOOP_BEAT, METER_WRITER } from '../../shm/layout/meters.ts';
import { ThreadMeters } from '../../shm/meters.ts';

/** Checks without a beat after which a thread counts as hung. One check a second of real time. */
const SILENT_CHECKS_MAX = 10;

type WatchedThread = 'ingest' | 'publish' | 'orders' | 'old-channels';

/**
 * Finds threads whose event loop no longer turns. A hung thread holds sockets and cannot be ended
 * alone, so the process has to go. Counting checks, not time, keeps a suspended process from
 * mistaking its own sleep for a hang.
 */
export class HangWatch {
  readonly #threads: { name: WatchedThread; meters: ThreadMeters; beat: number; silent: number }[];
  readonly #silentChecksMax: number;

  /** `clockSpeed`: a fast clock checks more often; the machine's own delays do not get shorter. */
  constructor(meters: SharedBlock, clockSpeed: number) {
    const watch = (name: WatchedThread, writer: number) => {
      return { name, meters: new ThreadMeters(meters, writer), beat: -1, silent: 0 };
    };
    this.#threads = [
      watch('ingest', METER_WRITER.INGEST),
      watch('publish', METER_WRITER.PUBLISH),
      watch('orders', METER_WRITER.ORDERS),
      // Where it does not run it never beats, and is not missed.
      watch('old-channels', METER_WRITER.OLD_CHANNELS),
    ];
    this.#silentChecksMax = Math.ceil(SILENT_CHECKS_MAX * Math.max(1, clockSpeed));
  }

  /**
   * The thread has exited: until its successor beats, that it is down is its supervisor's business.
   */
  forget(name: WatchedThread): void {
    this.#threads.find((thread) => thread.name === name)?.meters.set(LOOP_BEAT, 0);
  }

  /** Name of a hung thread; undefined if all are well. Call once a second. */
  check(): string | undefined {
    for (const thread of this.#threads) {
      const beat = thread.meters.get(LOOP_BEAT);
      thread.silent = beat === thread.beat ? thread.silent + 1 : 0;
      thread.beat = beat;
      // Zero: it has not started yet; that is its supervisor's business.
      if (beat > 0 && thread.silent >= this.#silentChecksMax) return thread.name;
    }
    return undefined;
  }
}
