import { Connection } from '../../../../src/feed/sim/connection.ts';
import { FramePool } from '../../../../src/feed/sim/frame-writer.ts';
import { Market } from '../../../../src/feed/sim/market.ts';
import { TickFeed } from '../../../../src/feed/sim/tick-feed.ts';
import { FakeSocket } from './fake-socket.ts';
import { ManualClock } from './manual-clock.ts';

export interface MarketRigOptions {
  seed?: number;
  instruments?: number;
  ticksPerSecond?: number;
  start?: string;
}

/** Market, feed and connections of a simulator on a manual clock, without sockets. */
export class MarketRig {
  readonly clock: ManualClock;
  readonly market: Market;
  readonly feed: TickFeed;
  readonly #pool = new FramePool();
  #connections = 0;

  constructor(options: MarketRigOptions = {}) {
    const { seed = 1, instruments = 300, ticksPerSecond = 1000 } = options;
    this.clock = new ManualClock(options.start ?? '2026-09-10T10:00:00+05:30');
    this.market = new Market(seed, instruments, this.clock.nowUs() / 1000);
    this.feed = new TickFeed(this.clock, this.market, seed, ticksPerSecond);
    this.feed.start();
  }

  connect(): { connection: Connection; socket: FakeSocket } {
    const socket = new FakeSocket();
    const identity = { id: ++this.#connections, account: 'SIM001', openedUs: 0 };
    const nowMs = this.clock.monotonicMs();
    const { market, feed } = this;
    const connection = new Connection(identity, socket, market, feed, this.#pool, nowMs);
    this.feed.add(connection);
    return { connection, socket };
  }

  tokens(): number[] {
    return [...this.market.listed()].map((instrument) => instrument.spec.token);
  }
}

/** The text of a subscription in full mode, as the official clients send it. */
export function subscribeFull(connection: Connection, tokens: readonly number[]): void {
  connection.receive(JSON.stringify({ a: 'subscribe', v: tokens }));
  connection.receive(JSON.stringify({ a: 'mode', v: ['full', tokens] }));
}
