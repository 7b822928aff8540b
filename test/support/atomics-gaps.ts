/** Interleaves two calls at every gap between their operations on shared words, in one thread. */
import { mock } from 'node:test';

const OPERATIONS = ['load', 'store', 'add', 'or', 'compareExchange', 'notify'] as const;

/**
 * Runs `call`; before its `gap`-th operation on a shared word (from 0) runs `other`, once. Returns
 * false if `call` has no such gap: `other` has then not run. May be nested.
 */
export function runWithGap(gap: number, call: () => void, other: () => void): boolean {
  let operations = 0;
  let ran = false;
  let isOther = false;
  const step = (): void => {
    if (isOther || operations++ !== gap) return;
    ran = true;
    isOther = true;
    other();
    isOther = false;
  };
  const mocks = OPERATIONS.map((name) => {
    const original: unknown = Reflect.get(Atomics, name);
    return mock.method(Atomics, name, (...all: unknown[]): unknown => {
      step();
      return Reflect.apply(original as () => unknown, Atomics, all);
    });
  });
  try {
    call();
  } finally {
    // The last one first, so that nested calls put back what they found.
    for (const { mock: replaced } of mocks.reverse()) replaced.restore();
  }
  return ran;
}
