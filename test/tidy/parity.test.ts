import assert from 'node:assert/strict';
import test from 'node:test';
import { readRepositoryText, repositoryFiles } from '../support/repository-files.ts';

/** What the service before this one did (74) or did wrong (52), and what shows it is covered. */
interface ParityRow {
  title: string;
  /** `path: test name` each, or `open`. */
  tests: 'open' | string[];
}
type ParityTable = Record<'features' | 'weaknesses', Record<string, ParityRow>>;

const ROWS = { features: 74, weaknesses: 52 } as const;
const parity = JSON.parse(readRepositoryText('test/parity.json')) as ParityTable;
const files = repositoryFiles();

/** Whether `source` calls `test` or `it` with exactly this name as its literal first argument. */
function declaresTest(source: string, name: string): boolean {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/'/g, "\\\\?'");
  return new RegExp(`\\b(test|it)\\(\\s*(['"\`])${literal}\\2\\s*,`).test(source);
}

/** Undefined if `reference` (`path: test name`) names an existing test, else what is wrong. */
function referenceProblem(reference: string): string | undefined {
  const [, path, name] = /^(test\/\S+\.test\.ts): (.+)$/.exec(reference) ?? [];
  if (path === undefined || name === undefined) return `not "path: test name": ${reference}`;
  if (!files.includes(path)) return `no such file: ${reference}`;
  return declaresTest(readRepositoryText(path), name) ? undefined : `no such test: ${reference}`;
}

test('every feature and weakness of the old service has a row', () => {
  for (const [section, count] of Object.entries(ROWS)) {
    const rows = parity[section as keyof ParityTable];
    const expected = Array.from({ length: count }, (_, index) => String(index + 1));
    assert.deepEqual(Object.keys(rows), expected, section);
    const titles = new Set(Object.values(rows).map(({ title }) => title));
    assert.ok(titles.size === count && !titles.has(''), `${section}: a title is missing or twice`);
  }
});

test('a row is open or names tests that exist', () => {
  const problems = Object.entries(parity).flatMap(([section, rows]) => {
    return Object.entries(rows).flatMap(([number, { tests }]) => {
      if (tests === 'open') return [];
      const found = tests.map(referenceProblem).filter((problem) => problem !== undefined);
      if (tests.length === 0) found.push('names no test');
      return found.map((problem) => `${section} ${number}: ${problem}`);
    });
  });
  assert.deepEqual(problems, []);
});

test("a name that no test has is found out, also one with a quote's escape", () => {
  const here = 'test/tidy/parity.test.ts';
  assert.equal(referenceProblem(`${here}: a row is open or names tests that exist`), undefined);
  assert.match(referenceProblem(`${here}: a row is open`) ?? '', /^no such test/);
  assert.match(referenceProblem('test/unit/gone.test.ts: anything') ?? '', /^no such file/);
  assert.match(referenceProblem('anything') ?? '', /^not "path: test name"/);
  assert.ok(declaresTest("it(\n  'the broker\\'s word',\n  () => {})", "the broker's word"));
});
