import { TickerClient } from '../../src/client/client.ts';
import type { Random } from '../../src/feed/sim/random.ts';
import { SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON } from '../../src/wire/messages.ts';
import { readBinaryFrame } from './heard-ticks.ts';
import type { Reader } from './client-link.ts';
import type { ClientLog } from './client-log.ts';
import type { Network } from './network.ts';
import { KEY } from './publish-host.ts';
import type { ClientPlan, PlannedItem } from './run-plan.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { VirtualThread } from './virtual-thread.ts';

const ACK_MS = 1000;
const RECONNECT_MIN_MS = 20;
const RECONNECT_MAX_MS = 600;
const HELLO_TIMEOUT_MS = 4_000;

/** A client of a run, whatever it is made of. */
export interface RunClient {
  readonly plan: ClientPlan;
  readonly reader: Reader;
  start(): void;
  /** Asks for more, or again. */
  subscribe(item: PlannedItem): void;
  unsubscribe(item: PlannedItem): void;
  /** What a client of its kind finds wrong itself. */
  readonly complaints: string[];
}

function createReader(clock: VirtualClock, random: Random): Reader {
  const log: ClientLog = [];
  const thread = new VirtualThread(clock, random, (error) => {
    throw error;
  });
  return { thread, log, bytesPerMs: Infinity };
}

/** The TypeScript client of the package on a connection in memory. */
export class LibraryClient implements RunClient {
  readonly plan: ClientPlan;
  readonly reader: Reader;
  readonly complaints: string[] = [];
  readonly #client: TickerClient;

  constructor(plan: ClientPlan, clock: VirtualClock, random: Random, network: Network) {
    this.plan = plan;
    this.reader = createReader(clock, random);
    this.#client = new TickerClient({
      url: 'ws://service/ws/ticks',
      token: KEY,
      WebSocket: network.webSocketOf(this.reader),
      format: plan.isBinary ? 'binary' : 'json',
      clock: this.reader.thread.clock,
      random: () => random.uniform(),
      reconnect: { firstDelayMs: 200, maxDelayMs: 1000 },
    });
    this.#client.on('gap', (gap) => {
      if (gap.reason === 'UNEXPLAINED') this.complaints.push(JSON.stringify(gap));
    });
    // Somebody listens: the client makes the objects, and reads every value of every tick.
    this.#client.on('tick', () => undefined);
  }

  start(): void {
    this.#client.connect().catch((error: unknown) => this.complaints.push(String(error)));
    for (const item of this.plan.items) this.subscribe(item);
  }

  subscribe(item: PlannedItem): void {
    this.#client.subscribe(item).catch((error: unknown) => this.complaints.push(String(error)));
  }

  unsubscribe({ instruments, chain }: PlannedItem): void {
    this.#client
      .unsubscribe(chain === undefined ? { instruments: instruments ?? [] } : { chain })
      .catch((error: unknown) => this.complaints.push(String(error)));
  }
}

/** A client that speaks the protocol itself: policies, windows, acks, and resume after a loss. */
export class WireClient implements RunClient {
  readonly plan: ClientPlan;
  readonly reader: Reader;
  readonly complaints: string[] = [];
  readonly #network: Network;
  readonly #random: Random;
  #items: PlannedItem[] = [];
  #socket: ReturnType<Network['connect']> | undefined;
  #isOpen = false;
  #id = 0;
  #resumeId = 0;
  #epoch = '';
  #through = 0;
  /** What has been heard goes on only after a resume. */
  #canResume = false;

  constructor(plan: ClientPlan, clock: VirtualClock, random: Random, network: Network) {
    this.plan = plan;
    this.reader = createReader(clock, random);
    this.#network = network;
    this.#random = random;
    this.#items = [...plan.items];
  }

  start(): void {
    this.#connect();
    if (!this.plan.acks) return;
    this.reader.thread.clock.setInterval(() => {
      if (this.#isOpen && this.#canResume) this.#ask({ type: 'ack', sequence: this.#through });
    }, ACK_MS);
  }

  subscribe(item: PlannedItem): void {
    this.#items.push(item);
    if (this.#isOpen) this.#ask({ type: 'subscribe', ...item });
  }

  unsubscribe(item: PlannedItem): void {
    const { instruments, chain } = item;
    this.#items = this.#items.filter((held) => held !== item);
    if (!this.#isOpen) return;
    this.#ask(
      chain === undefined ? { type: 'unsubscribe', instruments } : { type: 'unsubscribe', chain },
    );
  }

  #connect(): void {
    const protocol = this.plan.isBinary ? SUBPROTOCOL_BINARY : SUBPROTOCOL_JSON;
    const socket = this.#network.connect(this.reader, [protocol, `bearer.${KEY}`]);
    this.#socket = socket;
    const { clock } = this.reader.thread;
    const timer = clock.setTimeout(() => {
      socket.terminate();
      socket.onclose?.({ code: 1006, reason: 'no hello' });
    }, HELLO_TIMEOUT_MS);
    let isOver = false;
    socket.onmessage = ({ data }) => {
      if (isOver) return;
      if (typeof data === 'string') this.#onText(data, () => timer.cancel());
      else this.#through = readBinaryFrame(data as Uint8Array).through;
    };
    socket.onclose = () => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      this.#isOpen = false;
      const delayMs = this.#random.integer(RECONNECT_MIN_MS, RECONNECT_MAX_MS);
      clock.setTimeout(() => this.#connect(), delayMs);
    };
  }

  #onText(text: string, opened: () => void): void {
    const message = JSON.parse(text) as Record<string, unknown>;
    if (message['type'] === 'hello') {
      opened();
      this.#isOpen = true;
      this.#onHello(message);
    } else if (message['type'] === 'error' && message['id'] === this.#resumeId) {
      this.#subscribeAll();
    } else if (message['type'] === 'resumed' && message['recovered'] === true) {
      this.#canResume = true;
    } else if (typeof message['through'] === 'number') {
      this.#through = message['through'];
    }
  }

  #onHello(hello: Record<string, unknown>): void {
    const { epoch, sequence } = hello as { epoch: string; sequence: number };
    if (this.#canResume && this.plan.resumes && this.#items.length > 0) {
      const subscriptions = this.#items;
      this.#resumeId = this.#ask({
        type: 'resume',
        epoch: this.#epoch,
        sequence: this.#through,
        subscriptions,
      });
    } else {
      this.#through = sequence;
      this.#subscribeAll();
    }
    // A position of another epoch is none of this one's.
    if (this.#epoch !== epoch) this.#through = sequence;
    this.#epoch = epoch;
  }

  #subscribeAll(): void {
    this.#canResume = true;
    for (const item of this.#items) this.#ask({ type: 'subscribe', ...item });
  }

  #ask(message: Record<string, unknown>): number {
    const id = ++this.#id;
    this.#socket?.send(JSON.stringify({ id, ...message }));
    return id;
  }
}
