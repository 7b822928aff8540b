import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { decodeFrame, type BrokerPacket } from './broker-packet.ts';

/** A plain client of the broker's socket that keeps everything it receives. */
export class BrokerClient {
  readonly #socket: WebSocket;
  readonly binary: Buffer[] = [];
  readonly texts: string[] = [];
  /** Close code; 1006 without a closing handshake. */
  readonly closed: Promise<number>;
  #wake: () => void = () => undefined;
  #closedWith: number | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.binary.push(Buffer.from(data));
      else this.texts.push(data.toString('utf8'));
      this.#wake();
    });
    socket.on('error', () => {
      // The close that follows tells the test.
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        this.#closedWith = code;
        resolve(code);
        this.#wake();
      });
    });
  }

  /** Connects as the `number`th account, or with other credentials. */
  static async connect(
    wsUrl: string,
    number = 1,
    token = `sim-token-${number}`,
  ): Promise<BrokerClient> {
    const socket = new WebSocket(`${wsUrl}?api_key=sim-key-${number}&access_token=${token}`, {
      perMessageDeflate: false,
    });
    const client = new BrokerClient(socket);
    await once(socket, 'open');
    return client;
  }

  get isOpen(): boolean {
    return this.#closedWith === null;
  }

  get packets(): BrokerPacket[] {
    return this.binary.flatMap(decodeFrame);
  }

  get heartbeats(): number {
    return this.binary.filter((frame) => frame.length === 1).length;
  }

  say(action: string, value: unknown): void {
    this.#socket.send(JSON.stringify({ a: action, v: value }));
  }

  subscribeFull(tokens: readonly number[]): void {
    this.say('subscribe', tokens);
    this.say('mode', ['full', tokens]);
  }

  /** Sends a ping and resolves when it has been answered: everything before has been handled. */
  async roundTrip(): Promise<void> {
    const pong = once(this.#socket, 'pong');
    this.#socket.ping();
    await pong;
  }

  /** Resolves once `condition` holds, checked at every message; fails when the socket closes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#closedWith !== null) throw new Error(`closed with ${this.#closedWith}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Stops reading from the TCP connection. */
  stopReading(): void {
    this.#socket.pause();
  }

  readAgain(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.terminate();
  }
}

/** Status and headers with which an upgrade was answered; the connection is ended. */
export async function upgradeAnswer(url: string): Promise<IncomingMessage> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('error', () => {
    // The refusal itself is what was asked for.
  });
  try {
    return await new Promise<IncomingMessage>((resolve) => {
      socket.once('unexpected-response', (_request, response: IncomingMessage) => {
        response.resume();
        resolve(response);
      });
      socket.once('upgrade', resolve);
    });
  } finally {
    socket.terminate();
  }
}
