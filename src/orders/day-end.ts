import { mayChange } from '../domain/order-journal.ts';
import type { AccountDesk } from './account-desk.ts';
import type { IdempotencyUses } from './idempotency.ts';
import type { OrderBook } from './order-book.ts';
import type { OrderLedger } from './order-ledger.ts';

export interface DayEndOptions {
  book: OrderBook;
  ledger: OrderLedger;
  uses: IdempotencyUses;
  desks: ReadonlyMap<string, AccountDesk>;
}

const DAY_OVER = "the broker's day ended: its book can no longer tell";

/**
 * The broker's day has ended at `dayStartUs`, the beginning of the new one. What is not known of
 * the old one will not be found in a book any more; what is over is forgotten.
 */
export function endDay(dayStartUs: number, nowUs: number, options: DayEndOptions): void {
  const { book, ledger, uses, desks } = options;
  for (const operation of [...book.operations()]) {
    if (operation.intentState !== 'UNKNOWN' || operation.createdUs >= dayStartUs) continue;
    desks.get(operation.account)?.operationResolver.escalate(operation, DAY_OVER);
  }
  for (const order of [...book.orders()]) {
    if (order.createdUs >= dayStartUs) continue;
    if (order.intentState === 'UNKNOWN') {
      desks.get(order.account)?.resolver.escalate(order, DAY_OVER);
    } else if (!mayChange(order) && !hasOpenOperation(book, order.id)) {
      ledger.forget(order.id);
    }
  }
  const dayStartS = dayStartUs / 1_000_000;
  book.removeTrades(({ fillTimeS }) => fillTimeS !== null && fillTimeS < dayStartS);
  uses.forgetExpired(nowUs);
}

function hasOpenOperation(book: OrderBook, orderId: string): boolean {
  return book.operationsOf(orderId).some(({ intentState }) => intentState === 'ESCALATED');
}
