import assert from 'node:assert/strict';
import test from 'node:test';
import { createMeters, ThreadMeters } from '../../../src/shm/meters.ts';
import { COUNTER, GAUGE, GAUGE_VALUES, HISTOGRAM } from '../../support/shm-meters-samples.ts';
import type { MetersData } from '../../support/shm-meters-thread.ts';
import { createSignals, raise, STOP_SIGNAL } from '../../support/shm-signals.ts';
import { threadStarter } from '../../support/shm-threads.ts';

test(
  'two threads count while a third reads: no value is torn, none falls, none is lost',
  {
    timeout: 60_000,
  },
  async (t) => {
    const startThread = threadStarter(t);
    const block = createMeters(2);
    const signals = createSignals();
    const threads = [0, 1].map((writer) => {
      const data = { meters: block, writer, signals } satisfies MetersData;
      return startThread<number>('shm-meters-thread', data);
    });
    await Promise.all(threads.map((thread) => thread.event('started')));
    const readers = [0, 1].map((writer) => new ThreadMeters(block, writer));
    const seen = new Set<number>();
    const newest = [0, 0];
    for (let reads = 0; reads < 300_000 || seen.size < 2; reads++) {
      const writer = reads % 2;
      const meters = readers[writer]!;
      seen.add(meters.get(GAUGE));
      const count = meters.get(COUNTER);
      assert.ok(count >= newest[writer]!, 'a counter fell');
      newest[writer] = count;
    }
    raise(signals, STOP_SIGNAL);
    assert.deepEqual([...seen].sort(), [...GAUGE_VALUES].sort(), 'no mixture of two doubles');
    for (const [writer, thread] of threads.entries()) {
      const rounds = await thread.result;
      const { count, sum, counts } = readers[writer]!.histogram(HISTOGRAM);
      assert.equal(readers[writer]!.get(COUNTER), rounds);
      assert.equal(count, rounds);
      const cycles = Math.floor(rounds / 1000);
      const rest = rounds % 1000;
      assert.equal(sum, cycles * 499_500 + (rest * (rest + 1)) / 2);
      assert.ok(counts.slice(0, 11).every((bucket) => bucket > 0));
      assert.ok(
        counts.slice(11).every((bucket) => bucket === 0),
        'values end at 999',
      );
    }
  },
);
