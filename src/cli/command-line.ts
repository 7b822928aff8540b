import { errorText, TickerError } from '../domain/error-codes.ts';
import { redactText } from '../telemetry/redaction.ts';
import type { Command } from './command.ts';

/* Loaded when asked for: `ticker watch` needs no uWebSockets.js, `ticker sim` no Piscina. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand,
  sim: async () => (await import('./sim.ts')).simCommand,
  watch: async () => (await import('./watch-command.ts')).watchCommand,
  greeks: async () => (await import('./greeks.ts')).greeksCommand,
  chain: async () => (await import('./chain.ts')).chainCommand,
  accounts: async () => (await import('./accounts.ts')).accountsCommand,
  keys: async () => (await import('./keys.ts')).keysCommand,
  halt: async () => (await import('./halt.ts')).haltCommand,
  audit: async () => (await import('./audit.ts')).auditCommand,
  migrate: async () => (await import('./migrate.ts')).migrateCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  secrets: async () => (await import('./secrets.ts')).secretsCommand,
};

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/**
 * Runs `ticker <args>` and sets the exit code of the process. Errors become one line on standard
 * error.
 */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  try {
    process.exitCode = await run(args);
  } catch (error) {
    // Some texts of Node have several lines.
    console.error(`ticker: ${redactText(errorText(error).replace(/\s*\n\s*/g, ' '))}`);
    const isUsage = error instanceof TickerError && error.code === 'USAGE';
    process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILURE;
  }
}

async function run(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(await overview());
    return name === undefined ? EXIT_USAGE : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    throw new TickerError('USAGE', `no command ${JSON.stringify(name)}; see: ticker --help`);
  }
  const command = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(command.help);
    return 0;
  }
  return command.run(rest);
}

async function overview(): Promise<string> {
  const lines = ['Usage: ticker <command> [options]', ''];
  for (const [name, load] of Object.entries(COMMANDS)) {
    lines.push(`  ${name.padEnd(8)} ${(await load()).summary}`);
  }
  lines.push('', 'ticker <command> --help says more. Settings: docs/CONFIGURATION.md');
  return lines.join('\n');
}
