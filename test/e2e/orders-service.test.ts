import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { metricsUntil } from '../support/metrics-text.ts';
import { lastPrice, MARKET_BUY, OrderPortCaller } from '../support/order-caller.ts';
import { KEY, startInProcess } from '../support/service-in-process.ts';
import {
  accountsFile,
  type RunningTicker,
  startService,
  startSimulatorProcess,
  startTicker,
  temporaryFolder,
} from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

const isOpen = ({ status }: { status: string | null }) => status === 'OPEN';
const isComplete = ({ status }: { status: string | null }) => status === 'COMPLETE';
const POLL_MS = 100;

const isCancelled = ({ status }: { status: string | null }) => status === 'CANCELLED';

interface Bench {
  environment: Record<string, string>;
  /** Of the simulator. */
  rest: string;
  start: () => Promise<{ service: RunningTicker; orders: OrderPortCaller }>;
}

/** A simulator, and services on one data folder that trade at it. */
async function bench(t: TestContext, accounts = 1): Promise<Bench> {
  const simulator = await startSimulatorProcess(t, [
    ...['--port', '0', '--seed', '7', '--instruments', '200', '--rate', '600'],
    ...['--accounts', String(accounts)],
  ]);
  const environment = {
    TICKER_DATA_DIR: temporaryFolder(t),
    TICKER_ACCOUNTS_FILE: accountsFile(t, simulator, { trading: true, count: accounts }),
  };
  return {
    environment,
    rest: simulator.rest,
    async start() {
      const service = await startService(t, environment);
      const orders = new OrderPortCaller(service.ordersUrl, service.key);
      await orders.untilReady();
      return { service, orders };
    },
  };
}

/** How often the broker has seen each of our tags. */
async function brokerOrders(rest: string): Promise<Map<string, number>> {
  const answer = await fetch(`${rest}/orders`, {
    headers: { authorization: 'token sim-key-1:sim-token-1' },
  });
  const { data } = (await answer.json()) as { data: { tag: string | null }[] };
  const counts = new Map<string, number>();
  for (const { tag } of data) counts.set(tag ?? '', (counts.get(tag ?? '') ?? 0) + 1);
  return counts;
}

test('an order fills, another is cancelled, and a killed service finds both again', async (t) => {
  const { start, rest } = await bench(t);
  const first = await start();
  const bought = await first.orders.place({ client_order_id: 'mine-1' });
  assert.equal(bought.intent_state, 'ACCEPTED');
  const filled = await first.orders.until(bought.id, isComplete);
  assert.equal(filled.filled_quantity, 10);
  const resting = await first.orders.rest(await lastPrice(rest));
  // The exchange has it: before that the broker takes no cancellation.
  await first.orders.until(resting.id, isOpen);
  const cancelled = await first.orders.send('DELETE', `/v1/orders/${resting.id}`);
  assert.equal(cancelled.status, 200, JSON.stringify(cancelled.body));
  await first.orders.until(resting.id, isCancelled);
  // At another price: an equal order so soon would be taken for a mistake.
  const last = await first.orders.rest((await lastPrice(rest)) - 10);
  first.service.child.kill('SIGKILL');
  await first.service.exited;

  const second = await start();
  const found = await second.orders.list();
  const byId = new Map(found.map((order) => [order.id, order]));
  assert.deepEqual([...byId.keys()].sort(), [bought.id, resting.id, last.id].sort());
  assert.equal(byId.get(bought.id)?.status, 'COMPLETE');
  assert.equal(byId.get(resting.id)?.status, 'CANCELLED');
  const [byName] = await second.orders.list('?account=SIM001&client_order_id=mine-1');
  assert.equal(byName?.id, bought.id);
  const counts = await brokerOrders(rest);
  assert.deepEqual([...counts.values()], [1, 1, 1], 'each was sent once');
  await second.orders.until(last.id, isOpen);
  await second.orders.send('DELETE', `/v1/orders/${last.id}`);
  await second.orders.until(last.id, isCancelled);
});

test('with nothing configured orders go to the built-in simulator, and outlive the process', async (t) => {
  const environment = { TICKER_DATA_DIR: temporaryFolder(t) };
  const first = await startService(t, environment);
  const orders = new OrderPortCaller(first.ordersUrl, first.key);
  await orders.untilReady();
  const bought = await orders.place();
  await orders.until(bought.id, isComplete);
  first.child.kill('SIGKILL');
  await first.exited;
  const second = await startService(t, environment);
  const again = new OrderPortCaller(second.ordersUrl, second.key);
  await again.untilReady();
  const found = await again.get(bought.id);
  assert.deepEqual([found.status, found.filled_quantity], ['COMPLETE', 10]);
  // The simulator has forgotten everything with its process: it has no position to be held against.
  await again.until((await again.place()).id, isComplete);
});

test('signed postbacks tell what the sockets lost; others are refused', async (t) => {
  const { start, rest } = await bench(t);
  const { orders } = await start();
  const url = new URL('/v1/postbacks/SIM001', orders.url).href;
  const faults = [
    { fault: 'set_postback', args: { url } },
    { fault: 'order_events', args: { action: 'lose', channel: 'socket', for_ms: 600_000 } },
  ];
  const body = JSON.stringify(faults.map((each) => ({ at_ms: 0, account: 'SIM001', ...each })));
  const answer = await fetch(`${rest}/sim/faults`, { method: 'POST', body });
  assert.equal(answer.ok, true, await answer.text());
  const bought = await orders.place();
  await orders.until(bought.id, isComplete);
  const history = await orders.send('GET', `/v1/orders/${bought.id}/history`);
  assert.match(JSON.stringify(history.body), /postback/);
  const forged = {
    order_id: bought.broker_order_id,
    status: 'CANCELLED',
    checksum: '0'.repeat(64),
  };
  const refused = await orders.send('POST', '/v1/postbacks/SIM001', forged);
  assert.equal(refused.body.code, 'POSTBACK_REFUSED');
  assert.equal((await orders.get(bought.id)).status, 'COMPLETE');
});

test('the same request is answered the same way by the service that comes after it', async (t) => {
  const { start, rest } = await bench(t);
  const first = await start();
  const body = { ...MARKET_BUY, quantity: 3 };
  const before = await first.orders.send('POST', '/v1/orders', body, 'once');
  assert.equal(before.status, 201);
  first.service.child.kill('SIGKILL');
  await first.service.exited;
  const second = await start();
  const after = await second.orders.send('POST', '/v1/orders', body, 'once');
  assert.equal(after.status, 201);
  assert.equal(after.headers.get('idempotency-replayed'), 'true');
  assert.equal(after.body.id, before.body.id);
  const other = await second.orders.send('POST', '/v1/orders', { ...body, quantity: 4 }, 'once');
  assert.deepEqual([other.status, other.body.code], [422, 'IDEMPOTENCY_MISMATCH']);
  assert.equal((await brokerOrders(rest)).size, 1);
});

test('a file HALT stops all trading for as long as it is there, and until it is released', async (t) => {
  const { start, rest, environment } = await bench(t);
  const { orders } = await start();
  const resting = await orders.rest(await lastPrice(rest));
  const file = join(environment['TICKER_DATA_DIR'] ?? '', 'HALT');
  writeFileSync(file, 'the exchange has a problem\n');
  // What is open is cancelled without being asked.
  await orders.until(resting.id, isCancelled);
  const refused = await orders.send('POST', '/v1/orders', MARKET_BUY);
  assert.deepEqual([refused.status, refused.body.code], [422, 'TRADING_HALTED']);
  const release = { state: 'ACTIVE', reason: 'it is over' };
  const early = await orders.send('PUT', '/v1/trading-state', release);
  assert.equal(early.body.code, 'TRADING_HALTED', 'the file is still there');
  rmSync(file);
  const still = await orders.send('POST', '/v1/orders', MARKET_BUY);
  assert.equal(still.body.code, 'TRADING_HALTED');
  let asked = early;
  while (asked.body.code === 'TRADING_HALTED') {
    await pause(POLL_MS);
    asked = await orders.send('PUT', '/v1/trading-state', release);
  }
  assert.equal(asked.status, 202);
  const { confirmation_token: token } = asked.body as unknown as { confirmation_token: string };
  await orders.send('PUT', '/v1/trading-state', { ...release, confirmation_token: token });
  await orders.place();
});

test('SIGUSR2 halts, and the next run is halted from its first moment', async (t) => {
  const { start, environment } = await bench(t);
  const file = join(environment['TICKER_DATA_DIR'] ?? '', 'HALT');
  const first = await start();
  await first.orders.place();
  first.service.child.kill('SIGUSR2');
  while (!existsSync(file)) await pause(POLL_MS);
  // Nothing depends on what the journal had by then.
  first.service.child.kill('SIGKILL');
  await first.service.exited;
  const second = await start();
  for (;;) {
    const { status, body } = await second.orders.send('POST', '/v1/orders', MARKET_BUY);
    if (body.code === 'TRADING_HALTED') break;
    // Until the halt itself is durable.
    assert.deepEqual([status, body.code], [503, 'JOURNAL_UNAVAILABLE']);
    await pause(POLL_MS);
  }
  assert.equal(readFileSync(file, 'utf8'), 'SIGUSR2\n');
});

test('an orders thread that fails is replaced and recovers; ticks do not notice', async (t) => {
  const service = await startInProcess(t);
  const orders = new OrderPortCaller(service.ordersUrl ?? '', KEY);
  await orders.untilReady();
  const bought = await orders.place();
  await orders.until(bought.id, isComplete);
  const url = `${service.marketUrl.replace('http', 'ws')}/ws/ticks`;
  const client = await TicksClient.connect(t, url, KEY);
  await client.request({ type: 'subscribe', instruments: ['NSE:INFY'] });
  service.threads.orders?.postMessage({ type: 'futures', futures: 0 });
  await metricsUntil(
    service.marketUrl,
    (samples) => samples.get('ticker_thread_restarts_total{thread="orders"}') === 1,
  );
  await orders.untilReady();
  assert.equal((await orders.get(bought.id)).status, 'COMPLETE');
  await orders.place({ quantity: 11 });
  await client.nextTick(() => true);
  assert.equal(client.socket.readyState, client.socket.OPEN);
});

test('without a database orders are refused with a code, and ticks flow', async (t) => {
  const service = await startService(t, {
    // Nobody listens there.
    TICKER_DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
    TICKER_LOG_LEVEL: 'silent',
  });
  const orders = new OrderPortCaller(service.ordersUrl, service.key);
  const refused = await orders.send('POST', '/v1/orders', MARKET_BUY);
  assert.equal(refused.status, 503);
  assert.ok(['ORDERS_NOT_READY', 'JOURNAL_UNAVAILABLE'].includes(refused.body.code ?? ''));
  assert.ok(Number(refused.headers.get('retry-after')) >= 1);
  const ready = await fetch(new URL('/readyz', service.ordersUrl));
  assert.equal(ready.status, 503);
  const market = await fetch(new URL('/readyz', service.url));
  assert.equal(market.status, 200, 'the market side does without orders');
  assert.match(await market.text(), /"degraded"/);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  await client.request({ type: 'subscribe', instruments: ['NSE:NIFTY 50'] });
  await client.nextTick(() => true);
});

test('orders run beside the market side as a process of their own', async (t) => {
  const { environment, rest } = await bench(t);
  const market = await startService(t, { ...environment, TICKER_ROLE: 'market' });
  assert.equal(market.ordersUrl, '');
  const process = startTicker(t, ['serve', '--role', 'orders'], {
    TICKER_LOG_LEVEL: 'warn',
    ...environment,
    TICKER_ORDERS_PORT: '0',
    TICKER_MARKET_URL: market.url,
  });
  const [, url = ''] = await process.line(/^ready orders=(\S+)$/);
  const orders = new OrderPortCaller(url, market.key);
  await orders.untilReady();
  // The second one has its price from the stream of the market side.
  const [first, second] = [await orders.place(), await orders.place({ quantity: 7 })];
  await orders.until(first.id, isComplete);
  await orders.until(second.id, isComplete);
  const samples = await metricsUntil(
    url,
    (m) => (m.get('ticker_orders_hints_total{result="taken"}') ?? 0) > 0,
  );
  const origins = ['stream', 'waited'].map(
    (origin) => samples.get(`ticker_orders_prices_total{origin="${origin}"}`) ?? 0,
  );
  assert.equal(
    origins.reduce((sum, count) => sum + count, 0),
    2,
    'no quote was needed',
  );
  const resting = await orders.rest(await lastPrice(rest));
  await orders.until(resting.id, isOpen);

  // The market side goes: orders say so, cancel, and take their prices as quotes.
  market.child.kill('SIGTERM');
  await market.exited;
  const text = await orders.untilReady();
  assert.match(text, /"market":\{"ok":false/);
  await orders.send('DELETE', `/v1/orders/${resting.id}`);
  await orders.until(resting.id, isCancelled);
  process.child.kill('SIGTERM');
  assert.equal((await process.exited).code, 0, process.errors());
});
