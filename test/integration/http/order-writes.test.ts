import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import type { WriteCall } from '../../../src/domain/order-service.ts';
import {
  first,
  SAMPLE_BODY,
  SAMPLE_TERMS,
  sampleOperation,
  sampleOrder,
} from '../../support/http/order-samples.ts';
import { READ_KEY, startOrdersPort, WRITE_KEY } from '../../support/http/orders-port.ts';
import { TICKS_KEY } from '../../support/http/web-fixture.ts';

const ORDER_PATH = '/v1/orders/ord_mfdk2x9a0001';

describe('place', () => {
  test('201 with the order and where it is', async (t) => {
    const { service, send } = await startOrdersPort(t);
    const order = sampleOrder();
    service.onWrite = () => first({ kind: 'done', order, operation: null });
    const { status, headers, json } = await send('POST', '/v1/orders', {
      body: { ...SAMPLE_BODY, client_order_id: 'mine-1', tag: 'strategy7' },
      key: WRITE_KEY,
      idempotencyKey: '"8e03978e-40d5"',
    });
    assert.equal(status, 201);
    assert.equal(headers.get('location'), ORDER_PATH);
    assert.equal(headers.get('idempotency-replayed'), null);
    assert.deepEqual(
      [json['id'], json['client_order_id'], json['account'], json['intent_state'], json['status']],
      ['ord_mfdk2x9a0001', 'mine-1', 'SIM001', 'ACCEPTED', 'OPEN'],
    );
    assert.deepEqual([json['broker_order_id'], json['tag']], ['260910000000001', order.tag]);

    const [call, request] = service.argsOf('place') as [WriteCall, unknown];
    assert.deepEqual(request, {
      account: 'SIM001',
      clientOrderId: 'mine-1',
      clientTag: 'strategy7',
      terms: SAMPLE_TERMS,
    });
    assert.equal(call.principal.keyId, 'write');
    assert.equal(call.idempotencyKey, '8e03978e-40d5');
    assert.equal(call.origin, '127.0.0.1');
    assert.equal(call.requestId, headers.get('x-request-id'));
    assert.match(call.fingerprint, /^[0-9a-f]{64}$/);
  });

  test('every parameter of the broker goes through by its own name', async (t) => {
    const { service, send } = await startOrdersPort(t);
    service.onWrite = () => first({ kind: 'done', order: sampleOrder(), operation: null });
    const { status } = await send('POST', '/v1/orders', {
      body: {
        ...SAMPLE_BODY,
        variety: 'iceberg',
        order_type: 'SL',
        price: 101.1234,
        trigger_price: 100.5,
        validity: 'TTL',
        validity_ttl: 5,
        disclosed_quantity: 65,
        market_protection: -1,
        autoslice: true,
        iceberg_legs: 2,
        iceberg_quantity: 65,
        auction_number: '22',
        algo_id: 'algo-1',
      },
    });
    assert.equal(status, 201);
    const [, request] = service.argsOf('place');
    assert.deepEqual(request, {
      account: 'SIM001',
      clientOrderId: null,
      clientTag: null,
      terms: {
        ...SAMPLE_TERMS,
        variety: 'iceberg',
        orderType: 'SL',
        priceRupees: 101.1234,
        triggerPriceRupees: 100.5,
        validity: 'TTL',
        validityTtl: 5,
        disclosedQuantity: 65,
        marketProtection: -1,
        autoslice: true,
        icebergLegs: 2,
        icebergQuantity: 65,
        auctionNumber: '22',
        algoId: 'algo-1',
      },
    });
  });

  test('202 with where to look, while the outcome is unknown', async (t) => {
    const { service, send } = await startOrdersPort(t);
    const order = sampleOrder({
      intentState: 'UNKNOWN',
      code: 'OUTCOME_UNKNOWN',
      brokerOrders: [],
    });
    service.onWrite = () => first({ kind: 'unknown', order, operation: null });
    const { status, headers, json } = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
    assert.equal(status, 202);
    assert.equal(headers.get('location'), ORDER_PATH);
    assert.equal(headers.get('retry-after'), '1');
    assert.deepEqual(
      [json['intent_state'], json['status'], json['broker_order_id'], json['pending_quantity']],
      ['UNKNOWN', null, null, null],
    );
  });

  test('a refusal of the checks is 422 with its code, the order and the numbers', async (t) => {
    const { service, send } = await startOrdersPort(t);
    const numbers = { order_value_rupees: 13_136.5, limit_rupees: 10_000 };
    const code = 'ORDER_VALUE_LIMIT';
    const detail = 'The order is worth 13,136.50.';
    service.onWrite = () =>
      first({
        kind: 'refused',
        code,
        detail,
        orderId: 'ord_mfdk2x9a0001',
        risk: { allowed: false, code, detail, isExit: false, numbers },
        retryAfterMs: null,
      });
    const { status, headers, json } = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
    assert.equal(status, 422);
    assert.equal(headers.get('content-type'), 'application/problem+json');
    assert.equal(headers.get('location'), ORDER_PATH);
    assert.equal(headers.get('retry-after'), null);
    assert.deepEqual(
      [json['code'], json['detail'], json['id']],
      [code, detail, 'ord_mfdk2x9a0001'],
    );
    assert.deepEqual(json['risk'], { allowed: false, code, detail, is_exit: false, numbers });
  });

  for (const [code, orderId, status] of [
    ['UNKNOWN_INSTRUMENT', 'ord_mfdk2x9a0001', 422],
    ['BROKER_SESSION', 'ord_mfdk2x9a0001', 422],
    ['BROKER_SESSION', null, 502],
    ['BROKER_UNREACHABLE', 'ord_mfdk2x9a0001', 503],
    ['ORDER_NOT_OPEN', 'ord_mfdk2x9a0001', 409],
  ] as const) {
    test(`${code} of ${orderId === null ? 'what was not kept' : 'an order'} is ${status}`, async (t) => {
      const { service, send } = await startOrdersPort(t);
      const refused = { kind: 'refused', detail: 'x', risk: null, retryAfterMs: null } as const;
      service.onWrite = () => first({ ...refused, code, orderId });
      const answer = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
      assert.deepEqual([answer.status, answer.json['status']], [status, status]);
      assert.equal(answer.json['code'], code);
    });
  }

  test('what may succeed later says when: 429, 503 and a time that is given', async (t) => {
    const { service, send } = await startOrdersPort(t);
    const refused = { kind: 'refused', detail: 'x', orderId: null, risk: null } as const;
    const ask = async (code: 'BROKER_BUDGET' | 'ORDER_RATE_LIMIT', retryAfterMs: number | null) => {
      service.onWrite = () => first({ ...refused, code, retryAfterMs });
      const { status, headers } = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
      return [status, headers.get('retry-after')];
    };
    assert.deepEqual(await ask('BROKER_BUDGET', 2_300), [429, '3']);
    assert.deepEqual(await ask('BROKER_BUDGET', null), [429, '1']);
    assert.deepEqual(await ask('ORDER_RATE_LIMIT', 400), [422, '1']);
    service.onWrite = () => {
      throw new TickerError('ORDERS_NOT_READY');
    };
    const { status, headers, json } = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
    assert.deepEqual([status, headers.get('retry-after')], [503, '1']);
    assert.deepEqual([json['code'], json['retryable']], ['ORDERS_NOT_READY', true]);
  });

  test('a replayed answer says so, refused or not', async (t) => {
    const { service, send } = await startOrdersPort(t);
    const order = sampleOrder();
    service.onWrite = () => ({ answer: { kind: 'done', order, operation: null }, replayed: true });
    const again = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
    assert.deepEqual([again.status, again.headers.get('idempotency-replayed')], [201, 'true']);
    const refused = {
      kind: 'refused',
      code: 'TRADING_HALTED',
      detail: 'x',
      orderId: null,
    } as const;
    service.onWrite = () => ({
      answer: { ...refused, risk: null, retryAfterMs: null },
      replayed: true,
    });
    const { status, headers, json } = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
    assert.deepEqual([status, headers.get('idempotency-replayed')], [422, 'true']);
    assert.equal('id' in json, false);
  });
});

describe('Idempotency-Key', () => {
  test('every order write needs one', async (t) => {
    const { service, send } = await startOrdersPort(t);
    for (const [method, path, body] of [
      ['POST', '/v1/orders', SAMPLE_BODY],
      ['PATCH', ORDER_PATH, { price: 102 }],
      ['DELETE', ORDER_PATH, undefined],
      ['POST', `${ORDER_PATH}/exit`, undefined],
    ] as const) {
      const { status, json } = await send(method, path, { body, idempotencyKey: null });
      assert.deepEqual([status, json['code']], [400, 'IDEMPOTENCY_KEY_MISSING'], path);
    }
    assert.deepEqual(service.calls, []);
  });

  test('what is no key is refused', async (t) => {
    const { service, send } = await startOrdersPort(t);
    for (const idempotencyKey of ['"a', 'a"', 'a, b', '"a", "b"', '"a";b', 'x'.repeat(256), '""']) {
      const { status, json } = await send('POST', '/v1/orders', {
        body: SAMPLE_BODY,
        idempotencyKey,
      });
      assert.deepEqual([status, json['code']], [400, 'INVALID_REQUEST'], idempotencyKey);
    }
    assert.deepEqual(service.calls, []);
  });

  test('it is the same with quotes and without', async (t) => {
    const { service, send } = await startOrdersPort(t);
    service.onWrite = () => first({ kind: 'done', order: sampleOrder(), operation: null });
    const keyOf = async (idempotencyKey: string): Promise<string> => {
      await send('POST', '/v1/orders', { body: SAMPLE_BODY, idempotencyKey });
      return (service.argsOf('place')[0] as WriteCall).idempotencyKey;
    };
    assert.equal(await keyOf('a-1'), 'a-1');
    assert.equal(await keyOf('"a-1"'), 'a-1');
    assert.equal(await keyOf('"a \\"b\\" \\\\c"'), 'a "b" \\c');
    assert.equal(await keyOf('x'.repeat(255)), 'x'.repeat(255));
  });

  test('its fingerprint is of method, path and body, in whatever order the members come', async (t) => {
    const { service, send } = await startOrdersPort(t);
    service.onWrite = () => first({ kind: 'done', order: sampleOrder(), operation: null });
    const print = async (method: string, path: string, body?: unknown): Promise<string> => {
      await send(method, path, { body });
      return (service.calls.at(-1)?.args[0] as WriteCall).fingerprint;
    };
    const placed = await print('POST', '/v1/orders', SAMPLE_BODY);
    const turned = Object.fromEntries(Object.entries(SAMPLE_BODY).reverse());
    assert.equal(await print('POST', '/v1/orders', turned), placed);
    const others = [
      await print('POST', '/v1/orders', { ...SAMPLE_BODY, quantity: 65 }),
      await print('PATCH', ORDER_PATH, { price: 102 }),
      await print('PATCH', '/v1/orders/ord_other0000001', { price: 102 }),
      await print('DELETE', ORDER_PATH),
      await print('POST', `${ORDER_PATH}/exit`),
    ];
    assert.equal(new Set([placed, ...others]).size, 6);
  });

  for (const [code, status] of [
    ['IDEMPOTENCY_MISMATCH', 422],
    ['IDEMPOTENCY_RUNNING', 409],
    ['CLIENT_ORDER_ID_USED', 409],
    ['FORBIDDEN', 403],
    ['UNKNOWN_ACCOUNT', 404],
  ] as const) {
    test(`${code} of the service is ${status}, and gives nothing up`, async (t) => {
      const { service, send } = await startOrdersPort(t);
      service.onWrite = () => {
        throw new TickerError(code);
      };
      const answer = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
      assert.deepEqual([answer.status, answer.json['code']], [status, code]);
      assert.deepEqual(service.argsOf('giveUp'), []);
    });
  }
});

describe('modify, cancel, exit', () => {
  test('200 with the order and the operation', async (t) => {
    const { service, send } = await startOrdersPort(t);
    const operation = sampleOperation();
    service.onWrite = () => first({ kind: 'done', order: sampleOrder(), operation });
    const modified = await send('PATCH', ORDER_PATH, { body: { price: 102, order_type: 'SL' } });
    assert.equal(modified.status, 200);
    assert.equal(modified.json['id'], 'ord_mfdk2x9a0001');
    assert.equal((modified.json['operation'] as Record<string, unknown>)['id'], operation.id);
    assert.deepEqual(service.argsOf('modify').slice(1), [
      'ord_mfdk2x9a0001',
      { priceRupees: 102, orderType: 'SL' },
    ]);
    const cancelled = await send('DELETE', ORDER_PATH);
    assert.equal(cancelled.status, 200);
    assert.equal(service.argsOf('cancel')[1], 'ord_mfdk2x9a0001');
    const exited = await send('POST', `${ORDER_PATH}/exit`);
    assert.equal(exited.status, 200);
  });

  test('202 with where the operation can be seen, while its outcome is unknown', async (t) => {
    const { service, send } = await startOrdersPort(t);
    const operation = sampleOperation({ kind: 'cancel', change: null, intentState: 'UNKNOWN' });
    service.onWrite = () => first({ kind: 'unknown', order: sampleOrder(), operation });
    const { status, headers, json } = await send('DELETE', ORDER_PATH);
    assert.equal(status, 202);
    assert.equal(headers.get('location'), `${ORDER_PATH}/operations`);
    assert.equal(headers.get('retry-after'), '1');
    const told = json['operation'] as Record<string, unknown>;
    assert.deepEqual([told['intent_state'], told['change']], ['UNKNOWN', null]);
  });

  test('an exit that is an order of its own is 201 with where that is', async (t) => {
    const { service, send } = await startOrdersPort(t);
    const order = sampleOrder({ id: 'ord_mfdk2x9a0009' });
    service.onWrite = () => first({ kind: 'done', order, operation: null });
    const { status, headers } = await send('POST', `${ORDER_PATH}/exit`);
    assert.equal(status, 201);
    assert.equal(headers.get('location'), '/v1/orders/ord_mfdk2x9a0009');
  });

  test('a modification must change something that can be changed', async (t) => {
    const { service, send } = await startOrdersPort(t);
    for (const body of [{}, { tradingsymbol: 'X' }, { price: 1.00001 }, { quantity: 0 }, []]) {
      const { status, json } = await send('PATCH', ORDER_PATH, { body });
      assert.deepEqual([status, json['code']], [400, 'INVALID_REQUEST'], JSON.stringify(body));
    }
    assert.deepEqual(service.calls, []);
  });
});

test('order writes need the scope orders:write', async (t) => {
  const { service, send } = await startOrdersPort(t);
  for (const key of [READ_KEY, TICKS_KEY]) {
    for (const [method, path] of [
      ['POST', '/v1/orders'],
      ['PATCH', ORDER_PATH],
      ['DELETE', ORDER_PATH],
      ['POST', `${ORDER_PATH}/exit`],
      ['POST', '/v1/sync'],
      ['PUT', '/v1/trading-state'],
      ['PUT', '/v1/risk-limits'],
      ['POST', `${ORDER_PATH}/resolution`],
    ] as const) {
      const { status, json } = await send(method, path, { key });
      assert.deepEqual([status, json['code']], [403, 'FORBIDDEN'], `${method} ${path}`);
    }
  }
  for (const path of ['/v1/trading-state', '/v1/risk-limits']) {
    assert.equal((await send('PUT', path, { key: WRITE_KEY })).status, 403, path);
  }
  assert.deepEqual(service.calls, []);
});
