import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { atEnd } from './at-end.ts';

/**
 * Stands between the service and its broker, passes everything on in both directions, and keeps the
 * packets that the broker has sent.
 */
export class RecordingBroker {
  /** Bytes of each packet by token, in the order of their coming. */
  readonly packets = new Map<number, Buffer[]>();
  /** Connections that the service has made. */
  connections = 0;
  readonly #server: WebSocketServer;
  readonly #target: string;

  private constructor(server: WebSocketServer, target: string) {
    this.#server = server;
    this.#target = target;
    server.on('headers', (headers) => headers.push('X-Ticker-Simulator: 1'));
    server.on('connection', (client, request) => this.#join(client, request));
  }

  /** In front of the simulator at `ws`, on a port of its own. */
  static async start(t: TestContext, ws: string): Promise<RecordingBroker> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    atEnd(t, () => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    return new RecordingBroker(server, ws);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  #join(client: WebSocket, request: IncomingMessage): void {
    this.connections++;
    const query = (request.url ?? '').slice(1);
    const broker = new WebSocket(`${this.#target}${query}`, { perMessageDeflate: false });
    // Whoever fails, both ends close.
    for (const socket of [client, broker]) socket.on('error', () => undefined);
    const waiting: string[] = [];
    client.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      if (broker.readyState === WebSocket.OPEN) broker.send(text);
      else waiting.push(text);
    });
    broker.on('open', () => {
      for (const text of waiting) broker.send(text);
    });
    broker.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#keep(data);
      client.send(isBinary ? data : data.toString('utf8'));
    });
    client.on('close', () => broker.terminate());
    broker.on('close', () => client.terminate());
  }

  #keep(frame: Buffer): void {
    for (const packet of packetsIn(frame)) {
      const token = packet.readUInt32BE(0);
      const list = this.packets.get(token);
      if (list === undefined) this.packets.set(token, [packet]);
      else list.push(packet);
    }
  }
}

/** Copies of the packets of one of the broker's frames; a heartbeat has none. */
export function packetsIn(frame: Buffer): Buffer[] {
  if (frame.length < 2) return [];
  const packets: Buffer[] = [];
  let at = 2;
  for (let count = frame.readUInt16BE(0); count > 0; count--) {
    const end = at + 2 + frame.readUInt16BE(at);
    packets.push(Buffer.from(frame.subarray(at + 2, end)));
    at = end;
  }
  if (at !== frame.length) throw new RangeError(`${frame.length - at} bytes too many or too few`);
  return packets;
}
