import { TickerError } from '../domain/error-codes.ts';
import type { OperationRecord, OrderRecord } from '../domain/order-record.ts';
import type { PlainCall, Resolution } from '../domain/order-service.ts';
import { callerOf } from './intent-record.ts';
import type { JournalQueue } from './journal-queue.ts';
import { answeredOrder, mergeIntoOrders } from './merge-order.ts';
import { closedByPerson, isMissing } from './missing-orders.ts';
import type { OrderBook } from './order-book.ts';
import type { EventDraft } from './order-events.ts';
import type { OrderLedger } from './order-ledger.ts';

export interface ResolutionsOptions {
  book: OrderBook;
  ledger: OrderLedger;
  journal: JournalQueue;
}

/** What persons have found out about outcomes that the service could not. */
export class Resolutions {
  readonly #options: ResolutionsOptions;

  constructor(options: ResolutionsOptions) {
    this.#options = options;
  }

  /**
   * Settles an order that was escalated or that the broker's book lacks, or else what was escalated
   * of its operations. Throws NOT_ESCALATED, JOURNAL_UNAVAILABLE, and INVALID_REQUEST for a number
   * of another's order, or when what the book lacks is said to be there.
   */
  resolve(call: PlainCall, orderId: string, resolution: Resolution): OrderRecord {
    const { book, ledger, journal } = this.#options;
    if (!journal.isClear) throw new TickerError('JOURNAL_UNAVAILABLE');
    const order = book.require(orderId);
    const { outcome, brokerOrderId, reason } = resolution;
    const detail = { outcome: `RESOLVED_${outcome}`, brokerOrderId, reason };
    const event = { ...callerOf(call), action: 'order.resolved', detail };
    if (isMissing(order)) return this.#closeMissing(order, resolution, call);
    if (order.intentState !== 'ESCALATED') return this.#resolveOperations(order, resolution, event);
    const resolved = { resolvedUs: ledger.nowUs(), message: reason };
    if (outcome === 'ABSENT') {
      const code = 'BROKER_UNAVAILABLE';
      const patch = { ...resolved, intentState: 'RESOLVED_ABSENT', code } as const;
      return ledger.change(orderId, patch, [event]);
    }
    const brokerOrders = this.#withOrder(order, brokerOrderId);
    const patch = { ...resolved, intentState: 'RESOLVED_PRESENT', code: null } as const;
    return ledger.change(orderId, { ...patch, brokerOrders }, [event]);
  }

  /* Its intent was answered and stays so: what ends is the broker's order. */
  #closeMissing(order: OrderRecord, resolution: Resolution, call: PlainCall): OrderRecord {
    const { outcome, reason } = resolution;
    if (outcome === 'PRESENT') {
      const detail =
        "only ABSENT closes it; it is open again as soon as the broker's book shows it";
      throw new TickerError('INVALID_REQUEST', detail);
    }
    const { ledger } = this.#options;
    const brokerOrders = order.brokerOrders.map((each) => closedByPerson(each, reason));
    const detail = { outcome: 'CLOSED', reason, brokerOrders };
    const event = { ...callerOf(call), action: 'order.resolved', detail };
    const patch = { resolvedUs: ledger.nowUs(), message: reason, code: null, brokerOrders };
    return ledger.change(order.id, patch, [event]);
  }

  #withOrder(order: OrderRecord, brokerOrderId: string | null): OrderRecord['brokerOrders'] {
    if (brokerOrderId === null) {
      throw new TickerError('INVALID_REQUEST', "the broker's number of the order is missing");
    }
    const other = this.#options.book.byBrokerId(order.account, brokerOrderId);
    if (other !== undefined && other.id !== order.id) {
      throw new TickerError('INVALID_REQUEST', `${brokerOrderId} is of ${other.id}`);
    }
    return mergeIntoOrders(order.brokerOrders, answeredOrder(brokerOrderId, order.terms), false);
  }

  #resolveOperations(order: OrderRecord, resolution: Resolution, event: EventDraft): OrderRecord {
    const { book, ledger } = this.#options;
    const escalated = book
      .operationsOf(order.id)
      .filter(({ intentState }) => intentState === 'ESCALATED');
    if (escalated.length === 0) throw new TickerError('NOT_ESCALATED');
    const isPresent = resolution.outcome === 'PRESENT';
    const patch: Pick<OperationRecord, 'intentState' | 'code' | 'message' | 'resolvedUs'> = {
      intentState: isPresent ? 'RESOLVED_PRESENT' : 'RESOLVED_ABSENT',
      code: isPresent ? null : 'BROKER_UNAVAILABLE',
      message: resolution.reason,
      resolvedUs: ledger.nowUs(),
    };
    for (const { id } of escalated) ledger.changeOperation(id, patch, [event]);
    return book.require(order.id);
  }
}
