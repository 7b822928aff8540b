import type { Worker } from 'node:worker_threads';
import type { BrokerAccount } from '../../config/accounts.ts';
import type { TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import { InstrumentRegistry } from '../../instruments/registry.ts';
import type { SharedBlock } from '../../shm/block.ts';
import { CONTROL, METER_WRITER } from '../../shm/layout/meters.ts';
import { createMeters } from '../../shm/meters.ts';
import type { ThreadBasics } from '../messages.ts';
import { createThreadContext, type ThreadContext } from '../thread-context.ts';
import { BackingServices } from './backing-services.ts';
import { ContractDesk } from './contract-desk.ts';
import { HangWatch } from './hang-watch.ts';
import { Health } from './health.ts';
import { loadInstruments } from './instrument-loader.ts';
import { OrdersDesk } from './orders-desk.ts';
import type { ServiceOptions } from './service-options.ts';
import { simulatorAccount } from './simulator-account.ts';
import { threadBasics, withSecretsOf } from './thread-data.ts';
import { urlHost } from './url-host.ts';

const SECOND_MS = 1000;
const LOCAL = '127.0.0.1';

/** The process of role `orders`: keys, accounts, contracts and the orders thread, no ticks. */
export class OrdersService {
  readonly #options: ServiceOptions;
  readonly #meterBlock: SharedBlock;
  readonly #basics: ThreadBasics;
  readonly #context: ThreadContext;
  readonly #health = new Health();
  readonly #hangWatch: HangWatch;
  readonly #backing: BackingServices;
  readonly #contracts = new ContractDesk();
  readonly #orders: OrdersDesk;
  readonly #stop = new AbortController();
  #timer: TimerHandle | undefined;
  #failStart: (error: TickerError) => void = () => undefined;
  readonly #startFailed = new Promise<never>((_resolve, reject) => {
    this.#failStart = reject;
  });

  constructor(options: ServiceOptions) {
    const { config, accounts, apiKey } = options;
    this.#options = options;
    this.#meterBlock = createMeters(METER_WRITER.GREEKS);
    this.#hangWatch = new HangWatch(this.#meterBlock, config.clock.speed);
    this.#basics = threadBasics(config, apiKey, accounts);
    this.#context = createThreadContext(
      'control',
      this.#basics,
      this.#meterBlock,
      METER_WRITER.CONTROL,
    );
    this.#backing = new BackingServices({
      ...this.#context,
      config,
      apiKey,
      onAccess: (news) => this.#orders.onAccess(news),
      onCheck: () => this.#postStatus(),
    });
    const url = config.marketUrl ?? `http://${urlHost(config.bind)}:${config.marketPort}`;
    this.#orders = new OrdersDesk({
      ...this.#context,
      config,
      basics: this.#basics,
      meterBlock: this.#meterBlock,
      prices: { kind: 'service', url, key: apiKey },
      instance: this.#backing.instance,
      contracts: this.#contracts,
      keys: () => this.#backing.keys,
      onCallers: (news) => this.#backing.onCallers(news),
      onCheck: () => this.#postStatus(),
      onDeath: () => this.#hangWatch.forget('orders'),
      onFailedStart: (error) => this.#failStart(error),
    });
    // A failure before anybody waits for it is reported by `start`, not as an unhandled rejection.
    this.#startFailed.catch(() => undefined);
  }

  /** http://host:port of the order side. */
  get ordersUrl(): string {
    return this.#orders.url;
  }

  /** The running thread, for fault tests. */
  get worker(): Worker | undefined {
    return this.#orders.worker;
  }

  /**
   * Starts everything. Resolves when callers are answered and the contracts are known. Rejects with
   * the TickerError that prevents the start; call `stop` then too.
   */
  async start(): Promise<void> {
    await Promise.race([this.#startParts(), this.#startFailed]);
  }

  /** All orders are to stop, in this run and the next ones, until somebody releases them. */
  halt(reason: string): void {
    this.#orders.halt('signal', reason);
  }

  /** Ends everything, in any state, in bounded time. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#failStart(new TickerError('SHUTTING_DOWN'));
    this.#timer?.cancel();
    await this.#orders.stop();
    await this.#backing.stop();
  }

  async #startParts(): Promise<void> {
    await this.#orders.start();
    if (this.#stop.signal.aborted) return;
    this.#timer = this.#context.clock.setInterval(() => this.#second(), SECOND_MS);
    await this.#backing.startAround(() => this.#startOrders());
  }

  async #startOrders(): Promise<void> {
    const accounts = await this.#accounts();
    if (this.#stop.signal.aborted) return;
    this.#orders.setAccounts(accounts);
    await this.#loadInstruments(accounts);
    this.#health.started = true;
    this.#postStatus();
  }

  async #accounts(): Promise<readonly BrokerAccount[]> {
    const waiting = (detail: string): void => {
      this.#health.instrumentsDetail = detail;
      this.#postStatus();
    };
    const { signal } = this.#stop;
    const accounts = await this.#backing.accounts(this.#options.accounts, waiting, signal);
    if (accounts.length > 0) return accounts;
    // The simulator of the market side, which is its feed where there is no account.
    const { simPort } = this.#options.config;
    return [simulatorAccount(`http://${LOCAL}:${simPort}`, `ws://${LOCAL}:${simPort}/`)];
  }

  async #loadInstruments(accounts: readonly BrokerAccount[]): Promise<void> {
    const basics = withSecretsOf(this.#basics, accounts);
    const { clock, logger, meters } = this.#context;
    const dump = await loadInstruments(
      {
        accounts,
        clock,
        logger,
        refuseSimulator: basics.production,
        onFailure: (detail) => {
          this.#health.instrumentsDetail = detail;
          this.#postStatus();
        },
      },
      this.#stop.signal,
    );
    if (dump === undefined) return;
    const { instruments } = dump;
    this.#contracts.registry = new InstrumentRegistry(instruments);
    this.#orders.contractsKnown();
    this.#health.instruments = instruments.length;
    meters.set(CONTROL.INSTRUMENTS, instruments.length);
    logger.info({ instruments: instruments.length }, 'instruments loaded');
  }

  #second(): void {
    this.#backing.second();
    this.#orders.setDatabase(this.#backing.databaseUrl);
    this.#orders.second();
    this.#postStatus();
    const hung = this.#hangWatch.check();
    if (hung === undefined) return;
    this.#options.onFatal(new TickerError('THREAD_FAILED', `${hung} hangs; the process must end`));
  }

  #postStatus(): void {
    this.#health.storage = this.#backing.checks();
    this.#orders.setStatus(this.#health.status());
  }
}
