import type { Worker } from 'node:worker_threads';
import { type BrokerAccount, secretsOf } from '../../config/accounts.ts';
import type { Config } from '../../config/settings.ts';
import type { KeyRecord } from '../../domain/access.ts';
import { errorText, TickerError } from '../../domain/error-codes.ts';
import { CONTROL } from '../../shm/layout/meters.ts';
import type { SharedBlock } from '../../shm/block.ts';
import type {
  AccessNews,
  CallerNews,
  FromOrders,
  HealthCheck,
  OrdersData,
  OrderText,
  PricePlace,
  ServiceStatus,
  ThreadBasics,
  ToOrders,
} from '../messages.ts';
import { spawnThread } from '../spawn.ts';
import type { ThreadContext } from '../thread-context.ts';
import type { ContractDesk } from './contract-desk.ts';
import { HaltFile } from './halt-file.ts';
import type { PriceWatch } from './price-watch.ts';
import { SupervisedThread } from './supervised-thread.ts';
import { ordersSettings } from './thread-data.ts';
import { urlHost } from './url-host.ts';

/** Orders under way are answered first. */
const STOP_GRACE_MS = 3_000;

export interface OrdersDeskOptions extends ThreadContext {
  config: Config;
  basics: ThreadBasics;
  meterBlock: SharedBlock;
  prices: PricePlace;
  /** What the database server calls this instance in its lists. */
  instance: string;
  contracts: ContractDesk;
  keys: () => { keys: readonly KeyRecord[]; keysComplete: boolean };
  onCallers(news: CallerNews): void;
  /** What `checks` says has changed. */
  onCheck(): void;
  /** The thread has ended unasked. */
  onDeath: () => void;
  onFailedStart: (error: TickerError) => void;
}

/** The orders thread, and what it is told: accounts, database, order updates, halts. */
export class OrdersDesk {
  /** http://host:port of the order side. */
  url = '';
  readonly #options: OrdersDeskOptions;
  readonly #haltFile: HaltFile;
  #thread: SupervisedThread<ToOrders, FromOrders> | undefined;
  #accounts: readonly BrokerAccount[] | undefined;
  #databaseUrl: string | undefined;
  #status: ServiceStatus | undefined;
  #watch: PriceWatch | undefined;
  /** A halt that the thread may not have heard of. */
  #halt: Extract<ToOrders, { type: 'halt' }> | undefined;
  #check: HealthCheck | undefined;

  constructor(options: OrdersDeskOptions) {
    this.#options = options;
    this.#haltFile = new HaltFile(options.config.dataDirectory, options.logger);
  }

  /** The running thread, for fault tests. */
  get worker(): Worker | undefined {
    return this.#thread?.worker;
  }

  /** Resolves when callers are answered. */
  async start(): Promise<void> {
    // Before the first order could come.
    await this.#lookForHalt();
    const { config, clock, logger, meters, onDeath, onFailedStart } = this.#options;
    let port = config.ordersPort;
    await new Promise<void>((resolve) => {
      const thread = new SupervisedThread<ToOrders, FromOrders>({
        name: 'orders',
        clock,
        logger,
        spawn: () => spawnThread('orders', this.#data(port)),
        onMessage: (message) => {
          if (message.type !== 'listening') {
            this.#onMessage(message);
            return;
          }
          port = message.port;
          this.url = `http://${urlHost(config.bind)}:${port}`;
          logger.info({ host: config.bind, port }, 'orders are served');
          thread.markReady();
          this.#tellAll();
          resolve();
        },
        onDeath: () => {
          meters.add(CONTROL.RESTARTS_ORDERS, 1);
          this.#check = undefined;
          onDeath();
        },
        onFailedStart: (code, detail) => onFailedStart(new TickerError(code, detail)),
      });
      this.#thread = thread;
      thread.start();
    });
  }

  /** The accounts of the service are known: those that trade take orders. */
  setAccounts(accounts: readonly BrokerAccount[]): void {
    this.#accounts = accounts.filter(({ trading }) => trading);
    this.#post(this.#accountsMessage());
  }

  /** Where the database is, from now on; undefined: there is none. */
  setDatabase(url: string | undefined): void {
    if (url === undefined || url === this.#databaseUrl) return;
    this.#databaseUrl = url;
    this.#post({ type: 'database', url });
  }

  /** The contracts of the day are known; `prices` left out: they are streamed elsewhere. */
  contractsKnown(watch?: PriceWatch): void {
    this.#watch = watch;
    this.#post({ type: 'futures', futures: this.#options.contracts.futures() });
  }

  setStatus(status: ServiceStatus): void {
    this.#status = status;
    this.#post({ type: 'status', status });
  }

  onText(text: OrderText): void {
    this.#post(text);
  }

  onAccess(news: AccessNews): void {
    this.#post(news);
  }

  /** All orders are to stop, in this run and the next ones, until somebody releases them. */
  halt(actor: 'file' | 'signal', reason: string): void {
    this.#halt = { type: 'halt', actor, reason };
    this.#post(this.#halt);
    if (actor === 'signal') void this.#haltFile.put(reason);
  }

  /** How the accounts are, and the thread. */
  checks(): Record<string, HealthCheck> {
    const detail = 'the orders thread is starting';
    return { orders: this.#check ?? { ok: false, required: false, detail } };
  }

  /** Once a second. */
  second(): void {
    this.#watch?.second();
    this.#lookForHalt().catch((error: unknown) => {
      this.#options.logger.error({ detail: errorText(error) }, 'the halt file cannot be watched');
    });
  }

  async stop(): Promise<void> {
    await this.#thread?.stop({ type: 'stop' }, STOP_GRACE_MS);
  }

  async #lookForHalt(): Promise<void> {
    const reason = await this.#haltFile.reason();
    if (reason !== undefined) this.halt('file', reason);
  }

  #data(port: number): OrdersData {
    const { config, basics, meterBlock, prices, instance, keys } = this.#options;
    return {
      ...basics,
      ...keys(),
      ...ordersSettings(config),
      meters: meterBlock,
      prices,
      instance: `${instance}-orders`,
      port,
    };
  }

  /** A thread that has just started knows nothing. */
  #tellAll(): void {
    if (this.#halt !== undefined) this.#post(this.#halt);
    if (this.#status !== undefined) this.#post({ type: 'status', status: this.#status });
    this.#post({ type: 'futures', futures: this.#options.contracts.futures() });
    if (this.#databaseUrl !== undefined) this.#post({ type: 'database', url: this.#databaseUrl });
    if (this.#accounts !== undefined) this.#post(this.#accountsMessage());
  }

  #accountsMessage(): ToOrders {
    const accounts = (this.#accounts ?? []).map((account) => {
      const { id, apiKey, apiSecret, accessToken, restUrl, localAddress } = account;
      const known = { id, apiKey, apiSecret, accessToken, restUrl };
      return localAddress === undefined ? known : { ...known, localAddress };
    });
    const secrets = (this.#accounts ?? []).flatMap(secretsOf);
    return { type: 'accounts', accounts, secrets };
  }

  #onMessage(message: FromOrders): void {
    switch (message.type) {
      case 'call':
        this.#post(this.#answer(message));
        return;
      case 'check':
        this.#check = message.check;
        this.#options.onCheck();
        return;
      case 'halted':
        this.#halt = undefined;
        return;
      case 'halt-unkept':
        void this.#haltFile.put(message.reason);
        return;
      case 'key-uses':
      case 'wrong-keys':
        this.#options.onCallers(message);
        return;
      default:
    }
  }

  #answer(call: Extract<FromOrders, { type: 'call' }>): ToOrders {
    const { id } = call;
    try {
      return { type: 'answer', id, ok: true, result: this.#ask(call) };
    } catch (error) {
      if (error instanceof TickerError) {
        return { type: 'answer', id, ok: false, code: error.code, detail: error.detail };
      }
      this.#options.logger.error({ err: error, call: call.name }, 'call failed');
      return { type: 'answer', id, ok: false, code: 'INTERNAL', detail: errorText(error) };
    }
  }

  #ask(call: Extract<FromOrders, { type: 'call' }>) {
    switch (call.name) {
      case 'findContract':
        return this.#options.contracts.find(call.args.exchange, call.args.tradingsymbol);
      case 'watchPrice':
        return this.#watch?.watch(call.args) ?? -1;
    }
  }

  #post(message: ToOrders): void {
    this.#thread?.post(message);
  }
}
