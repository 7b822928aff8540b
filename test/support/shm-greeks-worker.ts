/**
 * Thread: a Greeks worker that writes patterns. It owns the positions that give its number modulo
 * the number of workers.
 */
import { workerData } from 'node:worker_threads';
import { claimGreeks, finishGreeks } from '../../src/shm/greeks-section.ts';
import type { SharedBlock } from '../../src/shm/block.ts';
import { TICK_GREEKS_STATE_I32 } from '../../src/shm/layout/tick-slot.ts';
import { Ring } from '../../src/shm/ring.ts';
import { Outcomes, sendEvent, sendResult } from './shm-outcomes.ts';
import { fillGreeks, isBlankPosition } from './shm-pattern.ts';
import { SeededRandom } from './shm-random.ts';
import {
  blockUntil,
  isRaised,
  pause,
  RELEASE_SIGNAL,
  WRITER_DONE_SIGNAL,
  type Signals,
} from './shm-signals.ts';

export const GREEKS_WORKER_OUTCOMES = [
  /** Claimed, written and finished. */
  'finished',
  /** The claim failed: the ring had moved on. */
  'notPending',
  /** The ring lapped the section while this worker held it. */
  'lappedInside',
  /** Positions passed over because the ring had lapped the worker. */
  'overrun',
] as const;
export type GreeksWorkerOutcome = (typeof GREEKS_WORKER_OUTCOMES)[number];
export type GreeksWorkerResult = Record<GreeksWorkerOutcome, number>;

export interface GreeksWorkerData {
  ring: SharedBlock;
  signals: Signals;
  worker: number;
  workers: number;
  /** One in so many sections is held for `holdMs` in the middle of the write; 0 never. */
  holdEvery: number;
  holdMs: number;
  /** Position whose section is held half written, after the event `stuck`, until RELEASE_SIGNAL. */
  stuckAt?: number;
  /** Claim only this position, then end. */
  only?: boolean;
  wanted: Partial<Record<GreeksWorkerOutcome, number>>;
}

const data = workerData as GreeksWorkerData;
const ring = new Ring(data.ring);
const outcomes = new Outcomes(GREEKS_WORKER_OUTCOMES, data.wanted);
const random = new SeededRandom(11 + data.worker);

function holdMaybe(position: number): void {
  if (position === data.stuckAt) {
    sendEvent('stuck');
    blockUntil(data.signals, RELEASE_SIGNAL);
  } else if (data.holdEvery > 0 && random.below(data.holdEvery) === 0) {
    pause(data.signals, data.holdMs);
  }
}

function compute(position: number): void {
  const bytes = ring.slotBytes(position);
  const state = (bytes >> 2) + TICK_GREEKS_STATE_I32;
  ring.noteClaim(data.worker, position);
  if (!claimGreeks(ring.ticks.i32, state, position)) {
    outcomes.count('notPending');
    return;
  }
  fillGreeks(ring.ticks, bytes, position, () => holdMaybe(position));
  if (ring.firstIntact(position) > position) outcomes.count('lappedInside');
  finishGreeks(ring.ticks.i32, state, position);
  outcomes.count('finished');
}

/** Works off one batch; returns the new position. */
function doWork(from: number, published: number): number {
  const intact = ring.firstIntact(published);
  if (intact > from + 1) {
    outcomes.counts.overrun += intact - 1 - from;
    return intact - 1;
  }
  const to = Math.min(published, from + 64);
  for (let position = from + 1; position <= to; position++) {
    if (isBlankPosition(position) || position % data.workers !== data.worker) continue;
    compute(position);
  }
  return to;
}

function run(): void {
  let position = ring.newest();
  ring.storeGreeksCursor(data.worker, position);
  sendEvent('started');
  for (;;) {
    const done = isRaised(data.signals, WRITER_DONE_SIGNAL);
    const published = ring.published(position);
    if (published > position) {
      position = doWork(position, published);
      ring.storeGreeksCursor(data.worker, position);
      ring.publishWake.wake();
      outcomes.reportWhenComplete();
    } else if (done) {
      return;
    } else {
      const seen = ring.greeksWake.announce();
      if (ring.published(position) === position) ring.greeksWake.waitBlocking(seen, 5);
    }
  }
}

if (data.only === true) compute(data.stuckAt!);
else run();
sendResult(outcomes.counts);
