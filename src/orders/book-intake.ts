import { isTerminalStatus } from '../domain/intent-state.ts';
import type { BrokerOrderRow, OrderHint } from '../domain/order-broker.ts';
import {
  isBareParent,
  type BrokerOrder,
  type OrderRecord,
  type TradeRecord,
} from '../domain/order-record.ts';
import type { JournalQueue } from './journal-queue.ts';
import { externalOrder } from './external-order.ts';
import { brokerOrderOf, mergeIntoOrders } from './merge-order.ts';
import { isClosedByPerson, reopened } from './missing-orders.ts';
import type { OrderBook } from './order-book.ts';
import { SERVICE_ACTOR, timedEvent, type EventDraft } from './order-events.ts';
import type { OrderIds } from './order-ids.ts';
import type { OrderLedger, OrderPatch } from './order-ledger.ts';
import { surplusOrders } from './surplus-orders.ts';
import { tradingDayStartUs } from './trading-day.ts';

export type RowSource = 'book' | 'history' | OrderHint['source'];

export interface BookIntakeOptions {
  book: OrderBook;
  ledger: OrderLedger;
  journal: JournalQueue;
  ids: OrderIds;
  /** `brokerOrder` of `order` is one too many and open. */
  onSurplus: (order: OrderRecord, brokerOrder: BrokerOrder, reason: string) => void;
}

/**
 * Takes what the broker tells of an account's orders into the records, from its book and from
 * hints alike. The same telling twice changes nothing.
 */
export class BookIntake {
  readonly #options: BookIntakeOptions;

  constructor(options: BookIntakeOptions) {
    this.#options = options;
  }

  /** Returns what it changed, in words. */
  takeRows(rows: readonly BrokerOrderRow[], source: RowSource): string[] {
    // A leg is found by its parent, which must be known before.
    const parents = rows.filter(({ parentOrderId }) => parentOrderId === null);
    const children = rows.filter(({ parentOrderId }) => parentOrderId !== null);
    return [...parents, ...children].flatMap((row) => this.takeRow(row, source) ?? []);
  }

  /** Undefined: it changed nothing. */
  takeRow(row: BrokerOrderRow, source: RowSource): string | undefined {
    const order = this.#find(row);
    if (order !== undefined) return this.#merge(order, row, source);
    // A hint may come before the answer that names the order; the book's rows carry our tags.
    return source === 'book' ? this.#addExternal(row) : undefined;
  }

  /** Fills that were not known yet, or not whose they are. Returns them in words. */
  takeTrades(trades: readonly TradeRecord[]): string[] {
    const { book, ledger, journal } = this.#options;
    const taken: TradeRecord[] = [];
    for (const trade of trades) {
      const orderId = book.byBrokerId(trade.account, trade.brokerOrderId)?.id ?? null;
      const known = { ...trade, orderId };
      if (book.putTrade(known)) taken.push(known);
    }
    if (taken.length === 0) return [];
    const nowUs = ledger.nowUs();
    const events = taken.map((trade) => {
      const draft = { ...fromBroker('book'), action: 'order.trade', detail: { ...trade } };
      return timedEvent(draft, trade.orderId ?? trade.account, nowUs);
    });
    journal.keep({ trades: taken, events });
    return taken.map(
      ({ tradeId, brokerOrderId, quantity, priceRupees }) =>
        `trade ${tradeId} of ${brokerOrderId}: ${quantity} at ${priceRupees}`,
    );
  }

  /**
   * The answer to a sliced order names a parent that may be no order: it is left out when the
   * book, read long enough after the answer or naming the parent, shows slices and not the parent.
   */
  dropParents(rows: readonly BrokerOrderRow[], account: string, quietBeforeUs: number): string[] {
    const { book, ledger } = this.#options;
    const shown = new Map(rows.map((row) => [row.brokerOrderId, row]));
    const dropped: string[] = [];
    for (const order of book.ofAccount(account)) {
      if (!order.terms.autoslice || order.answeredUs === null) continue;
      const slices = order.brokerOrders.flatMap((each) => shown.get(each.brokerOrderId) ?? []);
      if (slices.length === 0) continue;
      const isQuiet = order.answeredUs < quietBeforeUs;
      const isNamed = (id: string): boolean =>
        slices.some((row) => row.parentOrderId === id || row.tags.includes(`autoslice:${id}`));
      const brokerOrders = order.brokerOrders.filter(
        (each) =>
          shown.has(each.brokerOrderId) ||
          !isBareParent(order, each) ||
          !(isQuiet || isNamed(each.brokerOrderId)),
      );
      if (brokerOrders.length === order.brokerOrders.length) continue;
      const draft = { ...fromBroker('book'), action: 'order.update', detail: { brokerOrders } };
      ledger.change(order.id, { brokerOrders }, [draft]);
      dropped.push(`${order.id}: its parent is no order of the book`);
    }
    return dropped;
  }

  /**
   * The broker's answer has named orders that were taken for ones from outside, because they came
   * without our tag: they are of `orderId`.
   */
  absorb(orderId: string, brokerOrders: readonly BrokerOrder[]): void {
    const { book, ledger } = this.#options;
    const { account } = book.require(orderId);
    for (const { brokerOrderId } of brokerOrders) {
      const outside = book.byBrokerId(account, brokerOrderId);
      if (outside === undefined || outside.id === orderId || outside.intentState !== null) continue;
      const draft = { ...fromBroker('book'), action: 'order.absorbed', detail: { by: orderId } };
      ledger.change(outside.id, { brokerOrders: [], message: `it is ${orderId}` }, [draft]);
      ledger.forget(outside.id);
    }
  }

  /**
   * Cancels and reports what is too much of an intent. To be called when the answer to its
   * placement is known; before that a second order could be the first one.
   */
  checkSurplus(order: OrderRecord): void {
    const { ledger, onSurplus } = this.#options;
    const { duplicateOrderIds, cancel } = surplusOrders(order);
    const known = new Set(order.duplicateOrderIds);
    const fresh = duplicateOrderIds.filter((id) => !known.has(id));
    if (fresh.length === 0) return;
    const marked = ledger.change(
      order.id,
      { duplicateOrderIds: [...order.duplicateOrderIds, ...fresh] },
      [{ ...fromBroker('book'), action: 'order.duplicate', detail: { duplicateOrderIds: fresh } }],
    );
    ledger.alarm('duplicate-order', marked, `placed once, there twice: ${fresh.join(', ')}`);
    for (const brokerOrder of cancel) onSurplus(marked, brokerOrder, 'duplicate of one intent');
  }

  /** The order of a row: by its own number, by our tag, by its parent. */
  #find(row: BrokerOrderRow): OrderRecord | undefined {
    const { book } = this.#options;
    const { account, brokerOrderId, tag, tags, parentOrderId } = row;
    return (
      book.byBrokerId(account, brokerOrderId) ??
      book.byTag(account, [tag, ...tags]) ??
      (parentOrderId === null ? undefined : book.byBrokerId(account, parentOrderId))
    );
  }

  #merge(order: OrderRecord, row: BrokerOrderRow, source: RowSource): string | undefined {
    const { ledger, onSurplus } = this.#options;
    const { brokerOrderId } = row;
    const isBook = source === 'book' || source === 'history';
    const isNew = order.brokerOrders.every((known) => known.brokerOrderId !== brokerOrderId);
    const closed = order.brokerOrders.find(
      (known) => isBook && known.brokerOrderId === brokerOrderId && isClosedByPerson(known),
    );
    const known = order.brokerOrders.map((each) => (each === closed ? reopened(each) : each));
    const brokerOrders = mergeIntoOrders(
      closed === undefined ? order.brokerOrders : known,
      brokerOrderOf(row),
      isBook,
    );
    const step = this.#stepOf(order, row, isNew);
    if (brokerOrders === order.brokerOrders && step === undefined) return undefined;
    const merged = brokerOrders.find((known) => known.brokerOrderId === brokerOrderId);
    const draft = updateEvent(source, merged);
    const changed = ledger.change(order.id, { brokerOrders, ...step?.patch }, [draft]);
    if (closed !== undefined) {
      ledger.alarm('late-order', changed, `${brokerOrderId}, closed by a person, is in the book`);
    } else if (step?.isLate === true) {
      ledger.alarm('late-order', changed, `${brokerOrderId} appeared after ${order.intentState}`);
      if (merged !== undefined && !isTerminalStatus(merged.status)) {
        onSurplus(changed, merged, 'it appeared after it was held absent');
      }
    } else if (isNew && changed.intentState !== 'SENT') {
      this.checkSurplus(changed);
    }
    const status = merged?.status ?? 'known';
    return `${changed.id} ${brokerOrderId}: ${status}, filled ${row.filledQuantity}`;
  }

  /** What the row says of the intent; undefined: nothing that was not known. */
  #stepOf(
    { intentState, duplicateOrderIds }: OrderRecord,
    row: BrokerOrderRow,
    isNew: boolean,
  ): { patch: OrderPatch; isLate: boolean } | undefined {
    const found: OrderPatch = {
      intentState: 'RESOLVED_PRESENT',
      resolvedUs: this.#options.ledger.nowUs(),
      code: null,
      message: null,
    };
    switch (intentState) {
      case 'UNKNOWN':
      case 'ESCALATED':
        return { patch: found, isLate: false };
      case 'REJECTED':
        // The refusal that was answered stands in the book as well.
        if (row.status === 'REJECTED' && row.filledQuantity === 0) return undefined;
        break;
      case 'RESOLVED_ABSENT':
        break;
      default:
        return undefined;
    }
    if (!isNew) return undefined;
    const message = `${row.brokerOrderId} appeared after ${intentState}`;
    const ids = [...duplicateOrderIds, row.brokerOrderId];
    return { patch: { ...found, message, duplicateOrderIds: ids }, isLate: true };
  }

  #addExternal(row: BrokerOrderRow): string | undefined {
    const { ledger, ids } = this.#options;
    const nowUs = ledger.nowUs();
    // Until the book starts anew, it shows yesterday's orders, which are over for us.
    const isOfToday =
      row.orderTimeS === null || row.orderTimeS * 1_000_000 >= tradingDayStartUs(nowUs);
    if (!isOfToday && isTerminalStatus(row.status)) return undefined;
    const order = externalOrder(ids.order(), row, nowUs);
    ledger.addExternal(order, { account: row.account, placedBy: row.placedBy, order: { ...row } });
    return `${order.id} ${row.brokerOrderId}: from outside, ${row.status}`;
  }
}

function fromBroker(source: RowSource): Pick<EventDraft, 'actor' | 'origin'> {
  return { actor: SERVICE_ACTOR, origin: `broker:${source}` };
}

function updateEvent(source: RowSource, brokerOrder: BrokerOrder | undefined): EventDraft {
  return { ...fromBroker(source), action: 'order.update', detail: { source, brokerOrder } };
}
