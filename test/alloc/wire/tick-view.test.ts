import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeFrame } from '../../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { writeTick } from '../../support/wire/sample-tick.ts';

const TICKS = 500;
const FRAMES_PER_ROUND = 100;
const ROUNDS = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of garbage that `handle` makes per tick of the frame. */
function garbageBytesPerTick(handle: () => void): number {
  const round = (): void => {
    for (let i = 0; i < FRAMES_PER_ROUND; i += 1) handle();
  };
  for (let i = 0; i < ROUNDS; i += 1) round();
  let bytes = 0;
  for (let i = 0; i < ROUNDS; i += 1) {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    round();
    const after = process.memoryUsage().heapUsed;
    assert.ok(after >= before, 'a collection took place, so there was garbage');
    bytes += after - before;
  }
  return bytes / (ROUNDS * FRAMES_PER_ROUND * TICKS);
}

function sampleFrame(): Uint8Array {
  const buffer = new TickFrameBuffer('tick', TICKS, 1, 2);
  for (let index = 0; index < TICKS; index += 1) {
    writeTick(buffer, index * buffer.structBytes, { instrumentToken: index + 1 });
  }
  return buffer.finish(TICKS, 1, 1).slice();
}

let sum = 0;

test('reading typed ticks of a frame leaves less than two bytes of garbage each', (t) => {
  const bytes = sampleFrame();
  const garbage = garbageBytesPerTick(() => {
    const frame = decodeFrame(bytes);
    // A local: a variable that outlives the call would box every number put into it.
    let read = 0;
    for (let index = 0; index < frame.count; index += 1) {
      const tick = frame.tick(index);
      read += tick.instrumentToken + tick.instrumentSequence + tick.flags;
      read += (tick.lastPrice ?? 0) + (tick.iv ?? 0) + (tick.delta ?? 0);
    }
    sum += read;
  });
  t.diagnostic(`${garbage.toFixed(3)} bytes a tick`);
  assert.ok(garbage < 2, `${garbage} bytes a tick`);
  assert.ok(Number.isFinite(sum));
});

test('the measurement sees the plain objects of a frame', () => {
  const bytes = sampleFrame();
  const garbage = garbageBytesPerTick(() => {
    const frame = decodeFrame(bytes);
    for (let index = 0; index < 10; index += 1) sum += frame.object(index).merged;
  });
  assert.ok(garbage > 10, `${garbage} bytes a tick`);
});
