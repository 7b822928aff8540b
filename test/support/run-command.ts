import type { TestContext } from 'node:test';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { withSettings } from './cli-environment.ts';

export interface CommandRun {
  exitCode: unknown;
  /** What was printed on standard output. */
  out: string;
  /** What was printed on standard error. */
  errors: string;
}

/** Runs `ticker <args>` in this process, with no settings but `settings`. */
export async function runCommand(
  t: TestContext,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<CommandRun> {
  const { exitCode } = process;
  const out: string[] = [];
  const errors: string[] = [];
  const mocks = [
    t.mock.method(console, 'log', (text: string) => void out.push(text)),
    t.mock.method(console, 'error', (text: string) => void errors.push(text)),
  ];
  try {
    await withSettings(settings, () => runCommandLine(args));
    return { exitCode: process.exitCode, out: out.join('\n'), errors: errors.join('\n') };
  } finally {
    process.exitCode = exitCode;
    for (const mock of mocks) mock.mock.restore();
  }
}
