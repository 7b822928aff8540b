import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configuredKey, KeyTable } from '../../../src/access/key-table.ts';
import { createSystemClock } from '../../../src/domain/clock.ts';

const clock = createSystemClock();
const HOUR_MS = 3_600_000;

test('knows each key, its scopes, and nothing else', () => {
  const keys = new KeyTable(clock, [
    configuredKey('one', 'token-one', ['ticks:read']),
    configuredKey('two', 'token-two', ['ticks:read', 'metrics:read']),
  ]);
  assert.equal(keys.authenticate('token-one')?.keyId, 'one');
  const two = keys.authenticate('token-two');
  assert.equal(two?.keyId, 'two');
  assert.deepEqual([...two.scopes], ['ticks:read', 'metrics:read']);
  for (const wrong of ['', 'token-on', 'token-one ', 'TOKEN-ONE', 'token-three']) {
    assert.equal(keys.authenticate(wrong), undefined, wrong);
  }
});

test('without keys nobody is let in', () => {
  assert.equal(new KeyTable(clock).authenticate(''), undefined);
});

test('a key is valid until the table is replaced or its time is over', () => {
  const nowMs = clock.nowUs() / 1000;
  const lasting = { ...configuredKey('new', 'token-new', ['admin']), expiresMs: nowMs + HOUR_MS };
  const over = { ...configuredKey('old', 'token-old', ['admin']), expiresMs: nowMs - 1 };
  const keys = new KeyTable(clock, [lasting, over]);
  assert.equal(keys.authenticate('token-old'), undefined);
  assert.equal(keys.isValid('old'), false);
  assert.equal(keys.authenticate('token-new')?.keyId, 'new');
  assert.equal(keys.isValid('new'), true);
  keys.replace([]);
  assert.equal(keys.authenticate('token-new'), undefined);
  assert.equal(keys.isValid('new'), false);
});
