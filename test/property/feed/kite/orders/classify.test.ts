import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classifyChange, classifyPlacement } from '../../../../../src/feed/kite/orders/classify.ts';
import type { TransportAnswer } from '../../../../../src/feed/kite/orders/order-transport.ts';

const errorType = fc.oneof(
  fc.constantFrom(
    'InputException',
    'MarginException',
    'OrderException',
    'NetworkException',
    'DataException',
    'GeneralException',
    'TokenException',
    'PermissionException',
  ),
  fc.string(),
);
const message = fc.oneof(
  fc.string(),
  fc.constantFrom('Order request timed out. Please check the order book.', 'Invalid `price`.'),
);
const envelope = fc.oneof(
  fc.record({ status: fc.constant('error'), message, error_type: errorType }),
  fc.record({ status: fc.constant('success'), data: fc.jsonValue() }),
  fc.record({ status: fc.constant('success'), data: fc.record({ order_id: fc.jsonValue() }) }),
  fc.record({
    status: fc.constant('success'),
    data: fc.array(
      fc.oneof(
        fc.record({ order_id: fc.stringMatching(/^\d{15,19}$/) }),
        fc.record({ error: fc.record({ code: fc.integer(), error_type: errorType, message }) }),
        fc.jsonValue(),
      ),
    ),
  }),
  fc.jsonValue(),
);
const body = fc.oneof(
  fc.string(),
  envelope.map((value) => JSON.stringify(value)),
  // Cut off at any place.
  fc
    .tuple(envelope, fc.nat(400))
    .map(([value, length]) =>
      ((JSON.stringify(value) as string | undefined) ?? '').slice(0, length),
    ),
);
const answer: fc.Arbitrary<TransportAnswer> = fc.record({
  kind: fc.constant('answer' as const),
  status: fc.oneof(
    fc.constantFrom(200, 400, 403, 429, 500, 502),
    fc.integer({ min: 100, max: 599 }),
  ),
  contentType: fc.constantFrom('application/json', 'text/html', null),
  body,
});

const MAY_REJECT = [400, 401, 403, 404, 405, 410, 428, 429];

test('whatever is answered: never an exception, accepted only with an id, rejected only by a 4xx', () => {
  fc.assert(
    fc.property(answer, (given) => {
      const placed = classifyPlacement(given);
      const changed = classifyChange('cancel', given);
      for (const verdict of [placed, changed]) {
        assert.notEqual(verdict.kind, 'not-sent', 'an answer proves that it was sent');
        const isSuccess = given.status >= 200 && given.status <= 299;
        if (verdict.kind === 'accepted') assert.ok(isSuccess);
        if (verdict.kind === 'rejected' && !isSuccess) assert.ok(MAY_REJECT.includes(given.status));
      }
      if (placed.kind === 'accepted') {
        const { orderIds } = placed.result;
        assert.ok(orderIds.length > 0);
        for (const id of orderIds) assert.ok(given.body.includes(JSON.stringify(id)));
      }
      if (changed.kind === 'accepted') assert.ok(changed.result.length > 0);
      assert.deepEqual(classifyPlacement(given), placed);
    }),
    { numRuns: 2_000 },
  );
});

test('the content type decides nothing', () => {
  fc.assert(
    fc.property(answer, (given) => {
      const other = { ...given, contentType: 'x/y' };
      assert.deepEqual(classifyPlacement(other), classifyPlacement(given));
    }),
  );
});

test('5xx is never anything but unknown', () => {
  fc.assert(
    fc.property(answer, fc.integer({ min: 500, max: 599 }), (given, status) => {
      assert.equal(classifyPlacement({ ...given, status }).kind, 'unknown');
      assert.equal(classifyChange('modify', { ...given, status }).kind, 'unknown');
    }),
  );
});
