import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LoadLevel, type LoadReading } from '../../../../src/threads/publish/load-level.ts';

const HEALTHY: LoadReading = {
  received: 10_000,
  passedOn: 10_000,
  ageSumMs: 10_000,
  pending: 0,
  elapsedMs: 1000,
};

function levelOf(changes: Partial<LoadReading>): number {
  return new LoadLevel().look({ ...HEALTHY, ...changes });
}

describe('the load level', () => {
  for (const [name, changes, level] of [
    ['nothing wrong', {}, 0],
    ['95 % passed on', { passedOn: 9500, ageSumMs: 9500 }, 0],
    ['less than 95 %', { passedOn: 9499, ageSumMs: 9499 }, 1],
    ['less than 80 %', { passedOn: 7999, ageSumMs: 7999 }, 2],
    ['less than half', { passedOn: 4999, ageSumMs: 4999 }, 3],
    ['10 ms old', { ageSumMs: 100_000 }, 0],
    ['older than 10 ms', { ageSumMs: 100_001 }, 1],
    ['older than 50 ms', { ageSumMs: 500_001 }, 2],
    ['older than 200 ms', { ageSumMs: 2_000_001 }, 3],
    ['100 wait', { pending: 100 }, 0],
    ['101 wait, of 10 a ms', { pending: 101 }, 1],
    ['501 wait, of 10 a ms', { pending: 501 }, 2],
    ['2001 wait, of 10 a ms', { pending: 2001 }, 3],
    ['400 wait, of 50 a ms', { received: 50_000, passedOn: 50_000, pending: 400 }, 0],
    ['hardly a tick says nothing', { received: 99, passedOn: 1, ageSumMs: 9999 }, 0],
  ] as const) {
    test(`${name}: ${level}`, () => assert.equal(levelOf(changes), level));
  }

  test('rises at once and falls a level at a time', () => {
    const load = new LoadLevel();
    const overload = { ...HEALTHY, passedOn: 100 };
    assert.deepEqual(
      [overload, HEALTHY, HEALTHY, overload, HEALTHY, HEALTHY, HEALTHY, HEALTHY].map((reading) =>
        load.look(reading),
      ),
      [3, 2, 1, 3, 2, 1, 0, 0],
    );
  });
});
