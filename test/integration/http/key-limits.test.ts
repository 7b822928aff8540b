import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configuredKey } from '../../../src/access/key-table.ts';
import { LOCK_OUT_RULE } from '../../../src/access/lock-out.ts';
import { DEFAULT_KEY_LIMITS } from '../../../src/domain/access.ts';
import { defineRoute, json } from '../../../src/http/route.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';
import { authorization, FULL_KEY, startWeb } from '../../support/http/web-fixture.ts';

const routes = [
  defineRoute({
    method: 'GET',
    path: '/thing',
    operationId: 'getThing',
    summary: 'A thing.',
    tag: 'test',
    access: 'instruments:read',
    responses: { 200: { description: 'It.' } },
    handler: () => json({ thing: 1 }),
  }),
  defineRoute({
    method: 'PUT',
    path: '/switch',
    operationId: 'throwSwitch',
    summary: 'What must get through.',
    tag: 'test',
    access: 'instruments:read',
    unlimited: true,
    responses: { 200: { description: 'It.' } },
    handler: () => json({ thrown: true }),
  }),
];

const SLOW_KEY = 'slow-key-0123456789-abcdefghijklm';
const ADMIN_KEY = 'admin-key-0123456789-abcdefghijkl';

test('a key may make so many requests a second; every answer says what is left', async (t) => {
  const clock = new ManualClock();
  const limits = { ...DEFAULT_KEY_LIMITS, requestsPerSecond: 2 };
  const keys = [{ ...configuredKey('slow', SLOW_KEY, ['instruments:read']), limits }];
  const { url } = await startWeb(t, { routes, clock, keys });
  const ask = () => fetch(`${url}/thing`, { headers: authorization(SLOW_KEY) });
  const first = await ask();
  assert.equal(first.status, 200);
  assert.equal(first.headers.get('ratelimit-policy'), '"key";q=2;w=1');
  assert.equal(first.headers.get('ratelimit'), '"key";r=1;t=1');
  assert.equal((await ask()).status, 200);
  const refused = await ask();
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '1');
  const problem = (await refused.json()) as Record<string, unknown>;
  assert.equal(problem['code'], 'RATE_LIMITED');
  assert.equal(problem['retryable'], true);
  const urgent = { method: 'PUT', headers: authorization(SLOW_KEY) };
  assert.equal((await fetch(`${url}/switch`, urgent)).status, 200);
  assert.equal((await fetch(`${url}/thing`, { headers: authorization(FULL_KEY) })).status, 200);
  clock.advance(500);
  assert.equal((await ask()).status, 200);
});

test('wrong keys lock their address out with 429 and the time to wait', async (t) => {
  const clock = new ManualClock();
  const { url } = await startWeb(t, { routes, clock });
  const ask = (key: string) => fetch(`${url}/thing`, { headers: authorization(key) });
  for (let attempt = 0; attempt < LOCK_OUT_RULE.failuresMax; attempt++) {
    assert.equal((await ask('not-a-key')).status, 401);
  }
  const refused = await ask(FULL_KEY);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), String(LOCK_OUT_RULE.firstLockMs / 1000));
  assert.equal(((await refused.json()) as Record<string, unknown>)['code'], 'LOCKED_OUT');
  clock.advance(LOCK_OUT_RULE.firstLockMs);
  assert.equal((await ask(FULL_KEY)).status, 200);
});

test('admin opens what every other scope opens', async (t) => {
  const keys = [configuredKey('admin', ADMIN_KEY, ['admin'])];
  const { url } = await startWeb(t, { routes, keys });
  assert.equal((await fetch(`${url}/thing`, { headers: authorization(ADMIN_KEY) })).status, 200);
});
