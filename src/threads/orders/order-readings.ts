import { INTENT_STATES } from '../../domain/intent-state.ts';
import { ORDER_ALARMS } from '../../orders/order-alarms.ts';
import {
  LOOP_LAG_MAX_US,
  LOOP_LAG_P99_US,
  ORDERS,
  ORDERS_HISTOGRAM,
} from '../../shm/layout/meters.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import type { OrderMetricReadings } from '../../telemetry/order-metric-table.ts';
import type { OrdersNow } from './orders-now.ts';

const US_PER_SECOND = 1_000_000;
const MS_PER_SECOND = 1_000;

type ByLabel = Record<string, number>;

/** The values of the order metric table. */
export function orderReadings(meters: ThreadMeters, now: OrdersNow): OrderMetricReadings {
  const classes: ByLabel = {};
  for (let hundreds = 1; hundreds <= 5; hundreds++) {
    classes[`${hundreds}xx`] = meters.get(ORDERS.HTTP_STATUS_FIRST + hundreds);
  }
  return {
    orders_http_responses_total: classes,
    orders_http_request_duration_seconds: meters.histogram(ORDERS_HISTOGRAM.HTTP_US),
    orders_write_duration_seconds: meters.histogram(ORDERS_HISTOGRAM.WRITE_US),
    orders_check_duration_seconds: meters.histogram(ORDERS_HISTOGRAM.CHECK_US),
    orders_journal_append_duration_seconds: meters.histogram(ORDERS_HISTOGRAM.JOURNAL_US),
    orders_broker_call_duration_seconds: meters.histogram(ORDERS_HISTOGRAM.BROKER_US),
    orders_price_wait_seconds: meters.histogram(ORDERS_HISTOGRAM.PRICE_US),
    orders_prices_total: {
      stream: meters.get(ORDERS.PRICES_STREAM),
      waited: meters.get(ORDERS.PRICES_WAITED),
      quote: meters.get(ORDERS.PRICES_QUOTE),
      none: meters.get(ORDERS.PRICES_NONE),
    },
    orders_journal_failures_total: meters.get(ORDERS.JOURNAL_FAILURES),
    orders_hints_total: {
      taken: meters.get(ORDERS.HINTS),
      not_understood: meters.get(ORDERS.HINTS_BAD),
    },
    ...records(now),
    orders_access_refusals_total: {
      wrong_key: meters.get(ORDERS.WRONG_KEYS),
      locked_out: meters.get(ORDERS.REFUSED_LOCKED_OUT),
    },
    orders_event_loop_lag_p99_seconds: meters.get(LOOP_LAG_P99_US) / US_PER_SECOND,
    orders_event_loop_lag_max_seconds: meters.get(LOOP_LAG_MAX_US) / US_PER_SECOND,
  };
}

function records({ accounts = [], gauges, load }: OrdersNow) {
  const zeros = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 0]));
  const ready = accounts.filter(({ ok }) => ok).length;
  return {
    orders_journal_backlog: gauges?.journalBacklog ?? 0,
    orders_intents: gauges?.byIntentState ?? zeros(INTENT_STATES),
    orders_open: gauges?.open ?? 0,
    orders_in_doubt: gauges?.inDoubt ?? 0,
    orders_escalated: gauges?.escalated ?? 0,
    orders_missing: gauges?.missing ?? 0,
    orders_unresolved_age_seconds: (gauges?.unresolvedAgeMs ?? 0) / MS_PER_SECOND,
    orders_refusals_total: { ...gauges?.refusals },
    orders_alarms_total: gauges?.alarms ?? zeros(ORDER_ALARMS),
    orders_accounts: { ready, not_ready: accounts.length - ready },
    orders_broker_queued: load.queued,
    orders_broker_breakers_open: load.breakersOpen,
    orders_broker_day_budget_left: load.dayBudgetLeft,
  };
}
