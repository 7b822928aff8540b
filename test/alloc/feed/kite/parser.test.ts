import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { KiteFrameParser, type PacketSink } from '../../../../src/feed/kite/parser.ts';
import { createPrivateTicks } from '../../../../src/shm/block.ts';
import { TICK_SLOT_BYTES } from '../../../../src/shm/layout/tick-slot.ts';
import { frameOf, PACKET_LENGTHS } from '../../../support/feed/kite/frames.ts';

const PACKETS_PER_FRAME = 100;
const FRAMES_PER_ROUND = 500;
const ROUNDS = 20;
/** Until the code is compiled for good, which on a busy machine takes its time. */
const WARM_UP_ROUNDS = 100;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Bytes of garbage per packet that `handle` makes of `frames`; a collection in between is a
 * failure.
 */
function garbageBytesPerPacket(frames: readonly Uint8Array[], handle: (frame: Uint8Array) => void) {
  const round = (): void => {
    for (let i = 0; i < FRAMES_PER_ROUND; i++) handle(frames[i % frames.length]!);
  };
  for (let i = 0; i < WARM_UP_ROUNDS; i++) round();
  let bytes = 0;
  for (let i = 0; i < ROUNDS; i++) {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    round();
    const after = process.memoryUsage().heapUsed;
    assert.ok(after >= before, 'a collection took place, so there was garbage');
    bytes += after - before;
  }
  return bytes / (ROUNDS * FRAMES_PER_ROUND * PACKETS_PER_FRAME);
}

function mixedFrames(): Buffer[] {
  return Array.from({ length: 16 }, (_, frame) => {
    const packets = Array.from({ length: PACKETS_PER_FRAME }, (_, i) => {
      const packet = Buffer.alloc(PACKET_LENGTHS[(frame + i) % PACKET_LENGTHS.length]!, 0x80 + i);
      // Real tokens are small; the other fields are not, here.
      packet.writeUInt32BE(408_065 + 256 * i, 0);
      return packet;
    });
    return frameOf(packets);
  });
}

function ringOfSlots(): PacketSink {
  let opened = 0;
  return {
    ticks: createPrivateTicks(1024, TICK_SLOT_BYTES),
    open: () => (opened++ & 1023) * TICK_SLOT_BYTES,
    close: () => undefined,
  };
}

test('a million packets of all kinds leave less than two bytes of garbage each', (t) => {
  const parser = new KiteFrameParser(ringOfSlots());
  const bytes = garbageBytesPerPacket(mixedFrames(), (frame) => parser.parse(frame, 1.5));
  t.diagnostic(`${bytes.toFixed(3)} bytes a packet`);
  assert.ok(bytes < 2, `${bytes} bytes a packet`);
});

test('the measurement sees one small object per packet', () => {
  let kept: unknown;
  const bytes = garbageBytesPerPacket(mixedFrames(), (frame) => {
    for (let i = 0; i < PACKETS_PER_FRAME; i++) kept = { at: i, frame };
  });
  assert.ok(kept !== undefined && bytes > 8, `${bytes} bytes a packet`);
});
