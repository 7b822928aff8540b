import { exchangeCalendar } from '../../domain/calendar.ts';
import { createSystemClock, type ClockSettings } from '../../domain/clock.ts';
import type { SharedBlock } from '../../shm/block.ts';
import { ChainTable } from '../../shm/chain-table.ts';
import { InstrumentTable } from '../../shm/instrument-table.ts';
import { LastValueTable } from '../../shm/last-value-table.ts';
import { METER_WRITER } from '../../shm/layout/meters.ts';
import { ThreadMeters } from '../../shm/meters.ts';
import { RepriceRing } from '../../shm/reprice-ring.ts';
import { Ring } from '../../shm/ring.ts';
import { GreeksLoop } from './loop.ts';

/** Longest sleep; bounds how long a stop request or a new instrument may go unseen. */
const SLEEP_MAX_MS = 100;

export interface GreeksWorkerData {
  worker: number;
  ring: SharedBlock;
  lastValues: SharedBlock;
  instruments: SharedBlock;
  meters: SharedBlock;
  repriced: SharedBlock;
  chains: SharedBlock;
  clock: ClockSettings;
}

/** Runs worker `data.worker` in this thread until the ring's stop word is set. Blocks. */
export function runGreeksWorker(data: GreeksWorkerData): void {
  const ring = new Ring(data.ring);
  const loop = new GreeksLoop({
    worker: data.worker,
    ring,
    lastValues: new LastValueTable(data.lastValues),
    table: new InstrumentTable(data.instruments),
    meters: new ThreadMeters(data.meters, METER_WRITER.GREEKS + data.worker),
    repriced: new RepriceRing(data.repriced, data.worker),
    analytics: new ChainTable(data.chains),
    calendar: exchangeCalendar,
    clock: createSystemClock(data.clock),
  });
  while (!ring.stopRequested) {
    if (loop.doWork() > 0) continue;
    const seen = ring.greeksWake.announce();
    // Work that came before the announcement woke nobody: look once more.
    if (loop.doWork() > 0) continue;
    ring.greeksWake.waitBlocking(seen, loop.idleMs(SLEEP_MAX_MS));
  }
}
