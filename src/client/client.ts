import type { Clock, TimerHandle } from '../domain/clock.ts';
import { errorText, TickerError } from '../domain/error-codes.ts';
import {
  SUBPROTOCOL_BINARY,
  SUBPROTOCOL_JSON,
  type HelloMessage,
  type ServerMessage,
  type SubscriptionItem,
  type SubscriptionResult,
} from '../wire/messages.ts';
import { Backoff } from './backoff.ts';
import { Connection } from './connection.ts';
import { Emitter } from './emitter.ts';
import type { ClientEvents, ClientState } from './events.ts';
import { completeOptions, type TickerClientOptions } from './options.ts';
import { PendingRequests, serviceError } from './requests.ts';
import { isFinalCode } from './socket.ts';
import { Subscriber } from './subscriber.ts';
import type { UnsubscribeItem } from './subscriptions.ts';
import { TickIntake } from './tick-intake.ts';

export type { FrameView } from '../wire/decode.ts';
export type * from '../wire/messages.ts';
export type { TickView } from '../wire/tick-view.ts';
export type { GapEvent } from './continuity.ts';
export type { ClientEvents, ClientState, CloseEvent } from './events.ts';
export type { TickerClientOptions } from './options.ts';
export type { WebSocketConstructor, WebSocketLike } from './socket.ts';
export type { UnsubscribeItem } from './subscriptions.ts';
export { TickerError } from '../domain/error-codes.ts';
export { UNDEFINED_F32, UNDEFINED_F64, UNDEFINED_U32 } from '../domain/status.ts';

/** Sums since the client was made. */
export interface ClientStatistics {
  /** Connections that got as far as `hello`. */
  connections: number;
  /** Binary frames, or `ticks` messages. */
  frames: number;
  /** Ticks passed on. */
  ticks: number;
  /** Ticks not newer than their instrument's last one. */
  passedOver: number;
  /** Ticks that the service merged into others. */
  merged: number;
  /** Ticks missing, where their number is known; every one was reported by a `gap`. */
  missing: number;
}

/** Close codes that say when to come back. */
const RESTART = 1012;
const OVERLOAD = 1013;
const LIMIT_EXCEEDED = 4502;
/** A connection that lasted this long was a good one: the next delay is short again. */
const STABLE_MS = 30_000;
/** Reasons begin with an error code: `FORBIDDEN: the key lacks scope ticks:read`. */
function finalError(code: number, reason: string): TickerError {
  const [, name, detail] = /^([A-Z_]+): (.*)$/s.exec(reason) ?? [];
  if (name !== undefined && detail !== undefined) return serviceError(name, detail);
  return new TickerError(code === LIMIT_EXCEEDED ? 'LIMIT_EXCEEDED' : 'UNAUTHENTICATED');
}

interface Opening {
  resolve(hello: HelloMessage): void;
  reject(error: Error): void;
}

/**
 * A client of `/ws/ticks` for Node and browsers. It reconnects with full jitter, subscribes again
 * to everything, watches the heartbeat, and checks that no tick is missing unsaid.
 */
export class TickerClient {
  readonly #options: Required<TickerClientOptions>;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #events = new Emitter<ClientEvents>();
  readonly #requests: PendingRequests;
  readonly #subscriber: Subscriber;
  readonly #intake = new TickIntake(this.#events, () => this.#state === 'open');
  #state: ClientState = 'idle';
  #connection: Connection | undefined;
  #retry: TimerHandle | undefined;
  #openings: Opening[] = [];
  #openedAtMs = 0;
  #hello: HelloMessage | undefined;
  #connections = 0;

  /** Throws TickerError UNAUTHENTICATED for a token that cannot be a key. */
  constructor(options: TickerClientOptions) {
    this.#options = completeOptions(options);
    const { clock, reconnect, random, requestTimeoutMs } = this.#options;
    this.#clock = clock;
    this.#backoff = new Backoff({ ...reconnect, random });
    this.#requests = new PendingRequests(clock, requestTimeoutMs, () => {
      this.#connection?.drop('a request was not answered');
    });
    this.#subscriber = new Subscriber({
      clock,
      requests: this.#requests,
      retryMs: reconnect.maxDelayMs,
      isOpen: () => this.#state === 'open',
      send: (message) => this.#connection?.send(message),
      subscribed: (item, results) => this.#events.emit('subscribed', { item, results }),
      forget: (token) => this.#intake.continuity.forget(token),
      error: (error) => this.#events.emit('error', error),
    });
  }

  get state(): ClientState {
    return this.#state;
  }

  /** The last `hello`. */
  get hello(): HelloMessage | undefined {
    return this.#hello;
  }

  /** Stream position up to which this connection has everything that it subscribed to. */
  get through(): number {
    return this.#intake.through;
  }

  get statistics(): ClientStatistics {
    return {
      connections: this.#connections,
      frames: this.#intake.frames,
      ticks: this.#intake.ticks,
      passedOver: this.#intake.continuity.passedOver,
      merged: this.#intake.continuity.merged,
      missing: this.#intake.continuity.missing,
    };
  }

  /** Returns the function that removes the listener. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (value: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Connects and stays connected until `close()`. Resolves at the first `hello`, however many
   * attempts it takes. Rejects if the service refuses for good (UNAUTHENTICATED, FORBIDDEN,
   * LIMIT_EXCEEDED), the URL is none (CONFIG_INVALID) or `close()` comes first (SHUTTING_DOWN).
   */
  connect(): Promise<HelloMessage> {
    if (this.#state === 'open' && this.#hello !== undefined) return Promise.resolve(this.#hello);
    const opened = new Promise<HelloMessage>((resolve, reject) => {
      this.#openings.push({ resolve, reject });
    });
    if (this.#state === 'idle' || this.#state === 'closed') this.#open();
    return opened;
  }

  /** Closes for good; calls that still wait reject with SHUTTING_DOWN. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#retry?.cancel();
    const error = new TickerError('SHUTTING_DOWN', 'the client was closed');
    this.#setState('closed');
    this.#connection?.close('');
    this.#end(error);
  }

  /**
   * Subscribes, now or as soon as connected, and again after every reconnect. One result per
   * instrument, or per contract of the chain; what is not `ok` is not tried again. Rejects with the
   * service's error if it refuses the request as a whole.
   */
  subscribe(item: SubscriptionItem): Promise<SubscriptionResult[]> {
    return this.#subscriber.subscribe(item);
  }

  /** Ends subscriptions. No results if there is no connection that would have to be told. */
  unsubscribe(item: UnsubscribeItem): Promise<SubscriptionResult[]> {
    return this.#subscriber.unsubscribe(item);
  }

  /** Round trip to the service, ms. Rejects with NOT_READY without a connection. */
  ping(): Promise<number> {
    return new Promise((resolve, reject) => {
      const notReady = new TickerError('NOT_READY', 'there is no connection');
      if (this.#state !== 'open') {
        reject(notReady);
        return;
      }
      const sentAtMs = this.#clock.monotonicMs();
      const id = this.#requests.open({
        answered: () => resolve(this.#clock.monotonicMs() - sentAtMs),
        refused: reject,
        lost: () => reject(notReady),
      });
      this.#connection?.send({ id, type: 'ping' });
    });
  }

  #setState(state: ClientState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.emit('state', state);
  }

  #open(): void {
    this.#setState('connecting');
    try {
      this.#connection = this.#connectionOf(this.#options);
    } catch (error) {
      // The platform's WebSocket refuses the URL: it would again.
      this.#setState('closed');
      this.#end(new TickerError('CONFIG_INVALID', errorText(error), { cause: error }));
    }
  }

  #connectionOf(options: Required<TickerClientOptions>): Connection {
    const format = options.format === 'json' ? SUBPROTOCOL_JSON : SUBPROTOCOL_BINARY;
    const protocols = [format, `bearer.${options.token}`];
    return new Connection(
      { ...options, protocols },
      {
        hello: (hello) => this.#opened(hello),
        message: (message) => this.#receive(message),
        binary: (bytes) => {
          const error = this.#intake.receiveFrame(bytes);
          if (error !== undefined) this.#connection?.fail(error);
        },
        failed: (error) => this.#events.emit('error', error),
        closed: (code, reason) => this.#closed(code, reason),
      },
    );
  }

  #opened(hello: HelloMessage): void {
    this.#openedAtMs = this.#clock.monotonicMs();
    this.#connections += 1;
    this.#hello = hello;
    this.#intake.through = hello.sequence;
    this.#intake.continuity.begin(hello.epoch);
    // Before any listener subscribes to more.
    this.#state = 'open';
    this.#subscriber.renew();
    this.#events.emit('state', 'open');
    this.#events.emit('hello', hello);
    for (const opening of this.#openings.splice(0)) opening.resolve(hello);
  }

  #closed(code: number, reason: string): void {
    this.#connection = undefined;
    this.#requests.loseAll();
    // `close()` says the rest itself.
    if (this.#state === 'closed') {
      this.#events.emit('close', { code, reason, reconnectInMs: undefined });
      return;
    }
    if (isFinalCode(code)) {
      const error = finalError(code, reason);
      this.#setState('closed');
      this.#events.emit('close', { code, reason, reconnectInMs: undefined });
      this.#events.emit('error', error);
      this.#end(error);
      return;
    }
    const wasOpen = this.#state === 'open';
    const lastedMs = wasOpen ? this.#clock.monotonicMs() - this.#openedAtMs : 0;
    if (lastedMs >= STABLE_MS || (wasOpen && code === RESTART)) this.#backoff.reset();
    if (code === OVERLOAD) this.#backoff.saturate();
    const reconnectInMs = this.#backoff.next();
    this.#retry = this.#clock.setTimeout(() => this.#open(), reconnectInMs);
    this.#setState('waiting');
    this.#events.emit('close', { code, reason, reconnectInMs });
  }

  #end(error: TickerError): void {
    this.#subscriber.rejectWaiters(error);
    for (const opening of this.#openings.splice(0)) opening.reject(error);
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'ticks':
        this.#intake.receiveObjects(message);
        break;
      case 'heartbeat':
        this.#intake.through = message.through;
        this.#events.emit('heartbeat', { through: message.through, time: message.time });
        break;
      case 'gap':
        this.#intake.continuity.announce(message);
        break;
      case 'chain_changed':
        this.#subscriber.chainChanged(message.chain, message.added, message.removed);
        this.#events.emit('chain', message);
        break;
      case 'chain':
        this.#events.emit('analytics', message);
        break;
      case 'error':
        this.#receiveError(message);
        break;
      case 'subscribed':
      case 'unsubscribed':
      case 'pong':
      case 'authenticated':
        this.#requests.answer(message);
        break;
      default:
        this.#events.emit('notice', message);
    }
  }

  #receiveError(message: Extract<ServerMessage, { type: 'error' }>): void {
    const error = serviceError(message.code, message.detail);
    if (message.id !== undefined && this.#requests.refuse(message.id, error)) return;
    this.#events.emit('error', error);
  }
}
