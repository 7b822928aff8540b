import type { ClientSocket, SubscribableInstrument } from '../domain/ports.ts';
import { MODE } from '../domain/status.ts';
import type { DeliveryOptions, Policy, Window } from './client-message.ts';
import { PendingTicks } from './pending-ticks.ts';

/** Why nothing is pushed to a connection, and how far it has come. */
export interface Behind {
  /** `slow`: it reads too slowly. `resume`: it asked for what it had missed. */
  readonly kind: 'slow' | 'resume';
  /** Ring position up to which lossless subscriptions have been replayed. */
  replayed: number;
  /** Nothing is replayed before the client has read so much. */
  waits: boolean;
  /** Snapshots are owed when it has caught up: until then `through` must not rise. */
  owesSnapshots: boolean;
  /** Where the next piece of newest values begins, among those who conflate. */
  nextConflated: number;
}

/** One client as the delivery sees it: its socket, format, subscriptions and position. */
export class ClientConnection {
  readonly socket: ClientSocket;
  readonly binary: boolean;
  readonly subscriptions = new Map<number, Subscription>();
  /** How long ticks may be gathered before they are sent. */
  window: Window = 'adaptive';
  /** Ring position up to which the client has everything that it subscribed to. */
  through: number;
  /** The newest `through` that the client has been told. */
  told: number;
  /** Monotonic ms of the last message that told `through`, and of the last flush of ticks. */
  lastSentMs: number;
  lastFlushMs = -Infinity;
  /** `hello` has been sent: data may follow. */
  ready = false;
  closed = false;
  readonly pending = new PendingTicks<Subscription>();
  /** Subscriptions whose newest tick has got newer Greeks. */
  readonly pendingRepriced: Subscription[] = [];
  /** It is in the delivery's list of connections with something pending. */
  isWaiting = false;
  /** Whose frames it shares; it then has nothing pending of its own. */
  leader: ClientConnection | undefined;
  readonly followers: ClientConnection[] = [];
  /** Changes with every change of what it wants. */
  version = 0;
  behind: Behind | undefined;
  /**
   * The tick at this ring position stands for older ones that have not been sent: `through` must
   * not rise before it has gone out.
   */
  owesUntil = 0;
  /** Ring position that the client has last said to have; -1: it does not say. */
  acked = -1;

  constructor(socket: ClientSocket, binary: boolean, through: number, nowMs: number) {
    this.socket = socket;
    this.binary = binary;
    this.through = through;
    this.told = through;
    this.lastSentMs = nowMs;
  }

  get hasPending(): boolean {
    return this.pending.count > 0 || this.pendingRepriced.length > 0;
  }

  /** What `through` is when everything up to `position` has been passed on to it. */
  throughAt(position: number): number {
    return position < this.owesUntil ? this.through : Math.max(this.through, position);
  }
}

/** Source of a subscription by name; chains use their key. */
export const BY_NAME = '';

/** What one source of a subscription asked for. */
interface Source {
  options: DeliveryOptions;
  order: number;
}

/**
 * What one connection gets of one instrument. It may have been asked for by name and by several
 * chains; the newest of these sets what is delivered, and it ends with the last one.
 */
export class Subscription {
  /* What every tick needs comes first: it then lies in one or two lines of the cache. */
  readonly connection: ClientConnection;
  /** Newest `instrument_sequence` sent; meaningless unless `started`. */
  lastSequence = 0;
  /** A snapshot or tick has been sent. */
  started = false;
  /** Ticks were left out for newer ones: the next one says how many. */
  mergeDue = false;
  /** The newest tick was overwritten before it could be sent; a gap names it. */
  isLost = false;
  /** Effective options. */
  mode: DeliveryOptions['mode'] = MODE.LTP;
  greeks = false;
  /** Its snapshot was left to the next tick, which is then flagged as one. */
  snapshotDue = false;
  policy: Policy = 'conflate';
  readonly instrument: SubscribableInstrument;
  /** It was asked for while the connection was behind: its snapshot is still owed. */
  awaitsSnapshot = false;
  /** Newer Greeks of the last tick are on their way. */
  repriceDue = false;
  readonly #sources = new Map<string, Source>();

  constructor(connection: ClientConnection, instrument: SubscribableInstrument) {
    this.connection = connection;
    this.instrument = instrument;
  }

  /**
   * `order`: number of the subscribe that asked for it. A contract that enters the window of a
   * chain later is as old as the chain's subscribe.
   */
  addSource(source: string, options: DeliveryOptions, order = 0): void {
    this.#sources.set(source, { options, order });
    this.#apply();
  }

  /** False if it was not asked for by `source`. */
  removeSource(source: string): boolean {
    const removed = this.#sources.delete(source);
    this.#apply();
    return removed;
  }

  hasSource(source: string): boolean {
    return this.#sources.has(source);
  }

  get hasSources(): boolean {
    return this.#sources.size > 0;
  }

  /**
   * True if a tick with this count is newer than what was sent, and notes it as sent. The count
   * wraps at 2^32.
   */
  advance(instrumentSequence: number): boolean {
    if (this.started && ((instrumentSequence - this.lastSequence) | 0) <= 0) return false;
    this.started = true;
    this.isLost = false;
    this.lastSequence = instrumentSequence;
    return true;
  }

  /** Ticks between the newest one sent and the one with this count. */
  missingBefore(instrumentSequence: number): number {
    return this.started ? ((instrumentSequence - this.lastSequence) | 0) - 1 : 0;
  }

  /** Nothing of it is on its way: others that want the same may share its frames. */
  get isSettled(): boolean {
    return !this.snapshotDue && !this.mergeDue;
  }

  /** Takes over how far another subscription of the same kind has been served. */
  continueAs(other: Subscription): void {
    this.started = other.started;
    this.lastSequence = other.lastSequence;
    this.snapshotDue = other.snapshotDue;
    this.mergeDue = other.mergeDue;
    this.isLost = other.isLost;
  }

  get wantsRepriced(): boolean {
    const isSent = this.started && !this.snapshotDue && !this.isLost;
    return this.greeks && this.mode !== MODE.LTP && isSent;
  }

  /** True if the tick with this count is the newest that was sent, and its Greeks are wanted. */
  takesRepriced(instrumentSequence: number): boolean {
    return this.wantsRepriced && this.lastSequence === instrumentSequence;
  }

  #apply(): void {
    let newest = -1;
    for (const { options, order } of this.#sources.values()) {
      if (order < newest) continue;
      newest = order;
      this.mode = options.mode;
      this.greeks = options.greeks;
      this.policy = options.policy ?? 'conflate';
    }
  }
}
