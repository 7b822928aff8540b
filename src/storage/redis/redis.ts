import { Redis as Client } from 'ioredis';
import type { Clock, TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import { registerArrival } from '../../telemetry/redaction.ts';
import { clientOptions, type ClientTimes } from './client-options.ts';
import { clientReason } from './client-reason.ts';
import { parseRedisUrl, type RedisServer } from './redis-url.ts';

/**
 * `ready`: all connections are there and all subscriptions heard. `connecting` until then for the
 * first time, `reconnecting` from then on.
 */
export type RedisState = 'connecting' | 'ready' | 'reconnecting' | 'closed';

export interface RedisOptions extends ClientTimes {
  /** redis:// or rediss:// */
  url: string;
  clock: Clock;
  /** Commands that may wait for their answers at a time. */
  waitingMax?: number;
  onState?: (state: RedisState) => void;
  /** Why it is not ready; once for each reason until it is. */
  onProblem?: (error: TickerError) => void;
}

/** A message and the channel that it is for. */
export interface ChannelMessage {
  channel: string;
  text: string;
}

interface Subscription {
  channel: string;
  onMessage: (message: string) => void;
  onListening: () => void;
}

const WAITING_MAX = 1_000;
/** How often an idle connection is tried, so that one that died silently is found. */
const HEARTBEAT_MS = 5_000;

/**
 * The connections to one Redis server: one for commands and, when something is subscribed to, one
 * for messages. They connect by themselves, again and again. Nothing waits for a connection: a
 * command without one is refused at once with REDIS_UNAVAILABLE.
 */
export class Redis {
  readonly #options: RedisOptions;
  readonly #server: RedisServer;
  readonly #waitingMax: number;
  readonly #commands: Client;
  readonly #heartbeat: TimerHandle;
  readonly #subscriptions: Subscription[] = [];
  #messages: Client | undefined;
  #state: RedisState = 'connecting';
  #commandsUp = false;
  #messagesUp = false;
  #waiting = 0;
  /** Told since it was ready. */
  readonly #problems = new Set<string>();

  /** Throws CONFIG_INVALID for a bad URL. */
  constructor(options: RedisOptions) {
    this.#options = options;
    this.#server = parseRedisUrl(options.url);
    const { password } = this.#server;
    if (password !== undefined) registerArrival(password);
    this.#waitingMax = options.waitingMax ?? WAITING_MAX;
    this.#commands = this.#connect('commands');
    this.#commands.on('ready', () => this.#commandsAre(true));
    this.#commands.on('close', () => this.#commandsAre(false));
    this.#heartbeat = options.clock.setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get state(): RedisState {
    return this.#state;
  }

  /** Commands that wait for their answers. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs one command and resolves with its answer. Rejects with REDIS_UNAVAILABLE: there is no
   * connection, too many commands wait already, no answer came in time, or Redis refuses it. After
   * a time-out Redis may have run it all the same.
   */
  async run(command: string, ...args: (string | number)[]): Promise<unknown> {
    if (this.#state === 'closed') throw this.#unavailable('the connection is closed');
    if (this.#commands.status !== 'ready') throw this.#unavailable('there is no connection');
    if (this.#waiting >= this.#waitingMax) {
      throw this.#unavailable(`${this.#waiting} commands wait for it already`);
    }
    this.#waiting += 1;
    try {
      return await this.#commands.call(command, ...args);
    } catch (error) {
      throw this.#unavailable(clientReason(error));
    } finally {
      this.#waiting -= 1;
    }
  }

  /**
   * Publishes all messages, in their order and in one write. Resolves with how many of them Redis
   * took. Rejects with REDIS_UNAVAILABLE as `run` does, when not one of them is known to be taken.
   */
  async publish(messages: readonly ChannelMessage[]): Promise<number> {
    if (this.#state === 'closed') throw this.#unavailable('the connection is closed');
    if (this.#commands.status !== 'ready') throw this.#unavailable('there is no connection');
    const pipeline = this.#commands.pipeline();
    for (const { channel, text } of messages) pipeline.publish(channel, text);
    const answers = (await pipeline.exec()) ?? [];
    const failed = answers.filter(([error]) => error !== null);
    if (failed.length > 0 && failed.length === answers.length) {
      throw this.#unavailable(clientReason(failed[0]?.[0]));
    }
    return answers.length - failed.length;
  }

  /**
   * Listens to a channel, from the next connection on if there is none. `onListening` is told each
   * time that messages begin to come: those sent before it may have been missed.
   */
  subscribe(
    channel: string,
    onMessage: (message: string) => void,
    onListening: () => void = () => undefined,
  ): void {
    const subscription = { channel, onMessage, onListening };
    this.#subscriptions.push(subscription);
    if (this.#messages === undefined) this.#listen();
    else if (this.#messages.status === 'ready') void this.#start(subscription);
  }

  /** Ends all connections; what waits is rejected. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#heartbeat.cancel();
    this.#moveTo('closed');
    const clients = this.#messages ? [this.#commands, this.#messages] : [this.#commands];
    await Promise.all(
      clients.map(async (client) => {
        if (client.status === 'end') return;
        const ended = new Promise<void>((resolve) => client.once('end', resolve));
        client.disconnect();
        // While it waits for the next attempt there is no connection whose end could be told.
        if (client.status !== 'reconnecting') await ended;
      }),
    );
  }

  #connect(purpose: string): Client {
    const client = new Client(clientOptions(this.#server, purpose, this.#options));
    client.on('error', (error: unknown) => this.#problem(clientReason(error)));
    return client;
  }

  #listen(): void {
    const client = this.#connect('messages');
    this.#messages = client;
    client.on('ready', () => void this.#startAll());
    client.on('close', () => this.#messagesAre(false));
    client.on('message', (channel: string, message: string) => {
      for (const subscription of this.#subscriptions) {
        if (subscription.channel === channel) subscription.onMessage(message);
      }
    });
  }

  async #startAll(): Promise<void> {
    const started = await Promise.all(this.#subscriptions.map((one) => this.#start(one)));
    if (started.every(Boolean)) this.#messagesAre(true);
  }

  async #start({ channel, onListening }: Subscription): Promise<boolean> {
    try {
      await this.#messages?.subscribe(channel);
    } catch (error) {
      if (this.#state === 'closed') return false;
      this.#problem(clientReason(error));
      // The next connection tries again.
      this.#messages?.disconnect(true);
      return false;
    }
    onListening();
    return true;
  }

  #beat(): void {
    for (const client of [this.#commands, this.#messages]) {
      // That the socket ends without an answer says all.
      if (client?.status === 'ready') client.ping().catch(() => undefined);
    }
  }

  #commandsAre(up: boolean): void {
    this.#commandsUp = up;
    this.#connectionsChanged();
  }

  #messagesAre(up: boolean): void {
    this.#messagesUp = up;
    this.#connectionsChanged();
  }

  #connectionsChanged(): void {
    const isReady = this.#commandsUp && (this.#messages === undefined || this.#messagesUp);
    if (isReady) this.#moveTo('ready');
    else if (this.#state === 'ready') this.#moveTo('reconnecting');
  }

  #moveTo(state: RedisState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    if (state === 'ready') this.#problems.clear();
    this.#options.onState?.(state);
  }

  #problem(reason: string): void {
    if (this.#state === 'closed' || this.#problems.has(reason)) return;
    this.#problems.add(reason);
    this.#options.onProblem?.(this.#unavailable(reason));
  }

  /* Without a cause: errors of the client carry the arguments of the command, the password too. */
  #unavailable(reason: string): TickerError {
    const { host, port, password } = this.#server;
    const clean = password === undefined ? reason : reason.replaceAll(password, '[redacted]');
    return new TickerError('REDIS_UNAVAILABLE', `Redis at ${host}:${port}: ${clean}`);
  }
}
