/**
 * A server that sends events with socket.io: clients with the same instruments are in one room, for
 * which socket.io encodes an event once; others get events of their own. WebSocket transport only.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import type { TickObject } from '../../src/wire/messages.ts';
import { ClientGroups } from './client-groups.ts';
import { RivalFeed, type RivalServer } from './rival-feed.ts';

class SocketIoServer implements RivalServer {
  readonly #groups = new ClientGroups<Socket, TickObject>();
  readonly #http = createServer();
  readonly #io = new Server(this.#http, { transports: ['websocket'], serveClient: false });

  async listen(): Promise<number> {
    this.#io.on('connection', (socket) => {
      socket.on('subscribe', (tokens: number[], answer: () => void) => {
        void socket.join(this.#groups.add(socket, tokens));
        answer();
      });
      socket.on('disconnect', () => this.#groups.remove(socket));
    });
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return (this.#http.address() as AddressInfo).port;
  }

  take(token: number, tick: TickObject): void {
    this.#groups.put(token, () => tick);
  }

  flush(): void {
    this.#groups.flush(({ name, clients, items }) => {
      const batch = { count: items.length, ticks: items };
      const [first] = clients;
      if (clients.size === 1) first?.emit('ticks', batch);
      else if (clients.size > 1) this.#io.to(name).emit('ticks', batch);
    });
  }
}

new RivalFeed(new SocketIoServer());
