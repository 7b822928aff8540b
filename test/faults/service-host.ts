import type { Random } from '../../src/feed/sim/random.ts';
import { flatPricing } from '../../src/domain/pricing-terms.ts';
import { createChainTable } from '../../src/shm/chain-table.ts';
import { createInstrumentTable, InstrumentTable } from '../../src/shm/instrument-table.ts';
import { createLastValueTable, LastValueTable } from '../../src/shm/last-value-table.ts';
import { METER_WRITER } from '../../src/shm/layout/meters.ts';
import { createMeters } from '../../src/shm/meters.ts';
import { createRepriceRings } from '../../src/shm/reprice-ring.ts';
import { createRing, Ring } from '../../src/shm/ring.ts';
import type { DemandBook, DemandChange } from '../../src/threads/control/demand-book.ts';
import { tidyAfterIngest } from '../../src/threads/control/ingest-remains.ts';
import type { InstrumentDesk } from '../../src/threads/control/instrument-desk.ts';
import { openDesk } from '../../src/threads/control/open-desk.ts';
import { answerCall } from '../../src/threads/control/publish-calls.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { FromPublish, SharedBlocks, ToPublish } from '../../src/threads/messages.ts';
import { epochHex } from '../../src/wire/epoch.ts';
import type { Broker } from './broker.ts';
import { GreeksHost } from './greeks-host.ts';
import { IngestHost } from './ingest-host.ts';
import { Ledger } from './ledger.ts';
import { PublishHost } from './publish-host.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { VirtualThread } from './virtual-thread.ts';

const ROWS = 512;
const CHAINS = 8;
const WORKERS = 2;
const MESSAGE_MS = 0.1;
const RESTART_MS = 100;
const GREEKS_RESTART_MS = 50;
const SECOND_MS = 1000;
/** As control: new demand is looked through for forwards after this pause. */
const FORWARDS_DELAY_MS = 5;

export interface ServiceHostOptions {
  clock: VirtualClock;
  random: Random;
  broker: Broker;
  ringSlots: number;
  /** Ring position before the first tick. */
  start: number;
  clientBufferBytes: number;
  /** Adaptive window of clients, ms. */
  windowMs: number;
  /** The market bursts into the middle of what publish is doing. */
  bursts: boolean;
  /** Number of this process within the run. */
  number: number;
  /** The publish thread has ended: its clients' connections are gone. */
  onPublishEnd: () => void;
}

/** One process of the service on one thread: its memory, its loops, and control between them. */
export class ServiceHost {
  readonly ledger: Ledger;
  /** Control. */
  readonly thread: VirtualThread;
  ingest: IngestHost | undefined;
  publish: PublishHost | undefined;
  readonly greeks: GreeksHost[] = [];
  readonly #options: ServiceHostOptions;
  readonly #blocks: SharedBlocks;
  readonly #table: InstrumentTable;
  readonly #lastValues: LastValueTable;
  readonly #desk: InstrumentDesk;
  readonly #demand: DemandBook;
  #forwardsDue = false;
  #publishes = 0;

  constructor(options: ServiceHostOptions) {
    const { random } = options;
    this.#options = options;
    const epoch = { epochLow: random.bits() >>> 0, epochHigh: random.bits() >>> 0 };
    this.#blocks = allocate(options, epoch);
    const { table, lastValues, desk, demand, thread } = this.#openControl();
    this.#table = table;
    this.#lastValues = lastValues;
    this.#desk = desk;
    this.#demand = demand;
    this.thread = thread;
    const name = epochHex(epoch.epochLow, epoch.epochHigh);
    this.ledger = new Ledger(name, options.start, (token) => table.find(token) >= 0);
    this.#startPublish();
    for (let worker = 0; worker < WORKERS; worker++) this.#startGreeks(worker);
    this.#startIngest();
    this.#desk.demandBase();
    thread.clock.setInterval(() => this.#second(), SECOND_MS);
  }

  /** The whole process ends at once. */
  kill(): void {
    this.thread.kill();
    const { ingest, publish, greeks } = this;
    this.ingest = undefined;
    this.publish = undefined;
    ingest?.die();
    for (const host of greeks) host.die();
    publish?.die();
  }

  /** The market bursts: ticks arrive in the middle of whatever is being done. */
  burst(ticks: number): void {
    const { broker, random } = this.#options;
    if (!broker.feed.isRunning || this.ingest?.thread.isFrozen !== false) return;
    this.ingest.link.burst(random, ticks);
  }

  /** A few ticks as a rule, more than a ring of them now and then. */
  #burstSize(): number {
    const { random, ringSlots } = this.#options;
    return random.uniform() < 0.2 ? random.integer(1, 2 * ringSlots) : random.integer(1, 12);
  }

  #openControl() {
    const { clock, random, broker } = this.#options;
    const thread = new VirtualThread(clock, random, (error) => {
      throw error;
    });
    const table = new InstrumentTable(this.#blocks.instruments);
    const lastValues = new LastValueTable(this.#blocks.lastValues);
    const desk = openDesk({
      instruments: broker.instruments,
      table,
      lastValues,
      clock: thread.clock,
      logger: createLogger({ level: 'silent', thread: 'control', clock }),
      accounts: 1,
      pricing: flatPricing(0.065),
      greeksWorkers: WORKERS,
      onDemand: (changes) => this.#postDemand(changes),
    });
    return { table, lastValues, thread, ...desk };
  }

  #startIngest(): void {
    const { clock, random, broker } = this.#options;
    const ingest: IngestHost = new IngestHost({
      clock,
      random,
      broker,
      blocks: this.#blocks,
      ledger: this.ledger,
      onTicks: () => this.#onTicks(),
      onDeath: () => this.#onIngestDeath(ingest),
    });
    this.ingest = ingest;
    ingest.start(this.#tokens(this.#demand.all()));
  }

  #onTicks(): void {
    for (const host of this.greeks) host.wake();
    this.publish?.wake();
  }

  #onIngestDeath(ingest: IngestHost): void {
    if (this.ingest !== ingest) return;
    this.ingest = undefined;
    this.thread.post('message', MESSAGE_MS, () => {
      tidyAfterIngest(this.#blocks, this.#table);
      this.ledger.passTo(new Ring(this.#blocks.ring).newest());
      this.thread.post('timer', RESTART_MS, () => this.#startIngest());
    });
  }

  #startGreeks(worker: number): void {
    const { clock, random } = this.#options;
    const host: GreeksHost = new GreeksHost({
      worker,
      clock,
      random,
      blocks: this.#blocks,
      onWork: () => this.publish?.wake(),
      onDeath: () => this.#onGreeksDeath(host, worker),
    });
    this.greeks[worker] = host;
  }

  #onGreeksDeath(host: GreeksHost, worker: number): void {
    this.thread.post('message', MESSAGE_MS, () => {
      if (this.greeks[worker] !== host) return;
      new Ring(this.#blocks.ring).releaseDeadWorker(worker);
      for (let row = 0; row < this.#table.count; row++) {
        const chain = this.#table.chains[row] ?? -1;
        if (chain >= 0 && this.#table.chainWorker(chain) === worker) {
          this.#lastValues.repairGreeks(row);
        }
      }
      this.thread.post('timer', GREEKS_RESTART_MS, () => this.#startGreeks(worker));
    });
  }

  #startPublish(): void {
    const { clock, random, number, clientBufferBytes, windowMs } = this.#options;
    const publish: PublishHost = new PublishHost({
      clock,
      random,
      blocks: this.#blocks,
      name: `${number}.${++this.#publishes}`,
      clientBufferBytes,
      windowMs,
      post: (message) => {
        if (!publish.thread.isAlive) return;
        this.thread.post('message', MESSAGE_MS, () => this.#onPublish(publish, message));
      },
      burst: () => {
        if (this.#options.bursts) this.burst(this.#burstSize());
      },
      onDeath: () => this.#onPublishDeath(publish),
    });
    this.publish = publish;
  }

  #onPublishDeath(publish: PublishHost): void {
    this.#options.onPublishEnd();
    if (this.publish !== publish) return;
    this.publish = undefined;
    this.thread.post('message', MESSAGE_MS, () => {
      this.#demand.clear('clients');
      this.#desk.windows.clear();
      this.thread.post('timer', RESTART_MS, () => this.#startPublish());
    });
  }

  /** What a thread has said before it died still arrives. */
  #onPublish(publish: PublishHost, message: FromPublish): void {
    switch (message.type) {
      case 'call':
        void answerCall(message, this.#desk, (error) => {
          throw error;
        }).then((answer) => {
          publish.thread.post('message', MESSAGE_MS, () => publish.onControl(answer));
        });
        return;
      case 'demand':
        for (const { row, mode } of message.changes) this.#demand.set('clients', row, mode);
        if (this.#forwardsDue) return;
        this.#forwardsDue = true;
        this.thread.post('timer', FORWARDS_DELAY_MS, () => {
          this.#forwardsDue = false;
          this.#desk.demandForwards();
        });
        return;
      case 'follow':
        this.#desk.windows.follow(message.chain);
        return;
      case 'unfollow':
        this.#desk.windows.unfollow(message.chain);
        return;
      default:
    }
  }

  #toPublish(message: ToPublish): void {
    const { publish } = this;
    publish?.thread.post('message', MESSAGE_MS, () => publish.onControl(message));
  }

  #second(): void {
    for (const change of this.#desk.moveWindows()) this.#toPublish(change);
    this.#desk.demandForwards();
  }

  #postDemand(changes: readonly DemandChange[]): void {
    const { ingest } = this;
    ingest?.thread.post('message', MESSAGE_MS, () => {
      for (const { token, mode } of this.#tokens(changes)) ingest.link.setDemand(token, mode);
    });
  }

  #tokens(changes: readonly DemandChange[]) {
    return changes.map(({ row, mode }) => ({ token: this.#table.tokens[row] ?? 0, mode }));
  }
}

/** The service's memory at the sizes of a run, with an epoch that the seed decides. */
function allocate(
  { ringSlots, start }: ServiceHostOptions,
  epoch: { epochLow: number; epochHigh: number },
): SharedBlocks {
  return {
    ring: createRing({ slots: ringSlots, workers: WORKERS, start, ...epoch }),
    lastValues: createLastValueTable(ROWS),
    instruments: createInstrumentTable(ROWS, CHAINS),
    meters: createMeters(METER_WRITER.GREEKS + WORKERS),
    repriced: createRepriceRings(WORKERS, ROWS),
    chains: createChainTable(CHAINS),
  };
}
