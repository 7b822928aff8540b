import type { SubscribableInstrument } from '../domain/ports.ts';
import type { DeliveryOptions } from './client-message.ts';
import type { ClientConnection } from './connection.ts';

/** Source of a subscription by name; chains use their key. */
export const BY_NAME = '';

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
  readonly #sources = new Map<string, DeliveryOptions>();

  constructor(connection: ClientConnection, instrument: SubscribableInstrument) {
    this.connection = connection;
    this.instrument = instrument;
    this.mode = 1;
    this.greeks = false;
  }

  addSource(source: string, options: DeliveryOptions): void {
    // Re-adding makes it the newest.
    this.#sources.delete(source);
    this.#sources.set(source, options);
    this.#apply();
  }

  /** False if it was not asked for by `source`. */
  removeSource(source: string): boolean {
    const removed = this.#sources.delete(source);
    this.#apply();
    return removed;
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

  #apply(): void {
    for (const options of this.#sources.values()) {
      this.mode = options.mode;
      this.greeks = options.greeks;
    }
  }
}
