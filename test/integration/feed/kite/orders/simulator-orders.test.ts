import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { TickerError } from '../../../../../src/domain/error-codes.ts';
import { readPostback } from '../../../../../src/feed/kite/orders/postback.ts';
import { readOrderRow } from '../../../../../src/feed/kite/orders/order-rows.ts';
import {
  acceptedResult,
  AT_EXCHANGE_MS,
  orderBrokerRig,
} from '../../../../support/feed/kite/order-broker-rig.ts';
import { shareTerms, slicedTerms } from '../../../../support/feed/kite/order-samples.ts';
import { tickerError } from '../../../../support/feed/kite/rest-rig.ts';
import { PostbackReceiver } from '../../../../support/feed/sim/postback-receiver.ts';

const LIMIT = { timeout: 20_000 };
const TAG = 'AA0000000000000100';

test('an order is placed, changed and cancelled, and the book says so', LIMIT, async (t) => {
  const { broker, clock, orders, requests } = await orderBrokerRig(t);
  const client = broker();
  const terms = shareTerms({ validity: 'TTL', validityTtl: 30, disclosedQuantity: 5 });
  const outcome = await client.place(terms, TAG, 'entry');
  const [id = ''] = acceptedResult(outcome).orderIds;
  assert.match(id, /^\d{19}$/);
  const { evidence } = outcome;
  assert.equal(evidence?.status, 200);
  assert.match(evidence.requestBody ?? '', /validity_ttl=30&disclosed_quantity=5/);
  clock.advance(AT_EXCHANGE_MS);
  const [placed] = await client.orders();
  assert.equal(placed?.brokerOrderId, id);
  assert.deepEqual([placed.tag, placed.status, placed.validityTtl], [TAG, 'OPEN', 30]);
  assert.equal(placed.orderTimeS, Math.floor(clock.nowUs() / 1e6));

  const change = { priceRupees: 1310.1, quantity: 12 };
  assert.equal(acceptedResult(await client.modify('regular', id, change, null)), id);
  clock.advance(AT_EXCHANGE_MS);
  const [changed] = await client.orders();
  assert.deepEqual([changed?.priceRupees, changed?.quantity], [1310.1, 12]);

  assert.equal(acceptedResult(await client.cancel('regular', id, null)), id);
  clock.advance(AT_EXCHANGE_MS);
  const history = await client.history(id);
  assert.deepEqual(history.at(0)?.status, 'PUT ORDER REQ RECEIVED');
  assert.deepEqual(history.at(-1)?.status, 'CANCELLED');
  assert.equal(orders().length, 1);
  assert.deepEqual(
    ['POST', 'PUT', 'DELETE'].map((method) => requests(method).length),
    [1, 1, 1],
  );
});

test('a fill shows in trades and positions', LIMIT, async (t) => {
  const { broker, clock } = await orderBrokerRig(t);
  const client = broker();
  assert.deepEqual(
    [await client.orders(), await client.trades(), await client.positions()],
    [[], [], []],
  );
  const market = shareTerms({ orderType: 'MARKET', priceRupees: null, marketProtection: -1 });
  const [id] = acceptedResult(await client.place(market, TAG, 'entry')).orderIds;
  clock.advance(AT_EXCHANGE_MS);
  const trades = await client.trades();
  assert.ok(trades.every((trade) => trade.brokerOrderId === id && trade.orderId === null));
  assert.equal(
    trades.reduce((sum, { quantity }) => sum + quantity, 0),
    10,
  );
  assert.equal(trades[0]?.fillTimeS, Math.floor(clock.nowUs() / 1e6));
  const [position] = await client.positions();
  assert.deepEqual([position?.tradingsymbol, position?.netQuantity], ['RELIANCE', 10]);
  assert.ok((position?.buyValueRupees ?? 0) > 0);
});

test(
  'every variety is taken, and the second leg of a cover order ends by its parent',
  LIMIT,
  async (t) => {
    const { broker, clock, orders } = await orderBrokerRig(t);
    const client = broker();
    const terms = [
      shareTerms({ variety: 'co', priceRupees: 1450, triggerPriceRupees: 1290 }),
      shareTerms({ variety: 'iceberg', quantity: 20, icebergLegs: 2, icebergQuantity: 10 }),
      shareTerms({
        variety: 'auction',
        transactionType: 'SELL',
        product: 'CNC',
        priceRupees: 1400,
        auctionNumber: '7',
      }),
    ];
    for (const each of terms) acceptedResult(await client.place(each, TAG, 'entry'));
    clock.advance(AT_EXCHANGE_MS);
    assert.deepEqual((await client.orders()).map(({ variety }) => variety).sort(), [
      'auction',
      'co',
      'co',
      'iceberg',
    ]);
    assert.equal(client.state().dayBudgetLeft, 5000 - 4, 'legs of an iceberg count');
    const leg = (await client.orders()).find(({ parentOrderId }) => parentOrderId !== null);
    assert.ok(leg !== undefined);
    acceptedResult(await client.cancel('co', leg.brokerOrderId, leg.parentOrderId));
    clock.advance(AT_EXCHANGE_MS);
    const ended = orders().find(({ order_id }) => order_id === leg.brokerOrderId);
    assert.notEqual(ended?.status, 'TRIGGER PENDING');
  },
);

for (const shape of ['children', 'flat']) {
  test(`autoslice, answered as ${shape}: slices, and those refused`, LIMIT, async (t) => {
    const { broker, clock, fault, orders } = await orderBrokerRig(t);
    const client = broker();
    fault('broker_habits', { autoslice_answer: shape });
    // One slice binds some five million rupees.
    fault('set_funds', { rupees: 12_000_000 });
    const terms = slicedTerms({ quantity: 3 * 1755 });
    const placed = acceptedResult(await client.place(terms, TAG, 'entry'));
    clock.advance(AT_EXCHANGE_MS);
    const ids = orders().map(({ order_id }) => order_id);
    assert.equal(ids.length, 2);
    assert.deepEqual(placed.orderIds.slice(-2), ids);
    assert.equal(placed.orderIds.length, shape === 'flat' ? 2 : 3);
    assert.deepEqual(
      placed.refusals.map(({ code }) => code),
      ['MarginException'],
    );
    assert.match(placed.refusals[0]?.message ?? '', /Insufficient funds/);
  });
}

test('what the broker refuses at once is rejected with its words', LIMIT, async (t) => {
  const { broker, clock, orders } = await orderBrokerRig(t);
  const client = broker();
  const refused = await client.place(shareTerms({ quantity: 100_000 }), TAG, 'entry');
  assert.equal(refused.kind, 'rejected');
  assert.deepEqual([refused.code, refused.isThrottled], ['BROKER_REJECTED', false]);
  assert.match(refused.message, /^HTTP 400 MarginException: Insufficient funds/);
  assert.equal(orders().length, 0);

  const [id = ''] = acceptedResult(await client.place(shareTerms(), TAG, 'entry')).orderIds;
  clock.advance(AT_EXCHANGE_MS);
  await client.cancel('regular', id, null);
  clock.advance(AT_EXCHANGE_MS);
  for (const outcome of [
    await client.cancel('regular', id, null),
    await client.modify('regular', id, { priceRupees: 1310 }, null),
    await client.cancel('regular', '1', null),
  ]) {
    assert.equal(outcome.kind, 'rejected', JSON.stringify(outcome));
  }
});

test('429 is rejected as throttled, and holds up entries', LIMIT, async (t) => {
  const { broker, clock, fault, orders } = await orderBrokerRig(t);
  const client = broker();
  fault('throttle', { times: 1, retry_after_s: 5 });
  const outcome = await client.place(shareTerms(), TAG, 'entry');
  assert.equal(outcome.kind, 'rejected');
  const { code, isThrottled, retryAfterMs } = outcome;
  assert.deepEqual([code, isThrottled, retryAfterMs], ['BROKER_BUDGET', true, 5_000]);
  assert.equal(orders().length, 0);
  const admission = client.admission('entry');
  assert.deepEqual([admission.ok, !admission.ok && admission.retryAfterMs], [false, 5_000]);
  clock.advance(5_000);
  assert.deepEqual(client.admission('entry'), { ok: true });
  acceptedResult(await client.place(shareTerms(), TAG, 'entry'));
});

test('a key without permission is rejected, and its session lives on', LIMIT, async (t) => {
  const { broker, fault } = await orderBrokerRig(t);
  const client = broker();
  fault('order_access', { is_permitted: false });
  const outcome = await client.place(shareTerms(), TAG, 'entry');
  assert.deepEqual(
    [outcome.kind, 'code' in outcome && outcome.code],
    ['rejected', 'BROKER_REJECTED'],
  );
  assert.equal(client.state().hasSession, true);
  assert.deepEqual(await client.orders(), []);
});

test('orders leave from the address of the account', LIMIT, async (t) => {
  const { broker, fault, requests } = await orderBrokerRig(t);
  fault('order_access', { addresses: '127.0.0.2' });
  const elsewhere = await broker().place(shareTerms(), TAG, 'entry');
  assert.equal(elsewhere.kind, 'rejected');
  assert.match(elsewhere.message, /not allowed from 127\.0\.0\.1/);
  const registered = broker(1, { localAddress: '127.0.0.2' });
  acceptedResult(await registered.place(shareTerms(), TAG, 'entry'));
  assert.equal(requests('POST').at(-1)?.address, '127.0.0.2');
});

test('a dead session stops everything at once until there is a new one', LIMIT, async (t) => {
  const { broker, fault, requests, simulator } = await orderBrokerRig(t);
  const client = broker();
  fault('expire_token', {});
  const outcome = await client.place(shareTerms(), TAG, 'entry');
  assert.deepEqual(
    [outcome.kind, 'code' in outcome && outcome.code],
    ['rejected', 'BROKER_SESSION'],
  );
  assert.equal(client.state().hasSession, false);
  const refused = await client.cancel('regular', '1', null);
  assert.deepEqual([refused.kind, refused.evidence], ['not-sent', null]);
  await assert.rejects(client.orders(), tickerError('BROKER_SESSION'));
  const admission = client.admission('exit');
  assert.equal(!admission.ok && admission.code, 'BROKER_SESSION');
  assert.equal(requests().length, 1);

  const login = await fetch(`${simulator.restUrl}/connect/login?v=3&api_key=sim-key-1`);
  const shown = (await login.json()) as { data: { request_token: string } };
  const token = shown.data.request_token;
  const checksum = createHash('sha256').update(`sim-key-1${token}sim-secret-1`).digest('hex');
  const form = new URLSearchParams({ api_key: 'sim-key-1', request_token: token, checksum });
  const url = `${simulator.restUrl}/session/token`;
  const answer = await fetch(url, { method: 'POST', body: form });
  const { data } = (await answer.json()) as { data: { access_token: string } };
  client.setAccessToken(data.access_token);
  acceptedResult(await client.place(shareTerms(), TAG, 'entry'));
});

test('margins are asked for as JSON', LIMIT, async (t) => {
  const { broker, requests } = await orderBrokerRig(t);
  const client = broker();
  const terms = [shareTerms(), shareTerms({ transactionType: 'SELL' })];
  const margins = (await client.orderMargins(terms, false)) as { total: number }[];
  assert.equal(margins.length, 2);
  const basket = (await client.basketMargins(terms, true, true)) as { initial: { total: number } };
  assert.ok(basket.initial.total > 0);
  assert.deepEqual(
    requests('POST').map(({ path }) => path),
    ['/margins/orders', '/margins/basket'],
  );
});

test('one quote a second, and none for what is not listed', LIMIT, async (t) => {
  const { broker, clock, requests } = await orderBrokerRig(t);
  const client = broker();
  const quote = await client.quote('NSE:RELIANCE');
  assert.ok((quote?.lowerCircuitLimit ?? 0) > 0);
  const second = client.quote('NSE:NOBODY');
  assert.equal(requests('GET').length, 1);
  clock.advance(1_000);
  assert.equal(await second, undefined);
});

test('reads that fail or are not what is documented reject', LIMIT, async (t) => {
  const { broker, fault } = await orderBrokerRig(t);
  const client = broker();
  const route = { route: 'GET /orders' };
  const failing = (args: Parameters<typeof fault>[1]): void =>
    fault('rest_status', { times: 1, ...args }, route);
  failing({ status: 502, body: '<html></html>', content_type: 'text/html' });
  await assert.rejects(client.orders(), tickerError('BROKER_UNAVAILABLE', /HTTP 502/));
  failing({ status: 200, body: '<html></html>', content_type: 'text/html' });
  await assert.rejects(client.orders(), tickerError('BROKER_ANSWER'));
  failing({ status: 200, body: '{"status":"success","data":[{}]}' });
  await assert.rejects(client.orders(), tickerError('BROKER_ANSWER', /order_id/));
  fault('odd_rows', { status: 'NEW STATUS', extra_fields: true, times: 1 }, route);
  assert.deepEqual(await client.orders(), []);
  await assert.rejects(client.history('1'), (error: TickerError) =>
    error.code.startsWith('BROKER_'),
  );
});

test('rows with unknown statuses and fields are read', LIMIT, async (t) => {
  const { broker, clock, fault } = await orderBrokerRig(t);
  const client = broker();
  acceptedResult(await client.place(shareTerms(), TAG, 'entry'));
  clock.advance(AT_EXCHANGE_MS);
  fault('odd_rows', { status: 'NEW STATUS', extra_fields: true, times: 1 });
  assert.equal((await client.orders())[0]?.status, 'NEW STATUS');
});

test("one account's silent broker does not delay another's", LIMIT, async (t) => {
  const { broker, clock, fault, requests } = await orderBrokerRig(t);
  const [stuck, other] = [broker(1), broker(2)];
  fault('order_outcome', { symptom: 'timeout', accepted: false });
  const waiting = [1, 2, 3, 4, 5, 6].map(() => stuck.place(shareTerms(), TAG, 'entry'));
  while (requests('POST').length < 6) await new Promise((resolve) => setImmediate(resolve));
  // Time stands still: an answer that took any would not come.
  acceptedResult(await other.place(shareTerms(), TAG, 'entry'));
  assert.equal((await other.orders()).length, 1);
  clock.advance(7_000);
  assert.deepEqual(
    new Set((await Promise.all(waiting)).map(({ kind }) => kind)),
    new Set(['unknown']),
  );
  assert.equal(stuck.state().breaker, 'open');
  assert.equal(other.state().breaker, 'closed');
  const admission = stuck.admission('entry');
  assert.equal(!admission.ok && admission.code, 'BROKER_BREAKER_OPEN');
});

test('postbacks and socket events of the simulator are read', LIMIT, async (t) => {
  const { broker, clock, fault } = await orderBrokerRig(t);
  const receiver = await PostbackReceiver.start(t);
  fault('set_postback', { url: receiver.url });
  const client = broker();
  const [id] = acceptedResult(
    await client.place(shareTerms({ priceRupees: 1450 }), TAG, 'entry'),
  ).orderIds;
  clock.advance(AT_EXCHANGE_MS);
  await receiver.until(1);
  const body = JSON.stringify(receiver.received[0]);
  const row = readPostback(body, 'SIM001', 'sim-secret-1');
  assert.deepEqual([row.account, row.brokerOrderId, row.tag], ['SIM001', id, TAG]);
  assert.deepEqual(readOrderRow(JSON.parse(body), 'SIM001'), row);
  assert.throws(
    () => readPostback(body, 'SIM001', 'sim-secret-2'),
    tickerError('POSTBACK_REFUSED'),
  );
});
