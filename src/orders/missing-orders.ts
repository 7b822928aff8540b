import { isTerminalStatus } from '../domain/intent-state.ts';
import type { BrokerOrder, OrderRecord } from '../domain/order-record.ts';
import type { Reading } from './account-reader.ts';
import type { OrderBook } from './order-book.ts';
import { SERVICE } from './order-events.ts';
import type { OrderLedger } from './order-ledger.ts';
import { tradingDayStartUs } from './trading-day.ts';

/** So many readings one after the other must lack an order. */
const READINGS = 2;
const MISSING = "the broker's book does not show it any more";
const CLOSED = 'closed by a person: ';

export interface MissingOrdersOptions {
  account: string;
  book: OrderBook;
  ledger: OrderLedger;
  /** After the answer, in ms: the broker shows by then whatever it has. */
  shownAfterMs: number;
}

/** True: an open order that the broker's book lacks. It counts as live until a person closes it. */
export function isMissing({ message, brokerOrders }: OrderRecord): boolean {
  return message === MISSING && brokerOrders.some(isOpen);
}

/** The order as it is for us once a person has said that the broker has it no more. */
export function closedByPerson(order: BrokerOrder, reason: string): BrokerOrder {
  if (!isOpen(order)) return order;
  return {
    ...order,
    status: 'CANCELLED',
    statusMessage: `${CLOSED}${reason}`,
    pendingQuantity: 0,
    cancelledQuantity: Math.max(0, order.quantity - order.filledQuantity),
  };
}

export function isClosedByPerson({ statusMessage }: BrokerOrder): boolean {
  return statusMessage?.startsWith(CLOSED) === true;
}

/** What a person has closed, as it was known before: the broker's book is right again. */
export function reopened(order: BrokerOrder): BrokerOrder {
  const pendingQuantity = Math.max(0, order.quantity - order.filledQuantity);
  return { ...order, status: null, statusMessage: null, pendingQuantity, cancelledQuantity: 0 };
}

/** Finds the open orders of an account that its book no longer shows, and tells of each once. */
export class MissingOrders {
  readonly #options: MissingOrdersOptions;
  /** Numbers of open orders that a reading has shown before. */
  #seen = new Set<string>();
  /** How many readings in a row have lacked an order, by its number. */
  #lacking = new Map<string, number>();

  constructor(options: MissingOrdersOptions) {
    this.#options = options;
  }

  /** Takes a reading whose rows are in the records already. Returns in words what it changed. */
  take({ rows, startedUs }: Reading): string[] {
    const { account, book } = this.#options;
    const shown = new Set(rows.map(({ brokerOrderId }) => brokerOrderId));
    const [seen, lacking] = [new Set<string>(), new Map<string, number>()];
    const changes: string[] = [];
    const dayStartUs = tradingDayStartUs(startedUs);
    for (const order of book.ofAccount(account)) {
      if (order.createdUs < dayStartUs || !isDecided(order)) continue;
      for (const { brokerOrderId: id } of order.brokerOrders.filter(isOpen)) {
        if (shown.has(id) || this.#seen.has(id)) seen.add(id);
        if (shown.has(id) || !this.#mustBeShown(order, id, startedUs)) continue;
        lacking.set(id, (this.#lacking.get(id) ?? 0) + 1);
      }
      changes.push(...this.#mark(order, lacking));
    }
    this.#seen = seen;
    this.#lacking = lacking;
    return changes;
  }

  /* A new order may be visible late; one that was visible, or is no longer new, is not. */
  #mustBeShown(order: OrderRecord, brokerOrderId: string, startedUs: number): boolean {
    const knownUs = order.answeredUs ?? order.resolvedUs ?? order.createdUs;
    if (startedUs <= knownUs) return false;
    const ageMs = (startedUs - knownUs) / 1000;
    return this.#seen.has(brokerOrderId) || ageMs > this.#options.shownAfterMs;
  }

  #mark(order: OrderRecord, lacking: ReadonlyMap<string, number>): string[] {
    const { ledger } = this.#options;
    const brokerOrderIds = order.brokerOrders
      .map(({ brokerOrderId }) => brokerOrderId)
      .filter((id) => lacking.has(id));
    if (order.message === MISSING) {
      if (brokerOrderIds.length > 0) return [];
      const found = { ...SERVICE, action: 'order.found', detail: {} };
      ledger.change(order.id, { message: null, code: null }, [found]);
      return [`${order.id}: the book shows it again`];
    }
    if (!brokerOrderIds.some((id) => (lacking.get(id) ?? 0) >= READINGS)) return [];
    const missing = { ...SERVICE, action: 'order.missing', detail: { brokerOrderIds } };
    const patch = { message: MISSING, code: 'OUTCOME_UNKNOWN' } as const;
    const marked = ledger.change(order.id, patch, [missing]);
    ledger.alarm('order-missing', marked, `${MISSING}: ${brokerOrderIds.join(', ')}`);
    return [`${order.id}: ${MISSING}`];
  }
}

function isOpen({ status }: BrokerOrder): boolean {
  return !isTerminalStatus(status);
}

/** Others are looked for by the resolver, or are not at the broker. */
function isDecided({ intentState }: OrderRecord): boolean {
  return intentState === null || intentState === 'ACCEPTED' || intentState === 'RESOLVED_PRESENT';
}
