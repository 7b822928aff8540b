import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ClientLog, LogEntry } from '../faults/client-log.ts';
import { GreeksWitness } from '../faults/greeks-witness.ts';
import { LogChecker } from '../faults/log-checker.ts';

interface Answer {
  id?: number;
  type: string;
  epoch?: string;
  recovered?: boolean;
}

/**
 * A client of the real service that keeps everything it says and hears, over all its connections,
 * and gives it to the checker of the fault runs as it comes: whatever breaks the contract rejects
 * what the test waits for.
 */
export class LoggedClient {
  readonly log: ClientLog = [];
  readonly checker: LogChecker;
  readonly #url: string;
  readonly #protocols: string[];
  #socket: WebSocket | undefined;
  #id = 0;
  #failure: unknown;
  #wake: (() => void)[] = [];
  #answers = new Map<number, Answer>();
  /** Close code of the newest connection; undefined while it is open. */
  closeCode: number | undefined;
  epoch = '';

  constructor(
    url: string,
    key: string,
    options: { binary?: boolean; closeCodes?: readonly number[] } = {},
  ) {
    this.#url = url;
    const format = options.binary === false ? 'ticker.v1.json' : 'ticker.v1.fbs';
    this.#protocols = [format, `bearer.${key}`];
    this.checker = new LogChecker({
      ledgerOf: () => undefined,
      greeks: new GreeksWitness(),
      closeCodes: new Set(options.closeCodes ?? [1000]),
      errorCodes: new Set(),
    });
  }

  /** Connects, again and again until somebody answers, and waits for hello. */
  async connect(): Promise<void> {
    for (;;) {
      this.#take({ kind: 'open', atMs: 0 });
      const socket = new WebSocket(this.#url, this.#protocols, { perMessageDeflate: false });
      this.#socket = socket;
      this.closeCode = undefined;
      this.epoch = '';
      socket.on('error', () => undefined);
      socket.on('message', (data: Buffer, isBinary) => this.#onMessage(data, isBinary));
      socket.on('close', (code, reason) => {
        this.closeCode = code;
        this.#take({ kind: 'closed', atMs: 0, code, reason: reason.toString('utf8') });
      });
      await this.until(() => this.epoch !== '' || this.closeCode !== undefined);
      if (this.epoch !== '') return;
    }
  }

  /** Resolves once `condition` holds, looked at after every message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#failure !== undefined) throw this.#failure as Error;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Sends a message with a fresh id and waits for its answer. */
  async ask(message: Record<string, unknown>): Promise<Answer> {
    const id = ++this.#id;
    const text = JSON.stringify({ id, ...message });
    this.#take({ kind: 'sent', atMs: 0, text });
    this.#socket?.send(text);
    await this.until(() => this.#answers.has(id) || this.closeCode !== undefined);
    const answer = this.#answers.get(id);
    if (answer === undefined) throw new Error(`closed with ${this.closeCode} before the answer`);
    return answer;
  }

  /** Resolves when `count` more ticks have come. */
  ticks(count: number): Promise<void> {
    const wanted = this.checker.counts.ticks + count;
    return this.until(() => this.checker.counts.ticks >= wanted);
  }

  /** Stops reading from the connection. */
  freeze(): void {
    this.#socket?.pause();
  }

  thaw(): void {
    this.#socket?.resume();
  }

  /** The connection breaks. */
  async cut(): Promise<void> {
    this.#socket?.terminate();
    await this.until(() => this.closeCode !== undefined);
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    const closed = once(socket, 'close');
    socket.close(1000);
    await closed;
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      const bytes = Uint8Array.from(data);
      this.#take({ kind: 'frame', atMs: 0, bytes, state: undefined });
      return;
    }
    const text = data.toString('utf8');
    const message = JSON.parse(text) as Answer;
    if (message.id !== undefined) this.#answers.set(message.id, message);
    if (message.type === 'hello') this.epoch = message.epoch ?? '';
    this.#take({ kind: 'text', atMs: 0, text, state: undefined });
  }

  #take(entry: LogEntry): void {
    this.log.push(entry);
    try {
      this.checker.take(entry);
    } catch (error) {
      this.#failure ??= error;
    }
    for (const wake of this.#wake.splice(0)) wake();
  }
}
