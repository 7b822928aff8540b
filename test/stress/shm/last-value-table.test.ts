import assert from 'node:assert/strict';
import test from 'node:test';
import { GREEKS_STATUS, UNDEFINED_F64 } from '../../../src/domain/status.ts';
import { createPrivateTicks } from '../../../src/shm/block.ts';
import { createLastValueTable, LastValueTable } from '../../../src/shm/last-value-table.ts';
import {
  TICK_GREEKS_STATUS_U8,
  TICK_IV_F64,
  TICK_SLOT_BYTES,
} from '../../../src/shm/layout/tick-slot.ts';
import type {
  LastValueThreadData,
  RowReaderResult,
  Section,
} from '../../support/shm-last-value-thread.ts';
import {
  areGreeksIntact,
  fillTick,
  greeksPosition,
  isQuoteIntact,
  tickPosition,
} from '../../support/shm-pattern.ts';
import { createSignals, raise, STOP_SIGNAL } from '../../support/shm-signals.ts';
import { threadStarter } from '../../support/shm-threads.ts';

const WATCHDOG_MS = 60_000;
const BODY = 'shm-last-value-thread';

for (const [name, first] of [
  ['from 1', 1],
  ['across 2^32', 2 ** 32 - 20_000],
] as const) {
  test(
    `two writers and two readers on few rows, ${name}: no section is torn or goes back`,
    {
      timeout: WATCHDOG_MS,
    },
    async (t) => {
      const startThread = threadStarter(t);
      const table = createLastValueTable(3);
      const signals = createSignals();
      const start = <Result>(
        role: LastValueThreadData['role'],
        wanted: Partial<RowReaderResult>,
      ) => {
        const data: LastValueThreadData = { table, signals, role, first, wanted };
        return startThread<Result>(BODY, data);
      };
      const readers = [1, 2].map(() => {
        return start<RowReaderResult>('reader', { fresh: 1000, empty: 1, otherTick: 500 });
      });
      await Promise.all(readers.map((reader) => reader.event('started')));
      const writers = [start('quote', {}), start('greeks', {})];
      await Promise.all(readers.map((reader) => reader.event('complete')));
      raise(signals, STOP_SIGNAL);
      for (const reader of readers) {
        const counts = await reader.result;
        t.diagnostic(JSON.stringify(counts));
        assert.equal(counts.tornQuote, 0, 'a quote mixed two ticks');
        assert.equal(counts.tornGreeks, 0, 'Greeks mixed two ticks');
        assert.equal(counts.backwards, 0, 'an older tick came after a newer one');
      }
      for (const writer of writers) await writer.result;
    },
  );
}

for (const section of ['quote', 'greeks'] satisfies Section[]) {
  test(
    `a writer killed in the middle of the ${section}: its row alone is out until repaired`,
    {
      timeout: WATCHDOG_MS,
    },
    async (t) => {
      const block = createLastValueTable(2);
      const table = new LastValueTable(block);
      const source = createPrivateTicks(1, TICK_SLOT_BYTES);
      const copy = createPrivateTicks(1, TICK_SLOT_BYTES);
      fillTick(source, 0, 1);
      for (const row of [0, 1]) {
        table.writeQuote(row, source, 0);
        table.writeGreeks(row, source, 0);
      }
      const data = { table: block, signals: createSignals(), role: section, first: 2, wanted: {} };
      const writer = threadStarter(t)(BODY, { ...data, stuck: true } satisfies LastValueThreadData);
      await writer.event('stuck');
      assert.equal(table.read(0, copy, 0), false, 'a half written section is never returned');
      assert.equal(table.read(1, copy, 0), true);
      await writer.terminate();
      assert.equal(table.read(0, copy, 0), false, 'nor after the death of its writer');

      const repair = (row: number): boolean => {
        return section === 'quote' ? table.repairQuote(row) : table.repairGreeks(row);
      };
      assert.equal(repair(1), false, 'nothing to repair in the other row');
      assert.equal(repair(0), true);
      assert.equal(repair(0), false, 'only once');
      if (section === 'quote') {
        assert.equal(table.read(0, copy, 0), false, 'a lost quote is no tick, not a mixture');
      } else {
        assert.equal(table.read(0, copy, 0), true);
        assert.ok(isQuoteIntact(copy, 0, 1), 'the quote was not touched');
        assert.equal(copy.u8[TICK_GREEKS_STATUS_U8], GREEKS_STATUS.GREEKS_LATE);
        assert.equal(copy.f64[TICK_IV_F64], UNDEFINED_F64);
        assert.equal(greeksPosition(copy, 0), 0);
        assert.ok(table.hasGreeks(0));
      }

      fillTick(source, 0, 3);
      table.writeQuote(0, source, 0);
      table.writeGreeks(0, source, 0);
      assert.equal(table.read(0, copy, 0), true, 'the next write makes it whole');
      assert.ok(isQuoteIntact(copy, 0, 3) && areGreeksIntact(copy, 0, 3));
    },
  );

  test(
    `a writer killed in the middle of the ${section}, not repaired: the next write heals it`,
    {
      timeout: WATCHDOG_MS,
    },
    async (t) => {
      const block = createLastValueTable(1);
      const table = new LastValueTable(block);
      const source = createPrivateTicks(1, TICK_SLOT_BYTES);
      const copy = createPrivateTicks(1, TICK_SLOT_BYTES);
      const data = { table: block, signals: createSignals(), role: section, first: 1, wanted: {} };
      const writer = threadStarter(t)(BODY, { ...data, stuck: true } satisfies LastValueThreadData);
      await writer.event('stuck');
      await writer.terminate();
      for (const position of [2, 3]) {
        fillTick(source, 0, position);
        table.writeQuote(0, source, 0);
        table.writeGreeks(0, source, 0);
        assert.equal(table.read(0, copy, 0), true);
        assert.equal(tickPosition(copy, 0), position);
        assert.ok(isQuoteIntact(copy, 0, position) && areGreeksIntact(copy, 0, position));
      }
      assert.equal(table.repairQuote(0), false, 'the locks are even again');
      assert.equal(table.repairGreeks(0), false);
    },
  );
}
