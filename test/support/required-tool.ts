import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';

/** Absolute path of the first of `names` on PATH that can be run, or undefined. */
export function findTool(...names: string[]): string | undefined {
  for (const name of names) {
    for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(directory, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here: PATH is a list of places to try.
      }
    }
  }
  return undefined;
}

/** Like `findTool`; where it is missing the test `t` is skipped aloud, or fails with CI=true. */
export function toolOrSkip(t: TestContext, ...names: string[]): string | undefined {
  const path = findTool(...names);
  if (path !== undefined) return path;
  const reason = `${names.join(' or ')} is not installed`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return undefined;
}
