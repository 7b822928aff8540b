import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UpstreamMode } from '../../../../src/domain/ports.ts';
import { DemandBook, type DemandSource } from '../../../../src/threads/control/demand-book.ts';
import { settled } from '../../../support/fanout-rig.ts';

const SOURCES: readonly DemandSource[] = ['clients', 'base', 'forwards'];
const source = fc.constantFrom(...SOURCES);
const set = fc.record({
  do: fc.constant('set' as const),
  source,
  row: fc.nat(5),
  mode: fc.constantFrom<UpstreamMode>(0, 1, 2, 3),
});
const clear = fc.record({ do: fc.constant('clear' as const), source });
const turn = fc.constant({ do: 'turn' as const });

test('who applies the changes knows what is wanted: the highest mode of all sources', async () => {
  const steps = fc.array(fc.oneof({ weight: 6, arbitrary: set }, clear, turn), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const applied = new Map<number, number>();
      const book = new DemandBook(
        100,
        () => 0,
        (changes) => {
          for (const { row, mode } of changes) {
            if (mode === 0) applied.delete(row);
            else applied.set(row, mode);
          }
        },
      );
      const model = new Map(SOURCES.map((name) => [name, new Map<number, number>()]));
      for (const step of all) {
        if (step.do === 'turn') await settled();
        else if (step.do === 'clear') {
          book.clear(step.source);
          model.get(step.source)?.clear();
        } else {
          book.set(step.source, step.row, step.mode);
          model.get(step.source)?.set(step.row, step.mode);
        }
      }
      await settled();
      for (let row = 0; row <= 5; row++) {
        const wanted = Math.max(...SOURCES.map((name) => model.get(name)?.get(row) ?? 0));
        assert.equal(applied.get(row) ?? 0, wanted);
        assert.equal(book.modeOf(row), wanted);
      }
      assert.deepEqual(new Map(book.all().map(({ row, mode }) => [row, mode])), applied);
    }),
    { numRuns: 300 },
  );
});
