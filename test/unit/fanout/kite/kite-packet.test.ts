import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiteFrameParser } from '../../../../src/feed/kite/parser.ts';
import { rebuildPacket } from '../../../../src/fanout/kite/kite-packet.ts';
import { createPrivateTicks } from '../../../../src/shm/block.ts';
import { TICK_SLOT_BYTES } from '../../../../src/shm/layout/tick-slot.ts';
import { CapturingSink, frameOf } from '../../../support/feed/kite/frames.ts';

function parsedSlot(bytes: number): CapturingSink {
  const sink = new CapturingSink(1);
  new KiteFrameParser(sink).parse(frameOf([Buffer.alloc(bytes, 7)]), 1);
  return sink;
}

test('a slot without a packet gives no bytes', () => {
  const ticks = createPrivateTicks(1, TICK_SLOT_BYTES);
  assert.equal(rebuildPacket(ticks, 0, new Uint8Array(184), 0), 0);
});

test('a slot that is not there is a RangeError', () => {
  const { ticks } = parsedSlot(8);
  assert.throws(() => rebuildPacket(ticks, TICK_SLOT_BYTES, new Uint8Array(8), 0), RangeError);
  assert.throws(() => rebuildPacket(ticks, -TICK_SLOT_BYTES, new Uint8Array(8), 0), RangeError);
});

test('without room for the whole packet nothing is written', () => {
  for (const bytes of [8, 28, 32, 44, 184]) {
    const { ticks } = parsedSlot(bytes);
    const out = new Uint8Array(bytes);
    assert.throws(() => rebuildPacket(ticks, 0, out, 1), RangeError);
    assert.throws(() => rebuildPacket(ticks, 0, out, -1), RangeError);
    assert.deepEqual(out, new Uint8Array(bytes));
    assert.equal(rebuildPacket(ticks, 0, out, 0), bytes);
    assert.deepEqual(out, new Uint8Array(bytes).fill(7));
  }
});
