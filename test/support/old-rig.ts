import { DEFAULT_KEY_LIMITS, type KeyLimits, type Scope } from '../../src/domain/access.ts';
import { isOption, type NamedInstrument } from '../../src/domain/instrument.ts';
import type { SubscribableInstrument } from '../../src/domain/ports.ts';
import { GREEKS_STATUS } from '../../src/domain/status.ts';
import type { OldPayload } from '../../src/fanout/old/old-payload.ts';
import { type OldPorts, OldSession } from '../../src/fanout/old/old-session.ts';
import { OldTaker } from '../../src/fanout/old/old-taker.ts';
import { SubscriptionIndex } from '../../src/fanout/subscription-index.ts';
import { createPrivateTicks } from '../../src/shm/block.ts';
import { createLastValueTable, LastValueTable } from '../../src/shm/last-value-table.ts';
import { TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import { ManualClock } from './client/manual-clock.ts';
import { FakeDirectory, testInstrument } from './fanout-directory.ts';
import { principal } from './fanout-rig.ts';
import { FakeClientSocket } from './fanout-socket.ts';
import { type RawTick, UNDEFINED_GREEKS, writeTick } from './wire/sample-tick.ts';

const ROWS = 64;
const BATCH_SLOTS = 256;

/** Everything that the old protocol says, loosely. */
export interface OldServerMessage {
  type: string;
  tokens?: number[];
  total?: number;
  refused?: { token: number; code: string }[];
  message?: string;
  code?: string;
  data?: OldPayload;
  user?: unknown;
  connection_id?: string;
  timestamp?: string;
}

/** Knows what a named instrument is, too. */
class OldDirectory extends FakeDirectory {
  describeInstruments(tokens: number[]): Promise<(NamedInstrument | null)[]> {
    const all = tokens.map((token) => {
      const found = this.instruments.find((instrument) => instrument.token === token);
      return found === undefined ? null : named(found);
    });
    return Promise.resolve(all);
  }
}

function named(instrument: SubscribableInstrument): NamedInstrument {
  const { token, type, strike, expiry, lotSize, symbol } = instrument;
  const [exchange = '', tradingsymbol = ''] = symbol.split(':');
  const segment = isOption(type) ? 'NFO-OPT' : 'NSE';
  const name = isOption(type) ? 'NIFTY' : tradingsymbol;
  const rest = { exchange, tradingsymbol, name, segment, tickSize: 0.05, underlying: name };
  return { token, type, strike, expiry, lotSize, ...rest };
}

export interface OldClientRig {
  socket: FakeClientSocket;
  session: OldSession;
  /** What it was sent and has not been asked for yet, oldest first. */
  take(): OldServerMessage[];
  /** Prices of the ticks among these, by token. */
  takePrices(): [token: number, price: number | null][];
}

export interface OldRigOptions {
  subscriptionsMax?: number;
  messagesPerSecond?: number;
  bufferBytes?: number;
  scopes?: readonly Scope[];
  limits?: KeyLimits;
}

/** The old protocol on a last-value table of its own, with clients in memory. */
export class OldRig {
  readonly clock = new ManualClock();
  readonly directory = new OldDirectory();
  /** Newest demand of each row that has been told. */
  readonly demand = new Map<number, number>();
  readonly taker: OldTaker;
  readonly ports: OldPorts;
  readonly errors: unknown[] = [];
  /** Connections of the key. */
  entered = 0;
  readonly #lastValues = new LastValueTable(createLastValueTable(ROWS));
  readonly #batch = createPrivateTicks(BATCH_SLOTS, TICK_SLOT_BYTES);
  readonly #taken: { row: number; done: boolean }[] = [];
  readonly #options: OldRigOptions;
  #position = 1000;

  constructor(options: OldRigOptions = {}) {
    this.#options = options;
    const index = new SubscriptionIndex({
      setDemand: (row, mode) => void this.demand.set(row, mode),
    });
    const { bufferBytes = 100_000, subscriptionsMax = 3000 } = options;
    this.taker = new OldTaker({ index, lastValues: this.#lastValues, congestedBytes: 1000 });
    this.ports = {
      clock: this.clock,
      directory: this.directory,
      taker: this.taker,
      gate: {
        admit: () => ({ refused: 'UNAUTHENTICATED' }),
        takeRequest: () => {
          throw new Error('no HTTP here');
        },
        enter: ({ limits }) => {
          if (this.entered >= limits.connections) return false;
          this.entered++;
          return true;
        },
        leave: () => {
          this.entered--;
        },
      },
      limits: {
        subscriptions: subscriptionsMax,
        messageBytes: 1000,
        bufferBytes,
        messagesPerSecond: options.messagesPerSecond ?? 50,
        idleMs: 60_000,
      },
      counts: { received: 0, refused: 0, tooSlow: 0 },
      sessionId: () => 'session-1',
      onError: (error) => this.errors.push(error),
    };
  }

  /** Lists an instrument in the next row; see `testInstrument`. */
  list(symbol: string): SubscribableInstrument {
    const instrument = testInstrument(this.directory.instruments.length, symbol);
    this.directory.instruments.push(instrument);
    return instrument;
  }

  connect(): OldClientRig {
    const { scopes, limits = DEFAULT_KEY_LIMITS } = this.#options;
    const socket = new FakeClientSocket();
    const session = new OldSession(this.ports, socket, principal(scopes, limits));
    const take = (): OldServerMessage[] => socket.messages.splice(0);
    return {
      socket,
      session,
      take,
      takePrices: () =>
        take().flatMap(({ data }) => (data === undefined ? [] : [[data.token, data.price]])),
    };
  }

  /** A tick comes: at once in the last values, in the ring's next run for the taker. */
  ingest(instrument: SubscribableInstrument, changes: RawTick = {}, greeksDone = true): void {
    const bytes = this.#taken.length * TICK_SLOT_BYTES;
    const { row, token, type } = instrument;
    const position = { sequenceLow: ++this.#position, sequenceHigh: 0 };
    const greeks = isOption(type)
      ? {}
      : { status: GREEKS_STATUS.NOT_AN_OPTION, ...UNDEFINED_GREEKS };
    writeTick(this.#batch, bytes, {
      instrumentToken: token,
      instrumentSequence: this.#lastValues.nextInstrumentSequence(row),
      ...position,
      greeksSequenceLow: position.sequenceLow,
      greeksSequenceHigh: 0,
      ...greeks,
      ...changes,
    });
    this.#lastValues.writeQuote(row, this.#batch, bytes);
    if (greeksDone) this.#lastValues.writeGreeks(row, this.#batch, bytes);
    this.#taken.push({ row, done: greeksDone });
  }

  /** Publish comes to the run; `intact` false: ingest has overwritten it meanwhile. */
  deliver(intact = true): void {
    for (const [slot, { row, done }] of this.#taken.splice(0).entries()) {
      this.taker.take(row, this.#batch, slot * TICK_SLOT_BYTES, done);
    }
    if (intact) this.taker.flush();
    else this.taker.discard();
  }
}
