import assert from 'node:assert/strict';
import test from 'node:test';
import { GREEKS_WORKERS_MAX } from '../../../src/shm/layout/ring-header.ts';
import { TICK_SLOT_BYTES } from '../../../src/shm/layout/tick-slot.ts';
import { createRing, Ring, RING_SLOTS_MAX, type RingOptions } from '../../../src/shm/ring.ts';

const OPTIONS: RingOptions = {
  slots: 8,
  workers: 2,
  epochLow: 0xffff_ffff,
  epochHigh: 0x8000_0000,
};

function newRing(options: Partial<RingOptions> = {}): Ring {
  return new Ring(createRing({ ...OPTIONS, ...options }));
}

test('slots must be a power of two that fits', () => {
  for (const slots of [-8, 0, 1, 2.5, 3, 6, 1000, NaN, Infinity, RING_SLOTS_MAX * 2, 2 ** 32]) {
    assert.throws(() => createRing({ ...OPTIONS, slots }), RangeError, String(slots));
  }
  for (const slots of [2, 4, 1024]) assert.equal(newRing({ slots }).slots, slots);
});

test('the largest ring has slot words that are 32-bit integers', () => {
  const lastByte = RING_SLOTS_MAX * TICK_SLOT_BYTES;
  assert.ok(lastByte < 2 ** 31, 'one slot more would turn an index negative');
  assert.ok(lastByte * 2 >= 2 ** 31, 'and it is the largest power of two');
});

test('workers must be a whole number that the control area has room for', () => {
  for (const workers of [-1, 0.5, GREEKS_WORKERS_MAX + 1, NaN]) {
    assert.throws(() => createRing({ ...OPTIONS, workers }), RangeError, String(workers));
  }
  for (const workers of [0, GREEKS_WORKERS_MAX])
    assert.equal(newRing({ workers }).workers, workers);
});

test('start must be a position', () => {
  for (const start of [-1, 0.5, NaN, 2 ** 53]) {
    assert.throws(() => createRing({ ...OPTIONS, start }), RangeError, String(start));
  }
});

test('a new ring is empty: every cursor is at its start, the epoch is kept', () => {
  for (const start of [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 45 + 3]) {
    const ring = newRing({ start });
    assert.equal(ring.start, start);
    assert.equal(ring.newest(), start);
    assert.equal(ring.published(start), start);
    assert.equal(ring.intent(start), start);
    assert.equal(ring.firstIntact(start), start - ring.slots + 1);
    assert.equal(ring.publishCursor(start), start);
    for (const worker of [0, 1]) assert.equal(ring.greeksCursor(worker, start), start);
    assert.equal(ring.epochLow, 0xffff_ffff);
    assert.equal(ring.epochHigh, 0x8000_0000);
  }
});

test('positions one ring apart share a slot, neighbours lie side by side', () => {
  const ring = newRing();
  for (const position of [1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32 + 5, 2 ** 52]) {
    assert.equal(ring.slotBytes(position), (position % ring.slots) * TICK_SLOT_BYTES);
    assert.equal(ring.slotBytes(position + ring.slots), ring.slotBytes(position));
  }
});

test('two views of one block see each other, two blocks do not', () => {
  const block = createRing(OPTIONS);
  const [writer, reader, other] = [new Ring(block), new Ring(block), newRing()];
  writer.publish(5);
  writer.storePublishCursor(4);
  writer.storeGreeksCursor(1, 3);
  writer.ticks.u32[7] = 9;
  assert.equal(reader.published(0), 5);
  assert.equal(reader.newest(), 5);
  assert.equal(reader.publishCursor(0), 4);
  assert.equal(reader.greeksCursor(1, 0), 3);
  assert.equal(reader.greeksCursor(0, 0), 0);
  assert.equal(reader.ticks.u32[7], 9);
  assert.equal(other.published(0), 0);
  assert.equal(other.ticks.u32[7], 0);
});

test('who attaches late learns the full position, however often the cursor has wrapped', () => {
  const ring = newRing();
  for (const position of [2 ** 31 + 1, 2 ** 32 + 1, 3 * 2 ** 32 + 2 ** 31, 2 ** 53 - 1]) {
    ring.publish(position);
    assert.equal(ring.newest(), position);
  }
});

test('a position is intact until the intent is one ring ahead of it', () => {
  const ring = newRing();
  ring.declareIntent(10);
  assert.equal(ring.intent(10), 10);
  // Position 2 lies in the slot of position 10.
  assert.equal(ring.firstIntact(10), 3);
});

test('a stop request is seen and wakes both kinds of sleepers', () => {
  const block = createRing(OPTIONS);
  const [control, sleeper] = [new Ring(block), new Ring(block)];
  const greeks = sleeper.greeksWake.announce();
  const publish = sleeper.publishWake.announce();
  assert.equal(sleeper.stopRequested, false);
  control.requestStop();
  assert.equal(sleeper.stopRequested, true);
  assert.notEqual(sleeper.greeksWake.announce(), greeks);
  assert.notEqual(sleeper.publishWake.announce(), publish);
});
