import type { TestContext } from 'node:test';

const endings = new WeakMap<TestContext, (() => unknown)[]>();

/**
 * Does `act` at the end of the test, before what was asked for earlier: a process ends before its
 * folder goes. All of them are done, whatever fails; the first failure is the test's.
 */
export function atEnd(t: TestContext, act: () => unknown): void {
  let acts = endings.get(t);
  if (acts === undefined) {
    const all: (() => unknown)[] = [];
    acts = all;
    endings.set(t, all);
    t.after(async () => {
      const failures: unknown[] = [];
      for (const each of all.reverse()) {
        try {
          await each();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    });
  }
  acts.push(act);
}
