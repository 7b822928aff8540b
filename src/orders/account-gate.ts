import type { Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { OrderBroker } from '../domain/order-broker.ts';

export interface AccountReadiness {
  account: string;
  ok: boolean;
  detail: string;
}

/**
 * Whether an account takes orders: it has a session, and since that began its book has been read
 * and made one with ours, not too long ago.
 */
export class AccountGate {
  readonly #clock: Clock;
  readonly #broker: OrderBroker;
  readonly #bookMaxAgeMs: number;
  /** Monotonic ms of the beginning of the last reading; null: none since the session began. */
  #readMs: number | null = null;
  #trouble = 'its orders have not been read yet';

  constructor(clock: Clock, broker: OrderBroker, bookMaxAgeMs: number) {
    this.#clock = clock;
    this.#broker = broker;
    this.#bookMaxAgeMs = bookMaxAgeMs;
  }

  /** Everything of the account was read, from `startedMs` (monotonic) on. */
  onRead(startedMs: number): void {
    if (this.#broker.state().hasSession) this.#readMs = startedMs;
  }

  onFailed(detail: string): void {
    this.#trouble = detail;
  }

  /** True: a reading would open it. */
  get waitsForReading(): boolean {
    return this.#hasSession() && !this.#isRead();
  }

  get isOpen(): boolean {
    return this.refusal() === undefined;
  }

  /** Why no order may be placed: BROKER_SESSION, ORDERS_NOT_READY or BOOK_STALE. */
  refusal(): TickerError | undefined {
    const { account } = this.#broker;
    if (!this.#hasSession()) return new TickerError('BROKER_SESSION', `${account} has no session`);
    if (this.#readMs === null) {
      return new TickerError('ORDERS_NOT_READY', `${account}: ${this.#trouble}`);
    }
    if (this.#isRead()) return undefined;
    return new TickerError('BOOK_STALE', `${account}: ${this.#trouble}`);
  }

  /** The same for a cancellation, which a book that is old does not stop. */
  cancelRefusal(): TickerError | undefined {
    const refusal = this.refusal();
    return refusal?.code === 'BOOK_STALE' ? undefined : refusal;
  }

  readiness(): AccountReadiness {
    const refusal = this.refusal();
    const detail = refusal === undefined ? 'open' : `${refusal.code}: ${refusal.detail}`;
    return { account: this.#broker.account, ok: refusal === undefined, detail };
  }

  #hasSession(): boolean {
    const { hasSession } = this.#broker.state();
    if (!hasSession) this.#readMs = null;
    return hasSession;
  }

  #isRead(): boolean {
    if (this.#readMs === null) return false;
    return this.#clock.monotonicMs() - this.#readMs <= this.#bookMaxAgeMs;
  }
}
