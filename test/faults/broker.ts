import type { UpstreamMode } from '../../src/domain/ports.ts';
import { SubscriptionSync } from '../../src/feed/kite/subscription-sync.ts';
import { Connection } from '../../src/feed/sim/connection.ts';
import { FramePool } from '../../src/feed/sim/frame-writer.ts';
import { InstrumentDump } from '../../src/feed/sim/instrument-dump.ts';
import { Market } from '../../src/feed/sim/market.ts';
import { tick } from '../../src/feed/sim/market-tick.ts';
import type { Random } from '../../src/feed/sim/random.ts';
import { TickFeed } from '../../src/feed/sim/tick-feed.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { readInstrumentCsv } from '../../src/instruments/instrument-csv.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { VirtualThread } from './virtual-thread.ts';

const LATENCY_MS = 0.4;
const RECONNECT_MS = 250;

/** The broker's side of a run: the simulator's market, feed and encoder, without a network. */
export class Broker {
  readonly market: Market;
  readonly feed: TickFeed;
  readonly clock: VirtualClock;
  readonly instruments: readonly Instrument[];
  readonly #pool = new FramePool();
  #connections = 0;

  private constructor(
    clock: VirtualClock,
    market: Market,
    feed: TickFeed,
    instruments: readonly Instrument[],
  ) {
    this.clock = clock;
    this.market = market;
    this.feed = feed;
    this.instruments = instruments;
    feed.start();
  }

  static async open(
    clock: VirtualClock,
    seed: number,
    listed: number,
    ticksPerSecond: number,
  ): Promise<Broker> {
    const market = new Market(seed, listed, clock.nowUs() / 1000);
    const feed = new TickFeed(clock, market, seed, ticksPerSecond);
    const csv = new InstrumentDump(market).csv(null);
    async function* chunks(): AsyncGenerator<string> {
      yield csv;
    }
    const { instruments } = await readInstrumentCsv(chunks());
    return new Broker(clock, market, feed, instruments);
  }

  /** A connection of the simulator whose frames go to `onFrame` at once, and only now. */
  connect(onFrame: (frame: Uint8Array) => void): Connection {
    const identity = { id: ++this.#connections, account: 'SIM001', openedUs: this.clock.nowUs() };
    const nothing = (): void => undefined;
    const connection = new Connection(
      identity,
      {
        bufferedBytes: 0,
        sendBinary(frame, done) {
          // The pool uses the buffer again.
          onFrame(Uint8Array.from(frame));
          done();
        },
        sendText: nothing,
        close: nothing,
        reset: nothing,
        pause: nothing,
        resume: nothing,
      },
      this.market,
      this.feed,
      this.#pool,
      this.clock.monotonicMs(),
    );
    this.feed.add(connection);
    return connection;
  }

  disconnect(connection: Connection): void {
    this.feed.remove(connection);
    connection.closed();
  }
}

/** Ingest's socket to the broker: subscribes what is wanted, again after every loss. */
export class BrokerLink {
  readonly #broker: Broker;
  readonly #thread: VirtualThread;
  readonly #onFrame: (frame: Uint8Array) => void;
  readonly #wanted = new Map<number, UpstreamMode>();
  readonly #sync = new SubscriptionSync(this.#wanted);
  readonly #onTheWay: Uint8Array[] = [];
  #connection: Connection | undefined;

  constructor(broker: Broker, thread: VirtualThread, onFrame: (frame: Uint8Array) => void) {
    this.#broker = broker;
    this.#thread = thread;
    this.#onFrame = onFrame;
  }

  connect(): void {
    this.#connection = this.#broker.connect((frame) => {
      this.#onTheWay.push(frame);
      this.#thread.post('message', LATENCY_MS, () => this.#arrive());
    });
    this.#sync.reset();
    this.#tell();
  }

  setDemand(token: number, mode: UpstreamMode): void {
    if (mode === 0) this.#wanted.delete(token);
    else this.#wanted.set(token, mode);
    this.#sync.mark(token);
    this.#tell();
  }

  /** Bytes that are no frame of the protocol, as one message of the broker. */
  garbage(bytes: Uint8Array): void {
    this.#connection?.sendVerbatim(bytes);
  }

  /** The connection breaks; the next one is made after a pause. */
  drop(): void {
    this.close();
    this.#thread.post('timer', RECONNECT_MS, () => {
      if (this.#connection === undefined) this.connect();
    });
  }

  close(): void {
    if (this.#connection !== undefined) this.#broker.disconnect(this.#connection);
    this.#connection = undefined;
    this.#onTheWay.length = 0;
  }

  /**
   * The market ticks `count` times and all of it arrives at once, in the middle of whatever another
   * thread is doing.
   */
  burst(random: Random, count: number): void {
    const connection = this.#connection;
    const tokens = [...this.#wanted.keys()];
    if (connection === undefined || tokens.length === 0) return;
    const timeSeconds = Math.floor(this.#broker.clock.nowUs() / 1_000_000);
    for (let i = 0; i < count; i++) {
      const token = tokens[random.integer(0, tokens.length - 1)]!;
      const instrument = this.#broker.market.find(token);
      if (instrument === undefined) continue;
      tick(instrument, random, timeSeconds);
      instrument.deliverTick();
    }
    connection.flush(this.#broker.clock.monotonicMs());
    this.#thread.run('message', () => {
      while (this.#onTheWay.length > 0) this.#arrive();
    });
  }

  /** The oldest frame; those of a lost connection never arrive. */
  #arrive(): void {
    const frame = this.#onTheWay.shift();
    if (frame !== undefined) this.#onFrame(frame);
  }

  #tell(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    for (const message of this.#sync.takeMessages()) connection.receive(message);
  }
}
