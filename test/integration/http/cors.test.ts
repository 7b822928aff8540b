import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineRoute, json } from '../../../src/http/route.ts';
import { startWeb } from '../../support/http/web-fixture.ts';

const PRIVATE = defineRoute({
  method: 'GET',
  path: '/private',
  operationId: 'getPrivate',
  summary: 'For a test.',
  tag: 'test',
  access: 'ticks:read',
  responses: { 200: { description: 'Ok.' } },
  handler: () => json({}),
});

test('lets listed origins read answers, and no others', async (t) => {
  const { url } = await startWeb(t, { routes: [PRIVATE], corsOrigins: ['https://app.example'] });
  const from = (
    origin: string,
    { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> =>
    fetch(`${url}/private`, { method, headers: { ...headers, Origin: origin } });

  const refused = await from('https://app.example');
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get('access-control-allow-origin'), 'https://app.example');
  const exposed = refused.headers.get('access-control-expose-headers')?.split(', ');
  assert.deepEqual(exposed, [
    'X-Request-ID',
    'Location',
    'Retry-After',
    'Idempotency-Replayed',
    'RateLimit',
    'RateLimit-Policy',
  ]);
  assert.equal(refused.headers.get('access-control-allow-credentials'), null);

  const preflight = {
    method: 'OPTIONS',
    headers: {
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization',
    },
  };
  const allowed = await from('https://app.example', preflight);
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.deepEqual(allowed.headers.get('access-control-allow-methods')?.split(', '), [
    'GET',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
  ]);
  assert.deepEqual(allowed.headers.get('access-control-allow-headers')?.split(', '), [
    'Authorization',
    'Content-Type',
    'Idempotency-Key',
  ]);
  assert.equal(allowed.headers.get('access-control-max-age'), '3600');
  assert.equal(allowed.headers.get('vary'), 'Origin');

  for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example', url]) {
    for (const answer of [await from(origin), await from(origin, preflight)]) {
      const names = [...answer.headers.keys()].filter((name) => name.startsWith('access-control'));
      assert.deepEqual(names, [], origin);
      assert.equal(answer.headers.get('vary'), 'Origin');
    }
  }
});
