import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { decodeFrame, type FrameView } from '../../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { TICK_LAYOUT } from '../../../src/wire/tick-layout.ts';
import { writeTick } from '../../support/wire/sample-tick.ts';

// The question is what the readers leave when they are inlined, not whether the compiler's budget
// for that, which the reader below nearly uses up, happens to suffice in this process.
setFlagsFromString('--max-inlined-bytecode-size-cumulative=5000');

const TICKS = 500;
const FRAMES_PER_ROUND = 10;
const ROUNDS = 300;
const WARM_UP_ROUNDS = 1000;

/**
 * Bytes of garbage that `handle` makes per tick of a frame: the median of rounds without a
 * collection. No collection is forced, because that throws optimised code away.
 */
function garbageBytesPerTick(handle: () => void): number {
  const rounds: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < FRAMES_PER_ROUND; i += 1) handle();
    const grown = process.memoryUsage().heapUsed - before;
    if (round >= 0 && grown >= 0) rounds.push(grown / (FRAMES_PER_ROUND * TICKS));
  }
  assert.ok(rounds.length > ROUNDS / 2, `${rounds.length} of ${ROUNDS} rounds can be used`);
  return rounds.sort((a, b) => a - b)[rounds.length >> 1]!;
}

function sampleFrame(): Uint8Array {
  const buffer = new TickFrameBuffer('tick', TICKS, 1, 2);
  for (let index = 0; index < TICKS; index += 1) {
    writeTick(buffer, index * buffer.structBytes, { instrumentToken: index + 1 });
  }
  return buffer.finish(TICKS, 1, 1).slice();
}

const bytes = sampleFrame();
let sum = 0;

/** As a listener of frames reads them. The sum is a local: what outlives a call would be boxed. */
function readRaw(frame: FrameView): number {
  let read = 0;
  for (let index = 0; index < frame.count; index += 1) {
    const tick = frame.tick(index);
    read += tick.instrumentToken + tick.instrumentSequence + tick.receiveTimeUs;
    read += tick.uint32(TICK_LAYOUT.lastPrice) / tick.uint32(TICK_LAYOUT.priceDivisor);
    read += tick.float64(TICK_LAYOUT.iv) + tick.float64(TICK_LAYOUT.delta);
  }
  return read;
}

function readOptional(frame: FrameView): number {
  let read = 0;
  for (let index = 0; index < frame.count; index += 1) {
    const tick = frame.tick(index);
    read += (tick.lastPrice ?? 0) + (tick.iv ?? 0);
  }
  return read;
}

test('raw readers of a decoded frame leave less than two bytes of garbage a tick', (t) => {
  const garbage = garbageBytesPerTick(() => {
    sum += readRaw(decodeFrame(bytes));
  });
  t.diagnostic(`${garbage.toFixed(3)} bytes a tick`);
  assert.ok(garbage < 2, `${garbage} bytes a tick`);
});

test('a value that may be undefined costs at most its boxed number', (t) => {
  const garbage = garbageBytesPerTick(() => {
    sum += readOptional(decodeFrame(bytes));
  });
  t.diagnostic(`${garbage.toFixed(3)} bytes a tick`);
  assert.ok(garbage < 2 * 16 + 2, `${garbage} bytes a tick`);
});

test('the measurement sees the plain objects of a frame', () => {
  const garbage = garbageBytesPerTick(() => {
    const frame = decodeFrame(bytes);
    for (let index = 0; index < 10; index += 1) sum += frame.object(index).merged;
  });
  assert.ok(garbage > 10, `${garbage} bytes a tick`);
  assert.ok(Number.isFinite(sum));
});
