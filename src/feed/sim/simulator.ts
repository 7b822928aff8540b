import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../domain/clock.ts';
import { TickerError, errorText } from '../../domain/error-codes.ts';
import type { SimulatorFault } from './fault-script.ts';
import type { Gateway } from './gateway.ts';
import type { Ledger } from './ledger.ts';
import type { OrdersLedger } from './orders/orders-ledger.ts';
import { readRecordedPackets } from './recorded-packets.ts';
import { createRestServer } from './rest-server.ts';
import { SimulatedBroker } from './simulated-broker.ts';
import { serveSockets } from './socket.ts';
import { MAX_TICKS_PER_SECOND } from './tick-feed.ts';

export { parseFaultScript } from './fault-script.ts';
export type { SimulatorFault } from './fault-script.ts';
export type { Ledger } from './ledger.ts';
export type { OrdersLedger } from './orders/orders-ledger.ts';
export { SIM_RATE } from './volatility-surface.ts';

/** Bounded by what a dump, a ledger and the start still take reasonable time for. */
const MAX_INSTRUMENTS = 50_000;
const MAX_ACCOUNTS = 999;
const CLOSE_CODE = 1001;
const CLOSE_DEADLINE_MS = 500;

export interface SimulatorOptions {
  clock: Clock;
  host: string;
  /** 0: any free port. */
  port: number;
  seed: number;
  /** Contracts listed, 1 to 50,000. */
  instruments: number;
  /** Over all subscribed instruments, 1 to 200,000. */
  ticksPerSecond: number;
  /** SIM001, SIM002, ...; 1 to 999. */
  accounts: number;
  script?: readonly SimulatorFault[];
  /** Whether requests beyond the broker's limits get 429; true when left out. */
  rateLimits?: boolean;
  /** Files of recorded packets to send verbatim. */
  packetFiles?: readonly string[];
  /** File of the order book, which the next run goes on with; left out: it ends with the run. */
  bookFile?: string;
  log?: (message: string) => void;
  /** Told what a person should know; `log` when left out. */
  report?: (message: string) => void;
}

export interface Simulator {
  /** `http://host:port` */
  readonly restUrl: string;
  /** `ws://host:port/` */
  readonly wsUrl: string;
  ledger(): Ledger;
  /** Requests, orders, trades, positions and events as they truly are. */
  ordersLedger(): OrdersLedger;
  /** 0 pauses the ticks. Throws RangeError outside 0 to 200,000. */
  setTicksPerSecond(ticksPerSecond: number): void;
  /** Runs a fault script; `at_ms` counts from this call. Throws CONFIG_INVALID. */
  schedule(script: readonly SimulatorFault[]): void;
  /** Closes every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts a broker of the simulated kind on one port, HTTP and WebSocket. Throws CONFIG_INVALID,
 * CONFIG_FILE (packet files, book) or PORT_IN_USE.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  checkOptions(options);
  const { clock, seed, bookFile, log = () => undefined } = options;
  const recorded = await readRecordedPackets(options.packetFiles ?? []);
  const broker = new SimulatedBroker({
    clock,
    seed,
    instruments: options.instruments,
    ticksPerSecond: options.ticksPerSecond,
    accounts: options.accounts,
    rateLimits: options.rateLimits ?? true,
    log,
  });
  broker.market.addRecorded(recorded);
  const { feed, gateway } = broker;
  const server = createRestServer(broker.rest);
  serveSockets(server, (target) => gateway.decide(target));
  let port: number;
  try {
    port = await listen(server, options.host, options.port);
    // Who has the port has the book: nothing is asked before this is over.
    if (bookFile !== undefined) broker.openBook(bookFile, options.report ?? log);
    broker.schedule(options.script ?? []);
  } catch (error) {
    broker.stop();
    server.close();
    throw error;
  }
  feed.start();

  const authority = `${urlHost(options.host)}:${port}`;
  return {
    restUrl: `http://${authority}`,
    wsUrl: `ws://${authority}/`,
    ledger: () => broker.ledger(),
    ordersLedger: () => broker.ordersLedger(),
    schedule: (script) => broker.schedule(script),
    setTicksPerSecond: (ticksPerSecond) => {
      feed.setTicksPerSecond(ticksPerSecond);
    },
    close: async () => {
      broker.stop();
      await closeConnections(clock, gateway);
      await closeServer(server);
    },
  };
}

function checkOptions(options: SimulatorOptions): void {
  const within = (name: string, value: number, low: number, high: number): void => {
    if (Number.isInteger(value) && value >= low && value <= high) return;
    throw new TickerError(
      'CONFIG_INVALID',
      `simulator ${name} must be a whole number from ${low} to ${high}, not ${value}`,
    );
  };
  within('port', options.port, 0, 65_535);
  within('seed', options.seed, 0, Number.MAX_SAFE_INTEGER);
  within('instruments', options.instruments, 1, MAX_INSTRUMENTS);
  within('ticks per second', options.ticksPerSecond, 1, MAX_TICKS_PER_SECOND);
  within('accounts', options.accounts, 1, MAX_ACCOUNTS);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      const detail = isTaken
        ? `simulator port ${port} on ${host} is in use`
        : `simulator cannot listen on ${host} port ${port}: ${errorText(error)}`;
      reject(new TickerError(isTaken ? 'PORT_IN_USE' : 'CONFIG_INVALID', detail, { cause: error }));
    });
    server.listen({ host, port, exclusive: true }, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Host part of a URL at which `host` can be reached from this machine. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** Says goodbye to who still listens, then resets who has not answered. */
async function closeConnections(clock: Clock, gateway: Gateway): Promise<void> {
  for (const connection of gateway.open()) {
    if (connection.fate === 'hung') connection.reset();
    else connection.close(CLOSE_CODE);
  }
  const deadline = clock.setTimeout(() => {
    for (const connection of gateway.open()) connection.reset();
  }, CLOSE_DEADLINE_MS);
  await gateway.whenIdle();
  deadline.cancel();
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
