import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsUntil } from '../support/metrics-text.ts';
import { lastPrice, MARKET_BUY, OrderPortCaller } from '../support/order-caller.ts';
import {
  accountsFile,
  type RunningTicker,
  runTicker,
  startService,
  startSimulatorProcess,
  temporaryFolder,
} from '../support/ticker-process.ts';
import { TicksClient } from '../support/ticks-client.ts';

interface Bench {
  service: RunningTicker;
  /** With a key that may do everything. */
  orders: OrderPortCaller;
  /** Of the simulator. */
  rest: string;
  /** A new key of the running service. */
  key: (...options: string[]) => Promise<string>;
}

/** A service with two accounts of one simulator, ready for orders. */
async function bench(t: Parameters<typeof startService>[0]): Promise<Bench> {
  const simulator = await startSimulatorProcess(t, [
    ...['--port', '0', '--seed', '7', '--instruments', '200', '--rate', '600', '--accounts', '2'],
  ]);
  const environment = {
    TICKER_DATA_DIR: temporaryFolder(t),
    TICKER_ACCOUNTS_FILE: accountsFile(t, simulator, { trading: true, count: 2 }),
  };
  const service = await startService(t, environment);
  const orders = new OrderPortCaller(service.ordersUrl, service.key);
  await orders.untilReady();
  let keys = 1;
  return {
    service,
    orders,
    rest: simulator.rest,
    async key(...options) {
      const made = await runTicker(['keys', 'create', '--json', ...options], environment);
      assert.equal(made.code, 0, made.errors);
      keys += 1;
      await metricsUntil(service.url, (samples) => samples.get('ticker_api_keys') === keys);
      return (JSON.parse(made.out) as { key: string }).key;
    },
  };
}

/** Reads the broker's book until the order rests at the exchange: an opening has no event. */
async function untilOpen(orders: OrderPortCaller, id: string): Promise<void> {
  for (;;) {
    await orders.send('POST', '/v1/sync?account=SIM001');
    const { status } = await orders.get(id);
    if (status === 'OPEN') return;
  }
}

/** How many orders the broker has of an account. */
async function brokerCount(rest: string, account: number): Promise<number> {
  const answer = await fetch(`${rest}/orders`, {
    headers: { authorization: `token sim-key-${account}:sim-token-${account}` },
  });
  return ((await answer.json()) as { data: unknown[] }).data.length;
}

test('who merely reaches the orders port can neither trade nor look, with a key for ticks neither', async (t) => {
  const { service, orders, rest, key } = await bench(t);
  const ticksKey = await key('--scopes', 'ticks:read');
  const document = (await (await fetch(`${orders.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security: unknown[] }>>;
  };
  const guarded = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { security }]) =>
      security.length === 0 ? [] : [{ method: method.toUpperCase(), path }],
    ),
  );
  assert.ok(guarded.length >= 15);
  for (const { method, path } of guarded) {
    const url = orders.url + path.replaceAll(/\{[^}]*\}/g, 'x');
    const withBody = method === 'GET' ? {} : { body: JSON.stringify(MARKET_BUY) };
    const headers = { 'content-type': 'application/json', 'idempotency-key': path };
    const nobody = await fetch(url, { method, headers, ...withBody });
    assert.equal(nobody.status, 401, `${method} ${path} without a key`);
    const authorization = `Bearer ${ticksKey}`;
    const reader = await fetch(url, {
      method,
      headers: { ...headers, authorization },
      ...withBody,
    });
    assert.equal(reader.status, 403, `${method} ${path} with a key for ticks`);
  }
  const client = await TicksClient.connect(t, service.ticksUrl, ticksKey);
  client.socket.close();
  assert.equal(await brokerCount(rest, 1), 0);
});

test('a key of one account does not see or touch the other one', async (t) => {
  const { orders, rest, key } = await bench(t);
  const price = await lastPrice(rest);
  const resting = await orders.rest(price, { account: 'SIM001' });
  const scopes = 'orders:read,orders:write,trading-state:write';
  const second = new OrderPortCaller(
    orders.url,
    await key('--scopes', scopes, '--accounts', 'SIM002'),
  );
  assert.deepEqual(await second.list(), []);
  const path = `/v1/orders/${resting.id}`;
  const tries: [string, string, unknown?][] = [
    ['GET', path],
    ['GET', `${path}/history`],
    ['GET', `${path}/operations`],
    ['GET', `${path}/trades`],
    ['PATCH', path, { price: Math.floor(price * 0.94) }],
    ['DELETE', path],
    ['POST', `${path}/exit`],
    ['GET', '/v1/orders?account=SIM001'],
    ['GET', '/v1/trades?account=SIM001'],
    ['POST', '/v1/orders', MARKET_BUY],
    ['POST', '/v1/sync?account=SIM001'],
    ['PUT', '/v1/trading-state', { state: 'HALTED', reason: 'not mine', account: 'SIM001' }],
    ['PUT', '/v1/trading-state', { state: 'HALTED', reason: 'everybody' }],
  ];
  for (const [method, where, body] of tries) {
    const { status, body: answer } = await second.send(method, where, body);
    const expected = where.startsWith(path) ? [404, 'UNKNOWN_ORDER'] : [403, 'FORBIDDEN'];
    assert.deepEqual([status, answer.code], expected, `${method} ${where}`);
  }
  const own = await second.rest(price, { account: 'SIM002' });
  assert.deepEqual(
    (await second.list()).map(({ id }) => id),
    [own.id],
  );
  assert.deepEqual([await brokerCount(rest, 1), await brokerCount(rest, 2)], [1, 1]);
  await untilOpen(orders, resting.id);
});

test('while the account streams its orders are placed, changed and cancelled, and ticks go on', async (t) => {
  const { service, orders, rest } = await bench(t);
  const client = await TicksClient.connect(t, service.ticksUrl, service.key);
  await client.request({ type: 'subscribe', instruments: ['NSE:INFY', 'NSE:NIFTY 50'] });
  await client.nextTick(() => true);
  const price = await lastPrice(rest);
  const { id } = await orders.rest(price);
  await untilOpen(orders, id);
  await client.nextTick(() => true);
  const changed = await orders.send('PATCH', `/v1/orders/${id}`, {
    price: Math.floor(price * 0.94),
  });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  await client.nextTick(() => true);
  await untilOpen(orders, id);
  const cancelled = await orders.send('DELETE', `/v1/orders/${id}`);
  assert.equal(cancelled.status, 200, JSON.stringify(cancelled.body));
  await orders.until(id, ({ status }) => status === 'CANCELLED');
  await client.nextTick(() => true);
  const gaps = client.messages.filter(({ type }) => type === 'gap');
  assert.deepEqual(gaps, []);
});
