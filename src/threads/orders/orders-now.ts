import type { AccountReadiness } from '../../orders/account-gate.ts';
import type { OrderGauges } from '../../orders/order-gauges.ts';

/** What is known of the order side at the moment. */
export interface OrdersNow {
  /** Undefined: it waits for accounts and database. */
  accounts: readonly AccountReadiness[] | undefined;
  gauges: OrderGauges | undefined;
  /** What waits at the brokers. */
  load: { queued: number; dayBudgetLeft: number };
  /** What is missing for prices and order updates to come; undefined: nothing. */
  feedProblem: string | undefined;
}
