import type { Clock, TimerHandle } from '../../domain/clock.ts';
import type { TickerError } from '../../domain/error-codes.ts';
import { Connection, type ConnectionOptions } from './connection.ts';

interface Subscription {
  channel: string;
  onMessage: (payload: string) => void;
  onListening: () => void;
}

interface ListenerOptions {
  /** Of the next connection. */
  settings: () => ConnectionOptions;
  clock: Clock;
  /** 0 <= value < 1 */
  random: () => number;
  /** Why there is no connection; once until there is one again. */
  onProblem: (error: TickerError) => void;
}

const FIRST_DELAY_MS = 100;
const DELAY_MAX_MS = 5_000;
const DOUBLINGS_MAX = 6;
/** How often a silent connection is tried, so that one that died silently is found. */
const HEARTBEAT_MS = 10_000;

/** The one connection on which notifications come; without subscriptions there is none. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #subscriptions: Subscription[] = [];
  #connection: Connection | undefined;
  #timer: TimerHandle | undefined;
  /** Attempts since there was a connection; 0: there is one. */
  #attempts = 0;
  #state: 'idle' | 'running' | 'closed' = 'idle';

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  add(subscription: Subscription): void {
    this.#subscriptions.push(subscription);
    if (this.#state === 'idle') {
      this.#state = 'running';
      void this.#connect();
    } else if (this.#connection !== undefined) {
      void this.#trying(this.#connection, (connection) => subscribe(connection, subscription));
    }
  }

  close(): void {
    this.#state = 'closed';
    this.#timer?.cancel();
    this.#connection?.destroy();
  }

  async #connect(): Promise<void> {
    this.#attempts += 1;
    let connection: Connection;
    try {
      connection = await Connection.open(
        { ...this.#options.settings(), onNotification: (...news) => this.#pass(...news) },
        (lost) => {
          if (this.#connection === lost) this.#lost();
        },
      );
    } catch (error) {
      this.#problem(error as TickerError);
      this.#retryLater();
      return;
    }
    if (this.#isClosed()) {
      connection.destroy();
      return;
    }
    this.#connection = connection;
    this.#attempts = 0;
    this.#beatLater();
    const wanted = [...this.#subscriptions];
    await this.#trying(connection, async () => {
      for (const subscription of wanted) await subscribe(connection, subscription);
    });
  }

  /* The state changes while others are waited for. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #pass(channel: string, payload: string): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.channel === channel) subscription.onMessage(payload);
    }
  }

  #lost(): void {
    this.#connection = undefined;
    this.#timer?.cancel();
    if (this.#state === 'running') this.#retryLater();
  }

  #retryLater(): void {
    if (this.#isClosed()) return;
    const { random, clock } = this.#options;
    const mostMs = FIRST_DELAY_MS * 2 ** Math.min(this.#attempts, DOUBLINGS_MAX);
    this.#timer = clock.setTimeout(
      () => void this.#connect(),
      random() * Math.min(DELAY_MAX_MS, mostMs),
    );
    this.#timer.unref();
  }

  #beatLater(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      const connection = this.#connection;
      if (connection === undefined) return;
      this.#beatLater();
      void this.#trying(connection, (live) => live.run('select 1'));
    }, HEARTBEAT_MS);
    this.#timer.unref();
  }

  /** A connection on which something fails is given up; the next one starts afresh. */
  async #trying(
    connection: Connection,
    act: (connection: Connection) => Promise<unknown>,
  ): Promise<void> {
    try {
      await act(connection);
    } catch (error) {
      this.#problem(error as TickerError);
      connection.destroy();
    }
  }

  #problem(error: TickerError): void {
    if (!this.#isClosed() && this.#attempts <= 1) this.#options.onProblem(error);
  }
}

async function subscribe(
  connection: Connection,
  { channel, onListening }: Subscription,
): Promise<void> {
  await connection.run(`listen "${channel.replaceAll('"', '""')}"`);
  onListening();
}
