import type { ClientSocket, SubscribableInstrument } from '../domain/ports.ts';
import { MODE } from '../domain/status.ts';
import type { DeliveryOptions } from './client-message.ts';

/** One client as the delivery sees it: its socket, format, subscriptions and position. */
export class ClientConnection {
  readonly socket: ClientSocket;
  readonly binary: boolean;
  readonly subscriptions = new Map<number, Subscription>();
  /** Ring position up to which the client has everything that it subscribed to. */
  through: number;
  /** Monotonic ms of the last message sent. */
  lastSentMs: number;
  /** `hello` has been sent: data may follow. */
  ready = false;
  closed = false;
  /** Slots of the current batch for this client, and the subscription each is for. */
  readonly pendingSlots: number[] = [];
  readonly pendingFor: Subscription[] = [];

  constructor(socket: ClientSocket, binary: boolean, through: number, nowMs: number) {
    this.socket = socket;
    this.binary = binary;
    this.through = through;
    this.lastSentMs = nowMs;
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
  readonly connection: ClientConnection;
  readonly instrument: SubscribableInstrument;
  /** Effective options. */
  mode: DeliveryOptions['mode'];
  greeks: boolean;
  /** Newest `instrument_sequence` sent; meaningless unless `started`. */
  lastSequence = 0;
  /** A snapshot or tick has been sent. */
  started = false;
  /** Its snapshot was left to the next tick, which is then flagged as one. */
  snapshotDue = false;
  readonly #sources = new Map<string, Source>();

  constructor(connection: ClientConnection, instrument: SubscribableInstrument) {
    this.connection = connection;
    this.instrument = instrument;
    this.mode = 1;
    this.greeks = false;
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
    this.lastSequence = instrumentSequence;
    return true;
  }

  /** True if the tick with this count is the newest that was sent, and its Greeks are wanted. */
  takesRepriced(instrumentSequence: number): boolean {
    return (
      this.greeks &&
      this.mode !== MODE.LTP &&
      this.started &&
      !this.snapshotDue &&
      this.lastSequence === instrumentSequence
    );
  }

  #apply(): void {
    let newest = -1;
    for (const { options, order } of this.#sources.values()) {
      if (order < newest) continue;
      newest = order;
      this.mode = options.mode;
      this.greeks = options.greeks;
    }
  }
}
