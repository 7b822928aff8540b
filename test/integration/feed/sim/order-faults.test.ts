import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { KiteConnect } from 'kiteconnect';
import type { AnyObject } from '../../../support/feed/sim/order-rig.ts';
import { OrderCaller } from '../../../support/feed/sim/order-caller.ts';
import { shares } from '../../../support/feed/sim/order-rig.ts';
import { PostbackReceiver } from '../../../support/feed/sim/postback-receiver.ts';
import { authorization, runSimulator } from '../../../support/feed/sim/running-simulator.ts';
import { assertSameShape } from '../../../support/feed/sim/same-shape.ts';
import { sharedDataOrSkip } from '../../../support/shared-data.ts';

/** Order frames among the texts of a socket. */
function orderFrames(texts: readonly string[]): AnyObject[] {
  return texts
    .map((text) => JSON.parse(text) as { type: string; data: AnyObject })
    .filter(({ type }) => type === 'order')
    .map(({ data }) => data);
}

test('requests beyond the limits get 429 on the injected clock, orders and quotes apart', async (t) => {
  const { simulator, clock } = await runSimulator(t, { rateLimits: true });
  const caller = new OrderCaller(simulator);
  const statuses: number[] = [];
  for (let count = 0; count < 11; count++) {
    const { status, error } = await caller.place(shares());
    statuses.push(status);
    if (status === 429) assert.equal(error, 'NetworkException: Too many requests');
  }
  assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 200), 429]);
  const quote = `/quote/ltp?i=NSE:RELIANCE`;
  assert.equal((await caller.call('GET', quote)).status, 200);
  assert.equal((await caller.call('GET', quote)).status, 429);
  assert.equal((await caller.book()).length, 10);
  assert.equal((await new OrderCaller(simulator, 2).place(shares())).status, 200);
  clock.advance(1000);
  assert.equal((await caller.place(shares())).status, 200);
  assert.equal((await caller.call('GET', quote)).status, 200);
  simulator.schedule([{ at_ms: 0, fault: 'broker_habits', args: { rate_limits: false } }]);
  assert.equal((await caller.call('GET', quote)).status, 200);
});

test('throttle refuses a route with 429, with Retry-After when asked', async (t) => {
  const { simulator } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  const route = { route: 'POST /orders' };
  caller.fault('throttle', { times: 1 }, route);
  caller.fault('throttle', { times: 1, retry_after_s: 3 }, route);
  const [second, first] = [await caller.place(shares()), await caller.place(shares())];
  assert.deepEqual([first.status, first.headers.get('retry-after')], [429, null]);
  assert.deepEqual([second.status, second.headers.get('retry-after')], [429, '3']);
  assert.equal((await caller.place(shares())).status, 200);
  assert.equal(simulator.ordersLedger().requests.filter(({ accepted }) => accepted).length, 1);
});

test('expire_token: orders get 403 TokenException', async (t) => {
  const { simulator } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  caller.fault('expire_token', {});
  const answer = await caller.place(shares());
  assert.equal(answer.status, 403);
  assert.match(answer.error ?? '', /^TokenException: /);
  assert.deepEqual(caller.truth(), []);
});

test('order_access: a key without permission, or from an address that is not registered', async (t) => {
  const { simulator } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  caller.fault('order_access', { addresses: '127.0.0.9,10.0.0.1' });
  const denied = await caller.place(shares());
  assert.equal(denied.status, 403);
  assert.match(denied.error ?? '', /^PermissionException: .*127\.0\.0\.1/);
  assert.equal((await caller.call('GET', '/orders')).status, 200, 'reading is free');
  caller.fault('order_access', { addresses: '127.0.0.1' });
  assert.equal((await caller.place(shares())).status, 200);
  caller.fault('order_access', { is_permitted: false });
  assert.match((await caller.place(shares())).error ?? '', /Insufficient permission/);
});

test('order_access: the address that counts is the one the connection comes from', async (t) => {
  const { simulator } = await runSimulator(t);
  new OrderCaller(simulator).fault('order_access', { addresses: '127.0.0.2' });
  const statusFrom = async (localAddress: string): Promise<number | undefined> => {
    const outgoing = request(`${simulator.restUrl}/orders/regular`, {
      method: 'POST',
      localAddress,
      headers: authorization(),
    });
    outgoing.end(new URLSearchParams(shares() as Record<string, string>).toString());
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  assert.deepEqual([await statusFrom('127.0.0.1'), await statusFrom('127.0.0.2')], [403, 200]);
});

test('stale_reads: book, trades and positions as they were', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  await caller.placed(shares({ tag: 'old', price: 1450 }));
  clock.advance(10_000);
  await caller.placed(shares({ tag: 'new', price: 1450 }));
  clock.advance(1000);
  caller.fault('stale_reads', { by_ms: 5000, for_ms: 60_000 });
  assert.deepEqual(await caller.book(), [['old', 'COMPLETE']]);
  const positions = (await caller.call('GET', '/portfolio/positions')).data as {
    net: { quantity: number }[];
  };
  assert.deepEqual(
    positions.net.map(({ quantity }) => quantity),
    [10],
  );
  const stale = (await caller.call('GET', '/trades')).data as object[];
  clock.advance(60_000);
  const trades = (await caller.call('GET', '/trades')).data as object[];
  assert.ok(stale.length < trades.length);
  assert.equal((await caller.book()).length, 2);
});

test('odd_rows: a status and fields that nobody knows, in the rows of orders that are not over', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  await caller.placed(shares({ tag: 'over', price: 1450 }));
  await caller.placed(shares({ tag: 'open' }));
  clock.advance(100);
  const args = { status: 'AWAITING SETTLEMENT', extra_fields: true, times: 1 };
  caller.fault('odd_rows', args, { route: 'GET /orders' });
  const { data } = await caller.call('GET', '/orders');
  assert.deepEqual(
    (data as AnyObject[]).map((row) => [row['status'], 'settlement_leg' in row]),
    [
      ['COMPLETE', true],
      ['AWAITING SETTLEMENT', true],
    ],
  );
  assert.deepEqual((await caller.book())[1], ['open', 'OPEN']);
});

test('slow_answers: the order is done and its event is out before the answer', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  const socket = await connect();
  caller.fault('slow_answers', { delay_ms: 3000, times: 1 }, { route: 'POST /orders' });
  const call = caller.place(shares({ price: 1450, tag: 'slow' }));
  while (caller.truth().length === 0) await socket.roundTrip();
  clock.advance(500);
  await socket.until(() => orderFrames(socket.texts).length === 1);
  assert.equal(simulator.ordersLedger().requests[0]?.delivery, 'pending');
  clock.advance(2500);
  assert.equal((await call).status, 200);
});

test('exchange_cancel and external_order come unasked', async (t) => {
  const { simulator, clock, connect } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  const [first, second] = [await connect(), await connect()];
  await caller.placed(shares({ tag: 'mine' }));
  await caller.placed(shares({ tag: 'kept' }));
  caller.fault('external_order', shares({ tag: 'theirs' }));
  clock.advance(100);
  caller.fault('exchange_cancel', { tag: 'mine', message: 'Price band was reset.' });
  assert.deepEqual(await caller.book(), [
    ['mine', 'CANCELLED'],
    ['kept', 'OPEN'],
    ['theirs', 'OPEN'],
  ]);
  for (const socket of [first, second]) {
    await socket.until(() => orderFrames(socket.texts).length === 1);
    const [frame] = orderFrames(socket.texts);
    assert.deepEqual(
      [frame?.['tag'], frame?.['status'], frame?.['status_message']],
      ['mine', 'CANCELLED', 'Price band was reset.'],
    );
  }
  assert.throws(
    () => caller.fault('external_order', shares({ quantity: 1, price: 0.001 })),
    /fault script entry 1: /,
  );
  assert.throws(
    () => caller.fault('set_postback', { url: 'http://[' }),
    /fault script entry 1: http:\/\/\[ is not an address/,
  );
});

test('margins of what is not a list of orders are refused', async (t) => {
  const { simulator } = await runSimulator(t);
  for (const [body, says] of [
    ['{', /Invalid JSON/],
    ['{}', /Expected an array/],
    ['[7]', /Invalid order/],
    ['[{"variety":"regular"}]', /Missing or empty field `exchange`/],
  ] as const) {
    const answer = await fetch(`${simulator.restUrl}/margins/basket`, {
      method: 'POST',
      headers: { ...authorization(), 'Content-Type': 'application/json' },
      body,
    });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), says);
  }
});

test('square_off trades intraday positions away and keeps the others', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  await caller.placed(shares({ price: 1450 }));
  await caller.placed(shares({ price: 1450, product: 'CNC' }));
  clock.advance(100);
  caller.fault('square_off', {});
  clock.advance(100);
  const { data } = await caller.call('GET', '/portfolio/positions');
  const net = (data as { net: { product: string; quantity: number }[] }).net;
  assert.deepEqual(
    net.map(({ product, quantity }) => [product, quantity]),
    [
      ['MIS', 0],
      ['CNC', 10],
    ],
  );
});

test('set_postback: signed postbacks, repeated until they are taken', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  const receiver = await PostbackReceiver.start(t);
  caller.fault('set_postback', { url: receiver.url });
  receiver.statuses.push(500);
  await caller.placed(shares({ price: 1450, tag: 'posted' }));
  clock.advance(100);
  await receiver.until(1);
  // The retry waits for a second of the clock, which starts when the refusal has arrived.
  while (receiver.received.length < 2) {
    clock.advance(100);
    await caller.call('GET', '/orders');
  }
  const [first, again] = receiver.received;
  assert.deepEqual(again, first);
  const kite = new KiteConnect({ api_key: 'sim-key-1' });
  const postback = first as Parameters<typeof kite.validatePostback>[0];
  assert.equal(kite.validatePostback(postback, 'sim-secret-1'), true);
  assert.equal(kite.validatePostback(postback, 'sim-secret-2'), false);
  const folder = sharedDataOrSkip(t, 'kite-mocks');
  if (folder === undefined) return;
  const sample: unknown = JSON.parse(readFileSync(`${folder}/postback.json`, 'utf8'));
  // The broker's sample is older than these two.
  const later = { account_id: '', validity_ttl: 0 };
  assertSameShape(first, { ...(sample as object), ...later }, [], 'postback');
});

test('the ledger tells every request, whatever the client was told, without secrets', async (t) => {
  const { simulator } = await runSimulator(t);
  const caller = new OrderCaller(simulator);
  await caller.place(shares({ tag: 'good' }));
  await caller.place(shares({ tag: 'bad', quantity: 0 }));
  await caller.book();
  await fetch(`${simulator.restUrl}/session/token`, { method: 'POST', body: 'api_key=x' });
  const answer = await fetch(`${simulator.restUrl}/sim/orders-ledger`, {
    headers: authorization(),
  });
  const text = await answer.text();
  const ledger = JSON.parse(text) as ReturnType<typeof simulator.ordersLedger>;
  assert.deepEqual(
    ledger.requests.map(({ method, tag, accepted, status }) => [method, tag, accepted, status]),
    [
      ['POST', 'good', true, 200],
      ['POST', 'bad', false, 400],
      ['GET', null, false, 200],
    ],
  );
  const [order] = ledger.accounts[0]!.orders;
  assert.deepEqual(ledger.requests[0]?.order_ids, [order?.order_id]);
  assert.ok(!text.includes('sim-token') && !text.includes('sim-secret'));
});

test('the same seed, clock and calls give the same orders, trades and events', async (t) => {
  const run = async (seed: number): Promise<string> => {
    const { simulator, clock } = await runSimulator(t, { seed });
    const caller = new OrderCaller(simulator);
    for (const price of [1450, 1300, 1420]) {
      await caller.placed(shares({ price, tag: `at${price}` }));
      clock.advance(150);
    }
    const { accounts, events } = simulator.ordersLedger();
    return JSON.stringify({ accounts, events });
  };
  const first = await run(7);
  assert.equal(await run(7), first);
  assert.notEqual(await run(8), first);
});
