import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { runCommandLine } from '../../../src/cli/command-line.ts';
import { withSettings } from '../../support/cli-environment.ts';

interface Run {
  exitCode: unknown;
  out: string;
  /** Lines on standard error. */
  errors: string[];
}

/** Runs a command line in this process, with no settings but `settings`. */
async function run(
  t: TestContext,
  args: readonly string[],
  settings: Record<string, string> = {},
): Promise<Run> {
  const { exitCode } = process;
  const errors: string[] = [];
  const lines: string[] = [];
  const mocks = [
    t.mock.method(console, 'error', (text: string) => void errors.push(...text.split('\n'))),
    t.mock.method(console, 'log', (text: string) => void lines.push(text)),
  ];
  try {
    await withSettings(settings, () => runCommandLine(args));
    return { exitCode: process.exitCode, out: lines.join('\n'), errors };
  } finally {
    process.exitCode = exitCode;
    for (const mock of mocks) mock.mock.restore();
  }
}

/** A folder of its own. */
function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'ticker-cli-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const COMMANDS = ['serve', 'sim', 'watch', 'greeks', 'chain', 'accounts', 'keys', 'audit', 'halt'];

describe('help', () => {
  for (const args of [['--help'], ['-h'], ['help']]) {
    test(`ticker ${args.join()} lists every command and exits with 0`, async (t) => {
      const { exitCode, out, errors } = await run(t, args);
      assert.equal(exitCode, 0);
      assert.deepEqual(errors, []);
      for (const command of COMMANDS) assert.match(out, new RegExp(`^ {2}${command} +\\w`, 'm'));
    });
  }

  test('without a command it is shown too, but that is exit code 2', async (t) => {
    const { exitCode, out } = await run(t, []);
    assert.equal(exitCode, 2);
    assert.match(out, /^Usage: ticker <command>/);
  });

  for (const command of COMMANDS) {
    for (const args of [['--help'], ['--nonsense', '-h']]) {
      test(`ticker ${command} ${args.join(' ')} says what it does, and does nothing`, async (t) => {
        const { exitCode, out, errors } = await run(t, [command, ...args]);
        assert.equal(exitCode, 0);
        assert.match(out, new RegExp(`^Usage: ticker ${command} `));
        assert.deepEqual(errors, []);
      });
    }
  }
});

describe('not understood: exit code 2 and one line on standard error', () => {
  for (const [args, pattern] of [
    [['fly'], /^ticker: USAGE: no command "fly"; see: ticker --help$/],
    [['constructor'], /no command "constructor"/],
    [['--version'], /no command "--version"/],
    [['serve', '--prot', '1'], /Unknown option '--prot'.*ticker serve --help/],
    [['serve', 'now'], /unexpected argument "now"/],
    [['serve', '--port'], /'--port <value>' argument missing/],
    [['serve', '--port', '--bind'], /'--port' argument is ambiguous.*ticker serve --help/],
    [['sim', '--accounts', '0'], /--accounts must be a whole number from 1 to 999, not "0"/],
    [['sim', '--accounts', 'many'], /--accounts must be/],
    [['sim', 'x'], /unexpected argument "x"/],
    [['watch'], /an argument is missing/],
    [['watch', 'NIFTY', 'BANKNIFTY'], /unexpected argument "BANKNIFTY"/],
    [['watch', 'NIFTY', '--strikes', '201'], /--strikes must be a whole number from 0 to 200/],
    [['watch', 'NIFTY', '--url', 'nowhere'], /--url must be an http\(s\) URL, not nowhere/],
    [['watch', 'NIFTY', '--url', 'ftp://host'], /--url must be an http\(s\) URL/],
  ] as const) {
    test(`ticker ${args.join(' ')}`, async (t) => {
      const { exitCode, out, errors } = await run(t, args);
      assert.equal(exitCode, 2);
      assert.equal(errors.length, 1);
      assert.match(errors[0] ?? '', pattern);
      assert.equal(out, '');
    });
  }
});

describe('a command that cannot work: exit code 1 and one line with a code', () => {
  test('a bad port', async (t) => {
    const { exitCode, errors } = await run(t, ['serve', '--port', '70000']);
    assert.equal(exitCode, 1);
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', /^ticker: CONFIG_INVALID: TICKER_MARKET_PORT must be/);
  });

  test('an unknown setting in the environment', async (t) => {
    const { exitCode, errors } = await run(t, ['sim'], { TICKER_SIM_SEDE: '1' });
    assert.equal(exitCode, 1);
    assert.match(errors.join('|'), /^ticker: CONFIG_UNKNOWN: .*did you mean TICKER_SIM_SEED\?$/);
  });

  test('an accounts file that is not there', async (t) => {
    const file = join(folder(t), 'accounts.json');
    const { exitCode, errors } = await run(t, ['serve', '--accounts-file', file]);
    assert.equal(exitCode, 1);
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', /^ticker: CONFIG_FILE: .*accounts\.json.*ENOENT/);
  });

  test('a fault script that is not there, or is none', async (t) => {
    const missing = join(folder(t), 'script.json');
    const first = await run(t, ['sim', '--port', '0', '--script', missing]);
    assert.equal(first.exitCode, 1);
    assert.match(first.errors.join('|'), /^ticker: CONFIG_FILE: .*script\.json cannot be read/);
    writeFileSync(missing, '{"at_ms":');
    const second = await run(t, ['sim', '--port', '0', '--script', missing]);
    assert.equal(second.exitCode, 1);
    assert.equal(second.errors.length, 1);
    assert.match(second.errors[0] ?? '', /^ticker: [A-Z_]+: /);
  });

  test('watch before the service has ever run', async (t) => {
    const settings = { TICKER_DATA_DIR: folder(t) };
    const { exitCode, errors } = await run(t, ['watch', 'NIFTY'], settings);
    assert.equal(exitCode, 1);
    assert.match(errors.join('|'), /^ticker: DATA_DIR: .*start the service first/);
  });
});
