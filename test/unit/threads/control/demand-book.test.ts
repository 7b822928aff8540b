import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DemandBook, type DemandChange } from '../../../../src/threads/control/demand-book.ts';
import { settled } from '../../../support/fanout-rig.ts';

const RESERVATION_MS = 10_000;

function create(capacity = 100): {
  book: DemandBook;
  batches: DemandChange[][];
  wait: (ms: number) => void;
} {
  let nowMs = 0;
  const batches: DemandChange[][] = [];
  const book = new DemandBook(
    capacity,
    () => nowMs,
    (changes) => batches.push(changes),
  );
  return { book, batches, wait: (ms) => (nowMs += ms) };
}

describe('changes', () => {
  test('of one turn leave together, each row once with its newest mode', async () => {
    const { book, batches } = create();
    book.set('clients', 1, 1);
    book.set('clients', 2, 3);
    book.set('clients', 1, 3);
    assert.deepEqual(batches, []);
    await settled();
    assert.deepEqual(batches, [
      [
        { row: 1, mode: 3 },
        { row: 2, mode: 3 },
      ],
    ]);
    book.set('clients', 2, 0);
    await settled();
    assert.deepEqual(batches[1], [{ row: 2, mode: 0 }]);
  });

  test('that change nothing do not leave', async () => {
    const { book, batches } = create();
    book.set('clients', 1, 0);
    book.set('clients', 2, 3);
    await settled();
    book.set('clients', 2, 3);
    book.set('base', 2, 1);
    await settled();
    assert.equal(batches.length, 1);
  });
});

describe('several sources', () => {
  test('the highest mode counts, and the last one to leave ends the demand', async () => {
    const { book, batches } = create();
    const steps: [Parameters<DemandBook['set']>, number][] = [
      [['clients', 7, 1], 1],
      [['forwards', 7, 3], 3],
      [['clients', 7, 0], 3],
      [['base', 7, 2], 3],
      [['forwards', 7, 0], 2],
      [['base', 7, 0], 0],
    ];
    for (const [change, expected] of steps) {
      book.set(...change);
      assert.equal(book.modeOf(7), expected);
    }
    assert.equal(book.size, 0);
    await settled();
    assert.deepEqual(batches, [[{ row: 7, mode: 0 }]]);
  });

  test('clear forgets one of them', async () => {
    const { book, batches } = create();
    book.set('clients', 1, 3);
    book.set('clients', 2, 3);
    book.set('base', 2, 1);
    await settled();
    book.clear('clients');
    await settled();
    assert.deepEqual(batches[1], [
      { row: 1, mode: 0 },
      { row: 2, mode: 1 },
    ]);
    assert.deepEqual([...book.wantedBy('clients')], []);
    assert.deepEqual(book.all(), [{ row: 2, mode: 1 }]);
  });
});

describe('capacity', () => {
  test('a reservation takes room that nobody else gets', () => {
    const { book } = create(2);
    assert.equal(book.reserve(1), true);
    assert.equal(book.reserve(2), true);
    assert.equal(book.reserve(3), false);
    book.set('clients', 1, 3);
    assert.equal(book.reserve(3), false, 'what was reserved is now used');
    assert.equal(book.reserve(1), true, 'it has room already');
    book.set('clients', 1, 0);
    assert.equal(book.reserve(3), true);
  });

  test('a reservation that is not used is given up when room is needed', () => {
    const { book, wait } = create(1);
    assert.equal(book.reserve(1), true);
    wait(RESERVATION_MS - 1);
    assert.equal(book.reserve(2), false);
    wait(1);
    assert.equal(book.reserve(2), true);
    assert.equal(book.reserve(1), false);
  });

  test('promising a row again makes its reservation last longer', () => {
    const { book, wait } = create(1);
    book.reserve(1);
    wait(RESERVATION_MS - 1);
    assert.equal(book.reserve(1), true);
    wait(RESERVATION_MS - 1);
    assert.equal(book.reserve(2), false);
  });
});
