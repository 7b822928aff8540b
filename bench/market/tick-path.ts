import { exchangeCalendar } from '../../src/domain/calendar.ts';
import { flatPricing } from '../../src/domain/pricing-terms.ts';
import { type Clock, createSystemClock } from '../../src/domain/clock.ts';
import { ChainTable } from '../../src/shm/chain-table.ts';
import { InstrumentTable } from '../../src/shm/instrument-table.ts';
import { LastValueTable } from '../../src/shm/last-value-table.ts';
import { METER_WRITER } from '../../src/shm/layout/meters.ts';
import { ThreadMeters } from '../../src/shm/meters.ts';
import { RepriceRing } from '../../src/shm/reprice-ring.ts';
import { Ring } from '../../src/shm/ring.ts';
import { RingWriter } from '../../src/shm/ring-writer.ts';
import { RowAllocator } from '../../src/threads/control/row-allocator.ts';
import { allocateSharedMemory } from '../../src/threads/control/shared-memory.ts';
import { GreeksLoop } from '../../src/threads/greeks/loop.ts';
import { IngestLoop } from '../../src/threads/ingest/loop.ts';
import type { MarketRecording } from './recording.ts';

const INSTRUMENT_ROWS = 8192;
/** Discounts premiums, continuously compounded. */
export const RATE_PER_YEAR = 0.065;

/** The service's loops on shared memory of their own, all in the calling thread. */
export interface TickPath {
  clock: Clock;
  ring: Ring;
  table: InstrumentTable;
  lastValues: LastValueTable;
  ingest: IngestLoop;
  greeks: GreeksLoop;
  ingestMeters: ThreadMeters;
  greeksMeters: ThreadMeters;
  publishMeters: ThreadMeters;
  /** What the worker says to have repriced. */
  repriced: RepriceRing;
  /** Rows of the recording's instruments, in their order. */
  rows: number[];
}

/** Wires the loops as control does, every instrument of the recording in the tables. */
export function createTickPath(
  recording: Pick<MarketRecording, 'registry' | 'instruments'>,
  ringSlots: number,
  pricing = flatPricing(RATE_PER_YEAR),
  clock: Clock = createSystemClock(),
): TickPath {
  const blocks = allocateSharedMemory({
    ringSlots,
    instrumentRows: INSTRUMENT_ROWS,
    greeksWorkers: 1,
  });
  const ring = new Ring(blocks.ring);
  const table = new InstrumentTable(blocks.instruments);
  const lastValues = new LastValueTable(blocks.lastValues);
  const repriced = new RepriceRing(blocks.repriced, 0);
  const meters = (writer: number): ThreadMeters => new ThreadMeters(blocks.meters, writer);
  const ingestMeters = meters(METER_WRITER.INGEST);
  const greeksMeters = meters(METER_WRITER.GREEKS);
  const allocator = new RowAllocator({
    table,
    registry: recording.registry,
    calendar: exchangeCalendar,
    pricing,
    workers: 1,
  });
  const rows = recording.instruments.map((instrument) => allocator.rowOf(instrument));
  if (rows.includes(-1)) throw new Error('the instrument table is full');
  return {
    clock,
    ring,
    table,
    lastValues,
    ingest: new IngestLoop({
      writer: new RingWriter(ring),
      table,
      lastValues,
      meters: ingestMeters,
      clock,
    }),
    greeks: new GreeksLoop({
      worker: 0,
      ring,
      lastValues,
      table,
      meters: greeksMeters,
      repriced,
      analytics: new ChainTable(blocks.chains),
      calendar: exchangeCalendar,
      clock,
    }),
    ingestMeters,
    greeksMeters,
    publishMeters: meters(METER_WRITER.PUBLISH),
    repriced,
    rows,
  };
}
