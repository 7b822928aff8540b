import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSystemClock } from '../../src/domain/clock.ts';
import type { OrdersLedger } from '../../src/feed/sim/orders/orders-ledger.ts';
import { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { ManagedProcess, ProcessGroup } from '../harness/managed-process.ts';

const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const TICKER = fileURLToPath(new URL(`../../src/main${extension}`, import.meta.url));
const READY_MS = 60_000;
const KEY_BYTES = 24;
/** Nine requests a second are each account's: five or six of them. */
export const TRADING_ACCOUNTS = 9;
const LISTED = 60;
const MARKET_RATE = 200;
const LOOK_MS = 100;

/** Two simulators, a durable PostgreSQL and a service: all but this process as users run them. */
export interface OrdersRig {
  service: ManagedProcess;
  /** The simulator whose ticks the service reads. */
  marketUrl: string;
  /** The simulator that takes the orders. */
  brokerUrl: string;
  ordersUrl: string;
  ticksUrl: string;
  databaseUrl: string;
  /** A key may make 50 requests a second. */
  keys: readonly string[];
  accounts: readonly string[];
  ledger(): Promise<OrdersLedger>;
  end(): Promise<void>;
}

export async function startOrdersRig(processes: ProcessGroup, listed = LISTED): Promise<OrdersRig> {
  const folder = mkdtempSync(join(tmpdir(), 'ticker-bench-'));
  const started: ManagedProcess[] = [];
  const clock = createSystemClock();
  const logger = createLogger({ level: 'silent', thread: 'bench', clock });
  const dataDirectory = join(folder, 'data');
  const database = await EmbeddedPostgres.open({ dataDirectory, clock, logger });
  const end = async (): Promise<void> => {
    for (const managed of [...started].reverse()) await processes.end([managed]);
    await database.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const environment = environmentOf({
      TICKER_DATA_DIR: dataDirectory,
      TICKER_DATABASE_URL: database.url,
      TICKER_ACCOUNTS_FILE: join(folder, 'accounts.json'),
      TICKER_API_KEY: randomBytes(KEY_BYTES).toString('hex'),
      TICKER_MARKET_PORT: '0',
      TICKER_ORDERS_PORT: '0',
      TICKER_LOG_LEVEL: 'error',
    });
    const simulator = async (name: string, accounts: number, instruments: number) => {
      const args = ['sim', '--port', '0', '--seed', '1', '--rate', String(MARKET_RATE)].concat([
        '--instruments',
        String(instruments),
        '--accounts',
        String(accounts),
      ]);
      const managed = processes.start(TICKER, { name, args, cwd: folder, env: environmentOf({}) });
      started.push(managed);
      const [, rest = '', ws = ''] = await managed.line(/^ready rest=(\S+) ws=(\S+)$/m, READY_MS);
      return { rest, ws };
    };
    const market = await simulator('the market', 2, listed);
    const broker = await simulator('the broker', TRADING_ACCOUNTS + 2, LISTED);
    const accounts = [1, 2].map((number) => account(number, market, false));
    const trading = Array.from({ length: TRADING_ACCOUNTS }, (_unused, index) =>
      account(index + 3, broker, true),
    );
    const text = JSON.stringify([...accounts, ...trading]);
    writeFileSync(join(folder, 'accounts.json'), text, { mode: 0o600 });
    const options = { cwd: folder, env: environment };
    const service = processes.start(TICKER, { name: 'the service', args: ['serve'], ...options });
    started.push(service);
    const [, url = '', ordersUrl = ''] = await service.line(
      /^ready market=(\S+) orders=(\S+)$/m,
      READY_MS,
    );
    await service.before(untilReady(ordersUrl), READY_MS, 'took no orders');
    const args = ['keys', 'create', '--scopes', 'admin', '--limits', 'requests_per_second=1000'];
    const create = processes.start(TICKER, {
      name: 'keys create',
      args: [...args, '--json'],
      ...options,
    });
    const [, second = ''] = await create.line(/"key": ?"([^"]+)"/, READY_MS);
    return {
      service,
      marketUrl: market.rest,
      brokerUrl: broker.rest,
      ordersUrl,
      ticksUrl: `${url.replace(/^http/, 'ws')}/ws/ticks`,
      databaseUrl: database.url,
      keys: [second],
      accounts: trading.map(({ id }) => id),
      ledger: async () =>
        (await (await fetch(`${broker.rest}/sim/orders-ledger`)).json()) as OrdersLedger,
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function account(number: number, { rest, ws }: { rest: string; ws: string }, trades: boolean) {
  return {
    id: `SIM${String(number).padStart(3, '0')}`,
    api_key: `sim-key-${number}`,
    api_secret: `sim-secret-${number}`,
    access_token: `sim-token-${number}`,
    market_data: !trades,
    trading: trades,
    rest_url: rest,
    ws_url: ws,
  };
}

async function untilReady(ordersUrl: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${ordersUrl}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** This process's environment without settings of the service, and `settings`. */
function environmentOf(settings: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TICKER_'));
  return { ...Object.fromEntries(inherited), ...settings };
}
