import type { Instrument } from '../../src/domain/instrument.ts';
import { isOption } from '../../src/domain/instrument.ts';
import { Connection, type PeerSocket } from '../../src/feed/sim/connection.ts';
import { FramePool } from '../../src/feed/sim/frame-writer.ts';
import { InstrumentDump } from '../../src/feed/sim/instrument-dump.ts';
import { Market } from '../../src/feed/sim/market.ts';
import type { SimInstrument } from '../../src/feed/sim/sim-instrument.ts';
import { TickFeed } from '../../src/feed/sim/tick-feed.ts';
import { readInstrumentCsv } from '../../src/instruments/instrument-csv.ts';
import { ManualClock } from './feed/sim/manual-clock.ts';
import { TickPath } from './threads-tick-path.ts';

export interface SimulatedMarketOptions {
  start?: string;
  listed?: number;
  ticksPerSecond?: number;
  workers?: number;
  ringSlots?: number;
}

/** The simulator's market on a clock that the test moves, its packets taken by a tick path. */
export class SimulatedMarket {
  readonly clock: ManualClock;
  readonly market: Market;
  readonly path: TickPath;
  readonly #connection: Connection;
  readonly #frames: Uint8Array[] = [];

  private constructor(market: Market, path: TickPath, ticksPerSecond: number) {
    this.clock = path.clock;
    this.market = market;
    this.path = path;
    const feed = new TickFeed(this.clock, market, 1, ticksPerSecond);
    const identity = { id: 1, account: 'SIM001', openedUs: this.clock.nowUs() };
    const socket = recorder(this.#frames);
    this.#connection = new Connection(identity, socket, market, feed, new FramePool(), 0);
    feed.add(this.#connection);
    feed.start();
  }

  static async create(options: SimulatedMarketOptions = {}): Promise<SimulatedMarket> {
    const { start = '2026-09-10T10:00:00+05:30', listed = 300, ticksPerSecond = 2000 } = options;
    const clock = new ManualClock(start);
    const market = new Market(1, listed, clock.nowUs() / 1000);
    const csv = new InstrumentDump(market).csv(null);
    async function* chunks(): AsyncGenerator<string> {
      yield csv;
    }
    const { instruments } = await readInstrumentCsv(chunks());
    const { workers = 1, ringSlots = 16_384 } = options;
    const path = new TickPath({ instruments, clock, workers, ringSlots });
    return new SimulatedMarket(market, path, ticksPerSecond);
  }

  /** Takes instruments into the tables and subscribes them in full mode. */
  subscribe(instruments: readonly Instrument[]): void {
    const tokens = instruments.map((instrument) => {
      this.path.rowOf(instrument);
      return instrument.token;
    });
    this.#connection.receive(JSON.stringify({ a: 'subscribe', v: tokens }));
    this.#connection.receive(JSON.stringify({ a: 'mode', v: ['full', tokens] }));
    this.#connection.sendSnapshots();
    this.#connection.flush(this.clock.monotonicMs());
    this.take();
  }

  /** Lets `durationMs` pass and gives ingest what the market has sent meanwhile. */
  advance(durationMs: number): void {
    this.clock.advance(durationMs);
    this.#connection.flush(this.clock.monotonicMs());
    this.take();
  }

  take(): void {
    for (const frame of this.#frames.splice(0)) this.path.receive(frame);
  }

  /** The market's own knowledge of a contract. */
  truth(token: number): SimInstrument {
    const found = this.market.find(token);
    if (found === undefined) throw new Error(`the market does not list ${token}`);
    return found;
  }

  get options(): Instrument[] {
    return this.path.registry.all.filter(({ type }) => isOption(type));
  }
}

/** A socket that keeps copies of the binary frames. */
function recorder(frames: Uint8Array[]): PeerSocket {
  const nothing = (): void => undefined;
  return {
    bufferedBytes: 0,
    sendBinary(frame, done) {
      frames.push(Uint8Array.from(frame));
      done();
    },
    sendText: nothing,
    close: nothing,
    reset: nothing,
    pause: nothing,
    resume: nothing,
  };
}
