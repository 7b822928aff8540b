import type { Clock } from '../domain/clock.ts';
import type { BrokerOrderRow, BrokerPosition, OrderBroker } from '../domain/order-broker.ts';
import type { TradeRecord } from '../domain/order-record.ts';

/** One reading of an account's book. */
export interface Reading {
  rows: readonly BrokerOrderRow[];
  /** Null: they were not read. */
  trades: readonly TradeRecord[] | null;
  positions: readonly BrokerPosition[] | null;
  /** Before the first request left: epoch µs and monotonic ms. */
  startedUs: number;
  startedMs: number;
}

/**
 * Reads an account's book, one reading at a time however many ask: who asks while one is under
 * way gets the next one, so that what it reads was asked for after the question.
 */
export class AccountReader {
  readonly #clock: Clock;
  readonly #broker: OrderBroker;
  readonly #onReading: (reading: Reading) => void;
  #running: Promise<Reading> | undefined;
  #next: { isFull: boolean; reading: Promise<Reading> } | undefined;

  /** `onReading`: told of each reading before those who asked. */
  constructor(clock: Clock, broker: OrderBroker, onReading: (reading: Reading) => void) {
    this.#clock = clock;
    this.#broker = broker;
    this.#onReading = onReading;
  }

  /** `isFull`: trades and positions too. Rejects with what the broker's reads reject with. */
  read(isFull: boolean): Promise<Reading> {
    if (this.#running === undefined) return this.#begin(isFull);
    if (this.#next !== undefined) {
      this.#next.isFull ||= isFull;
      return this.#next.reading;
    }
    const begin = (): Promise<Reading> => {
      this.#next = undefined;
      return this.#begin(next.isFull);
    };
    const next = { isFull, reading: this.#running.then(begin, begin) };
    this.#next = next;
    return next.reading;
  }

  #begin(isFull: boolean): Promise<Reading> {
    const running = this.#read(isFull).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #read(isFull: boolean): Promise<Reading> {
    const broker = this.#broker;
    const startedUs = Math.floor(this.#clock.nowUs());
    const startedMs = this.#clock.monotonicMs();
    const [rows, trades, positions] = await Promise.all([
      broker.orders(),
      isFull ? broker.trades() : null,
      isFull ? broker.positions() : null,
    ]);
    const reading = { rows, trades, positions, startedUs, startedMs };
    this.#onReading(reading);
    return reading;
  }
}
