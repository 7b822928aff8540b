import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

/** A way to a port that can be cut, as networks are. */
export interface CuttingProxy {
  port: number;
  /** Breaks every connection that there is; new ones may come. */
  cut(): void;
  /** Lets nothing more through that the server answers on the connections that there are. */
  mute(): void;
}

export async function startCuttingProxy(t: TestContext, port: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const farSides = new Set<Socket>();
  const add = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    // The other side hears of an end however it came.
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
    socket.pipe(other);
  };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    add(near, far);
    add(far, near);
    farSides.add(far);
    far.on('close', () => farSides.delete(far));
  });
  const cut = (): void => {
    // A reset that fails leaves its handle open, which must not keep the process.
    for (const socket of sockets) socket.unref().resetAndDestroy();
  };
  const mute = (): void => {
    for (const far of farSides) far.unpipe().pause();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, async () => {
    server.close();
    cut();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, cut, mute };
}
