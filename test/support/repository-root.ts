import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function isRepositoryRoot(directory: string): boolean {
  if (!existsSync(join(directory, 'tsconfig.json'))) return false;
  const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  return (manifest as { name?: unknown }).name === 'ticker-service';
}

function findRepositoryRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (directory !== dirname(directory)) {
    if (isRepositoryRoot(directory)) return directory;
    directory = dirname(directory);
  }
  if (isRepositoryRoot(process.cwd())) return process.cwd();
  throw new Error('no folder above this file, nor the working directory, is the repository');
}

/** Absolute path of the repository, also when the tests were compiled to a folder outside it. */
export const repositoryRoot = findRepositoryRoot();
