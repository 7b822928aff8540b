import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import {
  clientFrame,
  createReadBuffer,
  OPCODE,
  type OnMessage,
  type ReadBuffer,
  WebSocketReader,
} from './websocket-reader.ts';

/** How a client reads. */
export type Pace =
  /** All that comes. */
  | 'fast'
  /** Nothing any more. */
  | 'frozen'
  | { bytesPerSecond: number };

const READ_BYTES = 256 * 1024;
/** A slow client must not get more than its share with one read. */
const SLOW_READ_BYTES = 8192;
const NONCE_BYTES = 16;
const MS_PER_S = 1000;
const HEADER_END = '\r\n\r\n';

/** One for all sockets of a process: what has been read is worked off before the next read. */
let shared: ReadBuffer | undefined;

export interface DrainSocketOptions {
  host: string;
  port: number;
  path: string;
  /** Header lines of the upgrade request, beside those of the protocol. */
  headers: readonly string[];
  /** It will be slow at times: it gets a small buffer of its own. */
  mayBeSlow: boolean;
  onMessage: OnMessage;
  onOpen(): void;
  onEnd(reason: string): void;
}

/**
 * A WebSocket client that costs as little as one can: it reads into memory that all sockets of the
 * process share, and hands out messages where they lie.
 */
export class DrainSocket {
  /** Bytes read, protocol overhead included. */
  bytesRead = 0;
  readonly #options: DrainSocketOptions;
  readonly #socket: Socket;
  readonly #reader: WebSocketReader;
  #isOpen = false;
  #answer = '';
  #pace: Pace = 'fast';
  #endReason: string | undefined;

  constructor(options: DrainSocketOptions) {
    this.#options = options;
    const { host, port, path, headers, mayBeSlow } = options;
    this.#reader = new WebSocketReader((opcode, bytes, view, start, length) => {
      this.#onFrame(opcode, bytes, view, start, length);
    });
    shared ??= createReadBuffer(READ_BYTES);
    const read = mayBeSlow ? createReadBuffer(SLOW_READ_BYTES) : shared;
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: read.bytes, callback: (count) => this.#onRead(read, count) },
    });
    this.#socket.on('connect', () => {
      const lines = [
        `GET ${path} HTTP/1.1`,
        `Host: ${host}:${port}`,
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(NONCE_BYTES).toString('base64')}`,
        ...headers,
      ];
      this.#socket.write(lines.join('\r\n') + HEADER_END);
    });
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('closed without a close frame'));
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#endReason === undefined;
  }

  send(text: string): void {
    this.#socket.write(clientFrame(OPCODE.TEXT, text));
  }

  get pace(): Pace {
    return this.#pace;
  }

  set pace(pace: Pace) {
    this.#pace = pace;
    if (pace === 'frozen') this.#socket.pause();
    else this.#socket.resume();
  }

  destroy(): void {
    this.#endReason ??= 'destroyed by the bench';
    this.#socket.destroy();
  }

  /** False: read nothing more until `resume`. */
  #onRead(read: ReadBuffer, count: number): boolean {
    this.bytesRead += count;
    const from = this.#isOpen ? 0 : this.#handshake(read, count);
    if (from < count) this.#reader.push(read, from, count);
    const pace = this.#pace;
    if (pace === 'fast') return true;
    if (pace !== 'frozen') {
      setTimeout(
        () => {
          if (this.#pace === pace) this.#socket.resume();
        },
        (count / pace.bytesPerSecond) * MS_PER_S,
      );
    }
    return false;
  }

  /** Reads the answer to the upgrade; returns where the first frame begins. */
  #handshake(read: ReadBuffer, count: number): number {
    const before = this.#answer.length;
    this.#answer += read.bytes.toString('latin1', 0, count);
    const end = this.#answer.indexOf(HEADER_END);
    if (end < 0) return count;
    if (!this.#answer.startsWith('HTTP/1.1 101')) {
      this.#end(`was answered ${this.#answer.slice(0, this.#answer.indexOf('\r'))}`);
      this.#socket.destroy();
      return count;
    }
    this.#isOpen = true;
    this.#options.onOpen();
    return end + HEADER_END.length - before;
  }

  #onFrame(opcode: number, bytes: Buffer, view: DataView, start: number, length: number): void {
    if (opcode === OPCODE.TEXT || opcode === OPCODE.BINARY) {
      this.#options.onMessage(opcode, bytes, view, start, length);
    } else if (opcode === OPCODE.PING) {
      this.#socket.write(clientFrame(OPCODE.PONG, bytes.subarray(start, start + length)));
    } else if (opcode === OPCODE.CLOSE) {
      const code = length >= 2 ? view.getUint16(start) : 0;
      this.#end(`${code} ${bytes.toString('utf8', start + 2, start + length)}`);
    }
  }

  #end(reason: string): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    this.#options.onEnd(reason);
  }
}
