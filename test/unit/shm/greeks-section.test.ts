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

const STATES = { GREEKS_FREE, GREEKS_PENDING, GREEKS_CLAIMED, GREEKS_DONE };
const SLOTS = 8;
/** Positions on both sides of every wrap of a 30- and 32-bit word. */
const POSITIONS = [
  1,
  2 ** 29,
  2 ** 30 + 5,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32 + 7,
  2 ** 50,
];

type Operation = (words: Int32Array, index: number, position: number) => boolean;

/**
 * What each operation, for `position`, makes of a section in each state: of the same position, and
 * of an older one. '=': it fails and leaves the section as it was.
 */
const TABLE: readonly [string, Operation, Record<keyof typeof STATES, [string, string]>][] = [
  [
    'ingest arms',
    armGreeks,
    {
      GREEKS_FREE: ['PENDING', 'PENDING'],
      GREEKS_PENDING: ['PENDING', 'PENDING'],
      GREEKS_CLAIMED: ['=', '='],
      GREEKS_DONE: ['PENDING', 'PENDING'],
    },
  ],
  [
    'ingest takes',
    takeGreeks,
    {
      GREEKS_FREE: ['FREE', 'FREE'],
      GREEKS_PENDING: ['FREE', 'FREE'],
      GREEKS_CLAIMED: ['=', '='],
      GREEKS_DONE: ['FREE', 'FREE'],
    },
  ],
  [
    'a worker claims',
    claimGreeks,
    {
      GREEKS_FREE: ['=', '='],
      GREEKS_PENDING: ['CLAIMED', '='],
      GREEKS_CLAIMED: ['=', '='],
      GREEKS_DONE: ['=', '='],
    },
  ],
  [
    'control releases',
    releaseClaim,
    {
      GREEKS_FREE: ['=', '='],
      GREEKS_PENDING: ['=', '='],
      GREEKS_CLAIMED: ['FREE', '='],
      GREEKS_DONE: ['=', '='],
    },
  ],
];

for (const [name, operation, outcomes] of TABLE) {
  test(`${name}: exactly the allowed changes of state`, () => {
    for (const position of POSITIONS) {
      for (const [state, [same, older]] of Object.entries(outcomes)) {
        for (const [found, expected] of [
          [position, same],
          [position - SLOTS, older],
        ] as const) {
          const words = Int32Array.of(1, 0, 2);
          words[1] = greeksWord(STATES[state as keyof typeof STATES], found);
          const before = words[1];
          const changed = operation(words, 1, position);
          const after = STATES[`GREEKS_${expected}` as keyof typeof STATES];
          const wanted = expected === '=' ? before : greeksWord(after, position);
          assert.equal(words[1], wanted, `${state} of ${found}, for ${position}`);
          assert.equal(changed, expected !== '=', `${state} of ${found}, for ${position}`);
          assert.deepEqual([words[0], words[2]], [1, 2], 'no other word is touched');
        }
      }
    }
  });
}

test('finishing names the position it was claimed for, and only that one is done', () => {
  for (const position of POSITIONS) {
    const words = new Int32Array(1);
    finishGreeks(words, 0, position);
    assert.ok(isGreeksDone(words, 0, position));
    for (const other of [position - SLOTS, position + SLOTS, position + 2 ** 29]) {
      assert.ok(!isGreeksDone(words, 0, other), `${position} is not ${other}`);
    }
  }
});

test('no other state counts as done, and a word that was never written neither', () => {
  for (const state of [GREEKS_FREE, GREEKS_PENDING, GREEKS_CLAIMED]) {
    assert.ok(!isGreeksDone(Int32Array.of(greeksWord(state, 5)), 0, 5));
  }
  for (const position of POSITIONS) assert.ok(!isGreeksDone(new Int32Array(1), 0, position));
});

test('the word holds the state in its low bits and 30 bits of the position above', () => {
  assert.equal(greeksWord(GREEKS_DONE, 1), 7);
  assert.equal(greeksWord(GREEKS_PENDING, 2 ** 29), -(2 ** 31) + 1);
  assert.equal(greeksWord(GREEKS_CLAIMED, 2 ** 30 + 1), greeksWord(GREEKS_CLAIMED, 1));
});
