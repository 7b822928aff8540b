import {
  type Admission,
  DEFAULT_KEY_LIMITS,
  type KeyLimits,
  type Principal,
  type Scope,
} from '../../src/domain/access.ts';
import type { ChainKey, SubscribableInstrument } from '../../src/domain/ports.ts';
import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { ClientConnection, BY_NAME, Subscription } from '../../src/fanout/connection.ts';
import { Delivery } from '../../src/fanout/delivery.ts';
import { chainName } from '../../src/domain/ports.ts';
import { ClientSession, type SessionPorts } from '../../src/fanout/session.ts';
import { SubscriptionIndex } from '../../src/fanout/subscription-index.ts';
import type { DeliveryOptions } from '../../src/fanout/client-message.ts';
import { createPrivateTicks } from '../../src/shm/block.ts';
import { createLastValueTable, LastValueTable } from '../../src/shm/last-value-table.ts';
import { TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import { ManualClock } from './client/manual-clock.ts';
import { FakeDirectory, testInstrument } from './fanout-directory.ts';
import { FakeClientSocket } from './fanout-socket.ts';
import { type RawTick, UNDEFINED_GREEKS, writeTick } from './wire/sample-tick.ts';

const ROWS = 3200;
const BATCH_SLOTS = 2048;
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
  readonly ports: SessionPorts;
  /** Newest ring position that has been delivered. */
  position = 1000;
  /** Newest ring position. */
  newest = 1000;
  readonly #batch = createPrivateTicks(BATCH_SLOTS, TICK_SLOT_BYTES);
  readonly #rows = new Int32Array(BATCH_SLOTS);
  #waiting = 0;
  #sessions = 0;

  constructor(options: FanoutRigOptions = {}) {
    const { subscriptionsMax = 3000, clientBufferBytes = 100_000 } = options;
    const { clock, index, lastValues, directory } = this;
    this.delivery = new Delivery({
      epochLow: 0x89abcdef,
      epochHigh: 0x01234567,
      index,
      lastValues,
      clock,
      clientBufferBytes,
    });
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
      position: () => this.position,
      sessionId: () => `session-${++this.#sessions}`,
      limits: {
        subscriptions: subscriptionsMax,
        messageBytes: 100_000,
        bufferBytes: clientBufferBytes,
      },
      counts: { received: 0, refused: 0 },
      onError: (error) => this.errors.push(error),
    };
  }

  /** Lists an instrument in the next row; see `testInstrument`. */
  list(symbol: string): SubscribableInstrument {
    const instrument = testInstrument(this.directory.instruments.length, symbol);
    this.directory.instruments.push(instrument);
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
    const slot = this.#waiting++;
    const bytes = slot * TICK_SLOT_BYTES;
    const position = ++this.newest;
    const isOption = type === 'CE' || type === 'PE';
    const sequence = { sequenceLow: position % WORD, sequenceHigh: Math.floor(position / WORD) };
    writeTick(this.#batch, bytes, {
      instrumentToken: token,
      instrumentSequence: this.lastValues.nextInstrumentSequence(row),
      ...sequence,
      greeksSequenceLow: sequence.sequenceLow,
      greeksSequenceHigh: sequence.sequenceHigh,
      ...(isOption ? {} : { status: GREEKS_STATUS.NOT_AN_OPTION, ...UNDEFINED_GREEKS }),
      ...changes,
    });
    this.#rows[slot] = row;
    this.lastValues.writeQuote(row, this.#batch, bytes);
    if (greeks) this.lastValues.writeGreeks(row, this.#batch, bytes);
    else if (!this.lastValues.hasGreeks(row)) this.lastValues.writeGreeks(row, NOT_YET, 0);
  }

  /** Publish: gives what has been ingested to the delivery, the first `count` of it if told so. */
  deliver(count: number = this.#waiting): void {
    this.position += count;
    this.delivery.deliver(this.#batch, this.#rows, count, this.position);
    this.#batch.u8.copyWithin(0, count * TICK_SLOT_BYTES, this.#waiting * TICK_SLOT_BYTES);
    this.#rows.copyWithin(0, count, this.#waiting);
    this.#waiting -= count;
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
