import assert from 'node:assert/strict';
import test from 'node:test';
import { createRepriceRings, RepriceRing, repriceRings } from '../../../src/shm/reprice-ring.ts';

function append(ring: RepriceRing, ...rows: number[]): void {
  ring.append(Int32Array.from(rows), rows.length);
}

/** Everything after `from`, `most` entries at a time. */
function readAll(ring: RepriceRing, from: number, most = 3): number[] {
  const found: number[] = [];
  const rows = new Int32Array(most);
  for (let at = ring.oldest(from); ;) {
    const taken = ring.take(at, rows, 0);
    if (taken === 0) return found;
    found.push(...rows.subarray(0, taken));
    at = (at + taken) | 0;
  }
}

test('a ring has room for at least two passes over all rows', () => {
  for (const rows of [1, 2, 5, 1000, 32_768]) {
    const [ring] = repriceRings(createRepriceRings(2, rows), 2);
    assert.ok(ring!.capacity >= 2 * rows && ring!.capacity < 4 * rows + 2);
    assert.equal(Math.log2(ring!.capacity) % 1, 0);
  }
});

test('entries come out in their order, also in pieces', () => {
  const [ring] = repriceRings(createRepriceRings(1, 8), 1);
  append(ring!, 3, 1, 4);
  append(ring!, 1, 5);
  assert.deepEqual(readAll(ring!, 0), [3, 1, 4, 1, 5]);
  assert.deepEqual(readAll(ring!, 3), [1, 5]);
  assert.deepEqual(readAll(ring!, ring!.written), []);
});

test('a reader that was lapped gets the newest entries', () => {
  const [ring] = repriceRings(createRepriceRings(1, 4), 1);
  for (let row = 1; row <= 20; row++) append(ring!, row);
  assert.deepEqual(readAll(ring!, 0), [13, 14, 15, 16, 17, 18, 19, 20]);
});

test('the rings of workers are apart, and there are no others', () => {
  const block = createRepriceRings(2, 4);
  const [first, second] = repriceRings(block, 2);
  append(first!, 1, 2);
  append(second!, 9);
  assert.deepEqual(readAll(first!, 0), [1, 2]);
  assert.deepEqual(readAll(second!, 0), [9]);
  assert.throws(() => new RepriceRing(block, 2), RangeError);
  assert.throws(() => new RepriceRing(block, -1), RangeError);
});

test('positions wrap', () => {
  const block = createRepriceRings(1, 4);
  const [ring] = repriceRings(block, 1);
  // 128 bytes of block header, then the head.
  new Int32Array(block, 128, 1)[0] = 0x7fff_fffe;
  const from = ring!.written;
  append(ring!, 1, 2, 3);
  assert.ok(ring!.written < 0);
  assert.deepEqual(readAll(ring!, from), [1, 2, 3]);
});
