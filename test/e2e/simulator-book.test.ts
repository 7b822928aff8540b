import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { lastPrice, OrderPortCaller } from '../support/order-caller.ts';
import {
  type RunningTicker,
  startService,
  startSimulatorProcess,
  temporaryFolder,
} from '../support/ticker-process.ts';

interface Row {
  order_id: string;
  status: string;
  tradingsymbol: string;
  quantity: number;
}

/** Asks a simulator as its first account. */
async function ask(rest: string, method: string, path: string, form = ''): Promise<unknown> {
  const answer = await fetch(`${rest}${path}`, {
    method,
    headers: {
      authorization: 'token sim-key-1:sim-token-1',
      ...(form !== '' && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(form !== '' && { body: form }),
  });
  const { data } = (await answer.json()) as { data: unknown };
  assert.equal(answer.status, 200, JSON.stringify(data));
  return data;
}

async function ordersOf(rest: string): Promise<Map<string, string>> {
  const rows = (await ask(rest, 'GET', '/orders')) as Row[];
  return new Map(rows.map(({ order_id: id, status }) => [id, status]));
}

async function untilStatus(rest: string, id: string, status: string): Promise<void> {
  while ((await ordersOf(rest)).get(id) !== status) {
    // The broker answers ten such questions a second.
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
}

async function positionsOf(rest: string): Promise<[string, number][]> {
  const { net } = (await ask(rest, 'GET', '/portfolio/positions')) as { net: Row[] };
  return net.map(({ tradingsymbol, quantity }) => [tradingsymbol, quantity]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function kill({ child, exited }: Pick<RunningTicker, 'child' | 'exited'>): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}

test('a simulator that was killed goes on with its book', async (t) => {
  const book = join(temporaryFolder(t), 'book.jsonl');
  const args = ['--port', '0', '--instruments', '200', '--rate', '100', '--book', book];
  const first = await startSimulatorProcess(t, args);
  const form = (price: number) =>
    'exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&order_type=LIMIT&product=CNC' +
    `&validity=DAY&quantity=3&price=${price}`;
  const place = async (price: number): Promise<string> => {
    const placed = await ask(first.rest, 'POST', '/orders/regular', form(price));
    return (placed as Row).order_id;
  };
  const last = await lastPrice(first.rest);
  const bought = await place(Math.ceil(last * 1.02));
  const resting = await place(Math.floor(last * 0.95));
  await untilStatus(first.rest, bought, 'COMPLETE');
  await untilStatus(first.rest, resting, 'OPEN');
  await kill(first);

  const { rest } = await startSimulatorProcess(t, args);
  assert.deepEqual(
    await ordersOf(rest),
    new Map([
      [bought, 'COMPLETE'],
      [resting, 'OPEN'],
    ]),
  );
  assert.deepEqual(await positionsOf(rest), [['INFY', 3]]);
  await ask(rest, 'DELETE', `/orders/regular/${resting}`);
  await untilStatus(rest, resting, 'CANCELLED');
});

test('with the built-in simulator a killed service finds its open order and can cancel it', async (t) => {
  const folder = temporaryFolder(t);
  const port = await freePort();
  const rest = `http://127.0.0.1:${port}`;
  const start = async (): Promise<{ service: RunningTicker; orders: OrderPortCaller }> => {
    const service = await startService(t, {
      TICKER_DATA_DIR: folder,
      TICKER_SIM_PORT: String(port),
      TICKER_SIM_INSTRUMENTS: '200',
    });
    const orders = new OrderPortCaller(service.ordersUrl, service.key);
    await orders.untilReady();
    return { service, orders };
  };
  const first = await start();
  const bought = await first.orders.place();
  await first.orders.until(bought.id, ({ status }) => status === 'COMPLETE');
  const resting = await first.orders.rest(await lastPrice(rest));
  await first.orders.until(resting.id, ({ status }) => status === 'OPEN');
  await kill(first.service);
  assert.equal(statSync(join(folder, 'simulator-orders.jsonl')).mode & 0o777, 0o600);

  const { orders } = await start();
  const found = await orders.get(resting.id);
  assert.equal(found.status, 'OPEN');
  const cancelled = await orders.send('DELETE', `/v1/orders/${resting.id}`);
  assert.equal(cancelled.status, 200, JSON.stringify(cancelled.body));
  await orders.until(resting.id, ({ status }) => status === 'CANCELLED');
  assert.equal((await orders.get(bought.id)).filled_quantity, 10);
  assert.deepEqual(await positionsOf(rest), [['INFY', 10]]);
});
