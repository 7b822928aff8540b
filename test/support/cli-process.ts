import { spawn } from 'node:child_process';
import { text as readAll } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/* Beside this build's own tests, so that a partial build is tested as itself. */
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

export interface CommandResult {
  code: number | null;
  out: string;
  errors: string;
}

/** Runs `ticker <args>` in a process of its own with `input` on its standard input. */
export async function runTicker(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
): Promise<CommandResult> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TICKER_') && !name.startsWith('AWS_'),
  );
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  // A command that does not read its input may end before it has been written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [out, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  return { code: await closed, out, errors };
}
