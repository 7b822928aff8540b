import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContinuityCheck, type GapEvent } from '../../../src/client/continuity.ts';

const TOKEN = 256265;

interface Sent {
  sequence?: number;
  merged?: number;
  snapshot?: boolean;
  repriced?: boolean;
  token?: number;
}

function setUp(): {
  check: ContinuityCheck;
  gaps: GapEvent[];
  accept: (instrumentSequence: number, sent?: Sent) => boolean;
} {
  const gaps: GapEvent[] = [];
  const check = new ContinuityCheck((gap) => gaps.push(gap));
  check.begin('e1');
  return {
    check,
    gaps,
    accept: (instrumentSequence, sent = {}) =>
      check.accept(
        sent.token ?? TOKEN,
        sent.sequence ?? instrumentSequence * 10,
        instrumentSequence,
        sent.merged ?? 0,
        sent.snapshot ?? false,
        sent.repriced ?? false,
      ),
  };
}

test('contiguous ticks pass, and the first of an instrument may have any number', () => {
  const { accept, gaps } = setUp();
  assert.deepEqual([accept(7), accept(8), accept(9)], [true, true, true]);
  assert.ok(accept(1, { token: 2 }));
  assert.deepEqual(gaps, []);
});

test('a jump that nobody named is reported with its number and range', () => {
  const { accept, gaps, check } = setUp();
  accept(1);
  assert.ok(accept(5));
  assert.deepEqual(gaps, [{ reason: 'UNEXPLAINED', token: TOKEN, missing: 3, from: 11, to: 49 }]);
  assert.equal(check.missing, 3);
  accept(6);
  assert.equal(gaps.length, 1);
});

test('a jump that is exactly the merged ticks is no gap; one beyond them is', () => {
  const { accept, gaps, check } = setUp();
  accept(1);
  accept(5, { merged: 3 });
  assert.equal(gaps.length, 0);
  assert.equal(check.merged, 3);
  accept(10, { merged: 3 });
  assert.deepEqual(
    gaps.map((gap) => gap.missing),
    [1],
  );
});

test('a gap record names the jump that can lie in its range, and is reported itself', () => {
  const { accept, check, gaps } = setUp();
  accept(1);
  check.announce({ from: 15, to: 30, reason: 'RING_OVERRUN' });
  accept(4);
  assert.deepEqual(gaps, [
    { reason: 'RING_OVERRUN', from: 15, to: 30 },
    { reason: 'RING_OVERRUN', token: TOKEN, missing: 2, from: 11, to: 39 },
  ]);
});

test('a gap record whose range is too small for the jump does not name it', () => {
  const { accept, check, gaps } = setUp();
  accept(1, { sequence: 10 });
  check.announce({ from: 12, to: 12, reason: 'RING_OVERRUN' });
  accept(4, { sequence: 20 });
  assert.equal(gaps.at(-1)?.reason, 'UNEXPLAINED');
  check.announce({ from: 5, to: 9, reason: 'RING_OVERRUN' });
  accept(6, { sequence: 30 });
  assert.equal(gaps.at(-1)?.reason, 'UNEXPLAINED');
});

test('ticks that are not newer are passed over and counted', () => {
  const { accept, check, gaps } = setUp();
  accept(5);
  assert.deepEqual([accept(5), accept(4), accept(6)], [false, false, true]);
  assert.equal(check.passedOver, 2);
  assert.deepEqual(gaps, []);
});

test('a snapshot that somebody waits for is passed on, whatever came before it', () => {
  const { accept, check, gaps } = setUp();
  accept(5);
  for (const count of [5, 3]) {
    check.expect(TOKEN, true);
    assert.ok(check.isOutstanding(TOKEN));
    assert.ok(accept(count, { snapshot: true }));
    assert.ok(!check.isOutstanding(TOKEN));
  }
  assert.ok(accept(4));
  assert.deepEqual(gaps, []);
});

test('a snapshot that was asked for again says only that nothing was missed', () => {
  const { accept, check } = setUp();
  accept(5);
  check.expect(TOKEN, false);
  assert.ok(!accept(5, { snapshot: true }));
  assert.ok(!check.isOutstanding(TOKEN));
});

test('a snapshot that nobody waits for and that is not newer is passed over', () => {
  const { accept, check, gaps } = setUp();
  accept(5);
  assert.ok(!accept(5, { snapshot: true }));
  assert.ok(!accept(4, { snapshot: true }));
  assert.equal(check.passedOver, 2);
  assert.deepEqual(gaps, []);
});

test('a snapshot that goes on beyond what has come names what it left out', () => {
  const { accept, gaps } = setUp();
  accept(5);
  assert.ok(accept(6, { snapshot: true }));
  assert.ok(accept(9, { snapshot: true }));
  assert.deepEqual(gaps, [{ reason: 'SNAPSHOT', token: TOKEN, missing: 2, from: 61, to: 89 }]);
});

test('a tick that is newer is as good as the snapshot that somebody waits for', () => {
  const { accept, check } = setUp();
  accept(5);
  check.expect(TOKEN, true);
  assert.ok(!accept(5));
  assert.ok(check.isOutstanding(TOKEN), 'an old one is not');
  assert.ok(accept(6));
  assert.ok(!accept(6, { snapshot: true }));
});

test('a repriced record repeats a position: it moves nothing, an older one is passed over', () => {
  const { accept, gaps } = setUp();
  assert.ok(accept(4, { repriced: true }), 'before any tick');
  accept(5);
  assert.ok(accept(5, { repriced: true }));
  assert.ok(!accept(4, { repriced: true }));
  assert.ok(!accept(6, { repriced: true }), 'its tick has not come');
  accept(6);
  assert.deepEqual(gaps, []);
});

test('after a reconnect the snapshot tells how many ticks were missed', () => {
  const { accept, check, gaps } = setUp();
  accept(5);
  accept(1, { token: 2 });
  check.begin('e1');
  assert.ok(accept(9, { snapshot: true }));
  assert.ok(!accept(1, { token: 2, snapshot: true }), 'nothing was missed');
  assert.deepEqual(gaps, [{ reason: 'RECONNECT', token: TOKEN, missing: 3, from: 51, to: 89 }]);
  accept(10);
  assert.equal(gaps.length, 1);
});

test('what was unsubscribed meanwhile is not missed', () => {
  const { accept, check, gaps } = setUp();
  accept(5);
  check.forget(TOKEN);
  assert.ok(!accept(5), 'and what came before it does not come again');
  assert.ok(accept(50));
  assert.deepEqual(gaps, []);
  check.forget(TOKEN);
  check.begin('e2');
  assert.deepEqual(gaps, [], 'nor in another epoch');
});

test('in a new epoch numbers begin again and what is missing is unknown', () => {
  const { accept, check, gaps } = setUp();
  accept(5);
  check.begin('e2');
  assert.deepEqual(gaps, [{ reason: 'NEW_EPOCH' }]);
  assert.ok(accept(1));
  assert.equal(gaps.length, 1);
});

test('the count of an instrument wraps after 32 bits', () => {
  const { accept, gaps } = setUp();
  accept(0xffff_ffff);
  assert.ok(accept(0));
  assert.ok(!accept(0xffff_ffff));
  assert.deepEqual(gaps, []);
});
