import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { GREEKS_CLAIMED } from '../../../src/shm/greeks-section.ts';
import { TICK_GREEKS_STATE_I32 } from '../../../src/shm/layout/tick-slot.ts';
import type { SharedBlock } from '../../../src/shm/block.ts';
import { createRing, Ring } from '../../../src/shm/ring.ts';
import type { GreeksWorkerData, GreeksWorkerResult } from '../../support/shm-greeks-worker.ts';
import type { PublisherData, PublisherResult } from '../../support/shm-publisher.ts';
import type { WriterData, WriterResult } from '../../support/shm-ring-writer.ts';
import { createSignals, raise, STOP_SIGNAL, type Signals } from '../../support/shm-signals.ts';
import { threadStarter, type ShmThread } from '../../support/shm-threads.ts';

const WATCHDOG_MS = 60_000;
const SLOTS = 1024;
const WORKERS = 2;

function claimedSections(block: SharedBlock): number {
  const ring = new Ring(block);
  let claimed = 0;
  for (let slot = 0; slot < ring.slots; slot++) {
    const state = ring.ticks.i32[(ring.slotBytes(slot) >> 2) + TICK_GREEKS_STATE_I32]!;
    if ((state & 3) === GREEKS_CLAIMED) claimed++;
  }
  return claimed;
}

function checkPublished(
  t: TestContext,
  result: PublisherResult,
  writer: WriterResult,
  start: number,
) {
  const { counts, received, lost, position } = result;
  t.diagnostic(JSON.stringify({ ...counts, received, lost, ...writer }));
  assert.equal(counts.tornQuote, 0, 'a quote mixed two ticks');
  assert.equal(counts.foreign, 0, "another quote's Greeks were taken");
  assert.equal(counts.tornGreeks, 0, 'half written Greeks were taken');
  assert.equal(position, writer.position, 'read to the end');
  assert.equal(received + lost, position - start, 'received + lost = published');
}

function writerData(ring: SharedBlock, signals: Signals): WriterData {
  return {
    ring,
    signals,
    ticksMin: 50_000,
    batchMax: 50,
    greeks: true,
    pauseEvery: 10,
    pauseMs: 0.1,
  };
}

for (const [name, start] of [
  ['from 0', 0],
  ['across 2^31', 2 ** 31 - 20_000],
  ['across 2^32', 2 ** 32 - 20_000],
] as const) {
  test(
    `workers write while the ring laps them, ${name}: Greeks are whole and own, or not taken`,
    {
      timeout: WATCHDOG_MS,
    },
    async (t) => {
      const startThread = threadStarter(t);
      const ring = createRing({ slots: SLOTS, workers: WORKERS, epochLow: 1, epochHigh: 2, start });
      const signals = createSignals();
      const publisher = startThread<PublisherResult>('shm-publisher', {
        ring,
        signals,
        wanted: { own: 20_000, blank: 10_000, late: 1000 },
      } satisfies PublisherData);
      const workers = Array.from({ length: WORKERS }, (_, worker) => {
        return startThread<GreeksWorkerResult>('shm-greeks-worker', {
          ring,
          signals,
          worker,
          workers: WORKERS,
          holdEvery: 500,
          holdMs: 0.5,
          wanted: { finished: 20_000, lappedInside: 5, overrun: 1 },
        } satisfies GreeksWorkerData);
      });
      await Promise.all(workers.map((worker) => worker.event('started')));
      const writer = startThread<WriterResult>('shm-ring-writer', writerData(ring, signals));
      await Promise.all([publisher, ...workers].map((thread) => thread.event('complete')));
      raise(signals, STOP_SIGNAL);
      const written = await writer.result;
      checkPublished(t, await publisher.result, written, start);
      for (const worker of workers) t.diagnostic(JSON.stringify(await worker.result));
      assert.ok(written.sectionsInUse > 0, 'ingest met a section in use and went on');
      assert.equal(claimedSections(ring), 0, 'no section stays claimed');
    },
  );
}

test(
  'workers killed at any instant: their sections are released, nothing half written is taken',
  {
    timeout: WATCHDOG_MS,
  },
  async (t) => {
    const startThread = threadStarter(t);
    const start = 2 ** 31 - 20_000;
    const ring = createRing({ slots: SLOTS, workers: WORKERS, epochLow: 1, epochHigh: 2, start });
    const signals = createSignals();
    const control = new Ring(ring);
    const startWorker = async (worker: number): Promise<ShmThread<GreeksWorkerResult>> => {
      const thread = startThread<GreeksWorkerResult>('shm-greeks-worker', {
        ring,
        signals,
        worker,
        workers: WORKERS,
        // Most of its time in the middle of a write, where the kill shall find it.
        holdEvery: 100,
        holdMs: 0.5,
        wanted: { finished: 50 },
      } satisfies GreeksWorkerData);
      await thread.event('started');
      return thread;
    };
    const publisher = startThread<PublisherResult>('shm-publisher', {
      ring,
      signals,
      wanted: { own: 500, late: 1000 },
    } satisfies PublisherData);
    const workers = await Promise.all([startWorker(0), startWorker(1)]);
    const writer = startThread<WriterResult>('shm-ring-writer', writerData(ring, signals));
    let released = 0;
    const kills = 12;
    for (let kill = 0; kill < kills || (released < 3 && kill < 10 * kills); kill++) {
      const worker = kill % WORKERS;
      await workers[worker]!.event('complete');
      await workers[worker]!.terminate();
      if (control.releaseDeadWorker(worker)) released++;
      assert.equal(control.releaseDeadWorker(worker), false, 'there is nothing left to release');
      workers[worker] = await startWorker(worker);
    }
    await publisher.event('complete');
    raise(signals, STOP_SIGNAL);
    const written = await writer.result;
    for (const worker of workers) await worker.result;
    checkPublished(t, await publisher.result, written, start);
    t.diagnostic(`${released} sections released`);
    assert.ok(released >= 3, 'some kills hit the middle of a write');
    assert.equal(claimedSections(ring), 0, 'no section is lost for ever');
  },
);
