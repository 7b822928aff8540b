import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaleFeeds } from '../../../../src/threads/control/stale-feeds.ts';
import type { UpstreamSocket } from '../../../../src/threads/messages.ts';

const STALE_MS = 3_000;

function socket(account: string, state: string, instruments = 1): UpstreamSocket {
  return {
    account,
    index: 0,
    state,
    simulated: true,
    instruments,
    lastFrameAgeMs: null,
    reconnects: 0,
    failure: null,
  };
}

const up = [socket('A', 'OPEN'), socket('B', 'OPEN')];
const down = [socket('A', 'BACKING_OFF'), socket('B', 'OPEN')];

test('an account that is down for three seconds is reported once, with its time', () => {
  const feeds = new StaleFeeds();
  assert.deepEqual(feeds.update(up, 0), []);
  assert.deepEqual(feeds.update(down, 1000), []);
  assert.deepEqual(feeds.update(down, 1000 + STALE_MS - 1), []);
  assert.deepEqual(feeds.update(down, 1000 + STALE_MS), [{ account: 'A', downMs: STALE_MS }]);
  assert.deepEqual(feeds.update(down, 60_000), []);
});

test('a reconnect that takes less is no news, and the time starts again', () => {
  const feeds = new StaleFeeds();
  feeds.update(down, 0);
  feeds.update(up, 2000);
  feeds.update(down, 2500);
  assert.deepEqual(feeds.update(down, 2500 + STALE_MS - 1), []);
  assert.equal(feeds.update(down, 2500 + STALE_MS).length, 1);
});

test('each outage is reported', () => {
  const feeds = new StaleFeeds();
  for (const startMs of [0, 100_000]) {
    feeds.update(down, startMs);
    assert.equal(feeds.update(down, startMs + STALE_MS).length, 1);
    feeds.update(up, startMs + 10_000);
  }
});

test('one of an account’s sockets is enough; accounts are told apart', () => {
  const feeds = new StaleFeeds();
  const both = [socket('A', 'OPEN'), socket('A', 'CONNECTING'), socket('B', 'CLOSED')];
  feeds.update(both, 0);
  assert.deepEqual(
    feeds.update(both, STALE_MS).map(({ account }) => account),
    ['A', 'B'],
  );
});

test('a socket that carries nothing, or is gone, is no outage', () => {
  const feeds = new StaleFeeds();
  feeds.update([socket('A', 'BACKING_OFF', 0)], 0);
  assert.deepEqual(feeds.update([socket('A', 'BACKING_OFF', 0)], 10_000), []);
  feeds.update(down, 20_000);
  feeds.update([], 21_000);
  assert.deepEqual(feeds.update(down, 30_000), []);
});
