import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrivateTicks, type SharedBlock } from '../../../src/shm/block.ts';
import {
  claimGreeks,
  finishGreeks,
  GREEKS_CLAIMED,
  greeksWord,
  isGreeksDone,
} from '../../../src/shm/greeks-section.ts';
import { TICK_GREEKS_STATE_I32, TICK_SLOT_BYTES } from '../../../src/shm/layout/tick-slot.ts';
import { createRing, Ring } from '../../../src/shm/ring.ts';
import { RingReader } from '../../../src/shm/ring-reader.ts';
import { RingWriter } from '../../../src/shm/ring-writer.ts';
import type { GreeksWorkerData, GreeksWorkerResult } from '../../support/shm-greeks-worker.ts';
import {
  areGreeksIntact,
  fillGreeks,
  greeksPosition,
  isQuoteIntact,
  writeTick,
} from '../../support/shm-pattern.ts';
import { createSignals, raise, RELEASE_SIGNAL } from '../../support/shm-signals.ts';
import { threadStarter } from '../../support/shm-threads.ts';

const WATCHDOG_MS = 60_000;
const SLOTS = 8;
const LAPS = 200;
/** Slot, counted from the first position, whose section the stopped worker holds. */
const STUCK_SLOT = 3;

const STARTS: readonly [string, number][] = [
  ['from 0', 0],
  ['across 2^31', 2 ** 31 - (SLOTS * LAPS) / 2],
  ['across 2^32', 2 ** 32 - (SLOTS * LAPS) / 2],
];

interface LapOutcomes {
  /** Greeks taken: the quote's own and whole. */
  own: number;
  /** Not taken. */
  late: number;
  /** Taken, but not the quote's own or not whole. Forbidden. */
  wrong: number;
  /** Quotes that mix two ticks. Forbidden. */
  tornQuote: number;
}

/** Ingest, a second worker and publish in this thread: each step is where the test puts it. */
class Laps {
  readonly ring: Ring;
  readonly writer: RingWriter;
  readonly #reader: RingReader;
  readonly #target = createPrivateTicks(SLOTS, TICK_SLOT_BYTES);

  constructor(block: SharedBlock) {
    this.ring = new Ring(block);
    this.writer = new RingWriter(this.ring);
    this.#reader = new RingReader(this.ring, this.ring.start, this.#target, SLOTS);
  }

  /** Ingest: fills the whole ring once with quotes that need Greeks. */
  write(): void {
    this.writer.begin(SLOTS);
    for (let i = 0; i < SLOTS; i++) writeTick(this.writer, undefined);
    this.writer.end();
  }

  /** The second worker: fills every section that it can have. */
  compute(): void {
    const { ring, writer } = this;
    for (let position = writer.position - SLOTS + 1; position <= writer.position; position++) {
      if (!claimGreeks(ring.ticks.i32, this.state(position), position)) continue;
      fillGreeks(ring.ticks, ring.slotBytes(position), position);
      finishGreeks(ring.ticks.i32, this.state(position), position);
    }
  }

  state(position: number): number {
    return (this.ring.slotBytes(position) >> 2) + TICK_GREEKS_STATE_I32;
  }

  isDone(position: number): boolean {
    return isGreeksDone(this.ring.ticks.i32, this.state(position), position);
  }

  /** Publish: reads the lap; takes the Greeks that were done before the copy. */
  publish(): LapOutcomes {
    const outcomes = { own: 0, late: 0, wrong: 0, tornQuote: 0 };
    const first = this.#reader.position + 1;
    const done = Array.from({ length: SLOTS }, (_, index) => this.isDone(first + index));
    const count = this.#reader.read(this.ring.published(first));
    assert.equal(count, SLOTS);
    for (let i = 0; i < count; i++) {
      const bytes = i * TICK_SLOT_BYTES;
      if (!isQuoteIntact(this.#target, bytes, first + i)) outcomes.tornQuote++;
      else if (!done[i]) outcomes.late++;
      else outcomes[areGreeksIntact(this.#target, bytes, first + i) ? 'own' : 'wrong']++;
    }
    return outcomes;
  }
}

function setUp(start: number, t: Parameters<typeof threadStarter>[0]) {
  const block = createRing({ slots: SLOTS, workers: 2, epochLow: 1, epochHigh: 2, start });
  const laps = new Laps(block);
  const signals = createSignals();
  const stuckAt = start + 1 + STUCK_SLOT;
  laps.write();
  const worker = threadStarter(t)<GreeksWorkerResult>('shm-greeks-worker', {
    ring: block,
    signals,
    worker: 0,
    workers: 2,
    holdEvery: 0,
    holdMs: 0,
    stuckAt,
    only: true,
    wanted: {},
  } satisfies GreeksWorkerData);
  return { laps, signals, stuckAt, worker };
}

const CLEAN = { wrong: 0, tornQuote: 0 };
/** A lap in which the stopped worker's slot alone goes without Greeks. */
const ONE_LATE: LapOutcomes = { ...CLEAN, own: SLOTS - 1, late: 1 };
const ALL_OWN: LapOutcomes = { ...CLEAN, own: SLOTS, late: 0 };

for (const [name, start] of STARTS) {
  test(
    `a worker stopped in a write is lapped, ${name}: ingest goes on, its result is nobody's`,
    {
      timeout: WATCHDOG_MS,
    },
    async (t) => {
      const { laps, signals, stuckAt, worker } = setUp(start, t);
      const { ring, writer } = laps;
      await worker.event('stuck');
      laps.compute();
      assert.deepEqual(laps.publish(), ONE_LATE, 'the lap in which it was stopped');

      // This thread writes while the worker is blocked: that it ends shows that ingest never waits.
      for (let lap = 1; lap <= LAPS; lap++) {
        laps.write();
        laps.compute();
        assert.deepEqual(laps.publish(), ONE_LATE);
        assert.equal(writer.sectionsInUse, lap, 'every lap meets the section in use once');
      }
      const newest = stuckAt + LAPS * SLOTS;
      assert.equal(
        ring.ticks.i32[laps.state(newest)],
        greeksWord(GREEKS_CLAIMED, stuckAt),
        'the section still is the stopped quote’s',
      );

      laps.write();
      raise(signals, RELEASE_SIGNAL);
      const result = await worker.result;
      assert.equal(result.finished, 1);
      assert.equal(result.lappedInside, 1);
      const present = newest + SLOTS;
      assert.ok(
        areGreeksIntact(ring.ticks, ring.slotBytes(present), stuckAt),
        'its values are there',
      );
      assert.equal(greeksPosition(ring.ticks, ring.slotBytes(present)), stuckAt);
      assert.ok(laps.isDone(stuckAt), 'done, for the position it was claimed for');
      assert.ok(!laps.isDone(present), 'and not for the quote that lies there now');
      laps.compute();
      assert.deepEqual(laps.publish(), ONE_LATE, 'the late result is taken for no other quote');

      laps.write();
      laps.compute();
      assert.deepEqual(laps.publish(), ALL_OWN, 'the next lap has its section back');
      assert.equal(writer.sectionsInUse, LAPS + 1);
    },
  );

  test(
    `a worker terminated in the middle of a write, ${name}: control frees its section once`,
    {
      timeout: WATCHDOG_MS,
    },
    async (t) => {
      const { laps, stuckAt, worker } = setUp(start, t);
      const { ring, writer } = laps;
      await worker.event('stuck');
      for (let lap = 0; lap < 3; lap++) {
        laps.compute();
        assert.deepEqual(laps.publish(), ONE_LATE);
        laps.write();
      }
      await worker.terminate();
      assert.equal(writer.sectionsInUse, 3);
      laps.compute();
      assert.deepEqual(laps.publish(), ONE_LATE, 'dead and not yet released');

      assert.equal(ring.releaseDeadWorker(1), false, 'the other worker holds nothing');
      assert.equal(ring.releaseDeadWorker(0), true);
      assert.equal(ring.releaseDeadWorker(0), false, 'only once');
      assert.ok(!laps.isDone(stuckAt), 'half written Greeks never become done');
      laps.write();
      laps.compute();
      assert.deepEqual(laps.publish(), ALL_OWN, 'the next lap has its section back');
      assert.equal(writer.sectionsInUse, 3);
    },
  );
}

test('a worker that died before its claim or after its finish leaves nothing to free', () => {
  const ring = new Ring(createRing({ slots: SLOTS, workers: 1, epochLow: 1, epochHigh: 2 }));
  const writer = new RingWriter(ring);
  writer.begin(1);
  const position = writeTick(writer, undefined);
  writer.end();
  const state = (ring.slotBytes(position) >> 2) + TICK_GREEKS_STATE_I32;
  ring.noteClaim(0, position);
  assert.equal(ring.releaseDeadWorker(0), false);
  assert.ok(claimGreeks(ring.ticks.i32, state, position), 'its successor can claim it');
  finishGreeks(ring.ticks.i32, state, position);
  assert.equal(ring.releaseDeadWorker(0), false);
  assert.ok(isGreeksDone(ring.ticks.i32, state, position), 'what was finished stays');
});
