/**
 * Runs the compiled tests: `node dist/test/run.js [--coverage] [part of a path ...]`.
 * Without a path every `*.test.js` below this folder runs. Exits with 1 if a test failed or none
 * ran. With `--coverage` or CI=true, raw coverage of all processes and workers goes to
 * `coverage/tmp`.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Two at a time: stress tests start threads of their own. */
const CONCURRENCY = 2;
/** Bounds a hung file; well above what any file takes. */
const FILE_TIMEOUT_MS = 180_000;

const testDir = dirname(fileURLToPath(import.meta.url));
const rootDir = dirname(dirname(testDir));

/** Whether a compiled test still has its source: the compiler leaves deleted ones behind. */
function hasSource(file: string): boolean {
  const source = relative(testDir, file).replace(/\.js$/, '.ts');
  return existsSync(join(rootDir, 'test', source));
}

function testFiles(filters: readonly string[]): string[] {
  const parts = filters.map((filter) => filter.replace(/\.ts$/, '.js'));
  return readdirSync(testDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(testDir, name))
    .filter(hasSource)
    .filter((file) => {
      const path = relative(dirname(testDir), file);
      return parts.length === 0 || parts.some((part) => path.includes(part));
    })
    .sort();
}

function collectCoverage(): void {
  const directory = join(rootDir, 'coverage', 'tmp');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  process.env['NODE_V8_COVERAGE'] = directory;
}

function runTests(files: string[]): void {
  const fileSet = new Set(files);
  let passed = 0;
  let failed = 0;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      failed += 1;
      stop.abort();
    });
  }
  const events = run({
    files,
    concurrency: CONCURRENCY,
    timeout: FILE_TIMEOUT_MS,
    signal: stop.signal,
  });
  events.on('test:fail', () => {
    failed += 1;
  });
  events.on('test:pass', (event) => {
    if (event.nesting === 0 && fileSet.has(event.name)) {
      // A file that holds no test reports itself as passed.
      failed += 1;
      process.stdout.write(`no test in ${relative(rootDir, event.name)}\n`);
    } else if (
      event.details.type !== 'suite' &&
      event.skip === undefined &&
      event.todo === undefined
    ) {
      passed += 1;
    }
  });
  events.pipe(new spec()).pipe(process.stdout);
  events.once('end', () => {
    if (passed === 0) process.stdout.write('no test ran\n');
    process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  });
}

const { values, positionals } = parseArgs({
  options: { coverage: { type: 'boolean', default: process.env['CI'] === 'true' } },
  allowPositionals: true,
});
const files = testFiles(positionals);
if (values.coverage) collectCoverage();
// Until a test has passed, the answer is no, however this process ends.
process.exitCode = 1;
if (files.length === 0) process.stdout.write('no test ran\n');
else runTests(files);
