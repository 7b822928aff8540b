import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { readRepositoryText, repositoryFiles } from '../support/repository-files.ts';
import { repositoryRoot } from '../support/repository-root.ts';

interface Manifest {
  license: string;
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const manifest = JSON.parse(readRepositoryText('package.json')) as Manifest;
const files = repositoryFiles();
const EXACT_VERSION = /^(npm:[^@\s]+@)?\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/;

test('every dependency is pinned to one version', () => {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  assert.ok(versions.length > 0);
  const loose = versions.filter(([, version]) => !EXACT_VERSION.test(version));
  assert.deepEqual(loose, []);
  for (const version of ['^1.2.3', '~1.2.3', '1.x', '*', 'latest', 'npm:other@^1.0.0']) {
    assert.doesNotMatch(version, EXACT_VERSION);
  }
});

test('the licence is the full Apache License 2.0, as the package says', () => {
  assert.equal(manifest.license, 'Apache-2.0');
  const text = readRepositoryText('LICENSE');
  assert.match(text, /Apache License\s+Version 2\.0, January 2004/);
  assert.match(text, /END OF TERMS AND CONDITIONS/);
});

test('what the package offers is compiled from a source that is there', () => {
  const offered = Object.values(manifest.exports).flatMap((target) => {
    return typeof target === 'string' ? [target] : Object.values(target);
  });
  const sources = [...Object.values(manifest.bin), ...offered]
    .filter((path) => /\bdist\/src\//.test(path))
    .map((path) => path.replace(/^(\.\/)?dist\//, '').replace(/(\.d\.ts|\.js)$/, '.ts'));
  assert.ok(sources.length > 0);
  assert.deepEqual(
    sources.filter((path) => !files.includes(path)),
    [],
  );
});

test('the continuous integration script is valid, strict and runs the documented commands', () => {
  const path = join(repositoryRoot, '.ci/run');
  assert.ok((statSync(path).mode & 0o111) !== 0, '.ci/run is not executable');
  execFileSync('bash', ['-n', path]);
  const script = readRepositoryText('.ci/run');
  assert.match(script, /^set -euo pipefail$/m);
  const commands = [...script.matchAll(/^step (npm .*)$/gm)].map(([, command]) => command);
  assert.deepEqual(commands, [
    'npm ci',
    'npm run check',
    'npm test',
    'npm run coverage:report',
    'npm run bench -- --smoke',
  ]);
});

test('the check runs format, lint, types, directions and generated code', () => {
  const steps = manifest.scripts['check']?.split(' && ');
  assert.deepEqual(
    steps,
    ['format:check', 'lint', 'types', 'deps', 'generated:check'].map((name) => `npm run ${name}`),
  );
});

test('coverage counts all of the service and fails below 85 % of lines', () => {
  const coverage = JSON.parse(readRepositoryText('.c8rc.json')) as Record<string, unknown>;
  assert.equal(coverage['all'], true);
  assert.equal(coverage['check-coverage'], true);
  assert.ok(Number(coverage['lines']) >= 85);
  assert.deepEqual(coverage['include'], ['dist/src/**/*.js']);
  assert.deepEqual(coverage['exclude'], ['dist/src/wire/generated/**']);
});
