import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createInstrumentTable, InstrumentTable } from '../../../src/shm/instrument-table.ts';
import { chainState, instrument } from '../../support/shm-instrument-samples.ts';
import type { FinderData, FinderResult } from '../../support/shm-instrument-thread.ts';
import { createSignals, raise, STOP_SIGNAL } from '../../support/shm-signals.ts';
import { threadStarter } from '../../support/shm-threads.ts';

const WATCHDOG_MS = 60_000;
const ROWS = 50_000;

test(
  'rows are added and a chain is changed while two threads look: all they find is whole',
  {
    timeout: WATCHDOG_MS,
  },
  async (t) => {
    const startThread = threadStarter(t);
    const block = createInstrumentTable(ROWS, 1);
    const table = new InstrumentTable(block);
    const signals = createSignals();
    table.addChain(chainState(0));
    const finders = [1, 2].map((seed) => {
      return startThread<FinderResult>('shm-instrument-thread', {
        table: block,
        signals,
        seed,
        wanted: { notFound: 100, complete: 1000, wholeChain: 1000, changedChain: 200 },
      } satisfies FinderData);
    });
    await Promise.all(finders.map((finder) => finder.event('started')));
    const seenEnough = { all: false };
    const watched = Promise.all(finders.map((finder) => finder.event('complete'))).then(() => {
      seenEnough.all = true;
    });
    let state = 0;
    for (let row = 0; row < ROWS || !seenEnough.all; row++) {
      if (row < ROWS) assert.equal(table.add(instrument(row)), row);
      table.updateChain(0, chainState(++state));
      // A finder that fails ends the wait.
      if (row % 100 === 0) await Promise.race([nextTurn(), watched]);
    }
    raise(signals, STOP_SIGNAL);
    for (const finder of finders) {
      const counts = await finder.result;
      t.diagnostic(JSON.stringify(counts));
      assert.equal(counts.incomplete, 0, 'a row was found before it was complete');
      assert.equal(counts.vanished, 0, 'a row moved or vanished');
      assert.equal(counts.countedNotFound, 0, 'the count included a row too early');
      assert.equal(counts.mixedChain, 0, 'a chain mixed two states');
      assert.equal(counts.versionBehind, 0, 'the version fell');
    }
    assert.equal(table.add(instrument(ROWS)), -1, 'full');
    assert.equal(table.count, ROWS);
    for (let index = 0; index < ROWS; index++)
      assert.equal(table.find(instrument(index).token), index);
  },
);
