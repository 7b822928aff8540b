import { Redis as Client, type RedisOptions as ClientOptions } from 'ioredis';
import type { Clock, TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import { registerSecret } from '../../telemetry/redaction.ts';
import { clientReason } from './client-reason.ts';
import { parseRedisUrl, type RedisServer } from './redis-url.ts';

/** `connecting` until the first connection, `reconnecting` from then on whenever there is none. */
export type RedisState = 'connecting' | 'ready' | 'reconnecting' | 'closed';

export interface RedisOptions {
  /** redis:// or rediss:// */
  url: string;
  clock: Clock;
  /** 0 <= value < 1 */
  random: () => number;
  /** Until a connection is made, ms. */
  connectTimeoutMs?: number;
  /** Until the answer to a command, ms. */
  commandTimeoutMs?: number;
  /** Commands that may wait for their answers at a time. */
  waitingMax?: number;
  onState?: (state: RedisState) => void;
  /** Why there is no connection; once for each reason until there is one again. */
  onProblem?: (error: TickerError) => void;
}

interface Subscription {
  channel: string;
  onMessage: (message: string) => void;
  onListening: () => void;
}

const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 1_000;
const WAITING_MAX = 1_000;
/** A connection whose commands get no answer for so many time-outs is given up. */
const DEAD_AFTER_TIMEOUTS = 2;
/** How often an idle connection is tried, so that one that died silently is found. */
const HEARTBEAT_MS = 5_000;
const FIRST_DELAY_MS = 100;
const DELAY_MAX_MS = 5_000;
const DOUBLINGS_MAX = 6;
/** How long closing waits for the server. */
const GOODBYE_MS = 500;
/** Shorter passwords cannot be told from ordinary text in a log line; errors never have any. */
const PASSWORD_CHARACTERS_MIN = 6;

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
  #waiting = 0;
  /** Told since there was a connection. */
  readonly #problems = new Set<string>();

  /** Throws CONFIG_INVALID for a bad URL. */
  constructor(options: RedisOptions) {
    this.#options = options;
    this.#server = parseRedisUrl(options.url);
    const { password } = this.#server;
    if (password !== undefined && password.length >= PASSWORD_CHARACTERS_MIN) {
      registerSecret(password);
    }
    this.#waitingMax = options.waitingMax ?? WAITING_MAX;
    this.#commands = this.#connect('commands');
    this.#commands.on('ready', () => this.#moveTo('ready'));
    this.#commands.on('close', () => this.#lost());
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
    else if (this.#messages.status === 'ready') void this.#startSubscription(subscription);
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
    const client = new Client(this.#clientOptions(purpose));
    client.on('error', (error: unknown) => this.#problem(clientReason(error)));
    return client;
  }

  #clientOptions(purpose: string) {
    const { host, port, username, password, database, tls } = this.#server;
    const { random, connectTimeoutMs, commandTimeoutMs = COMMAND_TIMEOUT_MS } = this.#options;
    return {
      host,
      port,
      db: database,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      // `servername` must not be an IP address.
      ...(tls ? { tls: /[:]|^[\d.]+$/.test(host) ? {} : { servername: host } } : {}),
      connectionName: `ticker-${purpose}`,
      connectTimeout: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      commandTimeout: commandTimeoutMs,
      socketTimeout: commandTimeoutMs * DEAD_AFTER_TIMEOUTS,
      disconnectTimeout: GOODBYE_MS,
      // Commands are never kept for the next connection: their time is over by then.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      // Full jitter, so that instances that lost Redis together do not come back together.
      retryStrategy: (attempt: number) =>
        random() *
        Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, DOUBLINGS_MAX)),
      // What was the primary has become a replica: the name leads to the new one.
      reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    } satisfies ClientOptions;
  }

  #listen(): void {
    const client = this.#connect('messages');
    this.#messages = client;
    client.on('ready', () => {
      for (const subscription of this.#subscriptions) void this.#startSubscription(subscription);
    });
    client.on('message', (channel: string, message: string) => {
      for (const subscription of this.#subscriptions) {
        if (subscription.channel === channel) subscription.onMessage(message);
      }
    });
  }

  async #startSubscription({ channel, onListening }: Subscription): Promise<void> {
    try {
      await this.#messages?.subscribe(channel);
    } catch (error) {
      if (this.#state === 'closed') return;
      this.#problem(clientReason(error));
      // The next connection tries again.
      this.#messages?.disconnect(true);
      return;
    }
    onListening();
  }

  #beat(): void {
    for (const client of [this.#commands, this.#messages]) {
      if (client?.status !== 'ready') continue;
      client.ping().catch((error: unknown) => this.#problem(clientReason(error)));
    }
  }

  #lost(): void {
    if (this.#state === 'ready') this.#moveTo('reconnecting');
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
