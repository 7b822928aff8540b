/** Thread: the ring's writer. Writes batches of ticks as fast as it can, with pauses. */
import { workerData } from 'node:worker_threads';
import type { SharedBlock } from '../../src/shm/block.ts';
import { Ring } from '../../src/shm/ring.ts';
import { RingWriter } from '../../src/shm/ring-writer.ts';
import { sendResult } from './shm-outcomes.ts';
import { BLANK, isBlankPosition, writeTick } from './shm-pattern.ts';
import { SeededRandom } from './shm-random.ts';
import {
  isRaised,
  pause,
  raise,
  STOP_SIGNAL,
  WRITER_DONE_SIGNAL,
  type Signals,
} from './shm-signals.ts';

export interface WriterData {
  ring: SharedBlock;
  signals: Signals;
  /** Ticks to write at least; it goes on until STOP_SIGNAL. */
  ticksMin: number;
  batchMax: number;
  /** Three of four ticks need Greeks; without, none does. */
  greeks: boolean;
  /** Every so many batches it gives up the core for `pauseMs`. */
  pauseEvery: number;
  pauseMs: number;
}

export interface WriterResult {
  position: number;
  sectionsInUse: number;
}

function run(data: WriterData): WriterResult {
  const ring = new Ring(data.ring);
  const writer = new RingWriter(ring);
  const random = new SeededRandom(7);
  const last = ring.start + data.ticksMin;
  for (let batch = 1; writer.position < last || !isRaised(data.signals, STOP_SIGNAL); batch++) {
    const count = 1 + random.below(data.batchMax);
    writer.begin(count);
    // Now and then fewer than announced, as after rejected packets.
    const written = random.below(8) === 0 ? random.below(count) : count;
    for (let i = 0; i < written; i++) {
      const blank = !data.greeks || isBlankPosition(writer.position + 1);
      writeTick(writer, blank ? BLANK : undefined);
    }
    // One more slot is opened and scribbled on, and not committed.
    if (written < count) ring.ticks.u32.fill(batch, writer.open() >> 2, (writer.open() >> 2) + 20);
    writer.end();
    if (batch % data.pauseEvery === 0) pause(data.signals, data.pauseMs);
  }
  raise(data.signals, WRITER_DONE_SIGNAL);
  ring.greeksWake.wake();
  ring.publishWake.wake();
  return { position: writer.position, sectionsInUse: writer.sectionsInUse };
}

sendResult(run(workerData as WriterData));
