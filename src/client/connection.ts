import type { Clock, TimerHandle } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { ClientMessage, HelloMessage, ServerMessage } from '../wire/messages.ts';
import { Inbox, type OverflowEvent } from './inbox.ts';
import { parseServerMessage } from './server-message.ts';
import type { WebSocketConstructor, WebSocketLike } from './socket.ts';

export interface ConnectionOptions {
  url: string;
  protocols: string[];
  WebSocket: WebSocketConstructor;
  clock: Clock;
  /** Time from the start to `hello`, ms. */
  helloTimeoutMs: number;
  /** Silence beyond the service's heartbeat period, ms. */
  heartbeatSlackMs: number;
  /** What may wait while the application takes nothing, bytes. */
  maxWaitingBytes: number;
  /** Whether the application takes nothing now. */
  isHeld(): boolean;
}

export interface ConnectionHandlers {
  hello(hello: HelloMessage): void;
  /** Any text message but `hello`. Answers come at once, everything else in its order. */
  message(message: ServerMessage): void;
  /** A binary message, any alignment; the bytes are the receiver's to keep. */
  binary(bytes: Uint8Array): void;
  /** `replay_completed` has come; `message` gets it when what came before is handed over. */
  replayed(): void;
  /** The service broke the protocol; the connection is dropped next. */
  failed(error: TickerError): void;
  /** Nothing more can be sent; `closed` follows when what came before is handed over. */
  ended(): void;
  /** The last call. */
  closed(code: number, reason: string): void;
  /** Count of an instrument's last tick. */
  lastOf(token: number): number | undefined;
  overflowed(event: OverflowEvent): void;
}

/** WebSocket codes for ends that the service did not choose. */
const NORMAL = 1000;
const ABNORMAL = 1006;
const UNAUTHENTICATED = 4500;
/** Their requests wait for them, whatever the application does. */
const ANSWERS = new Set(['subscribed', 'unsubscribed', 'resumed', 'pong', 'authenticated']);

/** One WebSocket from its start to its end: waits for `hello`, watches the silence after it. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #handlers: ConnectionHandlers;
  readonly #socket: WebSocketLike;
  readonly #inbox: Inbox;
  #isReading = true;
  #watch: TimerHandle;
  #heardAtMs: number;
  #silenceMaxMs = Infinity;
  #isOpen = false;
  #isClosed = false;
  #lastError = '';

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    const { clock } = options;
    this.#inbox = new Inbox({
      maxBytes: options.maxWaitingBytes,
      isHeld: () => options.isHeld(),
      deliver: (inbound) => {
        if (inbound.kind === 'frame') handlers.binary(inbound.bytes);
        else if (inbound.kind === 'message') handlers.message(inbound.message);
        else handlers.closed(inbound.code, inbound.reason);
      },
      lastOf: (token) => handlers.lastOf(token),
      overflowed: (event) => handlers.overflowed(event),
    });
    this.#heardAtMs = clock.monotonicMs();
    this.#socket = new options.WebSocket(options.url, options.protocols);
    // Blobs, the browser's default, can only be read later.
    if (this.#socket.binaryType === 'blob') this.#socket.binaryType = 'arraybuffer';
    this.#socket.onmessage = (event: { data: unknown }) => this.#receive(event.data);
    this.#socket.onerror = (event: { message?: string }) => {
      this.#lastError = event.message ?? '';
    };
    this.#socket.onclose = (event: { code: number; reason: string }) => {
      const { refusedStatus } = this.#socket;
      if (refusedStatus === undefined) {
        this.#finish(event.code, event.reason === '' ? this.#lastError : event.reason);
      } else {
        const code = refusedStatus === 401 ? UNAUTHENTICATED : event.code;
        this.#finish(code, `refused with HTTP status ${refusedStatus}`);
      }
    };
    this.#watch = clock.setTimeout(() => {
      this.drop(`no hello in ${options.helloTimeoutMs} ms`);
    }, options.helloTimeoutMs);
  }

  /** Whether `hello` has come and the end has not. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#isClosed;
  }

  send(message: ClientMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** Reads on, or leaves it in the network. A platform that cannot do that reads on. */
  setReading(isReading: boolean): void {
    const socket = this.#socket;
    if (isReading === this.#isReading) return;
    if (socket.pause === undefined || socket.resume === undefined) return;
    this.#isReading = isReading;
    if (this.#isClosed) return;
    // What was silent was this side.
    this.#heardAtMs = this.#options.clock.monotonicMs();
    if (isReading) socket.resume();
    else socket.pause();
  }

  /** Hands on what waits, for as long as the application takes it. */
  release(): void {
    this.#inbox.release();
  }

  /** Closes with a handshake; `closed` is called at once and nothing after it. */
  close(reason: string): void {
    this.#inbox.clear();
    if (this.#isClosed) {
      // Already known here, and the application was not told yet.
      this.#handlers.closed(NORMAL, reason);
      return;
    }
    // The other half of the handshake has to be read.
    this.setReading(true);
    this.#socket.close(NORMAL, reason);
    this.#end();
    this.#handlers.closed(NORMAL, reason);
  }

  /** The service broke the protocol: goes on with another connection. */
  fail(error: TickerError): void {
    if (this.#isClosed) return;
    this.#handlers.failed(error);
    this.drop(error.message);
  }

  /** Gives up a connection that does not answer. */
  drop(reason: string): void {
    if (this.#isClosed) return;
    if (this.#socket.terminate === undefined) this.#socket.close();
    else this.#socket.terminate();
    this.#finish(ABNORMAL, reason);
  }

  #finish(code: number, reason: string): void {
    // The socket's own events still come after a drop; nobody may hear them.
    if (this.#isClosed) return;
    this.#end();
    this.#inbox.push({ kind: 'closed', code, reason });
  }

  #end(): void {
    this.#isClosed = true;
    this.#watch.cancel();
    this.#handlers.ended();
  }

  #receive(data: unknown): void {
    if (this.#isClosed) return;
    this.#heardAtMs = this.#options.clock.monotonicMs();
    if (typeof data === 'string') this.#receiveText(data);
    else if (data instanceof Uint8Array) this.#inbox.push({ kind: 'frame', bytes: data });
    else if (data instanceof ArrayBuffer) {
      this.#inbox.push({ kind: 'frame', bytes: new Uint8Array(data) });
    } else throw new TickerError('BAD_MESSAGE', 'the WebSocket delivers neither text nor bytes');
  }

  #receiveText(text: string): void {
    let message: ServerMessage;
    try {
      message = parseServerMessage(text);
    } catch (error) {
      if (!(error instanceof TickerError)) throw error;
      this.fail(error);
      return;
    }
    if (message.type === 'hello') {
      this.#open(message);
      return;
    }
    if (ANSWERS.has(message.type) || (message.type === 'error' && message.id !== undefined)) {
      this.#handlers.message(message);
      return;
    }
    if (message.type === 'replay_completed') this.#handlers.replayed();
    this.#inbox.push({ kind: 'message', message, lengthChars: text.length });
  }

  #open(hello: HelloMessage): void {
    this.#isOpen = true;
    this.#watch.cancel();
    this.#silenceMaxMs = hello.heartbeat_ms + this.#options.heartbeatSlackMs;
    this.#watchSilence(this.#silenceMaxMs);
    this.#handlers.hello(hello);
  }

  /** One timer for many messages: when it fires it looks how long the silence really is. */
  #watchSilence(delayMs: number): void {
    this.#watch = this.#options.clock.setTimeout(() => {
      const silentMs = this.#options.clock.monotonicMs() - this.#heardAtMs;
      if (!this.#isReading) this.#watchSilence(this.#silenceMaxMs);
      else if (silentMs >= this.#silenceMaxMs) this.drop(`silent for ${Math.round(silentMs)} ms`);
      else this.#watchSilence(this.#silenceMaxMs - silentMs);
    }, delayMs);
  }
}
