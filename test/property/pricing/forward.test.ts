import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parityForward } from '../../../src/pricing/forward.ts';

const FORWARD = 24_000;
const DISCOUNT = 0.98;

const strikeVote = fc.record({
  strike: fc.integer({ min: 200, max: 280 }).map((hundreds) => hundreds * 100),
  error: fc.double({ min: -1, max: 1, noNaN: true }),
  weight: fc.double({ min: 0.01, max: 100, noNaN: true }),
});

interface Vote {
  strike: number;
  error: number;
  weight: number;
}

function forwardOf(votes: readonly Vote[]): number {
  const call = ({ strike, error }: Vote) => 5000 + DISCOUNT * (FORWARD + error - strike);
  return parityForward(
    Float64Array.from(votes, ({ strike }) => strike),
    Float64Array.from(votes, call),
    new Float64Array(votes.length).fill(5000),
    Float64Array.from(votes, ({ weight }) => weight),
    votes.length,
    DISCOUNT,
  );
}

test('the forward lies within what the strikes imply', () => {
  fc.assert(
    fc.property(fc.array(strikeVote, { minLength: 1, maxLength: 64 }), (votes) => {
      const errors = votes.map(({ error }) => error);
      const forward = forwardOf(votes);
      assert.ok(forward >= FORWARD + Math.min(...errors) - 1e-8);
      assert.ok(forward <= FORWARD + Math.max(...errors) + 1e-8);
    }),
  );
});

test('the order of the strikes does not matter', () => {
  fc.assert(
    fc.property(fc.array(strikeVote, { minLength: 1, maxLength: 20 }), (votes) => {
      assert.ok(Math.abs(forwardOf(votes) - forwardOf([...votes].reverse())) < 1e-8);
    }),
  );
});

test('fewer than half of equally trusted strikes cannot take it out of the range of the others', () => {
  const wrong = fc.double({ min: -20_000, max: 20_000, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(strikeVote, { minLength: 3, maxLength: 11 }),
      fc.array(wrong, { maxLength: 10 }),
      (good, errors) => {
        const equal = good.map((vote) => ({ ...vote, weight: 1 }));
        const bad = errors
          .slice(0, good.length - 2)
          .map((error) => ({ strike: 24_000, error, weight: 1 }));
        const forward = forwardOf([...bad, ...equal]);
        assert.ok(Math.abs(forward - FORWARD) <= 1 + 1e-8, `${forward}`);
      },
    ),
  );
});

test('more than 64 strikes are not an error', () => {
  const votes = Array.from({ length: 100 }, (_, i) => ({
    strike: 20_000 + 50 * i,
    error: 0,
    weight: 1,
  }));
  assert.ok(Math.abs(forwardOf(votes) - FORWARD) < 1e-8);
});
