import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallOutcome } from '../../../../../src/domain/order-broker.ts';
import type { KiteOrderBroker } from '../../../../../src/feed/kite/orders/kite-order-broker.ts';
import {
  acceptedResult,
  AT_EXCHANGE_MS,
  orderBrokerRig,
} from '../../../../support/feed/kite/order-broker-rig.ts';
import { shareTerms } from '../../../../support/feed/kite/order-samples.ts';

const LIMIT = { timeout: 20_000 };
const TAG = 'AA0000000000000100';
const SYMPTOMS = [
  'timeout',
  'reset',
  'reset_in_body',
  'truncated',
  'status',
  'html',
  'timed_out_text',
] as const;
const METHOD = { place: 'POST', modify: 'PUT', cancel: 'DELETE' } as const;

type Call = keyof typeof METHOD;

function make(broker: KiteOrderBroker, call: Call, id: string): Promise<CallOutcome<unknown>> {
  switch (call) {
    case 'place':
      return broker.place(shareTerms(), TAG, 'entry');
    case 'modify':
      return broker.modify('regular', id, { priceRupees: 1310 }, null);
    case 'cancel':
      return broker.cancel('regular', id, null);
  }
}

for (const call of ['place', 'modify', 'cancel'] as const) {
  for (const accepted of [true, false]) {
    for (const symptom of SYMPTOMS) {
      const what = accepted ? 'done' : 'not done';
      test(`${call}, ${symptom}, ${what}: unknown, and sent once`, LIMIT, async (t) => {
        const { broker, clock, fault, orders, requests, seen } = await orderBrokerRig(t);
        const client = broker();
        const before = call === 'place' ? 0 : 1;
        let id = '';
        if (before === 1) {
          const placed = acceptedResult(await client.place(shareTerms(), TAG, 'entry'));
          [id = ''] = placed.orderIds;
          clock.advance(AT_EXCHANGE_MS);
        }
        const method = METHOD[call];
        fault('order_outcome', { symptom, accepted, call, times: 1 });
        const running = make(client, call, id);
        if (symptom === 'timeout') {
          await seen(method, 1);
          clock.advance(7_000);
        }
        const outcome = await running;
        assert.equal(outcome.kind, 'unknown', JSON.stringify(outcome));
        assert.equal(outcome.code, 'OUTCOME_UNKNOWN');
        assert.equal(outcome.evidence.method, method);
        clock.advance(AT_EXCHANGE_MS);
        assert.deepEqual(
          requests(method).map((request) => request.accepted),
          [accepted],
        );
        const [order] = orders();
        if (call === 'place') assert.equal(orders().length, accepted ? 1 : 0);
        if (call === 'modify') assert.equal(order?.row['price'], accepted ? 1310 : 1300);
        if (call === 'cancel') assert.equal(order?.status, accepted ? 'CANCELLED' : 'OPEN');
      });
    }
  }
}

for (const status of [500, 503, 504]) {
  test(`HTTP ${status} with a page: unknown`, LIMIT, async (t) => {
    const { broker, fault, requests } = await orderBrokerRig(t);
    fault('order_outcome', { symptom: 'status', status, accepted: true, times: 1 });
    const outcome = await broker().place(shareTerms(), TAG, 'entry');
    assert.equal(outcome.kind, 'unknown');
    assert.equal(outcome.evidence.status, status);
    assert.equal(requests('POST').length, 1);
  });
}

test('an answer after the deadline changes nothing any more', LIMIT, async (t) => {
  const { broker, clock, fault, orders, requests } = await orderBrokerRig(t);
  const args = { symptom: 'timeout', accepted: true, answer_after_ms: 8_000, times: 1 };
  fault('order_outcome', args);
  const running = broker().place(shareTerms(), TAG, 'entry');
  while (requests('POST').length === 0) await new Promise((resolve) => setImmediate(resolve));
  // The book has it, so that the request was done.
  while (orders().length === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(7_000);
  assert.equal((await running).kind, 'unknown');
  clock.advance(1_000);
  assert.equal(orders().length, 1);
  assert.equal(requests('POST').length, 1);
});

test('an answer that takes long but comes in time is taken', LIMIT, async (t) => {
  const { broker, clock, fault, orders } = await orderBrokerRig(t);
  fault('slow_answers', { delay_ms: 6_000, times: 1 });
  const running = broker().place(shareTerms(), TAG, 'entry');
  while (orders().length === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(6_000);
  assert.deepEqual(acceptedResult(await running).orderIds, [orders()[0]?.order_id]);
});
