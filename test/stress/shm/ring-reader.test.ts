import assert from 'node:assert/strict';
import test from 'node:test';
import { createRing } from '../../../src/shm/ring.ts';
import type { ReaderData, ReaderResult } from '../../support/shm-ring-reader.ts';
import type { WriterData, WriterResult } from '../../support/shm-ring-writer.ts';
import { createSignals, raise, STOP_SIGNAL } from '../../support/shm-signals.ts';
import { threadStarter } from '../../support/shm-threads.ts';

/** Bounds a lost wake-up or an outcome that never comes. */
const WATCHDOG_MS = 60_000;
const TICKS_MIN = 50_000;

/** Positions before the first tick: cursors wrap at 2^31 and 2^32, beyond the high word counts. */
const STARTS: readonly [string, number][] = [
  ['from 0', 0],
  ['across 2^31', 2 ** 31 - 20_000],
  ['across 2^32', 2 ** 32 - 20_000],
  ['across 2^41', 2 ** 41 - 20_000],
];

for (const [name, start] of STARTS) {
  test(
    `a writer, a fast and a slow reader, ${name}: each position is received whole or lost`,
    {
      timeout: WATCHDOG_MS,
    },
    async (t) => {
      const startThread = threadStarter(t);
      const ring = createRing({ slots: 4096, workers: 0, epochLow: 1, epochHigh: 2, start });
      const signals = createSignals();
      const base = { ring, signals };
      const fast = startThread<ReaderResult>('shm-ring-reader', {
        ...base,
        capacity: 512,
        pauseEvery: 0,
        pauseMs: 0,
        wanted: { intact: 20_000, wholeRun: 100 },
      } satisfies ReaderData);
      const slow = startThread<ReaderResult>('shm-ring-reader', {
        ...base,
        // More than the ring holds: a run must not be longer than the ring.
        capacity: 8192,
        pauseEvery: 3,
        pauseMs: 1,
        wanted: { intact: 5000, lappedBefore: 10, lappedDuring: 3, partlyLost: 10 },
      } satisfies ReaderData);
      const writer = startThread<WriterResult>('shm-ring-writer', {
        ...base,
        ticksMin: TICKS_MIN,
        batchMax: 100,
        greeks: false,
        pauseEvery: 200,
        pauseMs: 0.2,
      } satisfies WriterData);
      await Promise.all([fast.event('complete'), slow.event('complete')]);
      raise(signals, STOP_SIGNAL);
      const { position, sectionsInUse } = await writer.result;
      assert.equal(sectionsInUse, 0);
      assert.ok(position - start >= TICKS_MIN);
      for (const reader of [fast, slow]) {
        const { counts, received, lost, position: read } = await reader.result;
        t.diagnostic(JSON.stringify({ ...counts, received, lost }));
        assert.equal(counts.torn, 0, 'a slot mixed two ticks');
        assert.equal(counts.wrongPosition, 0, 'a slot was repeated, skipped or out of order');
        assert.equal(counts.intact, received);
        assert.equal(read, position, 'read to the end');
        assert.equal(received + lost, position - start, 'received + lost = published');
      }
    },
  );
}
