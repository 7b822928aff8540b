import assert from 'node:assert/strict';
import test from 'node:test';
import { WakeWord } from '../../../src/shm/wake.ts';
import { runWithGap } from '../../support/atomics-gaps.ts';

const WAKE = 0;
const SLEEP = 1;
/** More than any call has operations. */
const GAPS = 6;

type Party = 'sleeper' | 'waker';
const PARTIES: readonly Party[] = ['sleeper', 'waker'];

interface Interleaving {
  /** The second runs in a gap of the first, the third in a gap of the second. */
  parties: readonly Party[];
  gaps: readonly [number, number];
  /** Another sleeper has announced itself before. */
  raised: boolean;
}

function* interleavings(): Generator<Interleaving> {
  for (let number = 0; number < 16 * GAPS * GAPS; number++) {
    const bits = Math.floor(number / (GAPS * GAPS));
    const gap = number % (GAPS * GAPS);
    yield {
      parties: [0, 1, 2].map((bit) => PARTIES[(bits >> bit) & 1]!),
      gaps: [Math.floor(gap / GAPS), gap % GAPS],
      raised: (bits & 8) !== 0,
    };
  }
}

/** Runs the calls; undefined if one of them has no such gap. */
function run({ parties, gaps, raised }: Interleaving) {
  const words = new Int32Array(new SharedArrayBuffer(8));
  if (raised) words[SLEEP] = 1;
  const word = new WakeWord(words, WAKE, SLEEP);
  const seen: number[] = [];
  const [outer, middle, inner] = parties.map((party) => () => {
    if (party === 'sleeper') seen.push(word.announce());
    else word.wake();
  });
  const ran = { inner: false };
  const ranMiddle = runWithGap(gaps[0], outer!, () => {
    ran.inner = runWithGap(gaps[1], middle!, inner!);
  });
  return ranMiddle && ran.inner ? { words, seen } : undefined;
}

test('however announcements and wakes interleave, a sleeper is woken or still announced', () => {
  let cases = 0;
  for (const interleaving of interleavings()) {
    const result = run(interleaving);
    if (result === undefined) continue;
    cases++;
    const { words, seen } = result;
    const safe = seen.every((value) => words[WAKE] !== value || words[SLEEP] === 1);
    assert.ok(safe, `would sleep through the next wake: ${JSON.stringify(interleaving)}`);
  }
  assert.ok(cases > 50, `${cases} interleavings`);
});
