import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelName, keyName } from '../../../../src/storage/redis/key-names.ts';

test('keys of one tag share what a cluster hashes: the text in braces', () => {
  assert.equal(keyName('wrong-keys', 'count'), 'ticker:{wrong-keys}:count');
  assert.equal(keyName('wrong-keys', 'a', 'b'), 'ticker:{wrong-keys}:a:b');
});

test('what comes from outside can neither change the tag nor collide with another name', () => {
  assert.equal(keyName('a}b{c', 'd:e'), 'ticker:{a%7Db%7Bc}:d%3Ae');
  assert.notEqual(keyName('x', 'a:b'), keyName('x', 'a', 'b'));
  assert.equal(channelName('locks'), 'ticker:locks');
});
