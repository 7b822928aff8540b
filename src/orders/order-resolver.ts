import { pause, type Clock } from '../domain/clock.ts';
import { errorText } from '../domain/error-codes.ts';
import type { OrderRecord } from '../domain/order-record.ts';
import { absenceDoubt, explainedQuantity } from './absence.ts';
import type { OrderFollower } from './account-desk.ts';
import type { Reading } from './account-reader.ts';
import { lookTimes } from './look-times.ts';
import { isClosedByPerson } from './missing-orders.ts';
import type { OrderBook } from './order-book.ts';
import { SERVICE } from './order-events.ts';
import type { OrderLedger } from './order-ledger.ts';
import type { OrderSettings } from './order-settings.ts';
import { bookedProduct, type Exposure } from './risk/exposure.ts';
import { tradingDayStartUs } from './trading-day.ts';

/** Readings that must speak for the absence of an order. */
const PROOFS_NEEDED = 2;

export interface OrderResolverOptions {
  clock: Clock;
  book: OrderBook;
  ledger: OrderLedger;
  exposure: Exposure;
  settings: OrderSettings;
  /** Reads the account's book, begun after the call, and takes it into the records. */
  read: (isFull: boolean) => Promise<Reading>;
  /** Ends when the order side stops. */
  signal: AbortSignal;
  /** A step that should not be possible. */
  onFault: (error: unknown) => void;
}

/**
 * Finds out what became of the orders of one account whose placement has an unknown outcome. Being
 * found is done by whatever reads the book; this one asks for the readings, and decides when an
 * order is absent, or a matter for a person.
 */
export class OrderResolver implements OrderFollower {
  readonly #options: OrderResolverOptions;
  /** Units of the position that no order explained before an order was sent, by order id. */
  readonly #unexplained = new Map<string, number>();
  readonly #followed = new Set<string>();

  constructor(options: OrderResolverOptions) {
    this.#options = options;
  }

  /** To be called before `order` is sent. */
  noteSending(order: OrderRecord): void {
    const { exposure, book } = this.#options;
    const { exchange, tradingsymbol } = order.terms;
    const product = bookedProduct(order.terms);
    const held = exposure.netQuantity(order.account, exchange, tradingsymbol, product);
    this.#unexplained.set(order.id, held - explainedQuantity(order, book));
  }

  /** The outcome is known: nothing has to be remembered of before. */
  forget(orderId: string): void {
    this.#unexplained.delete(orderId);
  }

  /** Follows an order that is UNKNOWN; its request has left before now, or never does. */
  follow(orderId: string): void {
    if (this.#followed.has(orderId)) return;
    this.#followed.add(orderId);
    this.#follow(orderId)
      .catch((error: unknown) => this.#options.onFault(error))
      .finally(() => {
        this.#followed.delete(orderId);
        this.#unexplained.delete(orderId);
      });
  }

  /** A person has to find out. */
  escalate(order: OrderRecord, reason: string): void {
    const { ledger } = this.#options;
    const message = `${order.message ?? 'the outcome is unknown'}; ${reason}`;
    const draft = {
      ...SERVICE,
      action: 'order.resolved',
      detail: { outcome: 'ESCALATED', reason },
    };
    const escalated = ledger.change(order.id, { intentState: 'ESCALATED', message }, [draft]);
    ledger.alarm('escalated', escalated, reason);
  }

  async #follow(orderId: string): Promise<void> {
    const { clock, settings, signal } = this.#options;
    const sinceMs = clock.monotonicMs();
    const quietOverMs = sinceMs + settings.quietMs;
    let proofs = 0;
    let doubt = 'the book could not be read';
    for (const atMs of lookTimes(settings)) {
      if (!(await pause(clock, sinceMs + atMs - clock.monotonicMs(), signal))) return;
      if (this.#unresolved(orderId) === undefined) return;
      const reading = await this.#read(clock.monotonicMs() >= quietOverMs);
      const order = this.#unresolved(orderId);
      if (order === undefined || signal.aborted) return;
      if (typeof reading === 'string') {
        doubt = reading;
      } else {
        const reason = this.#doubtOf(order, reading, quietOverMs);
        if (reason === undefined) proofs++;
        else doubt = reason;
      }
      if (proofs >= PROOFS_NEEDED) {
        this.#declareAbsent(order, proofs);
        return;
      }
    }
    const order = this.#unresolved(orderId);
    if (order !== undefined) this.escalate(order, `it could not be found out: ${doubt}`);
  }

  /** As it stands, while its fate is looked for. */
  #unresolved(orderId: string): OrderRecord | undefined {
    const order = this.#options.book.get(orderId);
    return order?.intentState === 'UNKNOWN' ? order : undefined;
  }

  /** What was read, or why nothing could be. */
  async #read(isFull: boolean): Promise<Reading | string> {
    try {
      return await this.#options.read(isFull);
    } catch (error) {
      return `the book could not be read (${errorText(error)})`;
    }
  }

  #doubtOf(order: OrderRecord, reading: Reading, quietOverMs: number): string | undefined {
    const { book } = this.#options;
    const dayStartUs = tradingDayStartUs(reading.startedUs);
    const knownOrderIds = book
      .ofAccount(order.account)
      .filter(({ createdUs, answeredUs, resolvedUs }) => {
        const knownUs = answeredUs ?? resolvedUs ?? createdUs;
        return createdUs >= dayStartUs && knownUs < reading.startedUs;
      })
      .flatMap(({ brokerOrders }) => brokerOrders.filter((each) => !isClosedByPerson(each)))
      .map(({ brokerOrderId }) => brokerOrderId);
    return absenceDoubt({
      order,
      reading,
      quietOverMs,
      knownOrderIds,
      unexplainedQuantity: this.#unexplained.get(order.id),
      explainedQuantity: explainedQuantity(order, book),
    });
  }

  #declareAbsent(order: OrderRecord, readings: number): void {
    const { ledger } = this.#options;
    const detail = { outcome: 'RESOLVED_ABSENT', readings };
    ledger.change(
      order.id,
      {
        intentState: 'RESOLVED_ABSENT',
        resolvedUs: ledger.nowUs(),
        code: 'BROKER_UNAVAILABLE',
        message: 'the broker did not get it: its book does not show it',
      },
      [{ ...SERVICE, action: 'order.resolved', detail }],
    );
  }
}
