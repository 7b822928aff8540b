/**
 * Seeded fault runs: `npm run faults -- delivery|orders|orders-kill [--seeds N] [--first S]
 * [--threads T] [--report FILE]`, or `--seed S` for one of them, with what it does. Prints every
 * violation with the command that runs it again. Exits with 1 if there was one, with 2 if the
 * command is wrong.
 */
import { runDelivery } from './delivery-command.ts';
import { runOrderKills } from './orders-kill/kill-command.ts';
import { runOrders } from './orders/orders-command.ts';
import { readRunOptions, type RunOptions } from './run-options.ts';

const USAGE =
  'usage: npm run faults -- delivery|orders|orders-kill [--seeds N] [--first S] [--seed S] ' +
  '[--threads T] [--report FILE]';

type Command = (options: RunOptions, print: (line: string) => void) => Promise<number>;

const COMMANDS = new Map<string, Command>([
  ['delivery', runDelivery],
  ['orders', runOrders],
  ['orders-kill', runOrderKills],
]);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const options = readRunOptions();
  const command = options && COMMANDS.get(options.what);
  if (options === undefined || command === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  return command(options, print);
}

process.exitCode = await main();
