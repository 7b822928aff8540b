import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UpstreamMode } from '../../../../src/domain/ports.ts';
import { SubscriptionSync } from '../../../../src/feed/kite/subscription-sync.ts';

function syncOf(wanted: Map<number, UpstreamMode>): SubscriptionSync {
  const sync = new SubscriptionSync(wanted);
  sync.reset();
  return sync;
}

test('a new connection is told everything: subscribe, then the mode of each', () => {
  const sync = syncOf(
    new Map<number, UpstreamMode>([
      [1, 3],
      [2, 1],
      [3, 3],
    ]),
  );
  assert.deepEqual(sync.takeMessages(), [
    '{"a":"subscribe","v":[1,2,3]}',
    '{"a":"mode","v":["ltp",[2]]}',
    '{"a":"mode","v":["full",[1,3]]}',
  ]);
  assert.deepEqual(sync.takeMessages(), []);
  sync.reset();
  assert.equal(sync.takeMessages().length, 3);
});

test('room is made before it is used', () => {
  const wanted = new Map<number, UpstreamMode>([[1, 2]]);
  const sync = syncOf(wanted);
  sync.takeMessages();
  wanted.set(2, 2);
  sync.mark(2);
  wanted.delete(1);
  sync.mark(1);
  assert.deepEqual(sync.takeMessages(), [
    '{"a":"unsubscribe","v":[1]}',
    '{"a":"subscribe","v":[2]}',
    '{"a":"mode","v":["quote",[2]]}',
  ]);
});

test('a changed mode needs no new subscription', () => {
  const wanted = new Map<number, UpstreamMode>([[1, 2]]);
  const sync = syncOf(wanted);
  sync.takeMessages();
  wanted.set(1, 3);
  sync.mark(1);
  assert.deepEqual(sync.takeMessages(), ['{"a":"mode","v":["full",[1]]}']);
});

test('what comes and goes between two messages is never said', () => {
  const wanted = new Map<number, UpstreamMode>([[1, 2]]);
  const sync = syncOf(wanted);
  sync.takeMessages();
  sync.mark(2);
  wanted.delete(1);
  sync.mark(1);
  wanted.set(1, 2);
  sync.mark(1);
  assert.deepEqual(sync.takeMessages(), []);
});

test('3000 instruments are told in messages of 500', () => {
  const wanted = new Map<number, UpstreamMode>();
  for (let token = 1; token <= 3000; token++) wanted.set(token, 3);
  const messages = syncOf(wanted).takeMessages();
  const counts = messages.map((text) => text.split(',').length);
  assert.equal(messages.length, 12);
  assert.ok(Math.max(...counts) <= 502);
  assert.ok(messages.slice(0, 6).every((text) => text.startsWith('{"a":"subscribe","v":[')));
});
