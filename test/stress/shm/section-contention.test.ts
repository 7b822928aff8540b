import assert from 'node:assert/strict';
import test from 'node:test';
import {
  SECTION_WORDS,
  WRITERS_WORD,
  type ContenderData,
  type ContenderResult,
} from '../../support/shm-contender-outcomes.ts';
import { createSignals, raise, STOP_SIGNAL } from '../../support/shm-signals.ts';
import { threadStarter } from '../../support/shm-threads.ts';

test(
  'ingest and two workers contend for one section: never two of them write it at once',
  {
    timeout: 60_000,
  },
  async (t) => {
    const startThread = threadStarter(t);
    const section = new Int32Array(new SharedArrayBuffer(SECTION_WORDS * 4));
    const signals = createSignals();
    const start = (role: ContenderData['role'], wanted: Partial<ContenderResult>) => {
      const data: ContenderData = { section, signals, role, wanted };
      return startThread<ContenderResult>('shm-section-contender', data);
    };
    const threads = [
      start('ingest', { armed: 100_000, blanked: 50_000, inUse: 100 }),
      start('worker', { finished: 5000, tooLate: 20 }),
      start('worker', { finished: 5000, tooLate: 20 }),
    ];
    await Promise.all(threads.map((thread) => thread.event('complete')));
    raise(signals, STOP_SIGNAL);
    for (const thread of threads) {
      const counts = await thread.result;
      t.diagnostic(JSON.stringify(counts));
      assert.equal(counts.shared, 0, 'two threads wrote the section at once');
    }
    assert.equal(section[WRITERS_WORD], 0);
  },
);
