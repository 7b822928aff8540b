import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyAuthenticator } from '../../../src/http/key-authenticator.ts';

test('knows each key, its scopes, and nothing else', () => {
  const authenticator = createKeyAuthenticator([
    { keyId: 'one', token: 'token-one', scopes: ['ticks:read'] },
    { keyId: 'two', token: 'token-two', scopes: ['ticks:read', 'metrics:read'] },
  ]);
  assert.equal(authenticator.authenticate('token-one')?.keyId, 'one');
  const two = authenticator.authenticate('token-two');
  assert.equal(two?.keyId, 'two');
  assert.deepEqual([...two.scopes], ['ticks:read', 'metrics:read']);
  for (const wrong of ['', 'token-on', 'token-one ', 'TOKEN-ONE', 'token-three']) {
    assert.equal(authenticator.authenticate(wrong), undefined, wrong);
  }
});

test('without keys nobody is let in', () => {
  assert.equal(createKeyAuthenticator([]).authenticate(''), undefined);
});
