import type { JournalState } from '../domain/order-journal.ts';
import type { AccountDesk } from './account-desk.ts';
import type { IdempotencyUses } from './idempotency.ts';
import type { OrderBook } from './order-book.ts';
import { SERVICE } from './order-events.ts';
import type { OrderLedger } from './order-ledger.ts';
import type { Exposure } from './risk/exposure.ts';
import type { LimitBook } from './risk/limit-book.ts';
import type { TradingStates } from './risk/trading-states.ts';

export interface RecoveryOptions {
  book: OrderBook;
  ledger: OrderLedger;
  uses: IdempotencyUses;
  limits: LimitBook;
  states: TradingStates;
  exposure: Exposure;
  desks: ReadonlyMap<string, AccountDesk>;
}

const LOST = 'the service ended before the answer came';

/**
 * Takes over what the journal has. What was being sent when the last process ended may or may not
 * have left: its outcome is unknown until the broker's book tells.
 */
export function recover(state: JournalState, options: RecoveryOptions): void {
  const { book, ledger, uses, limits, states, exposure, desks } = options;
  // A halt does not wait for the journal: what was changed in the meantime is newer.
  const changed = states.records();
  states.load(state.tradingStates);
  for (const record of changed) states.apply(record);
  limits.load(state.limits);
  uses.load(state.idempotency);
  for (const order of state.orders) ledger.put(order);
  for (const operation of state.operations) ledger.putOperation(operation);
  for (const trade of state.trades) book.putTrade(trade);
  for (const { id, intentState } of state.orders) {
    if (intentState === 'SENT') {
      const unknown = { intentState: 'UNKNOWN', code: 'OUTCOME_UNKNOWN', message: LOST } as const;
      ledger.change(id, unknown, [{ ...SERVICE, action: 'order.recovered', detail: {} }]);
    } else if (intentState === 'INTENT') {
      const message = 'the service ended before it was sent';
      ledger.change(id, { intentState: 'REJECTED', code: 'SHUTTING_DOWN', message }, []);
    }
  }
  for (const { id, intentState } of state.operations) {
    if (intentState === 'SENT') {
      const unknown = { intentState: 'UNKNOWN', code: 'OUTCOME_UNKNOWN', message: LOST } as const;
      ledger.changeOperation(id, unknown, []);
    } else if (intentState === 'INTENT') {
      const message = 'the service ended before it was sent';
      ledger.changeOperation(id, { intentState: 'REJECTED', code: 'SHUTTING_DOWN', message }, []);
    }
  }
  for (const desk of desks.values()) followUp(desk, book);
  for (const { orderId, intentState, change } of book.operations()) {
    if (intentState !== 'UNKNOWN' || change === null) continue;
    exposure.reserveChange(orderId, change.quantity ?? 0, change.priceRupees ?? 0);
  }
}

/** Whose outcome is unknown is looked for, from now on. */
function followUp(desk: AccountDesk, book: OrderBook): void {
  let requests = 0;
  for (const { id, account, intentState, sentUs } of book.orders()) {
    if (account !== desk.account) continue;
    if (sentUs !== null) requests++;
    if (intentState === 'UNKNOWN') desk.resolver.follow(id);
  }
  for (const { id, account, intentState, sentUs } of book.operations()) {
    if (account !== desk.account) continue;
    if (sentUs !== null) requests++;
    if (intentState === 'UNKNOWN') desk.operationResolver.follow(id);
  }
  desk.broker.countToday?.(requests);
}
