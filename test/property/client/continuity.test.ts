import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ContinuityCheck } from '../../../src/client/continuity.ts';

/** What happens to the next tick of an instrument on its way. */
const fates = fc.constantFrom('sent', 'lost', 'merged', 'announced', 'repeated', 'repriced');
const steps = fc.array(fc.record({ token: fc.integer({ min: 1, max: 3 }), fate: fates }), {
  maxLength: 200,
});

interface Stream {
  count: number;
  lastSequence: number;
  merged: number;
  announced: number;
  lost: number;
}

test('every tick that did not come is accounted as merged, announced or unexplained', () => {
  fc.assert(
    fc.property(steps, (list) => {
      let unexplained = 0;
      let announcedMissing = 0;
      const check = new ContinuityCheck((gap) => {
        if (gap.token === undefined) return;
        if (gap.reason === 'UNEXPLAINED') unexplained += gap.missing ?? 0;
        else announcedMissing += gap.missing ?? 0;
      });
      check.begin('e');
      const streams = new Map<number, Stream>();
      let position = 0;
      let merged = 0;
      let repeated = 0;
      let missing = 0;
      for (const token of [1, 2, 3]) {
        position += 1;
        streams.set(token, { count: 1, lastSequence: position, merged: 0, announced: 0, lost: 0 });
        check.accept(token, position, 1, 0, true, false);
      }
      for (const { token, fate } of list) {
        const stream = streams.get(token)!;
        if (fate === 'repeated') {
          assert.equal(
            check.accept(token, stream.lastSequence, stream.count, 0, false, false),
            false,
          );
          repeated += 1;
          continue;
        }
        if (fate === 'repriced') {
          check.accept(token, stream.lastSequence, stream.count, 0, false, true);
          continue;
        }
        // Every stream is finished by what was sent last, so a repeat is of something delivered.
        for (const kind of fate === 'sent' ? (['sent'] as const) : ([fate, 'sent'] as const)) {
          stream.count += 1;
          position += 1;
          if (kind === 'lost') stream.lost += 1;
          else if (kind === 'merged') stream.merged += 1;
          else if (kind === 'announced') {
            stream.announced += 1;
            check.announce({ from: position, to: position, reason: 'RING_OVERRUN' });
          } else {
            const accepted = check.accept(
              token,
              position,
              stream.count,
              stream.merged,
              false,
              false,
            );
            assert.equal(accepted, true);
            merged += stream.merged;
            missing += stream.lost + stream.announced;
            Object.assign(stream, { lastSequence: position, merged: 0, announced: 0, lost: 0 });
          }
        }
      }
      assert.equal(check.merged, merged);
      assert.equal(check.missing, missing);
      assert.equal(check.passedOver, repeated);
      assert.equal(unexplained + announcedMissing, missing);
      const announced = list.filter(({ fate }) => fate === 'announced').length;
      // A record names every jump that can lie in its range, so it may name another one too.
      assert.ok(announcedMissing >= announced);
      if (announced === 0) assert.equal(unexplained, missing);
    }),
    { numRuns: 500 },
  );
});
