import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GREEKS } from '../../../src/shm/layout/meters.ts';
import { NiftyBoard } from '../../support/threads-chain.ts';

const ROUNDS = 10;
const WINDOWS = 60;
const PASSES = 20;
const FORWARD = 24_000;
/** A reading of the clock and a view of the past second leave some bytes a batch, not a tick. */
const ENOUGH_BYTES = 4;

setFlagsFromString('--expose-gc');
// The question is what the worker leaves when its parts are inlined, not whether the compiler's
// budget for inlining reaches that far: a double that a call gives back is boxed.
setFlagsFromString('--max-inlined-bytecode-size-cumulative=5000');
const collectGarbage = runInNewContext('gc') as () => void;

function createBoard(strikeCount = 51): NiftyBoard {
  const lowest = FORWARD - 5 * (strikeCount - 1);
  const strikes = Array.from({ length: strikeCount }, (_unused, i) => lowest + 10 * i);
  const board = new NiftyBoard({ strikes, ringSlots: 32_768 });
  return board.quoteChain(FORWARD, 0.2).run();
}

/**
 * Bytes of garbage per option that `work` leaves in the steady state, `prepare` not counted.
 * `options`: how many it works on.
 */
function garbageBytes(options: number, prepare: () => void, work: () => void): number {
  let least = Infinity;
  for (let window = 0; window < WINDOWS && least > ENOUGH_BYTES; window++) {
    let bytes = 0;
    for (let i = 0; i < ROUNDS; i++) {
      prepare();
      collectGarbage();
      const before = process.memoryUsage().heapUsed;
      work();
      bytes += process.memoryUsage().heapUsed - before;
    }
    // A collection in the middle of a round would hide what was there before.
    if (bytes >= 0) least = Math.min(least, bytes / (ROUNDS * options));
  }
  return least;
}

test('option ticks leave no garbage in the worker', (t) => {
  const board = createBoard();
  const legs = board.calls.length + board.puts.length;
  const bytes = garbageBytes(
    legs * PASSES,
    () => {
      board.clock.advance(50);
      for (let i = 0; i < PASSES; i++) board.quoteChain(FORWARD + (i % 5), 0.2).send();
    },
    () => board.compute(),
  );
  t.diagnostic(`${bytes.toFixed(3)} bytes a tick`);
  assert.ok(bytes <= ENOUGH_BYTES, `${bytes} bytes a tick`);
});

test('neither does repricing', (t) => {
  // So many that what a pass leaves by itself does not count.
  const board = createBoard(401);
  const legs = board.calls.length + board.puts.length;
  const meters = board.greeksMeters();
  let price = FORWARD;
  board.clock.advance(61_000);
  const before = meters.get(GREEKS.REPRICED);
  let passes = 0;
  const bytes = garbageBytes(
    legs,
    () => {
      board.clock.advance(200);
      price += passes++ % 2 === 0 ? 20 : -20;
      board.quote(board.future, { bid: price - 1, ask: price + 1, last: price }).send();
    },
    () => board.compute(),
  );
  t.diagnostic(`${bytes.toFixed(3)} bytes an option`);
  assert.ok(meters.get(GREEKS.REPRICED) - before >= (passes - 1) * legs, 'all were repriced');
  assert.ok(bytes <= ENOUGH_BYTES, `${bytes} bytes an option`);
});

test('the measurement sees one small object per option', () => {
  const board = createBoard();
  const kept: unknown[] = Array(1000).fill(undefined);
  const bytes = garbageBytes(
    1000,
    () => board.clock.advance(1),
    () => {
      for (let i = 0; i < 1000; i++) kept[i] = { delta: i / 3 };
    },
  );
  assert.ok(bytes > 8, `${bytes} bytes an option`);
});
