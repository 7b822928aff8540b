import assert from 'node:assert/strict';
import test from 'node:test';
import {
  armGreeks,
  claimGreeks,
  finishGreeks,
  GREEKS_CLAIMED,
  GREEKS_DONE,
  GREEKS_FREE,
  GREEKS_PENDING,
  greeksWord,
  isGreeksDone,
  releaseClaim,
  takeGreeks,
} from '../../../src/shm/greeks-section.ts';
import { runWithGap } from '../../support/atomics-gaps.ts';

const SLOTS = 8;
const OLD = 2 ** 31 - 3;
const NEW = OLD + SLOTS;
const GAPS = 4;

interface Call {
  /** Whom it makes the section's writer if it succeeds. */
  owner: 'ingest' | 'worker' | 'nobody';
  run: (words: Int32Array) => boolean;
}

/** Ingest is about to write NEW; workers look at OLD or NEW. */
const CALLS = {
  arm: { owner: 'nobody', run: (words) => armGreeks(words, 0, NEW) },
  take: { owner: 'ingest', run: (words) => takeGreeks(words, 0, NEW) },
  claimOld: { owner: 'worker', run: (words) => claimGreeks(words, 0, OLD) },
  claimNew: { owner: 'worker', run: (words) => claimGreeks(words, 0, NEW) },
  release: { owner: 'nobody', run: (words) => releaseClaim(words, 0, OLD) },
  finish: {
    owner: 'nobody',
    run: (words) => {
      finishGreeks(words, 0, OLD);
      return true;
    },
  },
} satisfies Record<string, Call>;
type Name = keyof typeof CALLS;

/** Calls of one and the same thread never interleave; a release follows its worker's death. */
const PAIRS: readonly [Name, Name][] = [
  ['arm', 'claimOld'],
  ['arm', 'finish'],
  ['arm', 'release'],
  ['take', 'claimOld'],
  ['take', 'finish'],
  ['take', 'release'],
  ['claimOld', 'claimOld'],
  ['claimNew', 'claimNew'],
  ['claimOld', 'arm'],
  ['claimOld', 'take'],
  ['finish', 'arm'],
  ['finish', 'take'],
  ['release', 'arm'],
  ['release', 'take'],
];

for (const [outer, inner] of PAIRS) {
  test(`${inner} in the middle of ${outer}: as if one came after the other`, () => {
    const first: Call = { ...CALLS[outer] };
    const second: Call = { ...CALLS[inner] };
    let cases = 0;
    for (const state of [GREEKS_FREE, GREEKS_PENDING, GREEKS_CLAIMED, GREEKS_DONE]) {
      // Only the owner of a claim finishes or releases it.
      const needsClaim = [outer, inner].some((name) => name === 'finish' || name === 'release');
      if (needsClaim && state !== GREEKS_CLAIMED) continue;
      for (const position of [OLD, NEW]) {
        if (needsClaim && position === NEW) continue;
        const start = greeksWord(state, position);
        const inSequence = [
          [first, second],
          [second, first],
        ].map((order) => {
          const words = Int32Array.of(start);
          const succeeded = order.map((call) => call.run(words));
          return JSON.stringify([words[0], order[0] === first ? succeeded : succeeded.reverse()]);
        });
        for (let gap = 0; gap < GAPS; gap++) {
          const words = Int32Array.of(start);
          const succeeded = [false, false];
          const ran = runWithGap(
            gap,
            () => (succeeded[0] = first.run(words)),
            () => (succeeded[1] = second.run(words)),
          );
          if (!ran) continue;
          cases++;
          const found = JSON.stringify([words[0], succeeded]);
          assert.ok(
            inSequence.includes(found),
            `state ${state} of ${position === OLD ? 'OLD' : 'NEW'}, gap ${gap}: ${found}`,
          );
          const owners = [first, second].filter(({ owner }, at) => {
            return succeeded[at] && owner !== 'nobody';
          });
          assert.ok(owners.length <= 1, 'two writers');
          assert.ok(!isGreeksDone(words, 0, NEW) || state === GREEKS_DONE, 'nobody finished NEW');
        }
      }
    }
    assert.ok(cases > 0);
  });
}
