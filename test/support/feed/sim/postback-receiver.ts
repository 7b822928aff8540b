import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from '../../at-end.ts';

/** An app's address for postbacks: keeps what is posted to it. */
export class PostbackReceiver {
  readonly received: Record<string, unknown>[] = [];
  /** Status of the next answers, one each; 200 after that. */
  readonly statuses: number[] = [];
  url = '';
  #wake: () => void = () => undefined;

  static async start(t: TestContext): Promise<PostbackReceiver> {
    const receiver = new PostbackReceiver();
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        receiver.received.push(JSON.parse(text) as Record<string, unknown>);
        response.statusCode = receiver.statuses.shift() ?? 200;
        response.end();
        receiver.#wake();
      });
    });
    atEnd(t, () => {
      server.closeAllConnections();
      server.close();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/postback`;
    return receiver;
  }

  /** Resolves once so many have come. */
  async until(count: number): Promise<void> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
