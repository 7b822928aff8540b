import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { TickerError } from '../../../src/domain/error-codes.ts';
import type { Principal } from '../../../src/domain/access.ts';
import type { RiskLimits } from '../../../src/domain/trading-state.ts';
import {
  first,
  SAMPLE_BODY,
  sampleBrokerOrder,
  sampleOperation,
  sampleOrder,
} from '../../support/http/order-samples.ts';
import { ordersDocumentFor, READ_KEY, startOrdersPort } from '../../support/http/orders-port.ts';
import { TICKS_KEY } from '../../support/http/web-fixture.ts';

const ORDER_PATH = '/v1/orders/ord_mfdk2x9a0001';

const LIMITS: RiskLimits = {
  orderValueRupees: 5_000_000,
  openValueRupees: null,
  positionValueRupees: null,
  orderQuantity: 1800,
  dailyLossRupees: 100_000.5,
  ordersPerSecond: 9,
  ordersPerMinute: null,
  priceBandPercent: 10,
  duplicateWindowMs: 1000,
};

const LIMITS_JSON = {
  order_value: 5_000_000,
  open_value: null,
  position_value: null,
  order_quantity: 1800,
  daily_loss: 100_000.5,
  orders_per_second: 9,
  orders_per_minute: null,
  price_band_percent: 10,
  duplicate_window_ms: 1000,
};

/** The schema with objects that take no member but theirs, each of which must be there. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, closed(part)]),
  );
  if (copy['type'] === 'object' && 'properties' in copy) copy['additionalProperties'] = false;
  return copy;
}

/** Checks an answer against what the document says of it, member by member. */
function assertDescribed(method: string, path: string, status: number, answer: unknown): void {
  const document = ordersDocumentFor(false);
  const operation = document.paths[path]?.[method];
  const schema = operation?.responses[String(status)]?.content?.['application/json']?.schema;
  assert.ok(schema, `${method} ${path} ${status} is described`);
  const ajv = new Ajv({ strict: false, allErrors: true });
  const { components } = document;
  const plain: unknown = JSON.parse(JSON.stringify({ ...schema, components }));
  assert.ok(ajv.validate(closed(plain) as object, answer), ajv.errorsText());
}

test('an order is told as it is described, in every state', async (t) => {
  const { service, send } = await startOrdersPort(t);
  const slices = [
    sampleBrokerOrder({ status: 'COMPLETE', filledQuantity: 130, averagePriceRupees: 100 }),
    sampleBrokerOrder({ brokerOrderId: '2', filledQuantity: 65, averagePriceRupees: 103 }),
  ];
  const orders = [
    sampleOrder(),
    sampleOrder({ intentState: 'SENT', risk: null, brokerOrders: [], answeredUs: null }),
    sampleOrder({ intentState: null, keyId: null, instrumentToken: null, sentUs: null }),
    sampleOrder({
      brokerOrders: slices,
      sliceRefusals: [{ code: 'BROKER_REJECTED', message: 'x' }],
    }),
  ];
  for (const order of orders) {
    service.onGet = () => order;
    const { status, json } = await send('GET', ORDER_PATH, { key: READ_KEY });
    assert.equal(status, 200);
    assertDescribed('get', '/v1/orders/{id}', 200, json);
  }
  const { json } = await send('GET', ORDER_PATH);
  assert.deepEqual(
    [json['status'], json['filled_quantity'], json['average_price'], json['pending_quantity']],
    ['OPEN', 195, 101, 65],
  );
  assert.equal(json['sent_time'], 1_789_014_600_000_000);
});

test('answers to writes are as described', async (t) => {
  const { service, send } = await startOrdersPort(t);
  const order = sampleOrder();
  service.onWrite = () => first({ kind: 'done', order, operation: null });
  const placed = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
  assertDescribed('post', '/v1/orders', 201, placed.json);
  service.onWrite = () => first({ kind: 'done', order, operation: sampleOperation() });
  const modified = await send('PATCH', ORDER_PATH, { body: { price: 102 } });
  assertDescribed('patch', '/v1/orders/{id}', 200, modified.json);
});

test('orders are found by account, client_order_id, tag, intent state and being open', async (t) => {
  const { service, send } = await startOrdersPort(t);
  service.orders = [sampleOrder()];
  const query =
    'account=SIM001&client_order_id=mine-1&tag=strategy7&intent_state=UNKNOWN&open=true';
  const { status, json } = await send('GET', `/v1/orders?${query}`, { key: READ_KEY });
  assert.equal(status, 200);
  assertDescribed('get', '/v1/orders', 200, json);
  assert.equal((json['orders'] as unknown[]).length, 1);
  const [principal, filter] = service.argsOf('list') as [Principal, unknown];
  assert.equal(principal.keyId, 'read');
  assert.deepEqual(filter, {
    account: 'SIM001',
    clientOrderId: 'mine-1',
    tag: 'strategy7',
    intentState: 'UNKNOWN',
    open: true,
  });
  await send('GET', '/v1/orders');
  assert.deepEqual(service.argsOf('list')[1], {});
  for (const bad of ['open=yes', 'intent_state=X', 'status=OPEN', 'tag=a&tag=b', 'tag=a-b']) {
    assert.equal((await send('GET', `/v1/orders?${bad}`)).status, 400, bad);
  }
});

test('history, operations and trades of an order; trades of an account', async (t) => {
  const { service, send } = await startOrdersPort(t);
  service.onGet = () => sampleOrder();
  service.eventViews = [{ timeUs: 1.5, action: 'order.sent', actor: 'full', detail: { bytes: 1 } }];
  service.operationRecords = [sampleOperation()];
  service.tradeRecords = [
    {
      tradeId: '5',
      account: 'SIM001',
      brokerOrderId: '1',
      orderId: null,
      exchange: 'NFO',
      tradingsymbol: 'X',
      transactionType: 'BUY',
      product: 'NRML',
      quantity: 65,
      priceRupees: 101.05,
      fillTimeS: 1_789_014_600,
    },
  ];
  for (const part of ['history', 'operations', 'trades']) {
    const { status, json } = await send('GET', `${ORDER_PATH}/${part}`, { key: READ_KEY });
    assert.equal(status, 200);
    assertDescribed('get', `/v1/orders/{id}/${part}`, 200, json);
  }
  assert.equal(service.argsOf('orderTrades')[1], 'ord_mfdk2x9a0001');
  const { json } = await send('GET', '/v1/trades?account=SIM001', { key: READ_KEY });
  assertDescribed('get', '/v1/trades', 200, json);
  assert.equal((json['trades'] as { fill_time: number }[])[0]?.fill_time, 1_789_014_600_000_000);
  assert.deepEqual(service.argsOf('trades')[1], { account: 'SIM001' });
  service.onGet = () => {
    throw new TickerError('UNKNOWN_ORDER');
  };
  for (const path of [ORDER_PATH, `${ORDER_PATH}/trades`]) {
    const unknown = await send('GET', path);
    assert.deepEqual([unknown.status, unknown.json['code']], [404, 'UNKNOWN_ORDER']);
  }
});

test('reading needs orders:read', async (t) => {
  const { service, send } = await startOrdersPort(t);
  for (const path of [
    '/v1/orders',
    ORDER_PATH,
    '/v1/trades',
    '/v1/trading-state',
    '/v1/risk-limits',
  ]) {
    assert.equal((await send('GET', path, { key: TICKS_KEY })).status, 403, path);
  }
  assert.deepEqual(service.calls, []);
});

test('margins take the same orders as the broker and give its answer unchanged', async (t) => {
  const { service, send } = await startOrdersPort(t);
  const order: Partial<typeof SAMPLE_BODY> = { ...SAMPLE_BODY };
  delete order.account;
  const body = [{ ...order, variety: 'regular', trigger_price: 0 }];
  service.margins = [{ total: 1234.5, type: 'equity' }];
  const orders = await send('POST', '/v1/margins/orders?account=SIM001', { body, key: READ_KEY });
  assert.deepEqual([orders.status, orders.json], [200, service.margins]);
  const [, account, [terms], compact] = service.argsOf('orderMargins') as [
    unknown,
    string,
    Record<string, unknown>[],
    boolean,
  ];
  assert.deepEqual([account, compact], ['SIM001', false]);
  assert.deepEqual([terms?.['priceRupees'], terms?.['triggerPriceRupees']], [101.05, null]);
  const query = 'account=SIM001&mode=compact&consider_positions=false';
  await send('POST', `/v1/margins/basket?${query}`, { body });
  assert.deepEqual(service.argsOf('basketMargins').slice(3), [false, true]);
  for (const wrong of [[], {}, [{}], [{ ...body[0], tag: 'x' }]]) {
    const { status } = await send('POST', '/v1/margins/orders?account=SIM001', { body: wrong });
    assert.equal(status, 400);
  }
});

test('sync reads one account, or all', async (t) => {
  const { service, send } = await startOrdersPort(t);
  service.syncReports = [
    {
      account: 'SIM001',
      orders: 3,
      trades: 2,
      positions: 1,
      changes: ['ord_mfdk2x9a0001: OPEN to COMPLETE'],
      failure: null,
      startedUs: 1,
      finishedUs: 2,
    },
  ];
  const { status, json } = await send('POST', '/v1/sync?account=SIM001');
  assert.equal(status, 200);
  assertDescribed('post', '/v1/sync', 200, json);
  assert.equal(service.argsOf('sync')[1], 'SIM001');
  await send('POST', '/v1/sync');
  assert.equal(service.argsOf('sync')[1], undefined);
});

test('an escalated order is resolved with a reason, and with its number if it is there', async (t) => {
  const { service, send } = await startOrdersPort(t);
  service.onGet = () => sampleOrder({ intentState: 'RESOLVED_PRESENT' });
  const path = `${ORDER_PATH}/resolution`;
  const present = {
    outcome: 'PRESENT',
    broker_order_id: '260910000000001',
    reason: 'seen in Kite',
  };
  const { status, json } = await send('POST', path, { body: present });
  assert.equal(status, 200);
  assertDescribed('post', '/v1/orders/{id}/resolution', 200, json);
  const [call, id, resolution] = service.argsOf('resolve') as [{ origin: string }, string, unknown];
  assert.deepEqual([call.origin, id], ['127.0.0.1', 'ord_mfdk2x9a0001']);
  assert.deepEqual(resolution, {
    outcome: 'PRESENT',
    brokerOrderId: '260910000000001',
    reason: 'seen in Kite',
  });
  for (const body of [
    { outcome: 'PRESENT', reason: 'x' },
    { outcome: 'ABSENT', reason: 'x', broker_order_id: '1' },
    { outcome: 'ABSENT' },
    { outcome: 'ABSENT', reason: '' },
  ]) {
    assert.equal((await send('POST', path, { body })).status, 400);
  }
  service.onGet = () => {
    throw new TickerError('NOT_ESCALATED');
  };
  const early = await send('POST', path, { body: present });
  assert.deepEqual([early.status, early.json['code']], [409, 'NOT_ESCALATED']);
});

test('trading is halted at once and released in two steps', async (t) => {
  const { service, send } = await startOrdersPort(t);
  const record = { account: '*', reason: 'news', actor: 'full', changedUs: 5.2 } as const;
  service.onState = () => ({ changed: { ...record, state: 'HALTED' }, cancelling: 3 });
  const halted = await send('PUT', '/v1/trading-state', {
    body: { state: 'HALTED', reason: 'news' },
  });
  assert.deepEqual(
    [halted.status, halted.json['state'], halted.json['cancelling']],
    [200, 'HALTED', 3],
  );
  assertDescribed('put', '/v1/trading-state', 200, halted.json);
  assert.deepEqual(service.argsOf('setTradingState')[1], {
    account: '*',
    state: 'HALTED',
    reason: 'news',
    confirmationToken: null,
  });

  service.onState = (token) =>
    token === null
      ? { confirmationToken: 'abc', expiresUs: 60_000_000 }
      : { changed: { ...record, state: 'ACTIVE' }, cancelling: 0 };
  const body = { account: 'SIM001', state: 'ACTIVE', reason: 'over' };
  const asked = await send('PUT', '/v1/trading-state', { body });
  assert.equal(asked.status, 202);
  assertDescribed('put', '/v1/trading-state', 202, asked.json);
  const confirmation_token = asked.json['confirmation_token'];
  const released = await send('PUT', '/v1/trading-state', {
    body: { ...body, confirmation_token },
  });
  assert.equal(released.status, 200);
  assert.deepEqual(service.argsOf('setTradingState')[1], {
    account: 'SIM001',
    state: 'ACTIVE',
    reason: 'over',
    confirmationToken: 'abc',
  });

  service.states = [{ ...record, state: 'HALTED' }];
  const { json } = await send('GET', '/v1/trading-state', { key: READ_KEY });
  assertDescribed('get', '/v1/trading-state', 200, json);
  for (const wrong of [{ state: 'HALTED' }, { state: 'OFF', reason: 'x' }]) {
    assert.equal((await send('PUT', '/v1/trading-state', { body: wrong })).status, 400);
  }
});

test('limits are read and replaced as a whole', async (t) => {
  const { service, send } = await startOrdersPort(t);
  service.limitRecords = [
    { scope: 'all', subject: '', limits: LIMITS, actor: 'service', changedUs: 1 },
  ];
  const { json } = await send('GET', '/v1/risk-limits', { key: READ_KEY });
  assertDescribed('get', '/v1/risk-limits', 200, json);
  assert.deepEqual((json['limits'] as { limits: unknown }[])[0]?.limits, LIMITS_JSON);

  const body = { scope: 'account', subject: 'SIM001', limits: LIMITS_JSON };
  const set = await send('PUT', '/v1/risk-limits', { body });
  assert.equal(set.status, 200);
  assertDescribed('put', '/v1/risk-limits', 200, set.json);
  assert.deepEqual(service.argsOf('setLimits').slice(1), ['account', 'SIM001', LIMITS]);
  await send('PUT', '/v1/risk-limits', { body: { scope: 'all', limits: LIMITS_JSON } });
  assert.deepEqual(service.argsOf('setLimits').slice(1, 3), ['all', '']);

  const incomplete: Partial<typeof LIMITS_JSON> = { ...LIMITS_JSON };
  delete incomplete.daily_loss;
  for (const wrong of [
    { scope: 'all', subject: 'SIM001', limits: LIMITS_JSON },
    { scope: 'key', limits: LIMITS_JSON },
    { scope: 'all', limits: incomplete },
    { scope: 'all', limits: { ...LIMITS_JSON, order_quantity: 1.5 } },
    { scope: 'all', limits: { ...LIMITS_JSON, order_value: -1 } },
  ]) {
    const { status } = await send('PUT', '/v1/risk-limits', { body: wrong });
    assert.equal(status, 400, JSON.stringify(wrong));
  }
});

test('a postback needs no key, comes through byte by byte, and is bounded', async (t) => {
  const { service, url } = await startOrdersPort(t);
  const post = (body: string | Uint8Array<ArrayBuffer>, type: string): Promise<Response> =>
    fetch(`${url}/v1/postbacks/SIM001`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    });
  const text = '{"order_id": "1",  "status_message":"₹"}';
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    assert.equal((await post(text, type)).status, 200, type);
    assert.deepEqual(service.argsOf('postback'), ['SIM001', text]);
  }
  assert.equal((await post('x'.repeat(16_385), 'text/plain')).status, 413);
  assert.equal((await post(new Uint8Array([0xff]), 'text/plain')).status, 400);
  service.onPostback = () => {
    throw new TickerError('POSTBACK_REFUSED');
  };
  const forged = await post(text, 'application/json');
  assert.equal(forged.status, 401);
  assert.equal(((await forged.json()) as { code: string }).code, 'POSTBACK_REFUSED');
});

test('the port has its own health, metrics, document and pages', async (t) => {
  const { url } = await startOrdersPort(t);
  for (const path of ['/livez', '/readyz', '/startupz', '/version', '/metrics', '/docs']) {
    assert.equal((await fetch(url + path)).status, 200, path);
  }
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
  assert.ok('/v1/orders' in document.paths);
  const page = await (await fetch(`${url}/docs`)).text();
  for (const [, link = ''] of page.matchAll(/href="(\/[^"]*)"/g)) {
    assert.equal((await fetch(url + link)).status, 200, link);
  }
});

test('every described route but the public ones refuses a caller without a key', async (t) => {
  const { url } = await startOrdersPort(t, { production: true });
  const { paths } = ordersDocumentFor(true);
  let guarded = 0;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      if (security.length === 0) continue;
      guarded += 1;
      const { status } = await fetch(url + path.replaceAll(/\{[^}]*\}/g, '1'), {
        method: method.toUpperCase(),
      });
      assert.equal(status, 401, `${method} ${path}`);
    }
  }
  assert.equal(guarded, 19);
  const open = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).some(({ security }) => security.length === 0) ? [path] : [],
  );
  assert.deepEqual(open, ['/livez', '/startupz', '/readyz', '/version', '/v1/postbacks/{account}']);
});
