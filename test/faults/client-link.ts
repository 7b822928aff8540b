import type { WebSocketLike } from '../../src/client/socket.ts';
import type { ClientSocket } from '../../src/domain/ports.ts';
import type { ClientSession } from '../../src/fanout/session.ts';
import { SUBPROTOCOL_BINARY } from '../../src/wire/messages.ts';
import type { ClientLog, ServiceState } from './client-log.ts';
import type { PublishHost } from './publish-host.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { VirtualThread } from './virtual-thread.ts';

const ABNORMAL = 1006;
const LATENCY_MS = 0.3;
const CONNECT_MS = 1;
/** Between two readings of a client that is slow. */
const READ_EVERY_MS = 10;
/** What the kernels of both ends take before the service's own buffer fills. */
const KERNEL_BYTES = 65_536;
/** How long a service that the network hides from its client believes in the connection. */
const HALF_OPEN_MS = 3_000;
/** A frame and its head, roughly, as the kernel counts them. */
const HEAD_BYTES = 8;

/** How a client reads. */
export interface Reader {
  thread: VirtualThread;
  log: ClientLog;
  /** Bytes a millisecond; Infinity: as they come. */
  bytesPerMs: number;
}

interface Message {
  data: string | Uint8Array;
  state: ServiceState | undefined;
}

/**
 * One connection of a client, both ends of it: the server's as a ClientSocket, the client's as a
 * WebSocket. Between them kernel buffers of a certain size and a reader of a certain speed.
 */
export class ClientLink implements ClientSocket {
  readonly remoteAddress = '192.0.2.1';
  readonly #clock: VirtualClock;
  readonly #publish: PublishHost;
  readonly #reader: Reader;
  readonly #state: () => ServiceState | undefined;
  readonly #bufferBytesMax: number;
  /** Sent and not read yet. */
  readonly #queue: Message[] = [];
  #queuedBytes = 0;
  /** Bytes that a slow reader may read now. */
  #allowance = 0;
  #isReading = false;
  #session: ClientSession | undefined;
  #isServerOpen = false;
  #isClientOpen = true;
  #ending: { code: number; reason: string } | undefined;
  /** The client's end. */
  readonly client: ClientEnd;

  constructor(parts: {
    clock: VirtualClock;
    publish: PublishHost;
    reader: Reader;
    protocols: readonly string[];
    /** Unread bytes at which uWebSockets drops a message. */
    bufferBytesMax: number;
    state: () => ServiceState | undefined;
  }) {
    this.#clock = parts.clock;
    this.#publish = parts.publish;
    this.#reader = parts.reader;
    this.#state = parts.state;
    this.#bufferBytesMax = parts.bufferBytesMax;
    this.client = new ClientEnd(this);
    const [protocol = '', bearer = ''] = parts.protocols;
    parts.publish.thread.post('message', CONNECT_MS, () => {
      if (!this.#isClientOpen) return;
      this.#isServerOpen = true;
      const isBinary = protocol === SUBPROTOCOL_BINARY;
      this.#session = parts.publish.open(this, isBinary, bearer.replace('bearer.', ''));
    });
  }

  /* The server's end. */

  send(data: string | Uint8Array): boolean {
    if (!this.#isServerOpen) return false;
    const bytes = data.length + HEAD_BYTES;
    if (this.bufferedBytes() + bytes > this.#bufferBytesMax) {
      this.terminate();
      return false;
    }
    const copy = typeof data === 'string' ? data : Uint8Array.from(data);
    this.#queue.push({ data: copy, state: this.#state() });
    this.#queuedBytes += bytes;
    this.#read();
    return true;
  }

  bufferedBytes(): number {
    return Math.max(0, this.#queuedBytes - KERNEL_BYTES);
  }

  end(code: number, reason: string): void {
    if (!this.#isServerOpen) return;
    this.#ending = { code, reason };
    this.#serverClosed();
    this.#read();
    // A peer that does not read the close frame either is cut off.
    this.#clock.setTimeout(() => this.cut(), HALF_OPEN_MS);
  }

  terminate(): void {
    if (!this.#isServerOpen) return;
    this.#serverClosed();
    this.#clientClosed(ABNORMAL, '');
  }

  /** The server forgets the session at once, whatever is still on its way. */
  #serverClosed(): void {
    this.#isServerOpen = false;
    if (this.#session !== undefined && this.#publish.thread.isAlive) {
      this.#publish.close(this.#session);
    }
  }

  /* The network. */

  /** The connection is lost: the client notices now, the service now or, half open, later. */
  cut(halfOpen = false): void {
    this.#clientClosed(ABNORMAL, 'cut');
    if (!this.#isServerOpen) return;
    this.#publish.thread.post('message', halfOpen ? HALF_OPEN_MS : 0, () => {
      if (this.#isServerOpen) this.#serverClosed();
    });
  }

  /** The service's thread is gone; what it has said before, goodbye included, still arrives. */
  serverDied(): void {
    if (this.#ending === undefined) this.cut();
  }

  #read(): void {
    if (this.#isReading || !this.#isClientOpen) return;
    if (this.#queue.length === 0 && this.#ending === undefined) return;
    this.#isReading = true;
    const { thread, bytesPerMs } = this.#reader;
    const isFast = bytesPerMs === Infinity;
    thread.post('message', isFast ? LATENCY_MS : READ_EVERY_MS, () => {
      this.#isReading = false;
      this.#allowance = isFast ? Infinity : this.#allowance + bytesPerMs * READ_EVERY_MS;
      this.#take();
    });
  }

  #take(): void {
    while (this.#isClientOpen) {
      const first = this.#queue[0];
      if (first === undefined) break;
      const bytes = first.data.length + HEAD_BYTES;
      if (bytes > this.#allowance) break;
      this.#allowance -= bytes;
      this.#queue.shift();
      this.#queuedBytes -= bytes;
      this.#deliver(first);
    }
    if (this.#queue.length === 0) {
      this.#allowance = 0;
      if (this.#ending !== undefined) this.#clientClosed(this.#ending.code, this.#ending.reason);
    }
    this.#read();
  }

  #deliver({ data, state }: Message): void {
    const atMs = this.#clock.monotonicMs();
    const { log } = this.#reader;
    if (typeof data === 'string') log.push({ kind: 'text', atMs, text: data, state });
    else log.push({ kind: 'frame', atMs, bytes: data, state });
    this.client.onmessage?.({ data });
  }

  /* The client's end. */

  clientSends(text: string): void {
    if (!this.#isClientOpen) return;
    this.#reader.log.push({ kind: 'sent', atMs: this.#clock.monotonicMs(), text });
    this.#publish.thread.post('message', LATENCY_MS, () => {
      if (this.#isServerOpen) this.#session?.onText(text);
    });
  }

  /** The client ends it: nothing more is read, and nobody is told twice. */
  clientCloses(): void {
    if (!this.#isClientOpen) return;
    this.#isClientOpen = false;
    this.#logClosed(ABNORMAL, 'given up');
    this.#publish.thread.post('message', LATENCY_MS, () => {
      if (this.#isServerOpen) this.#serverClosed();
    });
  }

  #clientClosed(code: number, reason: string): void {
    if (!this.#isClientOpen) return;
    this.#isClientOpen = false;
    this.#queue.length = 0;
    this.#logClosed(code, reason);
    this.#reader.thread.run('message', () => this.client.onclose?.({ code, reason }));
  }

  #logClosed(code: number, reason: string): void {
    this.#reader.log.push({ kind: 'closed', atMs: this.#clock.monotonicMs(), code, reason });
  }
}

/** The client's end of a connection as its WebSocket. */
export class ClientEnd implements WebSocketLike {
  binaryType = 'arraybuffer';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message?: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly #link: ClientLink | undefined;

  /** Undefined: the connection never comes about. */
  constructor(link: ClientLink | undefined) {
    this.#link = link;
  }

  send(text: string): void {
    this.#link?.clientSends(text);
  }

  close(): void {
    this.#link?.clientCloses();
  }

  terminate(): void {
    this.#link?.clientCloses();
  }
}
