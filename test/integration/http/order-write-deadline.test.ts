import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Replayable, WriteCall } from '../../../src/domain/order-service.ts';
import { VirtualClock } from '../../faults/virtual-clock.ts';
import { first, SAMPLE_BODY, sampleOrder } from '../../support/http/order-samples.ts';
import { startOrdersPort, WRITE_KEY } from '../../support/http/orders-port.ts';

const ORDER_PATH = '/v1/orders/ord_mfdk2x9a0001';

/** A promise to be settled by hand. */
function later<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

describe('a write that takes too long', () => {
  test('is answered 202 if it was kept, and what comes of it later is logged', async (t) => {
    const clock = new VirtualClock('2026-09-10T10:00:00+05:30');
    const { service, send, routeLogs } = await startOrdersPort(t, { clock });
    const asked = later<WriteCall>();
    const outcome = later<Replayable>();
    service.onWrite = (call) => {
      asked.resolve(call);
      return outcome.promise;
    };
    const order = sampleOrder({ intentState: 'SENT', brokerOrders: [] });
    service.onGiveUp = () => ({ kind: 'unknown', order, operation: null });
    const answered = send('POST', '/v1/orders', { body: SAMPLE_BODY });
    const call = await asked.promise;
    await clock.run(8_999);
    assert.deepEqual(service.argsOf('giveUp'), []);
    await clock.run(9_000);
    const { status, headers, json } = await answered;
    assert.equal(status, 202);
    assert.equal(headers.get('location'), ORDER_PATH);
    assert.equal(json['intent_state'], 'SENT');
    assert.equal(service.argsOf('giveUp')[0], call);

    outcome.reject(new Error('canary'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.match(JSON.stringify(routeLogs.at(-1)), /canary/);
  });

  test('is 504 if nothing was kept and nothing will be sent', async (t) => {
    const clock = new VirtualClock('2026-09-10T10:00:00+05:30');
    const { service, send } = await startOrdersPort(t, { clock });
    const asked = later<null>();
    service.onWrite = () => {
      asked.resolve(null);
      return new Promise(() => undefined);
    };
    const answered = send('DELETE', ORDER_PATH);
    await asked.promise;
    await clock.run(9_000);
    const { status, json } = await answered;
    assert.deepEqual([status, json['code'], json['retryable']], [504, 'TIMEOUT', true]);
    assert.equal(service.calls.at(-1)?.method, 'giveUp');
  });

  test('its caller may leave: nothing breaks', async (t) => {
    const { service, url } = await startOrdersPort(t);
    const outcome = later<Replayable>();
    const abort = new AbortController();
    service.onWrite = () => {
      abort.abort();
      return outcome.promise;
    };
    const gone = fetch(`${url}/v1/orders`, {
      method: 'POST',
      signal: abort.signal,
      headers: {
        authorization: `Bearer ${WRITE_KEY}`,
        'content-type': 'application/json',
        'idempotency-key': 'k',
      },
      body: JSON.stringify(SAMPLE_BODY),
    });
    await assert.rejects(gone, { name: 'AbortError' });
    outcome.resolve(first({ kind: 'done', order: sampleOrder(), operation: null }));
    assert.equal((await fetch(`${url}/livez`)).status, 200);
  });
});

test('a fault of ours is 202 if the order was kept, 500 if it never will be', async (t) => {
  const { service, send, logs, routeLogs } = await startOrdersPort(t);
  service.onWrite = () => {
    throw new Error('canary');
  };
  const order = sampleOrder({ intentState: 'SENT', brokerOrders: [] });
  service.onGiveUp = () => ({ kind: 'unknown', order, operation: null });
  assert.equal((await send('POST', '/v1/orders', { body: SAMPLE_BODY })).status, 202);
  assert.match(JSON.stringify(routeLogs), /canary/);
  service.onGiveUp = () => undefined;
  const { status, json } = await send('POST', '/v1/orders', { body: SAMPLE_BODY });
  assert.deepEqual([status, json['code']], [500, 'INTERNAL']);
  assert.match(JSON.stringify(logs), /canary/);
});
