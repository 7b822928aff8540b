import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../src/feed/sim/random.ts';

function take<T>(count: number, next: () => T): T[] {
  return Array.from({ length: count }, next);
}

test('the same seed and label give the same numbers, another seed or label others', () => {
  const bits = (seed: number, label: string): number[] => {
    const random = new Random(seed, label);
    return take(100, () => random.bits());
  };
  assert.deepEqual(bits(7, 'a'), bits(7, 'a'));
  assert.notDeepEqual(bits(7, 'a'), bits(8, 'a'));
  assert.notDeepEqual(bits(7, 'a'), bits(7, 'b'));
});

test('uniform numbers fill [0, 1) evenly and normal numbers have mean 0 and variance 1', () => {
  const random = new Random(1, 'moments');
  const count = 100_000;
  const uniforms = take(count, () => random.uniform());
  assert.ok(uniforms.every((value) => value >= 0 && value < 1));
  for (let tenth = 0; tenth < 10; tenth++) {
    const share = uniforms.filter((value) => Math.floor(10 * value) === tenth).length / count;
    assert.ok(Math.abs(share - 0.1) < 0.005, `${share} of the numbers in tenth ${tenth}`);
  }
  const normals = take(count, () => random.normal());
  const mean = normals.reduce((sum, value) => sum + value, 0) / count;
  const variance = normals.reduce((sum, value) => sum + value * value, 0) / count;
  assert.ok(Math.abs(mean) < 0.02, `mean ${mean}`);
  assert.ok(Math.abs(variance - 1) < 0.03, `variance ${variance}`);
});

test('integers cover their range, ends included', () => {
  const random = new Random(3, 'integers');
  const seen = new Set(take(1000, () => random.integer(4, 9)));
  assert.deepEqual([...seen].sort(), [4, 5, 6, 7, 8, 9]);
});
