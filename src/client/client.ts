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
import { Acknowledger } from './acknowledger.ts';
import { Backoff } from './backoff.ts';
import { comebackAfter, finalError } from './close-codes.ts';
import { Connection } from './connection.ts';
import { Emitter } from './emitter.ts';
import type { ClientEvents, ClientState } from './events.ts';
import { completeOptions, type TickerClientOptions } from './options.ts';
import { PendingRequests, serviceError } from './requests.ts';
import type { ClientStatistics } from './statistics.ts';
import { Subscriber, type ResumePoint } from './subscriber.ts';
import type { UnsubscribeItem } from './subscriptions.ts';
import { TickIntake } from './tick-intake.ts';

export type { FrameView } from '../wire/decode.ts';
export type * from '../wire/messages.ts';
export type { TickView } from '../wire/tick-view.ts';
export type { GapEvent } from './continuity.ts';
export type { ClientEvents, ClientState, CloseEvent } from './events.ts';
export type { OverflowEvent } from './inbox.ts';
export type { TickerClientOptions } from './options.ts';
export type { ClientStatistics } from './statistics.ts';
export type { WebSocketConstructor, WebSocketLike } from './socket.ts';
export type { UnsubscribeItem } from './subscriptions.ts';
export { TickerError } from '../domain/error-codes.ts';
export { UNDEFINED_F32, UNDEFINED_F64, UNDEFINED_U32 } from '../domain/status.ts';

/** A connection that lasted this long was a good one: the next delay is short again. */
const STABLE_MS = 30_000;
/** What may wait in a stream before the client reads no more. */
const HIGH_WATER_MARKS = { tick: 1024, frame: 16 } as const;

interface Opening {
  resolve(hello: HelloMessage): void;
  reject(error: Error): void;
}

/**
 * A client of `/ws/ticks` for Node and browsers. It reconnects with full jitter, continues where it
 * stopped, watches the heartbeat, and checks that no tick is missing unsaid.
 */
export class TickerClient {
  readonly #options: Required<TickerClientOptions>;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #events = new Emitter<ClientEvents>();
  readonly #requests: PendingRequests;
  readonly #subscriber: Subscriber;
  readonly #intake = new TickIntake(this.#events, () => this.#state === 'open');
  readonly #acknowledger: Acknowledger;
  #ackId: number | undefined;
  #state: ClientState = 'idle';
  #connection: Connection | undefined;
  #retry: TimerHandle | undefined;
  #openings: Opening[] = [];
  #openedAtMs = 0;
  #hello: HelloMessage | undefined;
  #connections = 0;
  #isPaused = false;

  /** Throws TickerError UNAUTHENTICATED for a token that cannot be a key. */
  constructor(options: TickerClientOptions) {
    this.#options = completeOptions(options);
    const { clock, reconnect, random, requestTimeoutMs } = this.#options;
    this.#clock = clock;
    this.#backoff = new Backoff({ ...reconnect, random });
    this.#requests = new PendingRequests(
      clock,
      requestTimeoutMs,
      () => this.#connection?.drop('a request was not answered'),
      () => this.#steerReading(),
    );
    const { continuity } = this.#intake;
    this.#subscriber = new Subscriber({
      clock,
      requests: this.#requests,
      retryMs: reconnect.maxDelayMs,
      send: (message) => this.#connection?.send(message),
      held: () => this.#steerReading(),
      resumed: (isRecovered) => this.#resumed(isRecovered),
      subscribed: (item, results) => this.#events.emit('subscribed', { item, results }),
      expect: (token, isNew) => continuity.expect(token, isNew),
      isOutstanding: (token) => continuity.isOutstanding(token),
      forget: (token) => continuity.forget(token),
      error: (error) => this.#events.emit('error', error),
    });
    this.#acknowledger = new Acknowledger({
      clock,
      handed: () => this.#intake.handed,
      received: () => this.#intake.through,
      send: (sequence) => {
        this.#ackId = this.#requests.nextId();
        this.#connection?.send({ id: this.#ackId, type: 'ack', sequence });
      },
    });
  }

  get state(): ClientState {
    return this.#state;
  }

  /** The last `hello`. */
  get hello(): HelloMessage | undefined {
    return this.#hello;
  }

  /** Stream position up to which everything subscribed to has come. */
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
   * Takes nothing more until `resume()`. On `ws` nothing more is read, so that the service notices
   * and follows the policies of the subscriptions. A browser reads on: beyond `maxWaitingBytes`
   * only the newest tick of every instrument is kept (`overflow`). Answers still come.
   */
  pause(): void {
    this.#isPaused = true;
    this.#steerReading();
  }

  /** Takes what waits, and goes on. */
  resume(): void {
    this.#isPaused = false;
    this.#steerReading();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * Ticks, or frames, for `for await`; leaving the loop ends it. Whoever takes them sets the pace:
   * with `highWaterMark` of them waiting (left out: 1024 ticks, 16 frames) the client reads no
   * more, as after `pause()`. Ends with `close()`; throws the error of a refusal for good.
   */
  stream<Name extends 'tick' | 'frame'>(
    name: Name,
    highWaterMark: number = HIGH_WATER_MARKS[name],
  ): AsyncIterableIterator<ClientEvents[Name], undefined> {
    return this.#intake.stream(name, highWaterMark, () => this.#steerReading());
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
   * Subscribes, now or as soon as connected, and stays so over every reconnect. One result per
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
      const invalid = new TickerError('CONFIG_INVALID', errorText(error), { cause: error });
      this.#end(invalid, invalid);
    }
  }

  #connectionOf(options: Required<TickerClientOptions>): Connection {
    const format = options.format === 'json' ? SUBPROTOCOL_JSON : SUBPROTOCOL_BINARY;
    const protocols = [format, `bearer.${options.token}`];
    return new Connection(
      { ...options, protocols, isHeld: () => this.#isHeld },
      {
        hello: (hello) => this.#opened(hello),
        message: (message) => this.#receive(message),
        binary: (bytes) => {
          const error = this.#intake.receiveFrame(bytes);
          this.#acknowledger.moved();
          if (error !== undefined) this.#connection?.fail(error);
        },
        replayed: () => this.#subscriber.replayed(),
        failed: (error) => this.#events.emit('error', error),
        lastOf: (token) => this.#intake.continuity.lastOf(token),
        overflowed: (event) => this.#events.emit('overflow', event),
        ended: () => {
          this.#subscriber.end();
          this.#acknowledger.stop();
          this.#requests.loseAll();
        },
        closed: (code, reason) => this.#closed(code, reason),
      },
    );
  }

  #opened(hello: HelloMessage): void {
    this.#openedAtMs = this.#clock.monotonicMs();
    this.#connections += 1;
    const from = this.#resumePoint(hello);
    this.#hello = hello;
    // Before any listener subscribes to more.
    this.#state = 'open';
    if (!this.#subscriber.begin(from)) this.#intake.begin(hello);
    this.#acknowledger.begin(this.#intake.through);
    this.#steerReading();
    this.#events.emit('state', 'open');
    this.#events.emit('hello', hello);
    for (const opening of this.#openings.splice(0)) opening.resolve(hello);
  }

  /** Undefined: there is nothing that this stream could continue. */
  #resumePoint(hello: HelloMessage): ResumePoint | undefined {
    if (hello.epoch !== this.#hello?.epoch) return undefined;
    const messageMaxBytes = hello.limits.message_bytes;
    return { epoch: hello.epoch, sequence: this.#intake.through, messageMaxBytes };
  }

  #resumed(isRecovered: boolean): void {
    if (!isRecovered && this.#hello !== undefined) {
      this.#intake.begin(this.#hello);
      this.#acknowledger.begin(this.#intake.through);
    }
    this.#events.emit('resumed', { recovered: isRecovered });
  }

  get #isHeld(): boolean {
    return this.#isPaused || this.#intake.isFull;
  }

  /** While anybody waits for an answer it is read on. */
  #steerReading(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const isAwaited = this.#requests.isWaiting || this.#subscriber.isHolding;
    connection.setReading(!this.#isHeld || isAwaited || this.#state !== 'open');
    if (!this.#isHeld) connection.release();
  }

  #closed(code: number, reason: string): void {
    this.#connection = undefined;
    // `close()` says the rest itself.
    if (this.#state === 'closed') {
      this.#events.emit('close', { code, reason, reconnectInMs: undefined });
      return;
    }
    const comeback = comebackAfter(code);
    if (comeback === 'never') {
      const error = finalError(code, reason);
      this.#setState('closed');
      this.#events.emit('close', { code, reason, reconnectInMs: undefined });
      this.#events.emit('error', error);
      this.#end(error, error);
      return;
    }
    const wasOpen = this.#state === 'open';
    const lastedMs = wasOpen ? this.#clock.monotonicMs() - this.#openedAtMs : 0;
    if (lastedMs >= STABLE_MS || (wasOpen && comeback === 'now')) this.#backoff.reset();
    if (comeback === 'later') this.#backoff.saturate();
    const reconnectInMs = this.#backoff.next();
    this.#retry = this.#clock.setTimeout(() => this.#open(), reconnectInMs);
    this.#setState('waiting');
    this.#events.emit('close', { code, reason, reconnectInMs });
  }

  /** `fault`: what streams end with. */
  #end(error: TickerError, fault?: TickerError): void {
    this.#intake.finishStreams(fault);
    this.#subscriber.rejectWaiters(error);
    for (const opening of this.#openings.splice(0)) opening.reject(error);
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'ticks':
        this.#intake.receiveObjects(message);
        this.#acknowledger.moved();
        break;
      case 'heartbeat':
        this.#intake.moveTo(message.through);
        this.#acknowledger.moved();
        this.#events.emit('heartbeat', { through: message.through, time: message.time });
        break;
      case 'replay_completed':
        this.#intake.moveTo(message.through);
        this.#events.emit('replay_completed', { through: message.through });
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
      case 'resumed':
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
    if (message.id !== undefined && message.id === this.#ackId) {
      // An older service: it judges by what its socket holds back.
      this.#acknowledger.stop();
      if (error.code === 'NOT_SUPPORTED') return;
    }
    this.#events.emit('error', error);
  }
}
