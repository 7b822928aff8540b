import { loadAccounts } from '../config/accounts.ts';
import { readOrCreateApiKey } from '../config/api-key-file.ts';
import { loadPricing } from '../config/pricing-file.ts';
import type { Config } from '../config/settings.ts';
import { createSystemClock } from '../domain/clock.ts';
import type { TickerError } from '../domain/error-codes.ts';
import { redactText } from '../telemetry/redaction.ts';
import { takeDataDirectory } from '../storage/embedded/data-directory-lock.ts';
import { OrdersService } from '../threads/control/orders-service.ts';
import { Service } from '../threads/control/service.ts';
import type { ServiceOptions } from '../threads/control/service-options.ts';
import type { Command } from './command.ts';
import { commandConfig } from './command-config.ts';
import { parseOptions } from './options.ts';
import { aborted, stopSignals } from './stop-signals.ts';

/** What a shutdown may take before the process ends without it. */
const SHUTDOWN_MAX_MS = 4_500;
const EXIT_HUNG = 70;

const HELP = `Usage: ticker serve [options]

Runs the service. With nothing configured it takes its ticks from the built-in broker simulator.
Prints "ready market=<url> orders=<url>" on standard output when clients are served and ticks flow;
logs go to standard error. Ctrl-C (SIGINT) or SIGTERM ends it. SIGUSR2, or a file HALT in the data
folder (the signal puts it there), halts all trading.

  --role ROLE    all, market or orders (TICKER_ROLE, all)
  --port N       market port (TICKER_MARKET_PORT, 8080)
  --orders-port N
                 port of orders (TICKER_ORDERS_PORT, 8081)
  --bind HOST    address to listen on (TICKER_BIND, 127.0.0.1)
  --data-dir DIR folder of what the service keeps (TICKER_DATA_DIR, .ticker)
  --accounts-file FILE
                 broker accounts (TICKER_ACCOUNTS_FILE; none: the simulator)

All settings: docs/CONFIGURATION.md`;

export const serveCommand: Command = {
  summary: 'run the service',
  help: HELP,
  run: (args) => serve(args),
};

async function serve(args: string[]): Promise<number> {
  // First of all: from here on a signal ends the service in order, whatever it is doing.
  const signal = stopSignals();
  const config = await configOf(args);
  // One instance, or one of each role, has the data; a second one would share keys and database
  // without knowing.
  const lock = await takeDataDirectory(config.dataDirectory, config.role);
  try {
    return await runService(config, signal);
  } finally {
    lock.release();
  }
}

async function runService(config: Config, signal: AbortSignal): Promise<number> {
  const warn = (message: string) => console.error(`ticker: ${redactText(message)}`);
  const accounts =
    config.accountsFile === undefined
      ? []
      : loadAccounts(config.accountsFile, {
          production: config.environment === 'production',
          warn,
        });
  const pricing = loadPricing(config);
  const apiKey = config.apiKey ?? generatedKey(config);
  let fatal: TickerError | undefined;
  const died = new AbortController();
  const service = serviceOf({
    config,
    accounts,
    pricing,
    apiKey,
    onFatal: (error) => {
      fatal = error;
      died.abort();
    },
  });
  process.on('SIGUSR2', () => service.halt('SIGUSR2'));
  const ended = aborted(AbortSignal.any([signal, died.signal]));
  try {
    const started = await Promise.race([service.start().then(() => true), ended]);
    if (started === true) {
      console.log(readyLine(service));
      await ended;
    }
  } finally {
    if (fatal === undefined) await stopInTime(service);
  }
  if (fatal !== undefined) {
    // A hung thread cannot be ended alone; the supervisor outside starts a new process.
    console.error(`ticker: ${redactText(fatal.message)}`);
    process.exit(EXIT_HUNG);
  }
  return 0;
}

function serviceOf(options: ServiceOptions): Service | OrdersService {
  return options.config.role === 'orders' ? new OrdersService(options) : new Service(options);
}

function readyLine(service: Service | OrdersService): string {
  const market = service instanceof Service ? ` market=${service.marketUrl}` : '';
  const orders = service.ordersUrl === undefined ? '' : ` orders=${service.ordersUrl}`;
  return `ready${market}${orders}`;
}

function configOf(args: string[]): Promise<Config> {
  const { values } = parseOptions('serve', args, {
    role: { type: 'string' },
    port: { type: 'string' },
    'orders-port': { type: 'string' },
    bind: { type: 'string' },
    'data-dir': { type: 'string' },
    'accounts-file': { type: 'string' },
  });
  const overrides = {
    TICKER_ROLE: values.role,
    TICKER_MARKET_PORT: values.port,
    TICKER_ORDERS_PORT: values['orders-port'],
    TICKER_BIND: values.bind,
    TICKER_DATA_DIR: values['data-dir'],
    TICKER_ACCOUNTS_FILE: values['accounts-file'],
  };
  return commandConfig(overrides, 'serve');
}

/** The key of development, which is kept; production has none but those that were given. */
function generatedKey(config: Config): string | undefined {
  if (config.environment === 'production') return undefined;
  const { key, path, created } = readOrCreateApiKey(config.dataDirectory);
  if (created) console.error(`ticker: API key ${key} (printed this once; kept in ${path})`);
  return key;
}

async function stopInTime(service: Service | OrdersService): Promise<void> {
  const clock = createSystemClock();
  const timer = clock.setTimeout(() => {
    console.error(`ticker: the shutdown took longer than ${SHUTDOWN_MAX_MS} ms`);
    process.exit(1);
  }, SHUTDOWN_MAX_MS);
  await service.stop();
  timer.cancel();
}
