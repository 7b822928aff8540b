import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyChange, classifyPlacement } from '../../../../../src/feed/kite/orders/classify.ts';
import type { TransportResult } from '../../../../../src/feed/kite/orders/order-transport.ts';
import {
  broken,
  failure,
  page,
  success,
} from '../../../../support/feed/kite/scripted-order-transport.ts';

const ID = '1914227164488687616';

/** How each call sees an answer, when all of them see the same. */
function seen(result: TransportResult): string {
  const verdicts = [
    classifyPlacement(result),
    classifyChange('modify', result),
    classifyChange('cancel', result),
  ].map((verdict) => {
    const throttled = verdict.kind === 'rejected' && verdict.isThrottled ? ' throttled' : '';
    return verdict.kind === 'accepted' ? 'accepted' : `${verdict.kind} ${verdict.code}${throttled}`;
  });
  assert.equal(new Set(verdicts).size, 1, verdicts.join(', '));
  return verdicts[0] ?? '';
}

test('an order id makes it accepted', () => {
  assert.deepEqual(classifyPlacement(success({ order_id: ID })), {
    kind: 'accepted',
    result: { orderIds: [ID], parentOrderId: null, refusals: [] },
  });
  assert.deepEqual(classifyChange('cancel', success({ order_id: ID })), {
    kind: 'accepted',
    result: ID,
  });
});

const UNREADABLE: [what: string, result: TransportResult][] = [
  ['an empty body', { ...page(200), body: '' }],
  ['a page', page(200)],
  ['half of the JSON', { ...page(200), body: '{"status":"success","data":{"order_i' }],
  ['JSON that is no object', { ...page(200), body: '"success"' }],
  ['an error envelope', { ...failure(400, 'InputException', 'x'), status: 200 }],
  ['an id that is a number', success({ order_id: 151220000000000 })],
  ['an empty id', success({ order_id: '' })],
  ['no id', success({})],
  ['no data', success(null)],
  ['an empty list', success([])],
  ['201 without an id', { ...success({}), status: 201 }],
];

for (const [what, result] of UNREADABLE) {
  test(`200 with ${what}: unknown`, () => assert.equal(seen(result), 'unknown OUTCOME_UNKNOWN'));
}

test('without an answer it counts whether a byte has left', () => {
  assert.equal(seen(broken(true)), 'unknown OUTCOME_UNKNOWN');
  assert.equal(seen(broken(false)), 'not-sent BROKER_UNREACHABLE');
  const simulator: TransportResult = { kind: 'failed', bytesWritten: false, reason: 'x' };
  assert.equal(seen({ ...simulator, isSimulatorRefused: true }), 'not-sent SIMULATOR_REFUSED');
});

const TYPES = [
  'InputException',
  'MarginException',
  'HoldingException',
  'OrderException',
  'NetworkException',
  'DataException',
  'GeneralException',
  'UserException',
  'TwoFAException',
  'PermissionException',
  'TokenException',
  'NewException',
];
const REJECTED = 'rejected BROKER_REJECTED';
const SESSION = 'rejected BROKER_SESSION';
const UNKNOWN = 'unknown OUTCOME_UNKNOWN';
const THROTTLED = 'rejected BROKER_BUDGET throttled';
const DEFINITE_400 = [
  'InputException',
  'MarginException',
  'HoldingException',
  'UserException',
  'TwoFAException',
  'PermissionException',
];

function expected(status: number, type: string): string {
  if (type === 'TokenException' && [400, 401, 403].includes(status)) return SESSION;
  if (status === 429) return THROTTLED;
  if ([403, 404, 405, 410, 428].includes(status)) return REJECTED;
  return status === 400 && DEFINITE_400.includes(type) ? REJECTED : UNKNOWN;
}

for (const status of [
  301, 302, 400, 401, 403, 404, 405, 408, 409, 410, 413, 422, 428, 429, 499, 500, 502, 503, 504,
  520,
]) {
  test(`HTTP ${status} by error_type, with the text about a timeout, and as a page`, () => {
    for (const type of TYPES) {
      assert.equal(seen(failure(status, type, 'Something.')), expected(status, type), type);
      const late = failure(status, type, 'Order request timed out. Please check the order book.');
      const isSession = expected(status, type) === SESSION;
      assert.equal(seen(late), isSession ? SESSION : UNKNOWN, `${type}, timed out`);
    }
    const asPage = expected(status, 'NewException');
    assert.equal(seen(page(status)), asPage);
    assert.equal(seen({ ...page(status), body: '' }), asPage);
    assert.equal(seen({ ...page(status), body: 'Gateway Time-out' }), UNKNOWN);
  });
}

test('texts that stand for a timeout', () => {
  for (const text of [
    'Order request timed out. Please check the order book and confirm before placing again.',
    'Request timeout',
    'Gateway Time-out',
    'timing out',
    'Please check the orderbook.',
    'Please check the Order  Book.',
  ]) {
    assert.equal(seen(failure(400, 'InputException', text)), UNKNOWN, text);
  }
  for (const text of ['Invalid `timestamp`.', 'setTimeout(f)', 'Book the order again.']) {
    assert.equal(seen(failure(400, 'InputException', text)), REJECTED, text);
  }
});

test('an OrderException is rejected only where it names the rule that was broken', () => {
  for (const text of [
    'Order cannot be cancelled as it is being processed. Try later.',
    'Order cannot be modified as it is complete.',
    'Maximum allowed order modifications exceeded.',
    'Markets are closed right now. Use AMO to place an order.',
    'After market orders can only be placed outside market hours.',
    'Market orders without market protection are not allowed via API.',
    'Price exceeds circuit limits for the instrument.',
    'Insufficient funds. Required margin is 2.00 but available margin is 1.00.',
  ]) {
    assert.equal(seen(failure(400, 'OrderException', text)), REJECTED, text);
    assert.equal(seen(failure(500, 'OrderException', text)), UNKNOWN, text);
  }
  assert.equal(seen(failure(400, 'OrderException', 'Could not place the order.')), UNKNOWN);
});

test("the day's limit is told from the limit of a second", () => {
  const verdict = classifyPlacement(
    failure(429, 'NetworkException', 'Maximum allowed order requests exceeded'),
  );
  assert.equal(verdict.kind === 'rejected' && verdict.isDayFull, true);
  const other = classifyPlacement(failure(429, 'NetworkException', 'Too many requests'));
  assert.equal(other.kind === 'rejected' && other.isDayFull, false);
});

const taken = (id: string): object => ({ order_id: id });
const refused = (code: number, type: string, message: string): object => ({
  error: { code, error_type: type, message, data: null },
});
const FUNDS = refused(400, 'MarginException', 'Insufficient funds.');
const LATE = refused(400, 'OrderException', 'Order request timed out.');

test('slices below their parent, and in a flat list', () => {
  const slices = [taken('11'), FUNDS, taken('12')];
  const refusals = [{ code: 'MarginException', message: 'Insufficient funds.' }];
  assert.deepEqual(classifyPlacement(success({ order_id: ID, children: slices })), {
    kind: 'accepted',
    result: { orderIds: [ID, '11', '12'], parentOrderId: ID, refusals },
  });
  assert.deepEqual(classifyPlacement(success(slices)), {
    kind: 'accepted',
    result: { orderIds: ['11', '12'], parentOrderId: null, refusals },
  });
  assert.equal(classifyPlacement(success({ order_id: ID, children: [] })).kind, 'accepted');
  assert.equal(classifyPlacement(success({ children: [taken('11')] })).kind, 'accepted');
});

test('slices that were all refused, surely or not', () => {
  for (const data of [[FUNDS, FUNDS], { order_id: ID, children: [FUNDS] }]) {
    const verdict = classifyPlacement(success(data));
    assert.equal(verdict.kind, 'rejected');
    assert.match(verdict.message, /MarginException: Insufficient funds/);
  }
  assert.equal(classifyPlacement(success([FUNDS, LATE])).kind, 'unknown');
  assert.equal(classifyPlacement(success([taken('11'), LATE])).kind, 'accepted');
});

test('a list with an entry that is neither makes all of it unknown', () => {
  for (const entry of [null, 7, 'x', {}, { order_id: 7 }, { error: 'x' }]) {
    assert.equal(classifyPlacement(success([taken('11'), entry])).kind, 'unknown');
    const nested = { order_id: ID, children: [taken('11'), entry] };
    assert.equal(classifyPlacement(success(nested)).kind, 'unknown');
  }
  assert.equal(classifyPlacement(success({ order_id: ID, children: 7 })).kind, 'unknown');
});
