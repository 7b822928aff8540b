import type { Clock, TimerHandle } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { ClientMessage, HelloMessage, ServerMessage } from '../wire/messages.ts';
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
}

export interface ConnectionHandlers {
  hello(hello: HelloMessage): void;
  /** Any text message but `hello`. */
  message(message: ServerMessage): void;
  /** A binary message, any alignment; the bytes are the receiver's to keep. */
  binary(bytes: Uint8Array): void;
  /** The service broke the protocol; the connection is dropped next. */
  failed(error: TickerError): void;
  /** The last call. */
  closed(code: number, reason: string): void;
}

/** WebSocket codes for ends that the service did not choose. */
const NORMAL = 1000;
const ABNORMAL = 1006;
const UNAUTHENTICATED = 4500;

/** One WebSocket from its start to its end: waits for `hello`, watches the silence after it. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #handlers: ConnectionHandlers;
  readonly #socket: WebSocketLike;
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

  /** Closes with a handshake; `closed` is called at once and nothing after it. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#socket.close(NORMAL, reason);
    this.#finish(NORMAL, reason);
  }

  /** The service broke the protocol: goes on with another connection. */
  fail(error: TickerError): void {
    if (this.#isClosed) return;
    this.#handlers.failed(error);
    this.drop(error.message);
  }

  /** Gives up a connection that does not answer; `closed` is called at once. */
  drop(reason: string): void {
    if (this.#isClosed) return;
    if (this.#socket.terminate === undefined) this.#socket.close();
    else this.#socket.terminate();
    this.#finish(ABNORMAL, reason);
  }

  #finish(code: number, reason: string): void {
    // The socket's own events still come after a drop; nobody may hear them.
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch.cancel();
    this.#handlers.closed(code, reason);
  }

  #receive(data: unknown): void {
    if (this.#isClosed) return;
    this.#heardAtMs = this.#options.clock.monotonicMs();
    if (typeof data === 'string') this.#receiveText(data);
    else if (data instanceof Uint8Array) this.#handlers.binary(data);
    else if (data instanceof ArrayBuffer) this.#handlers.binary(new Uint8Array(data));
    else throw new TickerError('BAD_MESSAGE', 'the WebSocket delivers neither text nor bytes');
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
    if (message.type === 'hello') this.#open(message);
    else this.#handlers.message(message);
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
      if (silentMs >= this.#silenceMaxMs) this.drop(`silent for ${Math.round(silentMs)} ms`);
      else this.#watchSilence(this.#silenceMaxMs - silentMs);
    }, delayMs);
  }
}
