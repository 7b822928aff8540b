import { randomBytes } from 'node:crypto';
import { createChainTable } from '../../shm/chain-table.ts';
import { createInstrumentTable } from '../../shm/instrument-table.ts';
import { createLastValueTable } from '../../shm/last-value-table.ts';
import { METER_WRITER } from '../../shm/layout/meters.ts';
import { createMeters } from '../../shm/meters.ts';
import { createRepriceRings } from '../../shm/reprice-ring.ts';
import { createRing } from '../../shm/ring.ts';
import type { SharedBlocks } from '../messages.ts';

/** Underlying and expiry pairs; NSE and BSE list about 1,100. */
const CHAINS_MAX = 2048;

export interface SharedMemorySizes {
  /** Power of two. */
  ringSlots: number;
  instrumentRows: number;
  greeksWorkers: number;
}

/** Allocates everything that the tick threads share. A new ring is a new epoch. */
export function allocateSharedMemory(sizes: SharedMemorySizes): SharedBlocks {
  const { ringSlots, instrumentRows, greeksWorkers } = sizes;
  const epoch = randomBytes(8);
  return {
    ring: createRing({
      slots: ringSlots,
      workers: greeksWorkers,
      epochLow: epoch.readUInt32LE(0),
      epochHigh: epoch.readUInt32LE(4),
    }),
    lastValues: createLastValueTable(instrumentRows),
    instruments: createInstrumentTable(instrumentRows, CHAINS_MAX),
    meters: createMeters(METER_WRITER.GREEKS + greeksWorkers),
    repriced: createRepriceRings(greeksWorkers, instrumentRows),
    chains: createChainTable(CHAINS_MAX),
  };
}
