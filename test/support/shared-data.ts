import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { repositoryRoot } from './repository-root.ts';

/** Absolute path below the folder `shared` beside the repository, or undefined without it. */
export function sharedDataPath(...segments: string[]): string | undefined {
  const path = join(dirname(repositoryRoot), 'shared', ...segments);
  return existsSync(path) ? path : undefined;
}

/** Like `sharedDataPath`, and skips the test `t` with a reason where there is nothing. */
export function sharedDataOrSkip(t: TestContext, ...segments: string[]): string | undefined {
  const path = sharedDataPath(...segments);
  if (path === undefined) t.skip(`${join('../shared', ...segments)} is not there`);
  return path;
}
