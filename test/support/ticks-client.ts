import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { ServerMessage, TickObject } from '../../src/wire/messages.ts';

/** A bare JSON client of `/ws/ticks`: what the wire says, nothing added. */
export class TicksClient {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  #nextId = 1;
  #waiters: { matches(message: ServerMessage): boolean; resolve(message: ServerMessage): void }[] =
    [];

  constructor(t: TestContext, url: string, protocols: string[]) {
    this.socket = new WebSocket(url, protocols);
    this.closed = new Promise((resolve) => this.socket.once('close', (code) => resolve(code)));
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) return;
      const message = JSON.parse(data.toString('utf8')) as ServerMessage;
      this.messages.push(message);
      this.#waiters = this.#waiters.filter((waiter) => {
        if (!waiter.matches(message)) return true;
        waiter.resolve(message);
        return false;
      });
    });
    t.after(() => this.socket.terminate());
  }

  /** Connects with a key and waits for hello. */
  static async connect(t: TestContext, url: string, key: string): Promise<TicksClient> {
    const client = new TicksClient(t, url, ['ticker.v1.json', `bearer.${key}`]);
    const hello = client.next((message) => message.type === 'hello');
    await once(client.socket, 'open');
    await hello;
    return client;
  }

  /** The next message (from now on) that `matches`; rejects when the connection closes first. */
  next(matches: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ matches, resolve });
      void this.closed.then((code) => reject(new Error(`closed with ${code} while waiting`)));
    });
  }

  /** Sends a message with a fresh id and waits for its answer. */
  request(message: Record<string, unknown>): Promise<ServerMessage> {
    const id = this.#nextId++;
    const answer = this.next((candidate) => 'id' in candidate && candidate.id === id);
    this.socket.send(JSON.stringify({ id, ...message }));
    return answer;
  }

  /** The next tick that `matches`. */
  async nextTick(matches: (tick: TickObject) => boolean): Promise<TickObject> {
    let found: TickObject | undefined;
    await this.next((message) => {
      if (message.type !== 'ticks') return false;
      found ??= message.ticks.find(matches);
      return found !== undefined;
    });
    if (found === undefined) throw new Error('unreachable: the message matched');
    return found;
  }
}
