import type { Clock } from '../../domain/clock.ts';
import { SimAccounts } from './accounts.ts';
import { ActiveFaults } from './active-faults.ts';
import { FaultRunner } from './fault-runner.ts';
import type { SimulatorFault } from './fault-script.ts';
import { Gateway } from './gateway.ts';
import { buildLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { Market } from './market.ts';
import { OrderSide } from './orders/order-side.ts';
import type { OrdersLedger } from './orders/orders-ledger.ts';
import type { PostbackSend } from './orders/postbacks.ts';
import type { RestParts } from './rest-calls.ts';
import { restRoutes } from './rest-routes.ts';
import { TickFeed } from './tick-feed.ts';

export interface SimulatedBrokerOptions {
  clock: Clock;
  seed: number;
  /** Contracts listed. */
  instruments: number;
  ticksPerSecond: number;
  /** SIM001, SIM002, ... */
  accounts: number;
  /** Whether requests beyond the broker's limits get 429. */
  rateLimits: boolean;
  /** How postbacks leave; over HTTP when left out. */
  sendPostback?: PostbackSend;
  log: (message: string) => void;
}

/** Everything of the simulator but its port: what carries requests and frames is somebody else. */
export class SimulatedBroker {
  readonly market: Market;
  readonly accounts: SimAccounts;
  readonly feed: TickFeed;
  readonly gateway: Gateway;
  readonly rest: RestParts;
  readonly #options: SimulatedBrokerOptions;
  readonly #orders: OrderSide;
  readonly #runner: FaultRunner;

  constructor(options: SimulatedBrokerOptions) {
    const { clock, seed, rateLimits, sendPostback, log } = options;
    this.#options = options;
    const market = new Market(seed, options.instruments, clock.nowUs() / 1000);
    const accounts = new SimAccounts(clock, options.accounts);
    const faults = new ActiveFaults();
    const feed = new TickFeed(clock, market, seed, options.ticksPerSecond);
    const gateway = new Gateway(clock, market, feed, accounts, faults);
    const orders = new OrderSide({
      clock,
      market,
      seed,
      accounts,
      gateway,
      rateLimits,
      ...(sendPostback !== undefined && { sendPostback }),
      log,
    });
    const targets = { clock, market, feed, accounts, gateway, faults, orders: orders.actions };
    this.market = market;
    this.accounts = accounts;
    this.feed = feed;
    this.gateway = gateway;
    this.#orders = orders;
    this.#runner = new FaultRunner(targets, log);
    const routes = restRoutes({
      clock,
      market,
      accounts,
      ledger: () => this.ledger(),
      orders,
      schedule: (script) => this.schedule(script),
    });
    const { requests, traffic } = orders;
    this.rest = { clock, accounts, faults, routes, requests, traffic, log };
  }

  /** Runs a fault script; `at_ms` counts from this call. Throws CONFIG_INVALID. */
  schedule(script: readonly SimulatorFault[]): void {
    this.#runner.schedule(script);
  }

  ledger(): Ledger {
    const { market, feed, gateway } = this;
    const { clock, seed } = this.#options;
    const { applied } = this.#runner;
    return buildLedger({ seed, timeUs: clock.nowUs(), market, feed, gateway, applied });
  }

  /** Requests, orders, trades, positions and events as they truly are. */
  ordersLedger(): OrdersLedger {
    return this.#orders.ledger();
  }

  /** As OrderSide.openBook; recorded packets are added before. */
  openBook(path: string, report: (message: string) => void): void {
    this.#orders.openBook(path, report);
  }

  /** Ends faults, orders and ticks; connections stay as they are. */
  stop(): void {
    this.#runner.stop();
    this.#orders.stop();
    this.feed.stop();
  }
}
