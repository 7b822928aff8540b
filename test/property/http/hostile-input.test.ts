import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import Type from 'typebox';
import { instrumentRoutes } from '../../../src/http/routes/instruments.ts';
import { Router } from '../../../src/http/router.ts';
import { InputValidator } from '../../../src/http/validation.ts';

const hostile = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('%', '%00', '%E0%A4%A', '..', '__proto__', 'constructor', '{id}', '%2e%2e%2f'),
);

test('any path is matched, not found, or malformed', () => {
  const router = new Router<string>();
  router.add({ method: 'GET', path: '/a/{id}' }, 'a');
  router.add({ method: 'GET', path: '/a/{id}/b/{name}' }, 'b');
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 6 }), (segments) => {
      const path = `/${segments.join('/')}`;
      try {
        const match = router.match(path);
        for (const value of Object.values(match?.params ?? {})) assert.notEqual(value, '');
      } catch (error) {
        assert.ok(error instanceof URIError);
      }
    }),
  );
});

test('any query is either within the schema or a problem with its errors, never a throw', () => {
  const never = async (): Promise<string> => '';
  const [search] = instrumentRoutes({ search: never, expiries: never, instrument: never });
  assert.ok(search);
  const validator = new InputValidator(search);
  const name = fc.oneof(
    fc.constantFrom('q', 'limit', 'offset', 'type', 'expiry', 'underlying', '__proto__'),
    hostile,
  );
  const value = fc.oneof(hostile, fc.integer().map(String), fc.constantFrom('CE', '2026-12-01'));
  const pairs = fc.array(fc.tuple(name, value), { maxLength: 5 });
  const query = fc.oneof(
    pairs.map((entries) => new URLSearchParams(entries).toString()),
    pairs.map((entries) => entries.map((entry) => entry.join('=')).join('&')),
  );
  fc.assert(
    fc.property(query, (text) => {
      const checked = validator.check({ params: {}, query: text, body: undefined });
      if ('problem' in checked) {
        assert.equal(checked.problem.code, 'INVALID_REQUEST');
        assert.ok((checked.problem.extensions?.['errors'] as unknown[]).length > 0);
        return;
      }
      const { limit = 1, offset = 0, type } = checked.input.query as Record<string, unknown>;
      assert.ok(typeof limit === 'number' && limit >= 1 && limit <= 1000);
      assert.ok(typeof offset === 'number' && offset >= 0);
      assert.ok(type === undefined || ['EQ', 'FUT', 'CE', 'PE', 'INDEX'].includes(type as string));
    }),
  );
});

test('any JSON body is checked without a throw', () => {
  const validator = new InputValidator({
    body: Type.Object(
      { price: Type.Number({ minimum: 0 }), side: Type.Enum(['BUY', 'SELL']) },
      { additionalProperties: false },
    ),
  });
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      const checked = validator.check({ params: {}, query: '', body });
      assert.ok('problem' in checked);
    }),
  );
  const good = { price: 1, side: 'BUY' };
  assert.ok('input' in validator.check({ params: {}, query: '', body: good }));
});
