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
const ROUNDS = 40;
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

/** Bytes of garbage per option that `round` leaves; a collection in between is a failure. */
function garbageBytes(round: () => void): number {
  for (let i = 0; i < 10 * ROUNDS; i++) round();
  let bytes = 0;
  for (let i = 0; i < ROUNDS; i++) {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    round();
    const after = process.memoryUsage().heapUsed;
    assert.ok(after >= before, 'a collection took place, so there was garbage');
    bytes += after - before;
  }
  return bytes / (ROUNDS * OPTIONS);
}

test('volatility and Greeks of an option leave no garbage', (t) => {
  const bytes = garbageBytes(solveAll);
  t.diagnostic(`${bytes.toFixed(3)} bytes an option`);
  assert.ok(bytes < 2, `${bytes} bytes an option`);
});

test('an implied forward leaves no garbage beyond the number it returns', (t) => {
  const bytes = garbageBytes(forwardsOfAll);
  t.diagnostic(`${bytes.toFixed(3)} bytes a forward`);
  assert.ok(bytes <= 18, `${bytes} bytes a forward`);
});

test('the measurement sees one boxed number per option', () => {
  const boxes: unknown[] = Array(OPTIONS).fill(undefined);
  const bytes = garbageBytes(() => {
    for (let i = 0; i < OPTIONS; i++) boxes[i] = { delta: results[i]! };
  });
  assert.ok(bytes > 8, `${bytes} bytes an option`);
});
