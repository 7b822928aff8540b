import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { headersOrSkip, pythonOrSkip } from '../support/clients/built-client.ts';
import { findTool, toolOrSkip } from '../support/required-tool.ts';
import { sharedDataOrSkip } from '../support/shared-data.ts';

const GONE = 'no-such-tool-anywhere';

/** Stands for the context of a test and keeps why it was skipped. */
function recordSkips(): { context: TestContext; reasons: string[] } {
  const reasons: string[] = [];
  const context = { skip: (reason: string) => reasons.push(reason) };
  return { context: context as unknown as TestContext, reasons };
}

/** Runs `action` with the environment variable CI set to `value`, undefined for unset. */
function withCi(value: string | undefined, action: () => void): void {
  const before = process.env['CI'];
  delete process.env['CI'];
  if (value !== undefined) process.env['CI'] = value;
  try {
    action();
  } finally {
    delete process.env['CI'];
    if (before !== undefined) process.env['CI'] = before;
  }
}

test('a tool that is there is found by the first of its names that fits', () => {
  assert.equal(findTool(GONE, 'sh'), findTool('sh'));
  assert.match(findTool('sh') ?? '', /^\/.*\/sh$/);
});

test('a missing tool skips a test aloud', () => {
  const { context, reasons } = recordSkips();
  withCi(undefined, () => assert.equal(toolOrSkip(context, GONE), undefined));
  assert.deepEqual(reasons, [`${GONE} is not installed`]);
});

test('a missing tool fails a test with CI=true', () => {
  const { context, reasons } = recordSkips();
  withCi('true', () => assert.throws(() => toolOrSkip(context, GONE), /is not installed/));
  assert.deepEqual(reasons, []);
});

test('missing shared data skip a test aloud, also with CI=true', () => {
  const { context, reasons } = recordSkips();
  withCi('true', () => assert.equal(sharedDataOrSkip(context, GONE), undefined));
  assert.deepEqual(reasons, [`../shared/${GONE} is not there`]);
});

test('a missing Python module or C++ header skips a test aloud, and fails it with CI=true', (t) => {
  const compiler = toolOrSkip(t, 'g++');
  if (compiler === undefined) return;
  const module = GONE.replaceAll('-', '_');
  const { context, reasons } = recordSkips();
  withCi(undefined, () => {
    assert.equal(pythonOrSkip(context, module), undefined);
    assert.equal(headersOrSkip(context, compiler, GONE), false);
  });
  assert.deepEqual(reasons, [`no python3 has ${module}`, `a header is not installed: ${GONE}`]);
  withCi('true', () => {
    assert.throws(() => pythonOrSkip(context, module), /no python3 has/);
    assert.throws(() => headersOrSkip(context, compiler, GONE), /not installed/);
    assert.equal(headersOrSkip(context, compiler, 'vector'), true);
  });
});
