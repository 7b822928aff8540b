import type { Worker } from 'node:worker_threads';
import { pause, type TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { BrokerAccount } from '../../config/accounts.ts';
import { InstrumentTable } from '../../shm/instrument-table.ts';
import { LastValueTable } from '../../shm/last-value-table.ts';
import { CONTROL, INGEST, METER_WRITER } from '../../shm/layout/meters.ts';
import { ThreadMeters } from '../../shm/meters.ts';
import { Ring } from '../../shm/ring.ts';
import type { FromPublish, SharedBlocks, ThreadBasics, ToPublish } from '../messages.ts';
import { spawnThread } from '../spawn.ts';
import { createThreadContext, type ThreadContext } from '../thread-context.ts';
import { BackingServices } from './backing-services.ts';
import { BuiltInSimulator } from './built-in-simulator.ts';
import { ContractDesk } from './contract-desk.ts';
import type { DemandBook } from './demand-book.ts';
import { GreeksPool } from './greeks-pool.ts';
import { HangWatch } from './hang-watch.ts';
import { Health } from './health.ts';
import { IngestDesk } from './ingest-desk.ts';
import type { InstrumentDesk } from './instrument-desk.ts';
import { loadInstruments } from './instrument-loader.ts';
import { OldChannels } from './old-channels.ts';
import { openDesk } from './open-desk.ts';
import { OrdersDesk } from './orders-desk.ts';
import { answerCall } from './publish-calls.ts';
import { allocateSharedMemory } from './shared-memory.ts';
import type { ServiceOptions } from './service-options.ts';
import { StaleFeeds } from './stale-feeds.ts';
import { SupervisedThread } from './supervised-thread.ts';
import { publishSettings, threadBasics, withSecretsOf } from './thread-data.ts';
import { urlHost } from './url-host.ts';

const SECOND_MS = 1000;
const TICK_CHECK_MS = 10;
const STOP_GRACE_MS = 2_000;
/** New demand is looked through for chains that need a forward after this pause. */
const FORWARDS_DELAY_MS = 5;

/** One process of the service: shared memory, threads, and what they ask of control. */
export class Service {
  /** http://host:port of the market side. */
  marketUrl = '';
  readonly #options: ServiceOptions;
  readonly #blocks: SharedBlocks;
  #basics: ThreadBasics;
  readonly #context: ThreadContext;
  readonly #health = new Health();
  readonly #stale = new StaleFeeds();
  readonly #table: InstrumentTable;
  readonly #ingestMeters: ThreadMeters;
  readonly #hangWatch: HangWatch;
  readonly #backing: BackingServices;
  readonly #oldChannels: OldChannels;
  readonly #ingest: IngestDesk;
  readonly #contracts = new ContractDesk();
  /** Undefined in role `market`. */
  readonly #orders: OrdersDesk | undefined;
  #accounts: readonly BrokerAccount[];
  #simulator: BuiltInSimulator | undefined;
  #publish: SupervisedThread<ToPublish, FromPublish> | undefined;
  #greeks: GreeksPool | undefined;
  #desk: InstrumentDesk | undefined;
  #demand: DemandBook | undefined;
  #timer: TimerHandle | undefined;
  #forwardsTimer: TimerHandle | undefined;
  readonly #stop = new AbortController();
  #failStart: (error: TickerError) => void = () => undefined;
  readonly #startFailed = new Promise<never>((_resolve, reject) => {
    this.#failStart = reject;
  });

  constructor(options: ServiceOptions) {
    const { config, accounts, apiKey } = options;
    this.#options = options;
    this.#accounts = accounts;
    this.#blocks = allocateSharedMemory(config);
    this.#table = new InstrumentTable(this.#blocks.instruments);
    this.#ingestMeters = new ThreadMeters(this.#blocks.meters, METER_WRITER.INGEST);
    this.#hangWatch = new HangWatch(this.#blocks.meters, config.clock.speed);
    this.#basics = threadBasics(config, apiKey, accounts);
    this.#context = createThreadContext(
      'control',
      this.#basics,
      this.#blocks.meters,
      METER_WRITER.CONTROL,
    );
    this.#backing = new BackingServices({
      ...this.#context,
      config,
      apiKey,
      onAccess: (news) => {
        this.#publish?.post(news);
        this.#orders?.onAccess(news);
      },
      onCheck: () => this.#postStatus(),
    });
    this.#ingest = new IngestDesk({
      ...this.#context,
      blocks: this.#blocks,
      table: this.#table,
      demand: () => this.#demand?.all() ?? [],
      onUpstream: (sockets) => (this.#health.upstream = sockets),
      onOrderText: (text) => {
        this.#publish?.post(text);
        this.#orders?.onText(text);
      },
      onDeath: () => this.#hangWatch.forget('ingest'),
      onFailedStart: (error) => this.#failStart(error),
    });
    this.#orders = config.role === 'market' ? undefined : this.#ordersDesk();
    this.#oldChannels = new OldChannels({
      ...this.#context,
      config,
      basics: this.#basics,
      blocks: this.#blocks,
      describe: (tokens) => this.#desk?.describeInstruments(tokens),
      onDeath: () => this.#hangWatch.forget('old-channels'),
      onFailedStart: (error) => this.#failStart(error),
    });
    // A failure before anybody waits for it is reported by `start`, not as an unhandled rejection.
    this.#startFailed.catch(() => undefined);
  }

  /** Running threads, for fault tests. */
  get threads(): {
    ingest: Worker | undefined;
    publish: Worker | undefined;
    orders: Worker | undefined;
    greeks: GreeksPool['threads'];
  } {
    return {
      ingest: this.#ingest.worker,
      publish: this.#publish?.worker,
      orders: this.#orders?.worker,
      greeks: this.#greeks?.threads ?? [],
    };
  }

  /** http://host:port of the order side; undefined: another process has it. */
  get ordersUrl(): string | undefined {
    return this.#orders?.url;
  }

  /** All orders are to stop, in this run and the next ones, until somebody releases them. */
  halt(reason: string): void {
    this.#orders?.halt('signal', reason);
  }

  /**
   * Starts everything. Resolves when clients are served and the first tick has come. Rejects with
   * the TickerError that prevents the start; call `stop` then too.
   */
  async start(): Promise<void> {
    await Promise.race([this.#startParts(), this.#startFailed]);
  }

  /** Ends everything, in any state, in bounded time. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#failStart(new TickerError('SHUTTING_DOWN'));
    this.#timer?.cancel();
    this.#forwardsTimer?.cancel();
    // Orders under way are answered while their prices and the broker are still there.
    await this.#orders?.stop();
    // Intake first, so that what is in the ring still goes out.
    await this.#ingest.stop();
    await Promise.all([
      this.#publish?.stop({ type: 'stop' }, STOP_GRACE_MS),
      this.#oldChannels.stop(),
    ]);
    new Ring(this.#blocks.ring).requestStop();
    await this.#greeks?.stop();
    await this.#simulator?.stop();
    await this.#backing.stop();
  }

  /* Each wait may have been ended by `stop`, after which nothing new may be started. */
  async #startParts(): Promise<void> {
    await Promise.all([this.#startPublish(), this.#orders?.start()]);
    if (this.#isStopping()) return;
    this.#startGreeks();
    this.#timer = this.#context.clock.setInterval(() => this.#second(), SECOND_MS);
    await this.#backing.startAround(() => this.#startTicks());
  }

  async #startTicks(): Promise<void> {
    await this.#takeAccounts();
    if (this.#isStopping()) return;
    if (this.#accounts.length === 0) await this.#startSimulator();
    if (this.#isStopping()) return;
    this.#orders?.setAccounts(this.#accounts);
    await this.#loadInstruments();
    if (this.#isStopping()) return;
    await this.#oldChannels.start();
    if (this.#isStopping()) return;
    await this.#ingest.start(this.#basics, this.#accounts);
    if (this.#isStopping()) return;
    this.#desk?.demandBase();
    await this.#firstTick();
    if (this.#isStopping()) return;
    this.#health.ticks = this.#ingestMeters.get(INGEST.TICKS);
    this.#health.started = true;
    this.#postStatus();
  }

  async #takeAccounts(): Promise<void> {
    const { signal } = this.#stop;
    const waiting = (detail: string): void => this.#waitingFor(detail);
    this.#accounts = await this.#backing.accounts(this.#options.accounts, waiting, signal);
    this.#basics = withSecretsOf(this.#basics, this.#accounts);
  }

  #waitingFor(detail: string): void {
    this.#health.instrumentsDetail = detail;
    this.#postStatus();
  }

  #isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  #startGreeks(): void {
    const { greeksWorkers: workers } = this.#options.config;
    this.#health.greeksWorkers = workers;
    this.#greeks = new GreeksPool({
      workers,
      blocks: this.#blocks,
      clockSettings: this.#basics.clock,
      ...this.#context,
    });
  }

  async #startSimulator(): Promise<void> {
    this.#simulator = new BuiltInSimulator({
      ...this.#context,
      config: this.#options.config,
      basics: this.#basics,
      onFailedStart: (error) => this.#failStart(error),
    });
    this.#accounts = [await this.#simulator.start()];
  }

  #startPublish(): Promise<void> {
    const { config } = this.#options;
    let port = config.marketPort;
    return new Promise((resolve) => {
      const thread = new SupervisedThread<ToPublish, FromPublish>({
        name: 'publish',
        ...this.#context,
        spawn: () =>
          spawnThread('publish', {
            ...this.#basics,
            blocks: this.#blocks,
            ...this.#backing.keys,
            ...publishSettings(config),
            port,
          }),
        onMessage: (message) => {
          if (message.type !== 'listening') {
            this.#onPublish(message);
            return;
          }
          port = message.port;
          this.marketUrl = `http://${urlHost(config.bind)}:${port}`;
          this.#context.logger.info({ host: config.bind, port }, 'clients are served');
          thread.markReady();
          this.#postStatus();
          resolve();
        },
        onDeath: () => {
          this.#context.meters.add(CONTROL.RESTARTS_PUBLISH, 1);
          this.#hangWatch.forget('publish');
          this.#demand?.clear('clients');
          this.#desk?.windows.clear();
        },
        onFailedStart: (code, detail) => this.#failStart(new TickerError(code, detail)),
      });
      this.#publish = thread;
      thread.start();
    });
  }

  async #loadInstruments(): Promise<void> {
    const { logger, meters } = this.#context;
    const accounts = this.#accounts.filter((account) => account.marketData);
    const dump = await loadInstruments(
      {
        accounts,
        ...this.#context,
        refuseSimulator: this.#basics.production,
        onFailure: (detail) => this.#waitingFor(detail),
      },
      this.#stop.signal,
    );
    if (dump === undefined) return;
    const { instruments } = dump;
    const { desk, demand, registry, prices } = openDesk({
      ...this.#context,
      instruments,
      table: this.#table,
      lastValues: new LastValueTable(this.#blocks.lastValues),
      accounts: accounts.length,
      pricing: this.#options.pricing,
      greeksWorkers: this.#options.config.greeksWorkers,
      onDemand: (changes) => this.#ingest.postDemand(changes),
    });
    this.#demand = demand;
    this.#desk = desk;
    this.#contracts.registry = registry;
    this.#orders?.contractsKnown(prices);
    this.#health.instruments = instruments.length;
    meters.set(CONTROL.INSTRUMENTS, instruments.length);
    logger.info({ instruments: instruments.length }, 'instruments loaded');
  }

  /** Resolves at the first tick of this run, or when it is stopped. */
  async #firstTick(): Promise<void> {
    const { clock } = this.#context;
    while (this.#ingestMeters.get(INGEST.TICKS) === 0) {
      if (!(await pause(clock, TICK_CHECK_MS, this.#stop.signal))) return;
    }
  }

  #onPublish(message: FromPublish): void {
    switch (message.type) {
      case 'call':
        void answerCall(message, this.#desk, (error) =>
          this.#context.logger.error({ err: error, call: message.name }, 'call failed'),
        ).then((answer) => this.#publish?.post(answer));
        return;
      case 'demand':
        for (const { row, mode } of message.changes) this.#demand?.set('clients', row, mode);
        this.#forwardsTimer ??= this.#context.clock.setTimeout(() => {
          this.#forwardsTimer = undefined;
          this.#desk?.demandForwards();
        }, FORWARDS_DELAY_MS);
        return;
      case 'follow':
        this.#desk?.windows.follow(message.chain);
        return;
      case 'key-uses':
      case 'wrong-keys':
        this.#backing.onCallers(message);
        return;
      case 'unfollow':
        this.#desk?.windows.unfollow(message.chain);
        return;
      default:
    }
  }

  #second(): void {
    const { meters, clock } = this.#context;
    this.#health.ticks = this.#ingestMeters.get(INGEST.TICKS);
    meters.set(CONTROL.ROWS_USED, this.#table.count);
    this.#backing.second();
    this.#orders?.setDatabase(this.#backing.databaseUrl);
    this.#orders?.second();
    for (const change of this.#desk?.moveWindows() ?? []) this.#publish?.post(change);
    this.#desk?.demandForwards();
    this.#postStatus();
    for (const stale of this.#stale.update(this.#health.upstream, clock.monotonicMs())) {
      const sinceUs = clock.nowUs() - stale.downMs * 1000;
      this.#publish?.post({ type: 'upstream-stale', account: stale.account, sinceUs });
    }
    const hung = this.#hangWatch.check();
    if (hung === undefined) return;
    this.#options.onFatal(new TickerError('THREAD_FAILED', `${hung} hangs; the process must end`));
  }

  #postStatus(): void {
    const orders = this.#orders?.checks() ?? {};
    this.#health.storage = { ...this.#backing.checks(), ...this.#oldChannels.checks(), ...orders };
    const status = this.#health.status();
    this.#publish?.post({ type: 'status', status });
    this.#orders?.setStatus(status);
  }

  #ordersDesk(): OrdersDesk {
    const { instruments, lastValues, meters } = this.#blocks;
    return new OrdersDesk({
      ...this.#context,
      config: this.#options.config,
      basics: this.#basics,
      meterBlock: meters,
      prices: { kind: 'memory', instruments, lastValues },
      instance: this.#backing.instance,
      contracts: this.#contracts,
      keys: () => this.#backing.keys,
      onCallers: (news) => this.#backing.onCallers(news),
      onCheck: () => this.#postStatus(),
      onDeath: () => this.#hangWatch.forget('orders'),
      onFailedStart: (error) => this.#failStart(error),
    });
  }
}
