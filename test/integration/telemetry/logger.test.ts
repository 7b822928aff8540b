import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const THREADS = 3;
const LINES_PER_THREAD = 200;

test('threads log to standard error, and no line is lost when the process exits at once', () => {
  const program = fileURLToPath(new URL('./logging-process.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, String(THREADS), String(LINES_PER_THREAD)],
    { encoding: 'utf8', timeout: 20_000 },
  );
  assert.equal(status, 7, stderr.slice(-500));
  assert.equal(stdout, '');
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { thread: string; number: number; msg: string });
  for (let thread = 0; thread < THREADS; thread++) {
    const numbers = lines
      .filter((line) => line.thread === `worker-${thread}`)
      .map((line) => line.number);
    assert.deepEqual(
      numbers,
      Array.from({ length: LINES_PER_THREAD }, (_, number) => number),
    );
  }
  assert.equal(lines.at(-1)?.thread, 'control');
  assert.ok(!stderr.includes('canary'));
});
