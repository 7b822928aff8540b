import type { Principal } from '../domain/access.ts';
import type { ClientSocket } from '../domain/ports.ts';
import type { WebSocket } from './native.ts';

/** What `send` of uWebSockets.js answers when its own buffer limit dropped the message. */
const SEND_DROPPED = 2;

/** One WebSocket client. Everything is harmless after it has closed. */
export class WebSocketConnection implements ClientSocket {
  /** Number of the connection, rising. */
  readonly id: number;
  /** The subprotocol that was agreed on, also when the client offered none. */
  readonly protocol: string;
  /** Who presented a key with the upgrade; undefined: nobody yet. */
  readonly principal: Principal | undefined;
  /** IP address of the client as text. */
  readonly remoteAddress: string;
  #socket: WebSocket<unknown> | undefined;
  /** A message was dropped: nothing may follow it. */
  #dropped = false;

  constructor(
    socket: WebSocket<unknown>,
    id: number,
    protocol: string,
    principal: Principal | undefined,
    remoteAddress: string,
  ) {
    this.#socket = socket;
    this.id = id;
    this.protocol = protocol;
    this.principal = principal;
    this.remoteAddress = remoteAddress;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** The bytes are copied at once. A message that does not fit any more ends the connection. */
  send(message: string | Uint8Array): boolean {
    const socket = this.#socket;
    if (!socket || this.#dropped) return false;
    if (socket.send(message, typeof message !== 'string') !== SEND_DROPPED) return true;
    // After a dropped message the stream would have a hole that nobody names. Whoever sends is in
    // the middle of something: it is told of the end when it is done.
    this.#dropped = true;
    queueMicrotask(() => this.terminate());
    return false;
  }

  bufferedBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
  }

  /** Puts all messages that `sends` sends into one write to the socket. */
  cork(sends: () => void): void {
    this.#socket?.cork(sends);
  }

  end(code: number, reason: string): void {
    this.#socket?.end(code, reason);
  }

  terminate(): void {
    this.#socket?.close();
  }

  /** Called by the server when the socket is gone. */
  markClosed(): void {
    this.#socket = undefined;
  }
}
