import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import {
  readRepositoryFile,
  readRepositoryText,
  repositoryFiles,
} from '../support/repository-files.ts';
import { repositoryRoot } from '../support/repository-root.ts';
import { LINE_RULES, lineProblems } from './line-rules.ts';
import { deadLinks } from './markdown-links.ts';

const MAX_LINES = 400;
const MAX_FILE_BYTES = 256 * 1024;
/** Sources that are one long table. */
const DATA_TABLES: readonly string[] = [];
/** The main thread is started by the command line, not spawned. */
const NOT_SPAWNED = new Set(['control']);

const files = repositoryFiles();
const code = files.filter((path) => /^(src|test|bench|schemas)\/.*\.(ts|mjs|js)$/.test(path));
const written = code.filter((path) => !path.startsWith('src/wire/generated/'));

function isText(content: Buffer): boolean {
  return !content.includes(0);
}

test('every line rule tells a bad line from a good one', () => {
  for (const rule of LINE_RULES) {
    assert.ok(rule.offends(rule.bad), `not caught by "${rule.name}": ${rule.bad}`);
    assert.ok(!rule.offends(rule.good), `wrongly caught by "${rule.name}": ${rule.good}`);
  }
});

test('no file breaks a line rule', () => {
  const problems = files.flatMap((path) => {
    const content = readRepositoryFile(path);
    return isText(content) ? lineProblems(path, content.toString('utf8')) : [];
  });
  // A difference of arrays would be cut short.
  assert.ok(problems.length === 0, problems.join('\n'));
});

test('no source file is longer than 400 lines', () => {
  const long = written.filter((path) => {
    const lines = readRepositoryText(path).trimEnd().split('\n').length;
    return lines > MAX_LINES && !DATA_TABLES.includes(path);
  });
  assert.deepEqual(long, []);
});

test('no file is larger than 256 KiB', () => {
  const large = files.filter((path) => {
    return statSync(join(repositoryRoot, path)).size > MAX_FILE_BYTES;
  });
  assert.deepEqual(
    large.filter((path) => path !== 'package-lock.json'),
    [],
  );
});

test('a source file is named in kebab-case after one concept', () => {
  const bags = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'index']);
  const badNames = written.filter((path) => {
    const name = basename(path).replace(/\.(ts|mjs|js)$/, '');
    return !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?$/.test(name) || bags.has(name);
  });
  assert.deepEqual(badNames, []);
});

test('a test stands in the folder of its kind, under the name that the runner looks for', () => {
  const kinds = 'unit|property|stress|alloc|integration|e2e|layout|tidy';
  const misplaced = files.filter((path) => {
    return /\.tests?\.|\.spec\./.test(basename(path)) && path.startsWith('test/')
      ? !new RegExp(`^test/(${kinds})/.*\\.test\\.ts$`).test(path)
      : false;
  });
  assert.deepEqual(misplaced, []);
});

test('every thread folder says what it owns and has an entry to be spawned by', () => {
  const folders = new Set(
    files.flatMap((path) => /^src\/threads\/([^/]+)\//.exec(path)?.slice(1) ?? []),
  );
  const missing = [...folders].flatMap((folder) => {
    const needed = NOT_SPAWNED.has(folder) ? ['README.md'] : ['README.md', 'entry.ts'];
    return needed.map((name) => `src/threads/${folder}/${name}`);
  });
  assert.deepEqual(
    missing.filter((path) => !files.includes(path)),
    [],
  );
});

test('the native server library enters by one file', () => {
  const importers = written.filter((path) => {
    return (
      path.startsWith('src/') &&
      /from 'uWebSockets\.js'|import\('uWebSockets\.js'\)/.test(readRepositoryText(path))
    );
  });
  assert.ok(importers.length <= 1, importers.join(', '));
});

function readLinkTarget(path: string): string | true | undefined {
  if (path.endsWith('.md') && files.includes(path)) return readRepositoryText(path);
  return existsSync(join(repositoryRoot, path)) ? true : undefined;
}

test('a dead link or anchor is found', () => {
  const page = '# One\n[a](#one) [b](#two) [c](gone.md) [d](https://example.org) `[e](x)`';
  const dead = deadLinks('docs/page.md', page, (path) =>
    path === 'docs/page.md' ? page : undefined,
  );
  assert.deepEqual(dead, ['docs/page.md: #two', 'docs/page.md: gone.md']);
});

test('every link of the documents leads somewhere', () => {
  const pages = files.filter((path) => path.endsWith('.md'));
  const dead = pages.flatMap((path) => deadLinks(path, readRepositoryText(path), readLinkTarget));
  assert.deepEqual(dead, []);
});
