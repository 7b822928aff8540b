import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { readPostback } from '../../../../../src/feed/kite/orders/postback.ts';
import { brokerRow } from '../../../../support/feed/kite/order-samples.ts';
import { tickerError } from '../../../../support/feed/kite/rest-rig.ts';

const SECRET = 'secret-1';

function signed(rest: Readonly<Record<string, unknown>> = {}, secret = SECRET): string {
  const row = brokerRow(rest);
  const text = `${String(row['order_id'])}${String(row['order_timestamp'])}${secret}`;
  const checksum = createHash('sha256').update(text).digest('hex');
  return JSON.stringify({ user_id: 'AB1234', app_id: 1, unfilled_quantity: 0, ...row, checksum });
}

test('a postback that is signed with the secret is the row of its order', () => {
  const row = readPostback(signed({ status: 'UPDATE', filled_quantity: 4 }), 'A1', SECRET);
  assert.deepEqual([row.account, row.status, row.filledQuantity], ['A1', 'UPDATE', 4]);
});

test('the checksum stands over the texts as they came, whatever they mean', () => {
  const row = readPostback(signed({ order_timestamp: 'no time at all' }), 'A1', SECRET);
  assert.equal(row.orderTimeS, null);
});

const refused = tickerError('POSTBACK_REFUSED');

test('every other one is refused', () => {
  const good = JSON.parse(signed()) as Record<string, unknown>;
  for (const body of [
    signed({}, 'secret-2'),
    JSON.stringify({ ...good, checksum: '' }),
    JSON.stringify({ ...good, checksum: 'é'.repeat(64) }),
    JSON.stringify({ ...good, checksum: String(good['checksum']).toUpperCase() }),
    JSON.stringify({ ...good, checksum: null }),
    JSON.stringify({ ...good, order_timestamp: '2026-09-10 10:00:02' }),
    JSON.stringify({ ...good, order_id: 7 }),
    signed({ transaction_type: 'HOLD' }),
    '[]',
    'null',
    '',
    '{"order_id":',
  ]) {
    assert.throws(() => readPostback(body, 'A1', SECRET), refused, body);
  }
});

test('without a secret nothing is signed', () => {
  assert.throws(() => readPostback(signed({}, ''), 'A1', ''), refused);
});
