import type { MetricDefinition, ReadingsOf } from './metric-table.ts';

/** Every metric of the orders port, as `METRICS` has those of the market port. */
export const ORDER_METRICS = {
  orders_http_responses_total: {
    type: 'counter',
    help: 'HTTP answers of the orders port, by class of the status.',
    label: 'class',
  },
  orders_http_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from an HTTP request on the orders port to its answer.',
    recorded: 'microseconds',
  },
  orders_write_duration_seconds: {
    type: 'histogram',
    help: 'Time that an order, a modification, a cancellation or an exit takes until its answer.',
    recorded: 'microseconds',
  },
  orders_check_duration_seconds: {
    type: 'histogram',
    help: 'Time that all checks of an order take, the wait for its price not included.',
    recorded: 'microseconds',
  },
  orders_journal_append_duration_seconds: {
    type: 'histogram',
    help: 'Time until an entry of the journal is durable.',
    recorded: 'microseconds',
  },
  orders_broker_call_duration_seconds: {
    type: 'histogram',
    help: 'Time of a broker call that changes something, its wait for the limits included.',
    recorded: 'microseconds',
  },
  orders_price_wait_seconds: {
    type: 'histogram',
    help: 'Wait of an order for the price that it is checked against.',
    recorded: 'microseconds',
  },
  orders_prices_total: {
    type: 'counter',
    help: 'Prices for checks: from the stream at once or after a wait, by quote, or none.',
    label: 'origin',
  },
  orders_journal_failures_total: {
    type: 'counter',
    help: 'Appends to the journal that failed.',
  },
  orders_journal_backlog: {
    type: 'gauge',
    help: 'Entries that are not durable yet.',
  },
  orders_hints_total: {
    type: 'counter',
    help: 'Order updates of broker sockets, by result.',
    label: 'result',
  },
  orders_intents: {
    type: 'gauge',
    help: 'Orders of today and those not over, by state of the intent.',
    label: 'state',
  },
  orders_open: { type: 'gauge', help: 'Orders that may still change.' },
  orders_in_doubt: {
    type: 'gauge',
    help: 'Orders, modifications and cancellations whose outcome is looked for.',
  },
  orders_escalated: { type: 'gauge', help: 'Of these, those that wait for a person.' },
  orders_missing: { type: 'gauge', help: 'Open orders that the book of the broker lacks.' },
  orders_unresolved_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest outcome that is not known; 0: there is none.',
  },
  orders_refusals_total: {
    type: 'counter',
    help: 'Orders refused by the service or by the broker, by code.',
    label: 'code',
  },
  orders_alarms_total: { type: 'counter', help: 'Alarms raised, by kind.', label: 'kind' },
  orders_accounts: {
    type: 'gauge',
    help: 'Accounts that trade, by whether they take orders now.',
    label: 'state',
  },
  orders_broker_queued: {
    type: 'gauge',
    help: "Calls that wait for the broker's limits, over all accounts.",
  },
  orders_broker_breakers_open: {
    type: 'gauge',
    help: 'Accounts to which no order is sent for now, because one after another has failed.',
  },
  orders_broker_day_budget_left: {
    type: 'gauge',
    help: 'Order requests left of the day, of the account with the fewest.',
  },
  orders_access_refusals_total: {
    type: 'counter',
    help: 'Callers of the orders port refused for their key, by reason.',
    label: 'reason',
  },
  orders_event_loop_lag_p99_seconds: {
    type: 'gauge',
    help: '99th percentile of the lag of the event loop of orders in the last second.',
  },
  orders_event_loop_lag_max_seconds: {
    type: 'gauge',
    help: 'Greatest lag of the event loop of orders in the last second.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type OrderMetricReadings = ReadingsOf<typeof ORDER_METRICS>;
