import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalEntry } from '../../../src/domain/order-journal.ts';
import { JournalQueue } from '../../../src/orders/journal-queue.ts';
import { VirtualClock } from '../../faults/virtual-clock.ts';
import { MemoryOrderJournal } from '../../support/memory-order-journal.ts';
import { rejectsWith } from '../../support/order-answers.ts';

function entry(key: string): JournalEntry {
  return {
    released: [{ keyId: 'a', key }],
    events: [
      { actor: 'a', action: key, subject: key, origin: 'here', detail: {}, timeUs: 1_000_000 },
    ],
  };
}

function queueRig(later?: (work: () => void) => void) {
  const clock = new VirtualClock('2026-09-10T10:00:00+05:30');
  const journal = new MemoryOrderJournal();
  const troubles: (string | null)[] = [];
  const queue = new JournalQueue({
    clock,
    journal,
    onTrouble: (detail) => troubles.push(detail),
    ...(later && { later }),
  });
  const kept = (): string[] => journal.events.map(({ action }) => action);
  return { clock, journal, queue, troubles, kept };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('what is written is durable when it is done', async () => {
  const { queue, kept } = queueRig();
  await queue.write(entry('one'));
  assert.deepEqual(kept(), ['one']);
  assert.equal(queue.backlog, 0);
});

test('what nobody waits for comes later, but before what is written after it', async () => {
  const works: (() => void)[] = [];
  const { queue, kept } = queueRig((work) => works.push(work));
  queue.keep(entry('one'));
  queue.keep(entry('two'));
  await settled();
  assert.deepEqual([kept(), works.length, queue.backlog], [[], 1, 2]);
  works.shift()?.();
  await settled();
  assert.deepEqual(kept(), ['one', 'two']);
  queue.keep(entry('three'));
  await queue.write(entry('four'));
  assert.deepEqual(kept(), ['one', 'two', 'three', 'four']);
  works.shift()?.();
  await settled();
  assert.deepEqual([kept().length, queue.backlog], [4, 0]);
});

test('what was written in vain is not tried again; the queue is clear when something is', async () => {
  const { queue, journal, clock, kept, troubles } = queueRig();
  journal.failNext('before');
  await rejectsWith(queue.write(entry('one')), 'JOURNAL_UNAVAILABLE');
  assert.equal(queue.isClear, false);
  await rejectsWith(queue.write(entry('two')), 'JOURNAL_UNAVAILABLE');
  await clock.run(1_000);
  assert.equal(queue.isClear, true);
  assert.deepEqual(kept(), []);
  assert.equal(troubles.length, 2);
  assert.equal(troubles[1], null);
});

test('what is kept is tried until it is durable, in its order', async () => {
  const { queue, journal, clock, kept } = queueRig();
  journal.failNext('before', 'before', 'before');
  queue.keep(entry('one'));
  await settled();
  queue.keep(entry('one'));
  queue.keep(entry('two'));
  assert.equal(queue.isClear, false);
  assert.equal(queue.backlog, 3);
  await clock.run(10_000);
  await settled();
  assert.deepEqual(kept(), ['one', 'one', 'two']);
  assert.equal(queue.isClear, true);
});

test('a journal of another process is not tried', async () => {
  const { queue, journal, clock, kept } = queueRig();
  journal.isWritable = false;
  queue.keep(entry('one'));
  await clock.run(20_000);
  assert.deepEqual(kept(), []);
  journal.isWritable = true;
  await clock.run(30_000);
  assert.deepEqual(kept(), ['one']);
});

test('who waits to write behind what failed is told at once', async () => {
  const { queue, journal } = queueRig();
  const release = journal.hold();
  journal.failNext('before');
  queue.keep(entry('one'));
  const waiting = rejectsWith(queue.write(entry('one')), 'JOURNAL_UNAVAILABLE');
  release();
  await waiting;
});

test('entries about different things do not wait for each other', async () => {
  const { queue, journal } = queueRig();
  const release = journal.hold();
  queue.keep(entry('one'));
  queue.keep(entry('two'));
  queue.keep(entry('one'));
  assert.equal(queue.backlog, 3);
  release();
  assert.equal(await queue.settled(1_000), true);
});

test('waiting for everything to be durable ends after its time', async () => {
  const { queue, journal, clock } = queueRig();
  journal.hold();
  queue.keep(entry('one'));
  const settling = queue.settled(1_000);
  await clock.run(1_001);
  assert.equal(await settling, false);
  queue.stop();
  queue.keep(entry('two'));
  assert.equal(queue.backlog, 2);
});

test('nothing is written while it is held, and nothing counts as failed', async () => {
  const { queue, kept, troubles } = queueRig();
  queue.hold();
  queue.keep(entry('one'));
  await settled();
  assert.deepEqual([kept(), queue.isClear, queue.backlog], [[], false, 1]);
  await rejectsWith(queue.write(entry('two')), 'JOURNAL_UNAVAILABLE');
  queue.release();
  await settled();
  assert.deepEqual([kept(), queue.isClear, troubles], [['one'], true, []]);
});

test('who waits for one record is told when nothing of it is on its way', async () => {
  const { queue, journal, clock, kept } = queueRig();
  await queue.durable('key a one', 1_000);
  journal.failNext('before');
  queue.keep(entry('one'));
  queue.keep(entry('one'));
  const told: string[] = [];
  void queue.durable('key a one', 60_000).then(() => told.push('durable'));
  void queue.durable('key a one', 100).then(() => told.push('late'));
  await clock.run(100);
  assert.deepEqual([told, kept()], [['late'], []]);
  await clock.run(1_000);
  assert.deepEqual(
    [told, kept()],
    [
      ['late', 'durable'],
      ['one', 'one'],
    ],
  );
});
