import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './repository-root.ts';

/** Folders and files that are made, not written (the entries of .gitignore, and Git's own). */
const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'coverage', '.ticker', '.env']);

function isOurs(path: string): boolean {
  return !path.startsWith('bench/results/') && !path.endsWith('.log');
}

function* walk(directory: string): Generator<string> {
  for (const entry of readdirSync(join(repositoryRoot, directory), { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue;
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(path);
    else if (isOurs(path)) yield path;
  }
}

/** Paths of the repository's own files, relative to its root, with `/`, sorted. */
export function repositoryFiles(): string[] {
  return [...walk('')].sort();
}

/** Content of one of the repository's files. */
export function readRepositoryFile(path: string): Buffer {
  return readFileSync(join(repositoryRoot, path));
}

/** Text of one of the repository's files. */
export function readRepositoryText(path: string): string {
  return readRepositoryFile(path).toString('utf8');
}
