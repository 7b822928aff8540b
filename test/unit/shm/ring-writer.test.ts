import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrivateTicks } from '../../../src/shm/block.ts';
import {
  claimGreeks,
  finishGreeks,
  GREEKS_PENDING,
  greeksWord,
  isGreeksDone,
} from '../../../src/shm/greeks-section.ts';
import {
  TICK_FLAGS_U32,
  TICK_GREEKS_STATE_I32,
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_INSTRUMENT_TOKEN_U32,
  TICK_MERGED_U32,
  TICK_SEQUENCE_HIGH_U32,
  TICK_SEQUENCE_LOW_U32,
  TICK_SLOT_BYTES,
} from '../../../src/shm/layout/tick-slot.ts';
import { createRing, Ring } from '../../../src/shm/ring.ts';
import { RingReader } from '../../../src/shm/ring-reader.ts';
import { publishVoid, RingWriter, VOID_TOKEN } from '../../../src/shm/ring-writer.ts';
import { BLANK, isBlank, isQuoteIntact, writeTick } from '../../support/shm-pattern.ts';

const SLOTS = 8;

function newRing(start = 0, workers = 1): Ring {
  return new Ring(createRing({ slots: SLOTS, workers, epochLow: 1, epochHigh: 2, start }));
}

function writeBatch(writer: RingWriter, count: number, blank?: Uint32Array): void {
  writer.begin(count);
  for (let i = 0; i < count; i++) writeTick(writer, blank);
  writer.end();
}

/** Reads all that `ring` has after `position`; every slot must be whole. Returns their number. */
function readWhole(ring: Ring, position: number): { received: number; lost: number } {
  const target = createPrivateTicks(SLOTS, TICK_SLOT_BYTES);
  const reader = new RingReader(ring, position, target, SLOTS);
  const received = reader.read(ring.newest());
  for (let i = 0; i < received; i++) {
    const expected = reader.position - received + 1 + i;
    assert.ok(isQuoteIntact(target, i * TICK_SLOT_BYTES, expected), `slot of ${expected} is torn`);
  }
  return { received, lost: reader.lost };
}

for (const start of [0, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 40 - 1]) {
  test(`commit writes position, flags and counts of the tick after ${start}`, () => {
    const ring = newRing(start);
    const writer = new RingWriter(ring);
    writer.begin(1);
    const word = writer.open() >> 2;
    ring.ticks.u32[word + TICK_MERGED_U32] = 77;
    assert.equal(writer.commit(5, 6, BLANK), start + 1);
    assert.equal(writer.position, start + 1);
    const { u32 } = ring.ticks;
    assert.equal(u32[word + TICK_SEQUENCE_LOW_U32], (start + 1) % 2 ** 32);
    assert.equal(u32[word + TICK_SEQUENCE_HIGH_U32], Math.floor((start + 1) / 2 ** 32));
    assert.equal(u32[word + TICK_FLAGS_U32], 5);
    assert.equal(u32[word + TICK_INSTRUMENT_SEQUENCE_U32], 6);
    assert.equal(u32[word + TICK_MERGED_U32], 0);
    assert.ok(isBlank(ring.ticks, word << 2, start + 1));
    assert.ok(isGreeksDone(ring.ticks.i32, word + TICK_GREEKS_STATE_I32, start + 1));
  });
}

test('nothing of a batch is visible before its end', () => {
  const ring = newRing();
  const writer = new RingWriter(ring);
  writer.begin(2);
  writeTick(writer, undefined);
  writeTick(writer, undefined);
  assert.equal(ring.newest(), 0);
  writer.end();
  assert.equal(ring.newest(), 2);
});

test('the section of a tick that needs Greeks is pending, of one that needs none done', () => {
  const ring = newRing();
  const writer = new RingWriter(ring);
  writer.begin(2);
  const state = (writer.open() >> 2) + TICK_GREEKS_STATE_I32;
  writeTick(writer, undefined);
  const next = (writer.open() >> 2) + TICK_GREEKS_STATE_I32;
  writeTick(writer, BLANK);
  assert.equal(ring.ticks.i32[state], greeksWord(GREEKS_PENDING, 1));
  assert.ok(isGreeksDone(ring.ticks.i32, next, 2));
});

test('a section in use is left as it is and counted, whether the tick needs Greeks or not', () => {
  for (const blank of [undefined, BLANK]) {
    const ring = newRing();
    const writer = new RingWriter(ring);
    writeBatch(writer, SLOTS);
    const state = (ring.slotBytes(1) >> 2) + TICK_GREEKS_STATE_I32;
    assert.ok(claimGreeks(ring.ticks.i32, state, 1));
    const section = ring.ticks.u32.slice(state - 21, state + 1);
    writeBatch(writer, SLOTS, blank);
    assert.equal(writer.sectionsInUse, 1);
    assert.deepEqual(ring.ticks.u32.slice(state - 21, state + 1), section);
    assert.ok(!isGreeksDone(ring.ticks.i32, state, 1 + SLOTS));
    finishGreeks(ring.ticks.i32, state, 1);
    writeBatch(writer, SLOTS, blank);
    assert.equal(writer.sectionsInUse, 1, 'free again');
  }
});

test('a batch wakes workers for Greeks, publish for ticks without and where no worker is', () => {
  const woken = (workers: number, blanks: readonly (Uint32Array | undefined)[]) => {
    const ring = newRing(0, workers);
    const writer = new RingWriter(ring);
    const greeks = ring.greeksWake.announce();
    const publish = ring.publishWake.announce();
    writer.begin(blanks.length);
    for (const blank of blanks) writeTick(writer, blank);
    writer.end();
    return {
      greeks: ring.greeksWake.announce() !== greeks,
      publish: ring.publishWake.announce() !== publish,
    };
  };
  assert.deepEqual(woken(1, [undefined]), { greeks: true, publish: false });
  assert.deepEqual(woken(1, [BLANK]), { greeks: false, publish: true });
  assert.deepEqual(woken(1, [undefined, BLANK]), { greeks: true, publish: true });
  assert.deepEqual(woken(0, [undefined]), { greeks: true, publish: true });
});

test('what a batch announces is out of bounds for readers before it is overwritten', () => {
  const ring = newRing();
  const writer = new RingWriter(ring);
  writeBatch(writer, SLOTS);
  writer.begin(3);
  assert.equal(ring.firstIntact(writer.position), 4);
});

test('more ticks than announced are declared one by one', () => {
  const ring = newRing();
  const writer = new RingWriter(ring);
  writeBatch(writer, SLOTS);
  writer.begin(1);
  writeTick(writer, BLANK);
  assert.equal(ring.firstIntact(writer.position), 2);
  writer.open();
  assert.equal(ring.firstIntact(writer.position), 3);
});

test('a slot opened and never committed is lost to readers, whatever batch follows', () => {
  for (const next of [0, 1]) {
    const ring = newRing();
    const writer = new RingWriter(ring);
    writeBatch(writer, SLOTS);
    writer.begin(2);
    ring.ticks.u32.fill(0xdead, writer.open() >> 2, (writer.open() >> 2) + 80);
    writer.end();
    writer.begin(next);
    assert.deepEqual(readWhole(ring, 0), { received: SLOTS - 2, lost: 2 });
    writer.end();
    assert.deepEqual(readWhole(ring, 0), { received: SLOTS - 2, lost: 2 });
  }
});

for (const start of [0, 2 ** 31 - SLOTS, 2 ** 33]) {
  test(`from ${start}: a new writer goes on, what its dead predecessor touched stays lost`, () => {
    const ring = newRing(start);
    const dead = new RingWriter(ring);
    writeBatch(dead, SLOTS);
    dead.begin(5);
    for (let i = 0; i < 4; i++) {
      ring.ticks.u32.fill(0xdead, dead.open() >> 2, (dead.open() >> 2) + 20);
      writeTick(dead, undefined);
    }
    // It dies here, without `end`.
    const writer = new RingWriter(ring);
    assert.equal(writer.position, start + SLOTS);
    writer.begin(1);
    assert.deepEqual(readWhole(ring, start), { received: SLOTS - 5, lost: 5 });
    writeTick(writer, BLANK);
    writer.end();
    assert.equal(ring.newest(), start + SLOTS + 1);
    assert.deepEqual(readWhole(ring, start), { received: SLOTS - 5 + 1, lost: 5 });
  });
}

test('a new writer takes a section that its dead predecessor was blanking', () => {
  const ring = newRing();
  const writer = new RingWriter(ring);
  writer.begin(1);
  const state = (writer.open() >> 2) + TICK_GREEKS_STATE_I32;
  // FREE(1): taken, not finished.
  ring.ticks.i32[state] = greeksWord(0, 1);
  const successor = new RingWriter(ring);
  writeBatch(successor, 1, BLANK);
  assert.equal(successor.sectionsInUse, 0);
  assert.ok(isGreeksDone(ring.ticks.i32, state, 1));
});

test('positions that a dead writer has not published are published void, and never given again', () => {
  const ring = newRing(2 ** 32 - 2);
  const writer = new RingWriter(ring);
  writeBatch(writer, 1, BLANK);
  writer.begin(3);
  writeTick(writer, BLANK);
  assert.equal(publishVoid(ring), 3);
  assert.equal(publishVoid(ring), 0, 'once');
  assert.equal(ring.newest(), 2 ** 32 + 2);
  for (let position = 2 ** 32; position <= 2 ** 32 + 2; position++) {
    const token = (ring.slotBytes(position) >> 2) + TICK_INSTRUMENT_TOKEN_U32;
    assert.equal(ring.ticks.u32[token], VOID_TOKEN);
  }
  assert.equal(new RingWriter(ring).position, 2 ** 32 + 2);
});
