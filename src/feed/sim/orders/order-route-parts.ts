import type { Clock } from '../../../domain/clock.ts';
import type { Market } from '../market.ts';
import type { OrderDesk } from './order-desk.ts';
import type { OrderFaults } from './order-faults.ts';
import type { OrderLimits } from './order-limits.ts';

/** What the order routes act on. */
export interface OrderRouteParts {
  clock: Clock;
  market: Market;
  desk: OrderDesk;
  faults: OrderFaults;
  limits: OrderLimits;
}
