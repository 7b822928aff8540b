import {
  type Admission,
  DEFAULT_KEY_LIMITS,
  type KeyLimits,
  type Principal,
  type Scope,
} from '../../src/domain/access.ts';
import type { ChainKey, SubscribableInstrument } from '../../src/domain/ports.ts';
import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { BY_NAME, ClientConnection, Subscription } from '../../src/fanout/connection.ts';
import { Delivery } from '../../src/fanout/delivery.ts';
import { chainName } from '../../src/domain/ports.ts';
import { ClientSession, type SessionPorts } from '../../src/fanout/session.ts';
import { SubscriptionIndex } from '../../src/fanout/subscription-index.ts';
import type { DeliveryOptions } from '../../src/fanout/client-message.ts';
import { createPrivateTicks } from '../../src/shm/block.ts';
import { createLastValueTable, LastValueTable } from '../../src/shm/last-value-table.ts';
import { finishGreeks, isGreeksDone } from '../../src/shm/greeks-section.ts';
import { createInstrumentTable, InstrumentTable } from '../../src/shm/instrument-table.ts';
import {
  TICK_GREEKS_STATE_I32,
  TICK_INSTRUMENT_SEQUENCE_U32,
  TICK_SLOT_BYTES,
} from '../../src/shm/layout/tick-slot.ts';
import { createRing, Ring } from '../../src/shm/ring.ts';
import type { SessionStateMessage } from '../../src/wire/messages.ts';
import { ManualClock } from './client/manual-clock.ts';
import { FakeDirectory, testInstrument } from './fanout-directory.ts';
import { FakeClientSocket } from './fanout-socket.ts';
import { type RawTick, UNDEFINED_GREEKS, writeTick } from './wire/sample-tick.ts';

const ROWS = 3200;
/** Small, so that tests can have it overrun. */
export const RING_SLOTS = 4096;
/** Silence after which a connection without a subscription is closed. */
export const IDLE_MS = 300_000;
export const KEY = 'a-valid-key';
const WORD = 2 ** 32;

/**
 * The Greeks section that ingest puts into the last-value table with an instrument's first tick.
 */
const NOT_YET = createPrivateTicks(1, TICK_SLOT_BYTES);
writeTick(NOT_YET, 0, {
  status: GREEKS_STATUS.GREEKS_LATE,
  greeksSequenceLow: 0,
  greeksSequenceHigh: 0,
  ...UNDEFINED_GREEKS,
});

/** A client connection with the session behind it. */
export interface TestClient {
  socket: FakeClientSocket;
  session: ClientSession;
}

export interface FanoutRigOptions {
  subscriptionsMax?: number;
  clientBufferBytes?: number;
  scopes?: readonly Scope[];
  /** Of the key. */
  limits?: KeyLimits;
  messagesPerSecond?: number;
  /** Position before the first tick. */
  start?: number;
  /** Of the ring. */
  slots?: number;
  /** What a wrong key is answered. */
  refusal?: Exclude<Admission, { principal: Principal }>;
}

/**
 * The fan-out on a last-value table of its own, with clients in memory and a clock that stands
 * still.
 */
export class FanoutRig {
  readonly clock = new ManualClock();
  readonly lastValues = new LastValueTable(createLastValueTable(ROWS));
  readonly directory = new FakeDirectory();
  /** Newest demand of each row that has been told. */
  readonly demand = new Map<number, number>();
  readonly index = new SubscriptionIndex({
    setDemand: (row, mode) => {
      this.demand.set(row, mode);
    },
  });
  readonly delivery: Delivery;
  /** Keys that were presented, and from where. */
  readonly admissions: { token: string; address: string }[] = [];
  /** Connections of the key. */
  entered = 0;
  /** Followers of each chain. */
  readonly followers = new Map<string, number>();
  readonly errors: unknown[] = [];
  /** What a client is told of the exchanges. */
  sessionStates: SessionStateMessage[] = [];
  readonly ports: SessionPorts;
  readonly ring: Ring;
  readonly table = new InstrumentTable(createInstrumentTable(ROWS, 1));
  readonly #rows = new Int32Array(RING_SLOTS);
  readonly #sequences = new Uint32Array(RING_SLOTS);
  readonly #done = new Uint8Array(RING_SLOTS);
  #sessions = 0;

  constructor(options: FanoutRigOptions = {}) {
    const { subscriptionsMax = 3000, clientBufferBytes = 100_000 } = options;
    const epoch = { epochLow: 0x89abcdef, epochHigh: 0x01234567 };
    const { start = 1000, slots = RING_SLOTS } = options;
    this.ring = new Ring(createRing({ slots, workers: 1, ...epoch, start }));
    const { clock, index, lastValues, directory, ring, table } = this;
    this.delivery = new Delivery({ ring, table, lastValues, index, clock, clientBufferBytes });
    this.ports = {
      clock,
      gate: {
        admit: (token, address) => {
          this.admissions.push({ token, address });
          return token === KEY
            ? { principal: principal(options.scopes, options.limits) }
            : (options.refusal ?? { refused: 'UNAUTHENTICATED' });
        },
        takeRequest: () => {
          throw new Error('no HTTP here');
        },
        enter: ({ limits }) => {
          if (this.entered >= limits.connections) return false;
          this.entered += 1;
          return true;
        },
        leave: () => {
          this.entered -= 1;
        },
      },
      directory,
      index,
      delivery: this.delivery,
      chains: {
        follow: (key) => this.#follow(key, 1),
        unfollow: (key) => this.#follow(key, -1),
      },
      replaySeconds: () => this.delivery.slowReaders.replaySeconds(),
      sessionStates: () => this.sessionStates,
      sessionId: () => `session-${++this.#sessions}`,
      limits: {
        subscriptions: subscriptionsMax,
        messageBytes: 100_000,
        bufferBytes: clientBufferBytes,
        messagesPerSecond: options.messagesPerSecond ?? 1000,
        idleMs: IDLE_MS,
      },
      counts: { received: 0, refused: 0 },
      onError: (error) => this.errors.push(error),
    };
  }

  /** Lists an instrument in the next row; see `testInstrument`. */
  list(symbol: string): SubscribableInstrument {
    const instrument = testInstrument(this.directory.instruments.length, symbol);
    this.directory.instruments.push(instrument);
    const { token, strike, type } = instrument;
    const optionType = type === 'CE' ? 1 : type === 'PE' ? -1 : 0;
    this.table.add({ token, optionType, chain: -1, strike: strike ?? 0 });
    return instrument;
  }

  /** A client that has presented a key with its upgrade, unless told otherwise. */
  connect(options: { binary?: boolean; principal?: Principal | undefined } = {}): TestClient {
    const socket = new FakeClientSocket();
    const session = new ClientSession(this.ports, socket, {
      binary: options.binary ?? false,
      principal: 'principal' in options ? options.principal : principal(),
    });
    return { socket, session };
  }

  /** A connection without a session that is subscribed to `instrument`. */
  subscribe(
    instrument: SubscribableInstrument,
    options: DeliveryOptions,
    connection: ClientConnection = this.connection(true).connection,
  ): { connection: ClientConnection; socket: FakeClientSocket; subscription: Subscription } {
    const subscription = new Subscription(connection, instrument);
    subscription.addSource(BY_NAME, options);
    this.index.add(subscription);
    const { socket } = connection;
    if (!(socket instanceof FakeClientSocket)) throw new TypeError('not a connection of this rig');
    return { connection, socket, subscription };
  }

  connection(binary: boolean): { connection: ClientConnection; socket: FakeClientSocket } {
    const socket = new FakeClientSocket();
    const nowMs = this.clock.monotonicMs();
    const connection = new ClientConnection(socket, binary, this.position, nowMs);
    connection.ready = true;
    return { connection, socket };
  }

  /**
   * Ingest and its Greeks worker: one more tick in the ring and in the last-value table; clients
   * get it with the next `deliver`. `greeks` false: the worker has not come to the last value yet.
   */
  ingest(instrument: SubscribableInstrument, changes: RawTick = {}, greeks = true): void {
    const { row, token, type } = instrument;
    const { ring } = this;
    const position = this.newest + 1;
    const bytes = ring.slotBytes(position);
    ring.declareIntent(position);
    const isOption = type === 'CE' || type === 'PE';
    const sequence = { sequenceLow: position % WORD, sequenceHigh: Math.floor(position / WORD) };
    writeTick(ring.ticks, bytes, {
      instrumentToken: token,
      instrumentSequence: this.lastValues.nextInstrumentSequence(row),
      ...sequence,
      greeksSequenceLow: sequence.sequenceLow,
      greeksSequenceHigh: sequence.sequenceHigh,
      ...(isOption ? {} : { status: GREEKS_STATUS.NOT_AN_OPTION, ...UNDEFINED_GREEKS }),
      ...changes,
    });
    finishGreeks(ring.ticks.i32, (bytes >> 2) + TICK_GREEKS_STATE_I32, position);
    this.lastValues.writeQuote(row, ring.ticks, bytes);
    if (greeks) this.lastValues.writeGreeks(row, ring.ticks, bytes);
    else if (!this.lastValues.hasGreeks(row)) this.lastValues.writeGreeks(row, NOT_YET, 0);
    ring.publish(position);
  }

  /** Newest ring position that has been delivered. */
  get position(): number {
    return this.delivery.position;
  }

  /** Newest ring position. */
  get newest(): number {
    return this.ring.newest();
  }

  /**
   * Publish: passes on what has been ingested, the first `count` of it if told so, and serves those
   * who catch up.
   */
  deliver(count: number = this.newest - this.position): void {
    this.pass(count);
    while (this.delivery.slowReaders.doWork()) this.delivery.flushDue();
  }

  /** Passes on the next `count` ticks; who catches up is not served. */
  pass(count: number): void {
    const { position, ring } = this;
    for (let i = 0; i < count; i++) {
      const words = ring.slotBytes(position + 1 + i) >> 2;
      this.#rows[i] = this.table.find(ring.ticks.u32[words]!);
      this.#sequences[i] = ring.ticks.u32[words + TICK_INSTRUMENT_SEQUENCE_U32]!;
      const state = words + TICK_GREEKS_STATE_I32;
      this.#done[i] = Number(isGreeksDone(ring.ticks.i32, state, position + 1 + i));
    }
    this.delivery.deliver(position, count, this.#rows, this.#sequences, this.#done);
  }

  #follow(key: ChainKey, change: number): void {
    const source = chainName(key);
    this.followers.set(source, (this.followers.get(source) ?? 0) + change);
  }
}

export function principal(
  scopes: readonly Scope[] = ['ticks:read'],
  limits: KeyLimits = DEFAULT_KEY_LIMITS,
): Principal {
  return {
    keyId: 'test',
    scopes: new Set(scopes),
    accounts: 'all',
    limits,
  };
}

/** Lets everything that is due in promises happen. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
