import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { WebSocketServer, type WebSocket } from 'ws';
import { BrokerSubscriptions } from './broker-subscriptions.ts';
import { Watch } from './watch.ts';

/** What becomes of an upgrade: accepted, refused with a status, or left without an answer. */
export type UpgradeAnswer = 'ACCEPT' | 'HANG' | number;

export interface BrokerConnection {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  readonly ws: WebSocket;
  readonly stream: Duplex;
  readonly subscriptions: BrokerSubscriptions;
  closed: boolean;
}

/** A WebSocket server that does to its clients what a test wants. Ends with the test. */
export class FakeBroker {
  readonly watch: Watch;
  readonly requests: IncomingMessage[] = [];
  readonly connections: BrokerConnection[] = [];
  /** Upgrades without an answer, to be answered by `refuse`. */
  readonly hanging: Duplex[] = [];
  /** Answers to the next upgrades; ACCEPT when it is empty. */
  answers: UpgradeAnswer[] = [];
  /** Header lines of every answer. */
  headers: string[] = [];
  onConnection: (connection: BrokerConnection) => void = () => undefined;
  /** The most connections that were open at once. */
  peak = 0;
  readonly #server: Server = createServer();
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  readonly #streams = new Set<Socket>();

  static async start(t: TestContext, watch = new Watch()): Promise<FakeBroker> {
    const broker = new FakeBroker(watch);
    broker.#server.listen(0, '127.0.0.1');
    await once(broker.#server, 'listening');
    t.after(() => broker.stop());
    return broker;
  }

  private constructor(watch: Watch) {
    this.watch = watch;
    this.#server.on('connection', (stream: Socket) => {
      this.#streams.add(stream);
      stream.on('close', () => {
        this.#streams.delete(stream);
        watch.notify();
      });
    });
    this.#server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      this.requests.push(request);
      stream.on('error', () => undefined);
      const answer = this.answers.shift() ?? 'ACCEPT';
      if (answer === 'ACCEPT') this.#accept(request, stream, head);
      else if (answer === 'HANG') this.#hang(stream);
      else this.refuse(stream, answer);
      watch.notify();
    });
    this.#sockets.on('headers', (headers) => headers.push(...this.headers));
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** TCP connections that are open, whatever became of the upgrade. */
  get openStreams(): number {
    return this.#streams.size;
  }

  get open(): BrokerConnection[] {
    return this.connections.filter((connection) => !connection.closed);
  }

  get last(): BrokerConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('nobody has connected');
    return connection;
  }

  refuse(stream: Duplex, status: number): void {
    const extra = this.headers.map((line) => `${line}\r\n`).join('');
    stream.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n${extra}\r\n`);
  }

  /** From now on nothing that the client says is heard, a closing handshake included. */
  deafen({ stream }: BrokerConnection): void {
    stream.removeAllListeners('data').on('data', () => undefined);
  }

  /** Ends all connections and stops listening. */
  stop(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#server.close();
  }

  #hang(stream: Duplex): void {
    // Half-open as HTTP streams are, it would outlive the client.
    stream.resume().on('end', () => stream.end());
    this.hanging.push(stream);
  }

  #accept(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, stream, head, (ws) => {
      const connection: BrokerConnection = {
        request,
        query: new URL(request.url ?? '', 'ws://broker').searchParams,
        ws,
        stream,
        subscriptions: new BrokerSubscriptions(),
        closed: false,
      };
      this.connections.push(connection);
      this.peak = Math.max(this.peak, this.open.length);
      ws.on('error', () => undefined);
      ws.on('close', () => {
        connection.closed = true;
        this.watch.notify();
      });
      ws.on('message', (data: Buffer) => {
        connection.subscriptions.take(data.toString('utf8'));
        this.watch.notify();
      });
      this.onConnection(connection);
      this.watch.notify();
    });
  }
}
