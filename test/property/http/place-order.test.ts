import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TickerError } from '../../../src/domain/error-codes.ts';
import {
  ORDER_EXCHANGES,
  ORDER_TYPES,
  PRODUCTS,
  TRANSACTION_TYPES,
  VALIDITIES,
  VARIETIES,
} from '../../../src/domain/order-terms.ts';
import {
  idempotencyKey,
  requestFingerprint,
} from '../../../src/http/routes/orders/idempotency-key.ts';
import { PLACE_BODY, placeRequestOf } from '../../../src/http/routes/orders/place-body.ts';
import { InputValidator } from '../../../src/http/validation.ts';

const validator = new InputValidator({ body: PLACE_BODY });
type PlaceBody = Parameters<typeof placeRequestOf>[0];

/** What comes of a body that went over the wire. */
function check(body: unknown) {
  const received: unknown = JSON.parse(JSON.stringify(body));
  return validator.check({ params: {}, query: '', body: received });
}

/** Rupees of at most four decimals. */
const price = fc.integer({ min: 1, max: 9_999_999_999 }).map((parts) => parts / 10_000);
const quantity = fc.integer({ min: 1, max: 1_000_000_000 });
const text = (pattern: RegExp) => fc.stringMatching(pattern);

const required = {
  account: text(/^[A-Z]{2}[0-9]{4}$/),
  exchange: fc.constantFrom(...ORDER_EXCHANGES),
  tradingsymbol: text(/^[A-Z0-9&._-]{1,64}$/),
  transaction_type: fc.constantFrom(...TRANSACTION_TYPES),
  order_type: fc.constantFrom(...ORDER_TYPES),
  product: fc.constantFrom(...PRODUCTS),
  quantity,
};

const optional = {
  client_order_id: text(/^[A-Za-z0-9._:-]{1,64}$/),
  tag: text(/^[A-Za-z0-9]{1,20}$/),
  variety: fc.constantFrom(...VARIETIES),
  price,
  trigger_price: price,
  validity: fc.constantFrom(...VALIDITIES),
  validity_ttl: fc.integer({ min: 1, max: 1440 }),
  disclosed_quantity: quantity,
  market_protection: fc.oneof(
    fc.constant(-1),
    fc.double({ min: 0, minExcluded: true, max: 100, noNaN: true }),
  ),
  autoslice: fc.boolean(),
  iceberg_legs: fc.integer({ min: 2, max: 50 }),
  iceberg_quantity: quantity,
  auction_number: text(/^[0-9]{1,5}$/),
  algo_id: text(/^[A-Za-z0-9]{1,20}$/),
};

const REQUIRED = Object.keys(required) as (keyof typeof required)[];
const order = fc.record({ ...required, ...optional }, { requiredKeys: REQUIRED });

test('an order of good form is taken with every number as it was given', () => {
  fc.assert(
    fc.property(order, (body) => {
      const checked = check(body);
      assert.ok('input' in checked, JSON.stringify(checked));
      const { terms, ...rest } = placeRequestOf(checked.input.body as PlaceBody);
      assert.deepEqual(rest, {
        account: body.account,
        clientOrderId: body.client_order_id ?? null,
        clientTag: body.tag ?? null,
      });
      assert.equal(terms.quantity, body.quantity);
      assert.equal(terms.priceRupees, body.price ?? null);
      assert.equal(terms.triggerPriceRupees, body.trigger_price ?? null);
      assert.equal(terms.marketProtection, body.market_protection ?? null);
      assert.equal(terms.variety, body.variety ?? 'regular');
      assert.equal(terms.validity, body.validity ?? 'DAY');
      assert.equal(Object.values(terms).includes(undefined as never), false);
    }),
  );
});

test('one wrong member is named, whatever else is right', () => {
  const wrong: Record<string, fc.Arbitrary<unknown>> = {
    account: fc.constantFrom('', 5, null, 'x'.repeat(65)),
    exchange: fc.constantFrom('nse', 'NYSE', '', null, 1),
    tradingsymbol: fc.constantFrom('', 'infy', 'A B', 'NSE:INFY', "A'", null),
    transaction_type: fc.constantFrom('buy', 'B', null),
    order_type: fc.constantFrom('limit', 'SLM', null),
    product: fc.constantFrom('CO', 'mis', null),
    quantity: fc.oneof(
      fc.integer({ max: 0 }),
      fc.constantFrom(1.5, '65', null, 1e10),
      fc.integer({ min: 1, max: 1000 }).map((value) => value + 0.5),
    ),
    price: fc.oneof(
      fc.constantFrom('101.05', null, 0, -1, 1e10),
      fc.integer({ min: 1, max: 99_999 }).map((parts) => parts / 10_000 + 0.00001),
    ),
    market_protection: fc.constantFrom(true, 0, -2, -0.5, 100.5, '-1'),
    tag: fc.constantFrom('', 'a b', 'x'.repeat(21), 'ä', 5),
    client_order_id: fc.constantFrom('', 'a b', 'x'.repeat(65), null),
    iceberg_legs: fc.constantFrom(1, 51, 2.5),
    autoslice: fc.constantFrom('true', 1),
    squareoff: fc.constantFrom(1, 'x'),
    Price: price,
  };
  const mistake = fc
    .constantFrom(...Object.keys(wrong))
    .chain((name) => fc.tuple(fc.constant(name), wrong[name] ?? fc.constant(null)));
  fc.assert(
    fc.property(order, mistake, (body, [name, value]) => {
      const checked = check({ ...body, [name]: value });
      assert.ok('problem' in checked, `${name} ${JSON.stringify(value)}`);
      const errors = checked.problem.extensions?.['errors'] as { at: string }[];
      assert.deepEqual([...new Set(errors.map(({ at }) => at))], [`/${name}`]);
    }),
  );
});

test('an order without one of the members that must be there is refused', () => {
  fc.assert(
    fc.property(order, fc.constantFrom(...REQUIRED), (body, missing) => {
      assert.ok('problem' in check({ ...body, [missing]: undefined }));
    }),
  );
});

test('any JSON is an order or a problem, never a throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      const checked = check(body);
      assert.ok('problem' in checked);
      assert.equal(checked.problem.code, 'INVALID_REQUEST');
    }),
  );
});

test('any header is a key of 1 to 255 characters or one of two errors', () => {
  const quoted = fc
    .string({ unit: fc.constantFrom('a', '"', '\\', ' ', ',', ';', '~'), maxLength: 12 })
    .map((inner) => `"${inner}"`);
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 300 }), quoted), (header) => {
      try {
        const key = idempotencyKey(header);
        assert.match(key, /^[\x20-\x7e]{1,255}$/);
      } catch (error) {
        assert.ok(error instanceof TickerError);
        const missing = header.trim() === '';
        assert.equal(error.code, missing ? 'IDEMPOTENCY_KEY_MISSING' : 'INVALID_REQUEST');
      }
    }),
  );
});

test('a key in quotes is the text between them', () => {
  const key = fc.stringMatching(/^[\x20-\x7e]{1,100}$/);
  fc.assert(
    fc.property(key, (text) => {
      const header = `"${text.replace(/["\\]/g, (character) => `\\${character}`)}"`;
      assert.equal(idempotencyKey(header), text);
    }),
  );
});

test('a fingerprint knows what is in a body and not in which order', () => {
  fc.assert(
    fc.property(order, order, (one, other) => {
      const print = (body: unknown): string => requestFingerprint('POST', '/v1/orders', body);
      const turned = Object.fromEntries(Object.entries(one).reverse());
      assert.equal(print(turned), print(one));
      const isEqual = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
      assert.equal(print(other) === print(one), isEqual);
    }),
  );
});

function sorted(body: object): [string, unknown][] {
  return Object.entries(body).sort(([left], [right]) => (left < right ? -1 : 1));
}
