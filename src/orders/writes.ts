import { mayTouchAccount, type Principal } from '../domain/access.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { OrderJournal } from '../domain/order-journal.ts';
import type { OrderRecord } from '../domain/order-record.ts';
import type { OrderAnswer, Replayable, WriteCall } from '../domain/order-service.ts';
import { answerOfOperation, answerOfOrder } from './answers.ts';
import type { EarlierUse, IdempotencyUses, KeyUse } from './idempotency.ts';
import type { OrderBook } from './order-book.ts';
import type { OrderLedger } from './order-ledger.ts';
import { isOrderId } from './order-ids.ts';

export interface WritesOptions {
  book: OrderBook;
  ledger: OrderLedger;
  uses: IdempotencyUses;
  /** Has orders of days that are over. */
  store: Pick<OrderJournal, 'findOrder'>;
  isLoaded: () => boolean;
}

/** Requests that change something: each is worked on once, and answered alike however often. */
export class Writes {
  readonly #options: WritesOptions;
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: WritesOptions) {
    this.#options = options;
  }

  /** Throws IDEMPOTENCY_*, ORDERS_NOT_READY and what `work` throws, which then may come again. */
  async run(call: WriteCall, work: (use: KeyUse) => Promise<OrderAnswer>): Promise<Replayable> {
    const { uses, ledger, isLoaded } = this.#options;
    if (!isLoaded()) throw new TickerError('ORDERS_NOT_READY', 'the journal is not read yet');
    const begun = uses.begin(call, ledger.nowUs());
    if ('earlier' in begun) {
      return { answer: await this.#replay(begun.earlier), replayed: true };
    }
    const { use } = begun;
    const running = Promise.resolve()
      .then(() => work(use))
      .finally(() => {
        use.end();
        this.#running.delete(running);
      });
    this.#running.add(running);
    return { answer: await running, replayed: false };
  }

  /** The caller of a write no longer waits; see OrderService. */
  giveUp(call: WriteCall): OrderAnswer | undefined {
    const { uses, book } = this.#options;
    const known = uses.giveUp(call);
    if (known === undefined) return undefined;
    if (known.answer !== null) return known.answer;
    const { subject } = known;
    const order = subject === null ? undefined : book.get(subject);
    if (order !== undefined) return answerOfOrder(order);
    const operation = subject === null ? undefined : book.operation(subject);
    return operation && answerOfOperation(book.require(operation.orderId), operation);
  }

  /**
   * An order of today, or not over. Throws UNKNOWN_ORDER, also for one of another's account, and
   * ORDER_NOT_OPEN for one of a day that is over.
   */
  async order(principal: Principal, orderId: string): Promise<OrderRecord> {
    const { book, store, isLoaded } = this.#options;
    if (!isLoaded()) throw new TickerError('ORDERS_NOT_READY', 'the journal is not read yet');
    const known = book.get(orderId);
    const order = known ?? (isOrderId(orderId) ? await store.findOrder(orderId) : undefined);
    if (order === undefined || !mayTouchAccount(principal, order.account)) {
      throw new TickerError('UNKNOWN_ORDER');
    }
    if (known === undefined) throw new TickerError('ORDER_NOT_OPEN');
    return order;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#running]);
  }

  /** The answer that was given, or after a crash what can be said now. */
  async #replay({ subject, answer }: EarlierUse): Promise<OrderAnswer> {
    if (answer !== null) return answer;
    const { book, store } = this.#options;
    if (subject === null) throw new TickerError('IDEMPOTENCY_RUNNING');
    const operation = book.operation(subject);
    const orderId = operation?.orderId ?? subject;
    const order = book.get(orderId) ?? (await store.findOrder(orderId));
    if (order === undefined) throw new TickerError('UNKNOWN_ORDER');
    return operation === undefined ? answerOfOrder(order) : answerOfOperation(order, operation);
  }
}
