import type { TickObject } from '../../src/wire/messages.ts';
import { type ClientPorts, DrainClient } from './drain-client.ts';
import type { ClientPlan, SampleReport } from './receiver-messages.ts';

/** What a message of a rival begins with, before the number of its ticks. */
export const BATCH_START = '{"count":';

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const SHOWN_CHARACTERS_MAX = 100;

/** What servers of both rivals send. */
export interface Batch {
  count: number;
  ticks: TickObject[];
}

/**
 * A client of a rival. A batch says first how many ticks it has, so that it can be counted without
 * being parsed; a sample parses everything and checks the sequences.
 */
abstract class RivalClient extends DrainClient {
  readonly #last: Map<number, number> | undefined;
  #unexplained = 0;
  #repeated = 0;

  constructor(plan: ClientPlan, ports: ClientPorts, path: string) {
    super(plan, ports, { path, headers: [] });
    if (plan.isSample) this.#last = new Map();
  }

  override begin(): void {
    super.begin();
    this.#unexplained = 0;
    this.#repeated = 0;
  }

  override sample(): Omit<SampleReport, 'client'> | undefined {
    if (this.#last === undefined) return undefined;
    return { ticks: undefined, unexplained: this.#unexplained, repeated: this.#repeated };
  }

  /** A batch lies from `start` to `end`. */
  protected onBatch(bytes: Buffer, start: number, end: number): void {
    const { count } = this;
    let ticks = 0;
    for (let at = start + BATCH_START.length; at < end; at++) {
      const digit = bytes[at]!;
      if (digit < DIGIT_0 || digit > DIGIT_9) break;
      ticks = ticks * 10 + digit - DIGIT_0;
    }
    count.frames++;
    count.ticks += ticks;
    if (ticks === 0) count.malformed++;
    count.lastTickUs = this.ports.clock.nowUs();
    if (this.#last !== undefined) this.#check(bytes.toString('utf8', start, end), ticks);
  }

  protected get topics(): string {
    return JSON.stringify(this.plan.tokens);
  }

  #check(text: string, ticks: number): void {
    const batch = JSON.parse(text) as Batch;
    if (batch.ticks.length !== ticks) this.count.malformed++;
    const nowUs = this.ports.clock.nowUs();
    for (const tick of batch.ticks) {
      const token = tick.instrument_token;
      const last = this.#last?.get(token) ?? 0;
      const step = tick.instrument_sequence - last;
      if (last > 0 && step > 1) this.#unexplained += step - 1;
      if (last > 0 && step < 1) this.#repeated++;
      this.#last?.set(token, tick.instrument_sequence);
      this.ports.fromReceive.record(nowUs - tick.receive_time);
    }
  }
}

/** A client of the server that uses `ws`. */
export class WsClient extends RivalClient {
  constructor(plan: ClientPlan, ports: ClientPorts) {
    super(plan, ports, '/');
  }

  protected override onOpen(): void {
    this.socket.send(this.topics);
  }

  protected override onText(bytes: Buffer, start: number, length: number): void {
    // A batch has "count" first, the answer to the subscription "subscribed".
    if (bytes[start + 2] === BATCH_START.charCodeAt(2)) {
      this.onBatch(bytes, start, start + length);
    } else {
      this.resolve();
    }
  }
}

const EVENT_START = '42["ticks",';

/** A client of the server that uses socket.io: protocol 5 on Engine.IO 4, WebSocket only. */
export class SocketIoClient extends RivalClient {
  constructor(plan: ClientPlan, ports: ClientPorts) {
    super(plan, ports, '/socket.io/?EIO=4&transport=websocket');
  }

  protected override onOpen(): void {
    // The server speaks first.
  }

  protected override onText(bytes: Buffer, start: number, length: number): void {
    if (bytes[start + 4] === EVENT_START.charCodeAt(4) && bytes[start + 1] === DIGIT_0 + 2) {
      this.onBatch(bytes, start + EVENT_START.length, start + length - 1);
      return;
    }
    const text = bytes.toString('utf8', start, start + length);
    // Engine.IO: 0 open, 2 ping, 3 pong, 4 message; then Socket.IO: 0 connect, 2 event, 3 answer.
    if (text.startsWith('0')) this.socket.send('40');
    else if (text === '2') this.socket.send('3');
    else if (text.startsWith('40')) this.socket.send(`420["subscribe",${this.topics}]`);
    else if (text.startsWith('430')) this.resolve();
    else this.fail(`was sent ${text.slice(0, SHOWN_CHARACTERS_MAX)}`);
  }
}
