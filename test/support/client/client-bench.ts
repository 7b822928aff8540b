import assert from 'node:assert/strict';
import {
  TickerClient,
  TickerError,
  type ClientEvents,
  type TickerClientOptions,
} from '../../../src/client/client.ts';
import type { HelloMessage, SubscriptionResult } from '../../../src/wire/messages.ts';
import { ManualClock } from './manual-clock.ts';
import { memorySockets, type MemorySocket } from './memory-socket.ts';

export const KEY = 'key-1';

/** A client on a manual clock and sockets without a network, and everything that it says. */
export class ClientBench {
  readonly clock = new ManualClock();
  readonly client: TickerClient;
  readonly sockets: MemorySocket[];
  readonly heard: { readonly [Name in keyof ClientEvents]: ClientEvents[Name][] } = {
    state: [],
    hello: [],
    subscribed: [],
    tick: [],
    frame: [],
    heartbeat: [],
    gap: [],
    resumed: [],
    replay_completed: [],
    overflow: [],
    chain: [],
    analytics: [],
    notice: [],
    error: [],
    close: [],
  };

  constructor(options: Partial<TickerClientOptions> = {}) {
    const { WebSocket, sockets } = memorySockets();
    this.sockets = sockets;
    this.client = new TickerClient({
      url: 'ws://service/ws/ticks',
      token: KEY,
      WebSocket,
      clock: this.clock,
      random: () => 0.5,
      ...options,
    });
    for (const name of [
      'state',
      'gap',
      'error',
      'close',
      'heartbeat',
      'chain',
      'notice',
      'resumed',
      'replay_completed',
      'overflow',
    ] as const) {
      this.listen(name);
    }
  }

  /** Fills `heard` of this event from now on. */
  listen<Name extends keyof ClientEvents>(name: Name): ClientEvents[Name][] {
    const values = this.heard[name];
    this.client.on(name, (value) => values.push(value));
    return values;
  }

  /** The newest socket. */
  get socket(): MemorySocket {
    const socket = this.sockets.at(-1);
    assert.ok(socket !== undefined);
    return socket;
  }

  async open(): Promise<void> {
    const opened = this.client.connect();
    this.socket.hello();
    await opened;
  }

  /** The connection breaks and the next one opens, in the same epoch unless told otherwise. */
  reconnect(hello: Partial<HelloMessage> = {}): void {
    this.socket.end(1006);
    this.clock.advance(this.heard.close.at(-1)?.reconnectInMs ?? 0);
    this.socket.hello(hello);
  }

  /** Like `reconnect`, to a service that cannot resume: the client subscribes. */
  reconnectWithoutResume(): void {
    this.reconnect();
    const { id } = this.socket.last('resume');
    this.socket.say({ type: 'error', id, code: 'NOT_SUPPORTED', detail: 'not yet' });
  }
}

/** The service's line for an instrument that it accepts. */
export function result(
  request: number | string,
  token = 1000,
): Extract<SubscriptionResult, { ok: true }> {
  return {
    request,
    ok: true,
    token,
    symbol: `NSE:${token}`,
    type: 'EQ',
    strike: null,
    expiry: null,
    lot_size: 1,
    price_divisor: 100,
  };
}

export function rejectsWith(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(promise, (error) => error instanceof TickerError && error.code === code);
}
