import { Random } from '../../src/feed/sim/random.ts';
import type { ChainRequest, ModeName } from '../../src/wire/messages.ts';
import type { Policy } from './held-subscriptions.ts';
import { CRASH_POINTS, type CrashPoint } from './ingest-host.ts';

/** One subscribe of a client, or one item of its resume. */
export interface PlannedItem {
  instruments?: (number | string)[];
  chain?: ChainRequest;
  mode: ModeName;
  greeks: boolean;
  policy?: Policy;
  window_ms?: (typeof WINDOWS)[number];
}

export interface ClientPlan {
  name: string;
  kind: 'library' | 'wire';
  isBinary: boolean;
  items: PlannedItem[];
  /** Reports its position once a second. */
  acks: boolean;
  /** Goes on where it stopped after a loss; else it subscribes anew. */
  resumes: boolean;
}

/** What happens to a run; `client` is an index into its clients. */
export type Fault =
  /** A client's connection breaks; half open: the service notices later. */
  | { kind: 'drop'; client: number; halfOpen: boolean }
  /** A client stops: it neither reads nor does anything else. */
  | { kind: 'freeze'; client: number; forMs: number }
  /** A client reads so many bytes a millisecond. */
  | { kind: 'slow'; client: number; forMs: number; bytesPerMs: number }
  /** A client's connection breaks again and again. */
  | { kind: 'flap'; client: number; times: number; everyMs: number }
  /** A client sends what is no message. */
  | { kind: 'garbage'; client: number; texts: string[] }
  /** A client asks for more, again or otherwise, or ends what it has. */
  | { kind: 'change'; client: number; add: PlannedItem | undefined; remove: number | undefined }
  /** The process ends at once; another one is started. */
  | { kind: 'kill'; downMs: number }
  | { kind: 'publish-restart'; orderly: boolean }
  | { kind: 'publish-freeze'; forMs: number }
  | { kind: 'ingest-restart'; point: CrashPoint; ticks: number }
  | { kind: 'ingest-freeze'; forMs: number }
  | { kind: 'greeks-restart'; worker: number }
  | { kind: 'greeks-freeze'; worker: number; forMs: number }
  /** More ticks than the ring has slots while publish cannot read. */
  | { kind: 'ring-overrun'; ticks: number }
  /** The wall clock is stepped. */
  | { kind: 'clock-jump'; byMs: number }
  /** The connection to the broker breaks. */
  | { kind: 'broker-drop' }
  /** The broker sends what is no frame, or only in part. */
  | { kind: 'broker-garbage'; hex: string }
  /** The market moves: windows of chains follow. */
  | { kind: 'market-move'; percent: number };

export type FaultKind = Fault['kind'];

export interface TimedFault {
  atMs: number;
  fault: Fault;
}

export interface RunPlan {
  seed: number;
  listed: number;
  ticksPerSecond: number;
  ringSlots: number;
  /** Ring position before the first tick. */
  start: number;
  clientBufferBytes: number;
  /** Adaptive window, ms: as with few clients, or with many. */
  windowMs: number;
  /** The market bursts into the middle of what publish is doing, now and then. */
  bursts: boolean;
  clients: ClientPlan[];
  faults: TimedFault[];
}

/** What the service of this version knows of the protocol. */
export interface Abilities {
  policies: boolean;
  windows: boolean;
  acks: boolean;
}

/** Faults happen from one to the other; then everything is well again. */
export const FAULTS_FROM_MS = 500;
export const FAULTS_TO_MS = 8_000;
const MODES: readonly ModeName[] = ['ltp', 'compact', 'quote', 'full'];
const POLICIES: readonly Policy[] = ['conflate', 'lossless', 'skip'];
const WINDOWS = [0, 1, 2, 5, 10, 'adaptive'] as const;
const STARTS = [0, 0, 0, 1000, 2 ** 31 - 700, 2 ** 32 - 700, 2 ** 40];
const GARBAGE = ['{"broken', '[]', '{"type":"dance"}', '\u0000\u0001', '{"id":-1,"type":"ping"}'];
/** Frames of the broker that are cut off, too long, of unknown packets, or announce too many. */
const BROKEN_FRAMES = [
  '0001',
  '00010008ffff',
  '0002000400000001000800000102000003e8',
  'ffff0008000fa40100000000',
  '0001000a00000000000000000000',
  '00000102030405',
];

/** Everything that a seed decides before a run begins. */
export function planRun(seed: number, abilities: Abilities, tokens: readonly number[]): RunPlan {
  const random = new Random(seed, 'faults');
  const pick = <Item>(items: readonly Item[]): Item => items[random.integer(0, items.length - 1)]!;
  const maker = new PlanMaker(random, abilities, tokens);
  const clients = Array.from({ length: random.integer(5, 9) }, (_unused, index) =>
    maker.client(index),
  );
  const faults = Array.from({ length: random.integer(3, 9) }, () => ({
    atMs: random.integer(FAULTS_FROM_MS, FAULTS_TO_MS),
    fault: maker.fault(clients.length),
  })).sort((left, right) => left.atMs - right.atMs);
  return {
    seed,
    listed: 0,
    ticksPerSecond: pick([100, 200, 300, 600]),
    ringSlots: pick([256, 512, 1024, 2048]),
    start: pick(STARTS),
    clientBufferBytes: pick([60_000, 120_000, 300_000]),
    windowMs: pick([0, 0, 1, 10]),
    bursts: true,
    clients,
    faults,
  };
}

class PlanMaker {
  readonly #random: Random;
  readonly #abilities: Abilities;
  readonly #tokens: readonly number[];

  constructor(random: Random, abilities: Abilities, tokens: readonly number[]) {
    this.#random = random;
    this.#abilities = abilities;
    this.#tokens = tokens;
  }

  client(index: number): ClientPlan {
    const isLibrary = this.#chance(0.35);
    const count = this.#random.integer(1, 4);
    return {
      name: `client ${index + 1}`,
      kind: isLibrary ? 'library' : 'wire',
      isBinary: this.#chance(0.7),
      items: Array.from({ length: count }, () => this.#item()),
      acks: !isLibrary && this.#abilities.acks && this.#chance(0.6),
      resumes: this.#chance(0.8),
    };
  }

  fault(clients: number): Fault {
    const client = this.#random.integer(0, clients - 1);
    const forMs = this.#random.integer(50, 3_000);
    return this.#pick<() => Fault>([
      () => ({ kind: 'drop', client, halfOpen: this.#chance(0.3) }),
      () => ({ kind: 'freeze', client, forMs }),
      () => ({ kind: 'slow', client, forMs, bytesPerMs: this.#random.integer(1, 60) }),
      () => {
        const times = this.#random.integer(2, 6);
        return { kind: 'flap', client, times, everyMs: this.#random.integer(5, 700) };
      },
      () => {
        const length = this.#random.integer(1, 30);
        const texts = Array.from({ length }, () => this.#pick(GARBAGE));
        return { kind: 'garbage', client, texts };
      },
      () => this.#change(client),
      () => this.#change(client),
      () => ({ kind: 'kill', downMs: this.#random.integer(20, 800) }),
      () => ({ kind: 'publish-restart', orderly: this.#chance(0.5) }),
      () => ({ kind: 'publish-freeze', forMs: this.#random.integer(5, 1_500) }),
      () => {
        const point = this.#pick(CRASH_POINTS);
        return { kind: 'ingest-restart', point, ticks: this.#random.integer(0, 12) };
      },
      () => ({ kind: 'ingest-freeze', forMs: this.#random.integer(5, 1_500) }),
      () => ({ kind: 'greeks-restart', worker: this.#random.integer(0, 1) }),
      () => {
        return { kind: 'greeks-freeze', worker: this.#random.integer(0, 1), forMs };
      },
      () => ({ kind: 'ring-overrun', ticks: this.#random.integer(50, 4_000) }),
      () => ({ kind: 'clock-jump', byMs: this.#random.integer(-3_600_000, 3_600_000) }),
      () => ({ kind: 'broker-drop' }),
      () => ({ kind: 'broker-garbage', hex: this.#pick(BROKEN_FRAMES) }),
      () => ({ kind: 'market-move', percent: this.#random.integer(-6, 6) / 2 }),
    ])();
  }

  #change(client: number): Fault {
    const isRemoval = this.#chance(0.4);
    return {
      kind: 'change',
      client,
      add: isRemoval ? undefined : this.#item(),
      remove: isRemoval ? this.#random.integer(0, 3) : undefined,
    };
  }

  #item(): PlannedItem {
    const { policies, windows } = this.#abilities;
    const mode = this.#pick(MODES);
    const item: PlannedItem = { mode, greeks: this.#chance(0.5) };
    if (policies) item.policy = this.#pick(POLICIES);
    if (windows) item.window_ms = this.#pick(WINDOWS);
    if (this.#chance(0.3)) {
      const underlying = this.#pick(['NIFTY', 'BANKNIFTY']);
      item.chain = { underlying, strikes: this.#strikes() };
    } else {
      const count = this.#random.integer(1, 12);
      item.instruments = Array.from({ length: count }, () => this.#pick(this.#tokens));
    }
    return item;
  }

  #strikes(): ChainRequest['strikes'] {
    const choice = this.#random.uniform();
    if (choice < 0.2) return 'all';
    if (choice < 0.4) return { delta: [this.#random.integer(1, 4) / 10, 0.9] };
    return this.#random.integer(0, 3);
  }

  #chance(share: number): boolean {
    return this.#random.uniform() < share;
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.integer(0, items.length - 1)]!;
  }
}
