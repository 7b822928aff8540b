import type { Worker } from 'node:worker_threads';
import type { TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { BrokerAccount } from '../../config/accounts.ts';
import { InstrumentTable } from '../../shm/instrument-table.ts';
import { LastValueTable } from '../../shm/last-value-table.ts';
import { CONTROL, INGEST, METER_WRITER } from '../../shm/layout/meters.ts';
import { ThreadMeters } from '../../shm/meters.ts';
import { Ring } from '../../shm/ring.ts';
import type {
  FromIngest,
  FromPublish,
  SharedBlocks,
  ThreadBasics,
  ToIngest,
  ToPublish,
} from '../messages.ts';
import { spawnThread } from '../spawn.ts';
import { createThreadContext, type ThreadContext } from '../thread-context.ts';
import { BackingServices } from './backing-services.ts';
import { BuiltInSimulator } from './built-in-simulator.ts';
import type { DemandBook, DemandChange } from './demand-book.ts';
import { GreeksPool } from './greeks-pool.ts';
import { HangWatch } from './hang-watch.ts';
import { Health } from './health.ts';
import type { InstrumentDesk } from './instrument-desk.ts';
import { tidyAfterIngest } from './ingest-remains.ts';
import { loadInstruments } from './instrument-loader.ts';
import { OldChannels } from './old-channels.ts';
import { openDesk } from './open-desk.ts';
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
  readonly #timers: TimerHandle[] = [];
  readonly #backing: BackingServices;
  readonly #oldChannels: OldChannels;
  #accounts: readonly BrokerAccount[];
  #simulator: BuiltInSimulator | undefined;
  #publish: SupervisedThread<ToPublish, FromPublish> | undefined;
  #ingest: SupervisedThread<ToIngest, FromIngest> | undefined;
  #greeks: GreeksPool | undefined;
  #desk: InstrumentDesk | undefined;
  #demand: DemandBook | undefined;
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
      toPublish: (message) => this.#publish?.post(message),
      onCheck: () => this.#postStatus(),
    });
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
    greeks: GreeksPool['threads'];
  } {
    const ingest = this.#ingest?.worker;
    const publish = this.#publish?.worker;
    return { ingest, publish, greeks: this.#greeks?.threads ?? [] };
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
    for (const timer of this.#timers) timer.cancel();
    this.#forwardsTimer?.cancel();
    // Intake first, so that what is in the ring still goes out.
    await this.#ingest?.stop({ type: 'stop' }, STOP_GRACE_MS);
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
    await this.#startPublish();
    if (this.#isStopping()) return;
    this.#startGreeks();
    this.#every(SECOND_MS, () => this.#second());
    await this.#backing.startAround(() => this.#startTicks());
  }

  async #startTicks(): Promise<void> {
    await this.#takeAccounts();
    if (this.#isStopping()) return;
    if (this.#accounts.length === 0) await this.#startSimulator();
    if (this.#isStopping()) return;
    await this.#loadInstruments();
    if (this.#isStopping()) return;
    await this.#oldChannels.start();
    if (this.#isStopping()) return;
    await this.#startIngest();
    if (this.#isStopping()) return;
    this.#desk?.demandBase();
    await this.#firstTick();
    this.#health.ticks = this.#ingestMeters.get(INGEST.TICKS);
    this.#health.started = true;
    this.#postStatus();
  }

  async #takeAccounts(): Promise<void> {
    const waiting = (detail: string): void => {
      this.#health.instrumentsDetail = detail;
      this.#postStatus();
    };
    const { signal } = this.#stop;
    this.#accounts = await this.#backing.accounts(this.#options.accounts, waiting, signal);
    this.#basics = withSecretsOf(this.#basics, this.#accounts);
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
      const thread = this.#supervise<ToPublish, FromPublish>('publish', {
        data: () => ({
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
      });
      this.#publish = thread;
      thread.start();
    });
  }

  #startIngest(): Promise<void> {
    const accounts = this.#accounts.filter((account) => account.marketData);
    return new Promise((resolve) => {
      const thread = this.#supervise<ToIngest, FromIngest>('ingest', {
        data: () => ({ ...this.#basics, blocks: this.#blocks, accounts }),
        onMessage: (message) => {
          if (message.type === 'upstream') {
            this.#health.upstream = message.sockets;
          } else if (message.type === 'started') {
            thread.markReady();
            this.#postDemand(this.#demand?.all() ?? []);
            resolve();
          }
        },
        onDeath: () => this.#onIngestDeath(),
      });
      this.#ingest = thread;
      thread.start();
    });
  }

  #onIngestDeath(): void {
    tidyAfterIngest(this.#blocks, this.#table);
    this.#context.meters.add(CONTROL.RESTARTS_INGEST, 1);
    this.#hangWatch.forget('ingest');
    this.#health.upstream = [];
  }

  #supervise<Out, In extends { type: string }>(
    name: 'publish' | 'ingest',
    parts: { data(): unknown; onMessage(message: In): void; onDeath(): void },
  ): SupervisedThread<Out, In> {
    const { clock, logger } = this.#context;
    return new SupervisedThread<Out, In>({
      name,
      clock,
      logger,
      spawn: () => spawnThread(name, parts.data()),
      onMessage: (message) => parts.onMessage(message),
      onDeath: () => parts.onDeath(),
      onFailedStart: (code, detail) => this.#failStart(new TickerError(code, detail)),
    });
  }

  async #loadInstruments(): Promise<void> {
    const { config } = this.#options;
    const { clock, logger, meters } = this.#context;
    const accounts = this.#accounts.filter((account) => account.marketData);
    const dump = await loadInstruments(
      {
        accounts,
        clock,
        logger,
        refuseSimulator: this.#basics.production,
        onFailure: (detail) => {
          this.#health.instrumentsDetail = detail;
          this.#postStatus();
        },
      },
      this.#stop.signal,
    );
    if (dump === undefined) return;
    const { instruments } = dump;
    const { desk, demand } = openDesk({
      instruments,
      table: this.#table,
      lastValues: new LastValueTable(this.#blocks.lastValues),
      ...this.#context,
      accounts: accounts.length,
      pricing: this.#options.pricing,
      greeksWorkers: config.greeksWorkers,
      onDemand: (changes) => this.#postDemand(changes),
    });
    this.#demand = demand;
    this.#desk = desk;
    this.#health.instruments = instruments.length;
    meters.set(CONTROL.INSTRUMENTS, instruments.length);
    logger.info({ instruments: instruments.length }, 'instruments loaded');
  }

  /** Resolves at the first tick of this run. */
  #firstTick(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#every(TICK_CHECK_MS, () => {
        if (this.#ingestMeters.get(INGEST.TICKS) === 0) return;
        timer.cancel();
        resolve();
      });
    });
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
        this.#backing.onPublish(message);
        return;
      case 'unfollow':
        this.#desk?.windows.unfollow(message.chain);
        return;
      default:
    }
  }

  #postDemand(changes: readonly DemandChange[]): void {
    const { tokens } = this.#table;
    this.#ingest?.post({
      type: 'demand',
      changes: changes.map(({ row, mode }) => ({ token: tokens[row] ?? 0, mode })),
    });
  }

  #second(): void {
    const { meters, clock } = this.#context;
    this.#health.ticks = this.#ingestMeters.get(INGEST.TICKS);
    meters.set(CONTROL.ROWS_USED, this.#table.count);
    this.#backing.second();
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
    this.#health.storage = { ...this.#backing.checks(), ...this.#oldChannels.checks() };
    this.#publish?.post({ type: 'status', status: this.#health.status() });
  }

  #every(periodMs: number, callback: () => void): TimerHandle {
    const timer = this.#context.clock.setInterval(callback, periodMs);
    this.#timers.push(timer);
    return timer;
  }
}
