import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import type {
  ClientMessage,
  ServerMessage,
  SubscriptionResult,
  TickObject,
} from '../../../src/wire/messages.ts';
import type { FrameKind } from '../../../src/wire/tick-layout.ts';
import { tickObject } from '../../../src/wire/tick-object.ts';
import { writeCompact } from '../wire/narrow.ts';
import { writeTick, type RawTick } from '../wire/sample-tick.ts';
import { HELLO_LIMITS } from './memory-socket.ts';

export const FAKE_KEY = 'fake-key-1';
export const EPOCH_LOW = 0xfeed;
export const EPOCH = '000000000000feed';

/** An option of the fake chain, as the service answers for it. */
export type FakeContract = Extract<SubscriptionResult, { ok: true }>;

/** One client of the fake service. */
export interface FakeClient {
  readonly socket: WebSocket;
  readonly protocol: string;
  readonly received: ClientMessage[];
  say(message: ServerMessage): void;
  /** A frame, or a `ticks` message, by the client's protocol. */
  sendTicks(kind: FrameKind, ticks: readonly RawTick[], through?: number): void;
}

export interface FakeServiceOptions {
  /** Called for every message but ping; answers as it likes. */
  onMessage?(client: FakeClient, message: ClientMessage): void;
  /** Answers plain HTTP requests. Left out: 404. */
  onRequest?: (request: IncomingMessage) => {
    status: number;
    type: string;
    body: string | Buffer;
    headers?: Record<string, string>;
  };
  heartbeatMs?: number;
}

function frameOf(kind: FrameKind, ticks: readonly RawTick[]): TickFrameBuffer {
  const buffer = new TickFrameBuffer(kind, Math.max(ticks.length, 1), EPOCH_LOW, 0);
  const source = new TickFrameBuffer('tick', 1, 0, 0);
  for (const [index, tick] of ticks.entries()) {
    const at = index * buffer.structBytes;
    writeTick(source, 0, tick);
    if (kind === 'compact') writeCompact(source, 0, buffer, at);
    else buffer.u8.set(source.u8.subarray(0, buffer.structBytes), at);
  }
  return buffer;
}

function objectsOf(buffer: TickFrameBuffer, count: number): TickObject[] {
  const { buffer: memory, byteOffset, length } = buffer.u8;
  const view = new DataView(memory, byteOffset, length);
  return Array.from({ length: count }, (_, index) =>
    tickObject(view, index * buffer.structBytes, buffer.kind),
  );
}

/** `/ws/ticks` on loopback, just enough of it, through our own wire code. */
export class FakeService {
  readonly clients: FakeClient[] = [];
  readonly #options: FakeServiceOptions;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: selectProtocol });
  #waiting: (() => void)[] = [];

  constructor(options: FakeServiceOptions = {}) {
    this.#options = options;
    this.#http = createServer((request, response) => {
      const reply = options.onRequest?.(request) ?? { status: 404, type: 'text/plain', body: '' };
      response.writeHead(reply.status, { 'content-type': reply.type, ...reply.headers });
      response.end(reply.body);
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** 0: any port that is free. */
  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, '127.0.0.1', resolve);
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin.replace('http', 'ws')}/ws/ticks`;
  }

  /** The newest client. */
  get client(): FakeClient {
    const client = this.clients.at(-1);
    if (client === undefined) throw new Error('no client has connected');
    return client;
  }

  /** Resolves as soon as `condition` holds; looked at after every connection and message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    for (const { socket } of this.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',');
    if (!offered.some((name) => name.trim() === `bearer.${FAKE_KEY}`)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket));
  }

  #welcome(socket: WebSocket): void {
    const received: ClientMessage[] = [];
    const say = (message: ServerMessage): void => socket.send(JSON.stringify(message));
    const client: FakeClient = {
      socket,
      protocol: socket.protocol,
      received,
      say,
      sendTicks(kind, ticks, through = 1) {
        const buffer = frameOf(kind, ticks);
        if (socket.protocol === 'ticker.v1.fbs')
          socket.send(buffer.finish(ticks.length, 1, through));
        else {
          const objects = objectsOf(buffer, ticks.length);
          say({ type: 'ticks', epoch: EPOCH, sent_time: 1, through, ticks: objects });
        }
      },
    };
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as ClientMessage;
      received.push(message);
      if (message.type === 'ping') say({ id: message.id, type: 'pong' });
      else this.#options.onMessage?.(client, message);
      this.#wake();
    });
    this.clients.push(client);
    say({
      type: 'hello',
      session: `fake-${this.clients.length}`,
      epoch: EPOCH,
      sequence: 0,
      heartbeat_ms: this.#options.heartbeatMs ?? 15_000,
      limits: HELLO_LIMITS,
    });
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function selectProtocol(offered: Set<string>): string | false {
  return [...offered].find((name) => name.startsWith('ticker.v1.')) ?? false;
}
