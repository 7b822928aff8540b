import type { AccountReadiness } from '../../orders/account-gate.ts';
import type { OrderGauges } from '../../orders/order-gauges.ts';

/** What waits at the brokers, over all accounts. */
export interface BrokerLoad {
  /** Calls that wait for the broker's limits. */
  queued: number;
  /** Accounts whose breaker lets nothing, or one call, through. */
  breakersOpen: number;
  /** Fewest order requests left of the day; 0 without accounts. */
  dayBudgetLeft: number;
}

/** What is known of the order side at the moment. */
export interface OrdersNow {
  /** Undefined: it waits for accounts and database. */
  accounts: readonly AccountReadiness[] | undefined;
  gauges: OrderGauges | undefined;
  load: BrokerLoad;
  /** What is missing for prices and order updates to come; undefined: nothing. */
  feedProblem: string | undefined;
}
