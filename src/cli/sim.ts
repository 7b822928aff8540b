import { readFileSync } from 'node:fs';
import { createSystemClock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import { parseFaultScript, startSimulator } from '../feed/sim/simulator.ts';
import { commandConfig } from './command-config.ts';
import type { Command } from './command.ts';
import { parseOptions, wholeNumber } from './options.ts';
import { aborted, stopSignals } from './stop-signals.ts';

const HELP = `Usage: ticker sim [options]

Runs the broker simulator alone: Kite's REST and WebSocket protocols on one port.
Prints "ready rest=<url> ws=<url>" on standard output. See docs/SIMULATOR.md.

  --port N         port, 0 = any free one (TICKER_SIM_PORT, 9080)
  --bind HOST      address to listen on (TICKER_BIND, 127.0.0.1)
  --seed N         same seed, same prices (TICKER_SIM_SEED, 1)
  --instruments N  contracts listed (TICKER_SIM_INSTRUMENTS, 2000)
  --rate N         ticks per second, 1 to 200000 (TICKER_SIM_RATE, 2000)
  --accounts N     accounts SIM001, SIM002, ... (1)
  --book FILE      order book to go on with and to keep; without it, it ends with the process
  --script FILE    faults to play, a JSON array
  --packets FILE   recorded packets to send verbatim; may be repeated`;

const ACCOUNTS_MAX = 999;

export const simCommand: Command = {
  summary: 'run the broker simulator alone',
  help: HELP,
  run: (args) => runSimulator(args),
};

async function runSimulator(args: string[]): Promise<number> {
  const { values } = parseOptions('sim', args, {
    port: { type: 'string' },
    bind: { type: 'string' },
    seed: { type: 'string' },
    instruments: { type: 'string' },
    rate: { type: 'string' },
    accounts: { type: 'string', default: '1' },
    book: { type: 'string' },
    script: { type: 'string' },
    packets: { type: 'string', multiple: true, default: [] },
  });
  const overrides = {
    TICKER_SIM_PORT: values.port,
    TICKER_BIND: values.bind,
    TICKER_SIM_SEED: values.seed,
    TICKER_SIM_INSTRUMENTS: values.instruments,
    TICKER_SIM_RATE: values.rate,
  };
  const config = await commandConfig(overrides);
  const { speed, originEpochMs } = config.clock;
  const signal = stopSignals();
  const simulator = await startSimulator({
    clock: createSystemClock({
      speed,
      originEpochMs: originEpochMs ?? createSystemClock().nowUs() / 1000,
    }),
    host: config.bind,
    port: config.simPort,
    seed: config.simSeed,
    instruments: config.simInstruments,
    ticksPerSecond: config.simTicksPerSecond,
    accounts: wholeNumber('accounts', values.accounts, 1, ACCOUNTS_MAX),
    packetFiles: values.packets,
    ...(values.book === undefined ? {} : { bookFile: values.book }),
    ...(values.script === undefined ? {} : { script: parseFaultScript(readScript(values.script)) }),
    log: (message) => console.error(`sim: ${message}`),
  });
  console.log(`ready rest=${simulator.restUrl} ws=${simulator.wsUrl}`);
  await aborted(signal);
  await simulator.close();
  return 0;
}

function readScript(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new TickerError('CONFIG_FILE', `${path} cannot be read (${reason})`, { cause: error });
  }
}
