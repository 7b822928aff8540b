import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkKeyRequest, parseLimits } from '../../../src/access/key-request.ts';
import { DEFAULT_KEY_LIMITS, SCOPES } from '../../../src/domain/access.ts';

describe('limits as text', () => {
  test('name what is limited', () => {
    assert.deepEqual(parseLimits('connections=5, requests_per_second=20'), {
      connections: 5,
      requestsPerSecond: 20,
    });
    assert.deepEqual(parseLimits('subscriptions=1'), { subscriptions: 1 });
  });

  for (const [text, message] of [
    ['', /there is no limit ""; limits: connections, subscriptions, requests_per_second/],
    ['conections=5', /did you mean connections\?/],
    ['requestsPerSecond=5', /there is no limit "requestsPerSecond"/],
    ['connections', /connections must be a whole number from 1/],
    ['connections=-5', /connections must be a whole number from 1/],
    ['connections=0', /connections must be a whole number from 1/],
    ['connections=1e3', /connections must be a whole number from 1/],
    ['connections=1000001', /to 1000000/],
  ] as const) {
    test(`${JSON.stringify(text)} is refused`, () => {
      const request = { scopes: ['admin'], accounts: 'all', expiresMs: null, label: '' } as const;
      assert.throws(() => checkKeyRequest({ ...request, limits: parseLimits(text) }, 0), {
        code: 'INVALID_REQUEST',
        message,
      });
    });
  }
});

test('all scopes, nothing limited, for ever, is a request too', () => {
  assert.deepEqual(
    checkKeyRequest(
      { scopes: SCOPES, accounts: 'all', expiresMs: null, label: '', limits: {} },
      1_790_000_000_000,
    ),
    { scopes: SCOPES, accounts: 'all', expiresMs: null, label: '', limits: DEFAULT_KEY_LIMITS },
  );
});
