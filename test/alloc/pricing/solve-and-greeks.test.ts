import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { blackPrice } from '../../../src/pricing/black.ts';
import { parityForward } from '../../../src/pricing/forward.ts';
import { black76Greeks, GREEKS_DELTA, GREEKS_OUTPUTS } from '../../../src/pricing/greeks.ts';
import { solveBlack76 } from '../../../src/pricing/implied-volatility.ts';
import { CALL, type OptionType, PUT } from '../../../src/pricing/option-type.ts';

const OPTIONS = 4096;
const ROUNDS = 20;
const WINDOWS = 60;
/** Below this there is nothing but the measurement itself. */
const ENOUGH_BYTES = 0.5;
const FORWARD = 24_000;
const RATE = 0.065;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Options of one expiry, 1 to 90 days, near and far from the money, each with its price. */
const strikes = Float64Array.from({ length: OPTIONS }, (_, i) => 20_000 + ((i * 37) % 160) * 50);
const times = Float64Array.from({ length: OPTIONS }, (_, i) => (1 + (i % 90)) / 365);
const prices = Float64Array.from({ length: OPTIONS }, (_, i) => {
  const discount = Math.exp(-RATE * times[i]!);
  return blackPrice(typeOf(i), FORWARD, strikes[i]!, times[i]!, discount, 0.1 + (i % 7) * 0.05);
});
const greeks = new Float64Array(GREEKS_OUTPUTS);
const results = new Float64Array(OPTIONS);

function typeOf(i: number): OptionType {
  return (i & 1) === 0 ? CALL : PUT;
}

function solveAll(): void {
  for (let i = 0; i < OPTIONS; i++) {
    const time = times[i]!;
    const discount = Math.exp(-RATE * time);
    const solved = solveBlack76(typeOf(i), prices[i]!, FORWARD, strikes[i]!, time, discount);
    if (solved > 0) {
      black76Greeks(greeks, typeOf(i), FORWARD, strikes[i]!, time, RATE, solved);
      results[i] = greeks[GREEKS_DELTA]!;
    }
  }
}

const weights = new Float64Array(7).fill(1);

function forwardsOfAll(): void {
  for (let i = 0; i < OPTIONS; i++) {
    results[i] = parityForward(strikes, prices, prices, weights, 7, 0.99);
  }
}

function bytesOf(round: () => void): number {
  let bytes = 0;
  for (let i = 0; i < ROUNDS; i++) {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    round();
    bytes += process.memoryUsage().heapUsed - before;
  }
  return bytes / (ROUNDS * OPTIONS);
}

/**
 * Bytes of garbage per option that `round` leaves in the steady state: code that the engine has not
 * optimised yet boxes its numbers, so it is given some time to become garbage-free.
 */
function garbageBytes(round: () => void): number {
  let least = Infinity;
  for (let window = 0; window < WINDOWS && least > ENOUGH_BYTES; window++) {
    const bytes = bytesOf(round);
    // A collection in the middle of a round would hide what was there before.
    if (bytes >= 0) least = Math.min(least, bytes);
  }
  return least;
}

test('volatility and Greeks of an option leave no garbage', (t) => {
  const bytes = garbageBytes(solveAll);
  t.diagnostic(`${bytes.toFixed(3)} bytes an option`);
  assert.ok(bytes <= ENOUGH_BYTES, `${bytes} bytes an option`);
});

test('an implied forward leaves no garbage', (t) => {
  const bytes = garbageBytes(forwardsOfAll);
  t.diagnostic(`${bytes.toFixed(3)} bytes a forward`);
  assert.ok(bytes <= ENOUGH_BYTES, `${bytes} bytes a forward`);
});

test('the measurement sees one small object per option', () => {
  const boxes: unknown[] = Array(OPTIONS).fill(undefined);
  const bytes = bytesOf(() => {
    for (let i = 0; i < OPTIONS; i++) boxes[i] = { delta: results[i]! };
  });
  assert.ok(bytes > 8, `${bytes} bytes an option`);
});
