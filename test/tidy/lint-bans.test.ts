import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { repositoryRoot } from '../support/repository-root.ts';

/** Banned code, where it is banned, and where it is at home. */
const BANS = [
  { code: 'new SharedArrayBuffer(8);', rule: 'no-restricted-globals', home: 'src/shm/a.ts' },
  { code: 'Atomics.fence;', rule: 'no-restricted-globals', home: 'src/shm/layout/a.ts' },
  { code: 'globalThis.Atomics;', rule: 'no-restricted-properties', home: 'src/shm/a.ts' },
  { code: 'process.env;', rule: 'no-restricted-properties', home: 'src/config/a.ts' },
  { code: "import 'node:timers';", rule: 'no-restricted-imports', home: 'src/domain/clock.ts' },
  {
    code: "import { env } from 'node:process';\nvoid env;",
    rule: 'no-restricted-imports',
    home: 'src/config/a.ts',
  },
  { code: 'Date.now();', rule: 'no-restricted-properties', home: 'src/domain/clock.ts' },
  { code: 'new Date();', rule: 'no-restricted-syntax', home: 'src/domain/clock.ts' },
  { code: 'performance.now();', rule: 'no-restricted-properties', home: 'src/client/a.ts' },
  { code: 'process.hrtime.bigint();', rule: 'no-restricted-properties', home: 'bench/a.ts' },
  { code: 'setTimeout(f, 1);', rule: 'no-restricted-globals', home: 'src/console/a.ts' },
  { code: 'setInterval(f, 1);', rule: 'no-restricted-globals', home: 'src/domain/clock.ts' },
  { code: 'setImmediate(f);', rule: 'no-restricted-globals', home: 'test/unit/a.test.ts' },
  { code: 'Math.random();', rule: 'no-restricted-properties', home: 'test/property/a.test.ts' },
  { code: "console.log('x');", rule: 'no-console', home: 'src/cli/a.ts' },
  { code: 'f(x!);', rule: '@typescript-eslint/no-non-null-assertion', home: 'src/wire/a.ts' },
] as const;

/** Rules that need types; that they work is their makers' to show, that they are on is ours. */
const TYPED_RULES = [
  '@typescript-eslint/no-floating-promises',
  '@typescript-eslint/no-misused-promises',
  '@typescript-eslint/await-thenable',
  '@typescript-eslint/switch-exhaustiveness-check',
  '@typescript-eslint/only-throw-error',
  '@typescript-eslint/no-explicit-any',
  '@typescript-eslint/no-unsafe-assignment',
  '@typescript-eslint/consistent-type-imports',
];

function createLinter(): ESLint {
  return new ESLint({ cwd: repositoryRoot, overrideConfig: tseslint.configs.disableTypeChecked });
}

async function rulesBroken(linter: ESLint, file: string, code: string): Promise<string[]> {
  const [result] = await linter.lintText(`${code}\n`, { filePath: join(repositoryRoot, file) });
  assert.ok(result !== undefined, `${file} is not linted`);
  return result.messages.map(({ ruleId, message }) => ruleId ?? message);
}

test('ambient state is banned in the service and allowed at its one door', async () => {
  const linter = createLinter();
  for (const { code, rule, home } of BANS) {
    const abroad = await rulesBroken(linter, 'src/http/a.ts', code);
    assert.ok(abroad.includes(rule), `${code} passes in src/http: ${abroad.join()}`);
    const atHome = await rulesBroken(linter, home, code);
    assert.ok(!atHome.includes(rule), `${code} is refused in ${home}`);
  }
});

test('one door does not open the others', async () => {
  const linter = createLinter();
  const shm = await rulesBroken(
    linter,
    'src/shm/a.ts',
    'Atomics.fence;\nprocess.env;\nDate.now();',
  );
  assert.equal(shm.filter((rule) => rule === 'no-restricted-properties').length, 2);
});

test('a file, a function and a nesting that are too large are refused', async () => {
  const linter = createLinter();
  const lines = 'f();\n'.repeat(71);
  const tooLong = await rulesBroken(
    linter,
    'src/http/a.ts',
    `function g() {\n${lines}}\n${lines.repeat(5)}`,
  );
  assert.ok(tooLong.includes('max-lines-per-function'));
  assert.ok((await rulesBroken(linter, 'src/http/a.ts', lines.repeat(6))).includes('max-lines'));
  const deep = `function g() {\n${'if (x) {\n'.repeat(5)}f();\n${'}\n'.repeat(5)}}`;
  assert.ok((await rulesBroken(linter, 'src/http/a.ts', deep)).includes('max-depth'));
});

test('a directive that suppresses nothing is refused', async () => {
  const directive = `/* ${['eslint', 'disable'].join('-')} no-console -- an example */`;
  const broken = await rulesBroken(createLinter(), 'src/http/a.ts', directive);
  assert.ok(broken.some((message) => message.startsWith('Unused eslint-')));
});

test('the rules about promises, switches and types are errors everywhere', async () => {
  const linter = new ESLint({ cwd: repositoryRoot });
  for (const file of ['src/http/a.ts', 'src/shm/a.ts', 'test/unit/a.test.ts', 'bench/main.ts']) {
    const config = (await linter.calculateConfigForFile(join(repositoryRoot, file))) as {
      rules: Record<string, [severity: number, ...unknown[]]>;
    };
    for (const rule of TYPED_RULES) assert.equal(config.rules[rule]?.[0], 2, `${rule} in ${file}`);
  }
});
