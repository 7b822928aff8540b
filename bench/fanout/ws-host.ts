/**
 * A server that sends JSON with `ws`, as well as one would write it by hand: each tick is put into
 * text once, clients with the same instruments share one message, and others get the texts joined.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TickObject } from '../../src/wire/messages.ts';
import { ClientGroups } from './client-groups.ts';
import { BATCH_START } from './rival-client.ts';
import { RivalFeed, type RivalServer } from './rival-feed.ts';

class WsServer implements RivalServer {
  readonly #groups = new ClientGroups<WebSocket, string>();

  async listen(): Promise<number> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => {
        this.#groups.add(socket, JSON.parse(data.toString('utf8')) as number[]);
        socket.send('{"subscribed":true}');
      });
      socket.on('close', () => this.#groups.remove(socket));
      socket.on('error', () => socket.terminate());
    });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  take(token: number, tick: TickObject): void {
    this.#groups.put(token, () => JSON.stringify(tick));
  }

  flush(): void {
    this.#groups.flush(({ clients, items }) => {
      const text = `${BATCH_START}${items.length},"ticks":[${items.join(',')}]}`;
      const message = Buffer.from(text);
      for (const client of clients) client.send(message, { binary: false });
    });
  }
}

new RivalFeed(new WsServer());
