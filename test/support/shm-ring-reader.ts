/** Thread: a reader of the ring that checks every slot it gets against its position. */
import { workerData } from 'node:worker_threads';
import { createPrivateTicks, type SharedBlock } from '../../src/shm/block.ts';
import { TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import { Ring } from '../../src/shm/ring.ts';
import { RingReader } from '../../src/shm/ring-reader.ts';
import { Outcomes, sendResult } from './shm-outcomes.ts';
import { isQuoteIntact, tickPosition } from './shm-pattern.ts';
import { isRaised, pause, WRITER_DONE_SIGNAL, type Signals } from './shm-signals.ts';

export const RING_READER_OUTCOMES = [
  /** The slot is wholly the tick of the position that is next. */
  'intact',
  /** It says it is that position, but is not wholly so. Forbidden. */
  'torn',
  /** It is another position's: repeated, skipped or out of order. Forbidden. */
  'wrongPosition',
  /** A run of which something was overwritten before the copy. */
  'lappedBefore',
  /** A run of which something was overwritten during the copy. */
  'lappedDuring',
  /** A run of which some slots were lost and some returned. */
  'partlyLost',
  /** Nothing lost. */
  'wholeRun',
] as const;
export type RingReaderOutcome = (typeof RING_READER_OUTCOMES)[number];

export interface ReaderData {
  ring: SharedBlock;
  signals: Signals;
  capacity: number;
  /** Every so many runs it gives up the core for `pauseMs`; 0 never. */
  pauseEvery: number;
  pauseMs: number;
  wanted: Partial<Record<RingReaderOutcome, number>>;
}

export interface ReaderResult {
  counts: Record<RingReaderOutcome, number>;
  received: number;
  lost: number;
  position: number;
}

function run(data: ReaderData): ReaderResult {
  const ring = new Ring(data.ring);
  const target = createPrivateTicks(data.capacity, TICK_SLOT_BYTES);
  const reader = new RingReader(ring, ring.start, target, data.capacity);
  const outcomes = new Outcomes(RING_READER_OUTCOMES, data.wanted, ['torn', 'wrongPosition']);
  let received = 0;

  const readRun = (limit: number): void => {
    const lostBefore = reader.lost;
    const gone = Math.max(0, Math.min(ring.firstIntact(limit) - 1, limit) - reader.position);
    const count = reader.read(limit);
    const lost = reader.lost - lostBefore;
    if (gone > 0) outcomes.count('lappedBefore');
    if (lost > gone) outcomes.count('lappedDuring');
    if (lost === 0) outcomes.count('wholeRun');
    if (lost > 0 && count > 0) outcomes.count('partlyLost');
    for (let i = 0; i < count; i++) {
      const expected = reader.position - count + 1 + i;
      const bytes = i * TICK_SLOT_BYTES;
      if (tickPosition(target, bytes) !== expected) outcomes.count('wrongPosition');
      else outcomes.count(isQuoteIntact(target, bytes, expected) ? 'intact' : 'torn');
    }
    received += count;
    outcomes.reportWhenComplete();
  };

  for (let runs = 1; ; runs++) {
    const done = isRaised(data.signals, WRITER_DONE_SIGNAL);
    const limit = ring.published(reader.position);
    if (limit > reader.position) {
      readRun(limit);
    } else if (done) {
      const { lost, position } = reader;
      return { counts: outcomes.counts, received, lost, position };
    } else {
      const seen = ring.publishWake.announce();
      if (ring.published(reader.position) === reader.position) {
        ring.publishWake.waitBlocking(seen, 5);
      }
    }
    if (data.pauseEvery > 0 && runs % data.pauseEvery === 0) pause(data.signals, data.pauseMs);
  }
}

sendResult(run(workerData as ReaderData));
