import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Health } from '../../../../src/threads/control/health.ts';
import type { UpstreamSocket } from '../../../../src/threads/messages.ts';

function socket(changes: Partial<UpstreamSocket> = {}): UpstreamSocket {
  return {
    account: 'A',
    index: 0,
    state: 'OPEN',
    simulated: false,
    instruments: 5,
    lastFrameAgeMs: 1,
    reconnects: 0,
    failure: null,
    ...changes,
  };
}

test('at the start nothing is well, and every check says why', () => {
  const { started, checks } = new Health().status();
  assert.equal(started, false);
  assert.deepEqual(
    Object.values(checks).map(({ ok }) => ok),
    [false, false, false],
  );
  assert.ok(Object.values(checks).every(({ detail }) => detail !== undefined && detail !== ''));
});

test('instruments, one open socket and one tick make it well', () => {
  const health = new Health();
  health.instruments = 10;
  health.ticks = 1;
  health.upstream = [socket(), socket({ index: 1, state: 'BACKING_OFF' })];
  const { checks } = health.status();
  assert.ok(Object.values(checks).every(({ ok }) => ok));
  assert.equal(checks['upstream']?.detail, '1 of 2 broker sockets open');
});

test('a broker that refuses is named with its reason', () => {
  const health = new Health();
  const failure = { code: 'BROKER_SESSION' as const, detail: 'token is invalid' };
  health.upstream = [socket({ state: 'AUTH_REQUIRED', failure })];
  const { ok, detail } = health.status().checks['upstream'] ?? {};
  assert.equal(ok, false);
  assert.equal(detail, 'A/0 AUTH_REQUIRED (BROKER_SESSION: token is invalid)');
});
