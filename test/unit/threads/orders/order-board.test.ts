import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METER_WRITER, ORDERS, ORDERS_HISTOGRAM } from '../../../../src/shm/layout/meters.ts';
import { createMeters, ThreadMeters } from '../../../../src/shm/meters.ts';
import { OrderBoard } from '../../../../src/threads/orders/order-board.ts';
import type { OrdersNow } from '../../../../src/threads/orders/orders-now.ts';

const STATUS = {
  started: true,
  greeksWorkers: 1,
  upstream: [],
  checks: {
    instruments: { ok: true, required: true },
    database: { ok: true, required: false },
    upstream: { ok: false, required: true },
  },
};

function start() {
  const now: OrdersNow = {
    accounts: undefined,
    gauges: undefined,
    load: { queued: 0, breakersOpen: 0, dayBudgetLeft: 0 },
    feedProblem: undefined,
  };
  const meters = new ThreadMeters(createMeters(METER_WRITER.GREEKS), METER_WRITER.ORDERS);
  return { now, meters, board: new OrderBoard(meters, () => now) };
}

const OPEN = { account: 'AB1234', ok: true, detail: 'open' };
const CLOSED = { account: 'CD5678', ok: false, detail: 'it has no session' };

function blocking({ board }: ReturnType<typeof start>): string[] {
  return Object.entries(board.ready().checks).flatMap(([name, { ok, required }]) =>
    required && !ok ? [name] : [],
  );
}

test('orders are ready when one account takes them, whatever the market side lacks', () => {
  const rig = start();
  assert.deepEqual(blocking(rig), ['orders']);
  assert.equal(rig.board.started(), false);
  rig.board.update(STATUS);
  rig.now.accounts = [CLOSED];
  assert.deepEqual(blocking(rig), ['orders']);
  rig.now.accounts = [OPEN, CLOSED];
  rig.now.feedProblem = 'the market side cannot be reached';
  assert.deepEqual(blocking(rig), []);
  const { checks } = rig.board.ready();
  assert.deepEqual(checks['account CD5678'], {
    ok: false,
    required: false,
    detail: 'it has no session',
  });
  assert.equal(checks['market']?.ok, false);
  assert.equal(rig.board.started(), true);
});

test('the market side is told what is missing and never stopped by it', () => {
  const { now, board } = start();
  assert.equal(board.check().ok, false);
  now.accounts = [];
  assert.equal(board.check().ok, true, 'who trades with no account misses nothing');
  now.accounts = [OPEN, CLOSED];
  assert.deepEqual(board.check(), {
    ok: false,
    required: false,
    detail: 'CD5678: it has no session',
  });
  now.accounts = [OPEN];
  assert.deepEqual([board.check().ok, board.check().required], [true, false]);
});

test('metrics are there from the start, and have what was metered', async () => {
  const { now, board, meters } = start();
  assert.match(await board.metrics(), /^ticker_orders_open 0$/m);
  meters.add(ORDERS.PRICES_QUOTE, 2);
  meters.record(ORDERS_HISTOGRAM.JOURNAL_US, 900);
  meters.record(ORDERS_HISTOGRAM.CHECK_US, 4);
  now.accounts = [OPEN, CLOSED];
  now.load = { queued: 3, breakersOpen: 1, dayBudgetLeft: 4_000 };
  const text = await board.metrics();
  for (const line of [
    'ticker_orders_prices_total{origin="quote"} 2',
    'ticker_orders_journal_append_duration_seconds_count 1',
    'ticker_orders_accounts{state="ready"} 1',
    'ticker_orders_accounts{state="not_ready"} 1',
    'ticker_orders_check_duration_seconds_count 1',
    'ticker_orders_broker_queued 3',
    'ticker_orders_broker_breakers_open 1',
    'ticker_orders_broker_day_budget_left 4000',
    'ticker_orders_intents{state="UNKNOWN"} 0',
  ]) {
    assert.ok(text.split('\n').includes(line), line);
  }
});
