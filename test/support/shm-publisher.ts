/**
 * Thread: reads the ring as publish does. Before each copy it notes which Greeks sections are
 * complete, and takes the Greeks of no other.
 */
import { workerData } from 'node:worker_threads';
import { createPrivateTicks, type SharedBlock } from '../../src/shm/block.ts';
import { isGreeksDone } from '../../src/shm/greeks-section.ts';
import { TICK_GREEKS_STATE_I32, TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import { Ring } from '../../src/shm/ring.ts';
import { RingReader } from '../../src/shm/ring-reader.ts';
import { Outcomes, sendResult } from './shm-outcomes.ts';
import {
  areGreeksIntact,
  greeksPosition,
  isBlank,
  isBlankPosition,
  isQuoteIntact,
} from './shm-pattern.ts';
import { isRaised, WRITER_DONE_SIGNAL, type Signals } from './shm-signals.ts';

const CAPACITY = 512;

export const PUBLISHER_OUTCOMES = [
  /** Quote whole, Greeks whole and its own. */
  'own',
  /** Quote whole, needs no Greeks, section blank. */
  'blank',
  /** Quote whole, Greeks not complete in time: not taken. */
  'late',
  /** A quote that mixes two ticks. Forbidden. */
  'tornQuote',
  /** Greeks said to be complete are wholly another quote's. Forbidden. */
  'foreign',
  /** Greeks said to be complete are not wholly anybody's. Forbidden. */
  'tornGreeks',
] as const;
export type PublisherOutcome = (typeof PUBLISHER_OUTCOMES)[number];

export interface PublisherData {
  ring: SharedBlock;
  signals: Signals;
  wanted: Partial<Record<PublisherOutcome, number>>;
}

export interface PublisherResult {
  counts: Record<PublisherOutcome, number>;
  received: number;
  lost: number;
  position: number;
}

const data = workerData as PublisherData;
const ring = new Ring(data.ring);
const target = createPrivateTicks(CAPACITY, TICK_SLOT_BYTES);
const reader = new RingReader(ring, ring.start, target, CAPACITY);
const outcomes = new Outcomes(PUBLISHER_OUTCOMES, data.wanted, [
  'tornQuote',
  'foreign',
  'tornGreeks',
]);
const complete = new Uint8Array(CAPACITY);

function judge(bytes: number, position: number, isComplete: boolean): PublisherOutcome {
  if (!isQuoteIntact(target, bytes, position)) return 'tornQuote';
  if (!isComplete) return 'late';
  if (isBlankPosition(position)) {
    return isBlank(target, bytes, position) ? 'blank' : 'tornGreeks';
  }
  if (areGreeksIntact(target, bytes, position)) return 'own';
  const other = greeksPosition(target, bytes);
  return areGreeksIntact(target, bytes, other) ? 'foreign' : 'tornGreeks';
}

function readRun(limit: number): number {
  const from = reader.position + 1;
  const to = Math.min(limit, reader.position + CAPACITY);
  for (let position = from; position <= to; position++) {
    const state = (ring.slotBytes(position) >> 2) + TICK_GREEKS_STATE_I32;
    complete[position - from] = isGreeksDone(ring.ticks.i32, state, position) ? 1 : 0;
  }
  const count = reader.read(to);
  for (let i = 0; i < count; i++) {
    const position = to - count + 1 + i;
    const isComplete = complete[position - from] === 1;
    outcomes.count(judge(i * TICK_SLOT_BYTES, position, isComplete));
  }
  outcomes.reportWhenComplete();
  return count;
}

/** How far the Greeks are; or everything, after one vain wait. */
function nextLimit(): number {
  const { position } = reader;
  const published = ring.published(position);
  const ready = (): number => {
    let slowest = ring.published(position);
    for (let worker = 0; worker < ring.workers; worker++) {
      slowest = Math.min(slowest, ring.greeksCursor(worker, position));
    }
    return slowest;
  };
  if (ready() > position) return ready();
  const seen = ring.publishWake.announce();
  if (ready() > position) return ready();
  ring.publishWake.waitBlocking(seen, 1);
  return Math.max(ready(), published);
}

let received = 0;
for (;;) {
  const done = isRaised(data.signals, WRITER_DONE_SIGNAL);
  if (done && ring.published(reader.position) === reader.position) break;
  received += readRun(nextLimit());
}
const { lost, position } = reader;
sendResult({ counts: outcomes.counts, received, lost, position } satisfies PublisherResult);
