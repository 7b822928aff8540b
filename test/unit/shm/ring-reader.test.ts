import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrivateTicks, type TickViews } from '../../../src/shm/block.ts';
import { TICK_SLOT_BYTES } from '../../../src/shm/layout/tick-slot.ts';
import { createRing, Ring } from '../../../src/shm/ring.ts';
import { RingReader } from '../../../src/shm/ring-reader.ts';
import { RingWriter } from '../../../src/shm/ring-writer.ts';
import { BLANK, isQuoteIntact, tickPosition, writeTick } from '../../support/shm-pattern.ts';

const SLOTS = 8;

interface Bench {
  ring: Ring;
  reader: RingReader;
  target: TickViews;
  write: (count: number) => void;
  /** Positions at the start of the target; each must be whole. */
  whole: (count: number) => number[];
}

/** A ring, a writer and a reader of `capacity` slots; `duringCopy` runs after the next copy. */
function newBench(capacity: number, start = 0, duringCopy: { run?: () => void } = {}): Bench {
  const ring = new Ring(createRing({ slots: SLOTS, workers: 0, epochLow: 1, epochHigh: 2, start }));
  const views = createPrivateTicks(capacity, TICK_SLOT_BYTES);
  class InterruptedBytes extends Uint8Array {
    override set(source: ArrayLike<number>, offset?: number): void {
      super.set(source, offset);
      const { run } = duringCopy;
      delete duringCopy.run;
      run?.();
    }
  }
  const u8 = new InterruptedBytes(views.u8.buffer as ArrayBuffer);
  const target = Object.create(views, { u8: { value: u8 } }) as TickViews;
  const writer = new RingWriter(ring);
  return {
    ring,
    target,
    reader: new RingReader(ring, start, target, capacity),
    write: (count) => {
      writer.begin(count);
      for (let i = 0; i < count; i++) writeTick(writer, BLANK);
      writer.end();
    },
    whole: (count) => {
      return Array.from({ length: count }, (_, index) => {
        const position = tickPosition(views, index * TICK_SLOT_BYTES);
        assert.ok(isQuoteIntact(views, index * TICK_SLOT_BYTES, position), `${position} is torn`);
        return position - start;
      });
    },
  };
}

for (const start of [0, 2 ** 31 - 5, 2 ** 32 - 5, 2 ** 50]) {
  test(`reads what is published after ${start}, in order, across the ring's end`, () => {
    const { reader, ring, write, whole } = newBench(SLOTS, start);
    assert.equal(reader.lag, 0);
    assert.equal(reader.read(ring.published(start)), 0);
    write(5);
    assert.equal(reader.lag, 5);
    assert.equal(reader.read(ring.published(start)), 5);
    assert.deepEqual(whole(5), [1, 2, 3, 4, 5]);
    write(6);
    assert.equal(reader.read(ring.published(start)), 6);
    assert.deepEqual(whole(6), [6, 7, 8, 9, 10, 11]);
    assert.equal(reader.position, start + 11);
    assert.equal(reader.lost, 0);
  });

  test(`a reader that is lapped after ${start} gets the newest ring and counts the rest`, () => {
    const { reader, ring, write, whole } = newBench(SLOTS, start);
    for (let i = 0; i < 5; i++) write(5);
    assert.equal(reader.read(ring.published(start)), SLOTS);
    assert.deepEqual(whole(SLOTS), [18, 19, 20, 21, 22, 23, 24, 25]);
    assert.equal(reader.lost, 17);
    assert.equal(reader.position, start + 25);
  });
}

test('a run ends at the limit and at the target’s capacity', () => {
  const { reader, write, whole } = newBench(3);
  write(7);
  assert.equal(reader.read(2), 2);
  assert.deepEqual(whole(2), [1, 2]);
  assert.equal(reader.read(7), 3);
  assert.deepEqual(whole(3), [3, 4, 5]);
  assert.equal(reader.read(5), 0, 'a limit behind the reader');
  assert.equal(reader.position, 5);
  assert.equal(reader.read(7), 2);
  assert.deepEqual(whole(2), [6, 7]);
});

test('a target larger than the ring gets no slot twice', () => {
  const { reader, write, whole } = newBench(4 * SLOTS);
  for (let i = 0; i < 5; i++) write(4);
  assert.equal(reader.read(20), SLOTS);
  assert.deepEqual(whole(SLOTS), [13, 14, 15, 16, 17, 18, 19, 20]);
  assert.equal(reader.lost, 12);
});

test('slots overwritten during the copy are lost, the rest moves to the start', () => {
  const duringCopy: { run?: () => void } = {};
  const { reader, write, whole } = newBench(SLOTS, 0, duringCopy);
  write(SLOTS);
  duringCopy.run = () => write(3);
  assert.equal(reader.read(SLOTS), SLOTS - 3);
  assert.deepEqual(whole(SLOTS - 3), [4, 5, 6, 7, 8]);
  assert.equal(reader.lost, 3);
  assert.equal(reader.position, SLOTS);
});

test('slots that are about to be overwritten during the copy are lost too', () => {
  const duringCopy: { run?: () => void } = {};
  const { reader, ring, write } = newBench(SLOTS, 0, duringCopy);
  write(SLOTS);
  duringCopy.run = () => ring.declareIntent(SLOTS + 2);
  assert.equal(reader.read(SLOTS), SLOTS - 2);
  assert.equal(reader.lost, 2);
});

test('a reader lapped by a whole ring during the copy loses the run and goes on behind it', () => {
  const duringCopy: { run?: () => void } = {};
  const { reader, ring, write, whole } = newBench(SLOTS, 0, duringCopy);
  write(4);
  duringCopy.run = () => {
    for (let i = 0; i < 4; i++) write(SLOTS - 1);
  };
  assert.equal(reader.read(4), 0);
  assert.equal(reader.lost, 4);
  assert.equal(reader.position, 4);
  assert.equal(reader.read(ring.published(4)), SLOTS);
  assert.deepEqual(whole(SLOTS), [25, 26, 27, 28, 29, 30, 31, 32]);
  assert.equal(reader.lost, 24);
});

test('a limit that is wholly gone loses up to the limit, no further', () => {
  const { reader, write } = newBench(SLOTS);
  for (let i = 0; i < 4; i++) write(SLOTS - 1);
  assert.equal(reader.read(5), 0);
  assert.equal(reader.position, 5);
  assert.equal(reader.lost, 5);
});

test('skipping counts what it passes over as lost, and never goes back', () => {
  const { reader, write, whole } = newBench(SLOTS);
  write(6);
  reader.skipTo(4);
  assert.equal(reader.lost, 4);
  reader.skipTo(2);
  assert.equal(reader.position, 4);
  assert.equal(reader.lost, 4);
  assert.equal(reader.read(6), 2);
  assert.deepEqual(whole(2), [5, 6]);
});

test('a target smaller than its stated capacity is an error, and nothing is passed over', () => {
  const { ring, write } = newBench(SLOTS);
  const reader = new RingReader(ring, 0, createPrivateTicks(2, TICK_SLOT_BYTES), 4);
  write(4);
  assert.throws(() => reader.read(4), RangeError);
  assert.equal(reader.position, 0);
  assert.equal(reader.lost, 0);
});
