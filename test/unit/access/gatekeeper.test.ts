import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newApiKey } from '../../../src/access/api-key.ts';
import { Gatekeeper } from '../../../src/access/gatekeeper.ts';
import { configuredKey, KeyTable } from '../../../src/access/key-table.ts';
import { LOCK_OUT_RULE, LockOut } from '../../../src/access/lock-out.ts';
import { DEFAULT_KEY_LIMITS, type Principal } from '../../../src/domain/access.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';

const ADDRESS = '192.0.2.7';

function gate(limits = DEFAULT_KEY_LIMITS) {
  const clock = new ManualClock();
  const refused: string[] = [];
  const keys = new KeyTable(clock, [{ ...configuredKey('k', 'right', ['admin']), limits }]);
  const gatekeeper = new Gatekeeper({
    keys,
    lockOut: new LockOut(clock),
    clock,
    onRefused: (reason) => refused.push(reason),
  });
  return { clock, gatekeeper, refused };
}

function principalOf(gatekeeper: Gatekeeper): Principal {
  const admission = gatekeeper.admit('right', ADDRESS);
  assert.ok('principal' in admission);
  return admission.principal;
}

test('wrong keys lock their address out, a right one then included, and nobody else', () => {
  const { clock, gatekeeper, refused } = gate();
  const { failuresMax, firstLockMs } = LOCK_OUT_RULE;
  for (let attempt = 0; attempt < failuresMax; attempt++) {
    assert.deepEqual(gatekeeper.admit('wrong', ADDRESS), { refused: 'UNAUTHENTICATED' });
  }
  assert.deepEqual(gatekeeper.admit('right', ADDRESS), {
    refused: 'LOCKED_OUT',
    retryAfterMs: firstLockMs,
  });
  assert.ok('principal' in gatekeeper.admit('right', '192.0.2.8'));
  assert.equal(refused.filter((reason) => reason === 'UNAUTHENTICATED').length, failuresMax);
  assert.equal(refused.at(-1), 'LOCKED_OUT');
  assert.deepEqual(gatekeeper.takeWrongKeys(), [
    { address: ADDRESS, forgiven: false, count: failuresMax },
  ]);
  assert.deepEqual(gatekeeper.takeWrongKeys(), []);
  clock.advance(firstLockMs);
  assert.ok('principal' in gatekeeper.admit('right', ADDRESS));
});

test('a right key is told when it forgets wrong ones, of earlier reports too', () => {
  const { gatekeeper } = gate();
  principalOf(gatekeeper);
  assert.deepEqual(gatekeeper.takeWrongKeys(), []);
  gatekeeper.admit('wrong', ADDRESS);
  assert.deepEqual(gatekeeper.takeWrongKeys(), [{ address: ADDRESS, forgiven: false, count: 1 }]);
  principalOf(gatekeeper);
  gatekeeper.admit('wrong', ADDRESS);
  gatekeeper.admit('wrong', ADDRESS);
  assert.deepEqual(gatekeeper.takeWrongKeys(), [{ address: ADDRESS, forgiven: true, count: 2 }]);
});

test('the last use of each key is told once', () => {
  const { clock, gatekeeper } = gate();
  principalOf(gatekeeper);
  clock.advance(1000);
  principalOf(gatekeeper);
  assert.deepEqual(gatekeeper.takeUses(), [{ keyId: 'k', timeMs: clock.nowUs() / 1000 }]);
  assert.deepEqual(gatekeeper.takeUses(), []);
});

test('connections and requests are counted by key', () => {
  const { gatekeeper } = gate({ connections: 1, subscriptions: 1, requestsPerSecond: 1 });
  const principal = principalOf(gatekeeper);
  assert.equal(gatekeeper.enter(principal), true);
  assert.equal(gatekeeper.enter(principal), false);
  gatekeeper.leave(principal);
  assert.equal(gatekeeper.enter(principal), true);
  assert.equal(gatekeeper.takeRequest(principal).allowed, true);
  assert.equal(gatekeeper.takeRequest(principal).allowed, false);
});

test('before the stored keys are known, a text that may be one is not called wrong', () => {
  const clock = new ManualClock();
  const keys = new KeyTable(clock, [], false);
  const gatekeeper = new Gatekeeper({ keys, lockOut: new LockOut(clock), clock });
  const { key } = newApiKey('development', randomBytes);
  assert.deepEqual(gatekeeper.admit(key, ADDRESS), { refused: 'NOT_READY' });
  assert.deepEqual(gatekeeper.takeWrongKeys(), []);
  assert.deepEqual(gatekeeper.admit('wrong', ADDRESS), { refused: 'UNAUTHENTICATED' });
  keys.replace([configuredKey('new', key, ['admin'])]);
  assert.ok('principal' in gatekeeper.admit(key, ADDRESS));
  assert.deepEqual(gatekeeper.admit(newApiKey('development', randomBytes).key, ADDRESS), {
    refused: 'UNAUTHENTICATED',
  });
});
