/** Thread: writes one thread's meters until told to stop. */
import { workerData } from 'node:worker_threads';
import type { SharedBlock } from '../../src/shm/block.ts';
import { ThreadMeters } from '../../src/shm/meters.ts';
import { COUNTER, GAUGE, GAUGE_VALUES, HISTOGRAM } from './shm-meters-samples.ts';
import { sendEvent, sendResult } from './shm-outcomes.ts';
import { isRaised, STOP_SIGNAL, type Signals } from './shm-signals.ts';

export interface MetersData {
  meters: SharedBlock;
  writer: number;
  signals: Signals;
}

const { meters: block, writer, signals } = workerData as MetersData;
const meters = new ThreadMeters(block, writer);
let rounds = 0;
do {
  rounds++;
  meters.set(GAUGE, GAUGE_VALUES[rounds % 2]!);
  meters.add(COUNTER, 1);
  meters.record(HISTOGRAM, rounds % 1000);
  if (rounds === 1000) sendEvent('started');
} while (!isRaised(signals, STOP_SIGNAL));
sendResult(rounds);
