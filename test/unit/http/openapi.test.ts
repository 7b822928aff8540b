import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Type from 'typebox';
import { openApiDocument, type OpenApiDocument } from '../../../src/http/openapi.ts';
import { defineRoute, json } from '../../../src/http/route.ts';
import { marketDocumentFor } from '../../support/http/market-document.ts';
import { ordersDocumentFor } from '../../support/http/orders-port.ts';

const INFO = { title: 'Test', version: '0', description: 'For a test.' };

async function assertValid(document: OpenApiDocument): Promise<void> {
  const plain = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
  const { valid, errors } = await new Validator().validate(plain);
  assert.ok(valid, JSON.stringify(errors, null, 1));
}

const order = defineRoute({
  method: 'POST',
  path: '/v1/orders/{account}',
  operationId: 'placeOrder',
  summary: 'Places an order.',
  tag: 'orders',
  access: 'orders:write',
  params: Type.Object({ account: Type.String({ description: 'Its id.' }) }),
  query: Type.Object({ dry: Type.Optional(Type.Boolean()), side: Type.Enum(['BUY', 'SELL']) }),
  body: Type.Object({ price: Type.Number() }),
  responses: {
    201: { description: 'Placed.', schema: Type.Object({ id: Type.String() }) },
    204: { description: 'Nothing to say.' },
  },
  errors: ['UNKNOWN_INSTRUMENT', 'BROKER_UNREACHABLE', 'NOT_READY'],
  handler: () => json({}),
});

test('the document of the market port is valid OpenAPI 3.1, in both environments', async () => {
  for (const production of [false, true]) await assertValid(marketDocumentFor(production));
});

test('so is the document of the orders port', async () => {
  for (const production of [false, true]) await assertValid(ordersDocumentFor(production));
});

test('a route with every kind of input gives a valid document', async () => {
  await assertValid(openApiDocument([order], INFO));
});

test('inputs, access, answers and errors of a route are all described', () => {
  const operation = openApiDocument([order], INFO).paths['/v1/orders/{account}']?.['post'];
  assert.ok(operation);
  assert.deepEqual(
    operation.parameters?.map(({ name, in: place, required }) => [name, place, required]),
    [
      ['account', 'path', true],
      ['dry', 'query', false],
      ['side', 'query', true],
    ],
  );
  assert.equal(operation.parameters[0]?.description, 'Its id.');
  assert.deepEqual(operation.security, [{ key: ['orders:write'] }]);
  assert.ok(operation.requestBody);
  assert.deepEqual(Object.keys(operation.responses), [
    '201',
    '204',
    '400',
    '401',
    '403',
    '404',
    '413',
    '415',
    '429',
    '500',
    '503',
  ]);
  assert.equal(operation.responses['204']?.content, undefined);
  const unavailable = operation.responses['503']?.description ?? '';
  assert.match(unavailable, /BROKER_UNREACHABLE.*NOT_READY/);
});

test('headers and bodies of any type are described too', () => {
  const { paths } = ordersDocumentFor(true);
  const placed = paths['/v1/orders']?.['post'];
  assert.deepEqual(
    placed?.parameters?.map(({ name, in: place, required }) => [name, place, required]),
    [['Idempotency-Key', 'header', true]],
  );
  assert.deepEqual(Object.keys(placed.responses['202']?.headers ?? {}), [
    'Idempotency-Replayed',
    'Location',
    'Retry-After',
    'X-Request-ID',
    'RateLimit-Policy',
    'RateLimit',
  ]);
  const postback = paths['/v1/postbacks/{account}']?.['post'];
  assert.deepEqual(postback?.requestBody, {
    required: true,
    content: { '*/*': { schema: { type: 'string' } } },
  });
});

test('metrics are described as open in development and as scoped in production', () => {
  const security = (production: boolean): unknown =>
    marketDocumentFor(production).paths['/metrics']?.['get']?.security;
  assert.deepEqual(security(false), []);
  assert.deepEqual(security(true), [{ key: ['metrics:read'] }]);
});

test('every operation has its own id', () => {
  for (const document of [marketDocumentFor(true), ordersDocumentFor(true)]) {
    const ids = Object.values(document.paths).flatMap((operations) =>
      Object.values(operations).map(({ operationId }) => operationId),
    );
    assert.ok(ids.length >= 8);
    assert.equal(new Set(ids).size, ids.length);
  }
});
