import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { OldPayload } from '../../src/fanout/old/old-payload.ts';

/** A message of the old protocol as it comes; what is missing is undefined. */
export interface OldMessageFromServer {
  type: string;
  connection_id?: string;
  user?: { user_id: string; email: string | null; name: string | null };
  timestamp?: string;
  tokens?: number[];
  total?: number;
  message?: string;
  data?: OldPayload;
}

type Waiter = (message: OldMessageFromServer) => void;

/** A client as they were written for the Python service: nothing but an address with a token. */
export class OldTicksClient {
  readonly socket: WebSocket;
  readonly messages: OldMessageFromServer[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #waiters = new Set<Waiter>();

  constructor(t: TestContext, ticksUrl: string, token: string) {
    this.socket = new WebSocket(`${ticksUrl}?token=${encodeURIComponent(token)}`);
    this.closed = new Promise((resolve) =>
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as OldMessageFromServer;
      this.messages.push(message);
      for (const waiter of this.#waiters) waiter(message);
    });
    t.after(() => this.socket.terminate());
  }

  /** Connects; resolves with the client and its `connected`. */
  static async connect(
    t: TestContext,
    ticksUrl: string,
    token: string,
  ): Promise<{ client: OldTicksClient; connected: OldMessageFromServer }> {
    const client = new OldTicksClient(t, ticksUrl, token);
    return { client, connected: await client.next(({ type }) => type === 'connected') };
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The next message (from now on) that `matches`; rejects when the connection closes first. */
  next(matches: (message: OldMessageFromServer) => boolean): Promise<OldMessageFromServer> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = (message) => {
        if (!matches(message)) return;
        this.#waiters.delete(waiter);
        resolve(message);
      };
      this.#waiters.add(waiter);
      void this.closed.then(({ code, reason }) =>
        reject(new Error(`closed with ${code} ${reason} while waiting`)),
      );
    });
  }

  /** Says something and resolves with the next message of type `type`. */
  ask(message: object, type: string): Promise<OldMessageFromServer> {
    const answer = this.next((candidate) => candidate.type === type);
    this.say(message);
    return answer;
  }

  /** The next tick (from now on) that `matches`. */
  async nextTick(matches: (data: OldPayload) => boolean): Promise<OldPayload> {
    const { data } = await this.next((message) => {
      return message.type === 'tick' && message.data !== undefined && matches(message.data);
    });
    if (data === undefined) throw new Error('unreachable: the message matched');
    return data;
  }
}
