import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { SimAccounts } from '../../../../src/feed/sim/accounts.ts';
import { ManualClock } from '../../../support/feed/sim/manual-clock.ts';

function checksum(apiKey: string, requestToken: string, secret: string): string {
  return createHash('sha256')
    .update(apiKey + requestToken + secret)
    .digest('hex');
}

function setUp(): { clock: ManualClock; accounts: SimAccounts } {
  const clock = new ManualClock('2026-09-10T10:00:00+05:30');
  return { clock, accounts: new SimAccounts(clock, 12) };
}

test('accounts are numbered and have a session from the start', () => {
  const { accounts } = setUp();
  assert.equal(accounts.authenticate('sim-key-1', 'sim-token-1')?.id, 'SIM001');
  assert.equal(accounts.authenticate('sim-key-12', 'sim-token-12')?.id, 'SIM012');
  assert.equal(accounts.authenticate('sim-key-13', 'sim-token-13'), null);
  assert.equal(accounts.authenticate('sim-key-1', 'sim-token-2'), null);
});

test('a login starts a session once and ends the one before', () => {
  const { accounts } = setUp();
  const requestToken = accounts.login(accounts.byApiKey('sim-key-2')!);
  const proof = checksum('sim-key-2', requestToken, 'sim-secret-2');
  const account = accounts.startSession('sim-key-2', requestToken, proof);
  assert.ok(typeof account === 'object');
  assert.equal(account.id, 'SIM002');
  assert.equal(accounts.authenticate('sim-key-2', 'sim-token-2'), null);
  assert.equal(accounts.authenticate('sim-key-2', account.accessToken ?? '')?.id, 'SIM002');
  assert.equal(accounts.startSession('sim-key-2', requestToken, proof), 'request_token');
});

test('a wrong checksum, another key and an old request token are refused', () => {
  const { clock, accounts } = setUp();
  const account = accounts.byApiKey('sim-key-1')!;
  const wrongSecret = accounts.login(account);
  assert.equal(
    accounts.startSession('sim-key-1', wrongSecret, checksum('sim-key-1', wrongSecret, 'x')),
    'checksum',
  );
  const otherKey = accounts.login(account);
  const proof = checksum('sim-key-2', otherKey, 'sim-secret-2');
  assert.equal(accounts.startSession('sim-key-2', otherKey, proof), 'request_token');
  const old = accounts.login(account);
  clock.advance(5 * 60_000 + 1);
  const oldProof = checksum('sim-key-1', old, 'sim-secret-1');
  assert.equal(accounts.startSession('sim-key-1', old, oldProof), 'request_token');
  assert.equal(accounts.authenticate('sim-key-1', 'sim-token-1')?.id, 'SIM001');
});

test('sessions end for one account or for all', () => {
  const { accounts } = setUp();
  accounts.endSessions('SIM001');
  assert.equal(accounts.authenticate('sim-key-1', 'sim-token-1'), null);
  assert.notEqual(accounts.authenticate('sim-key-2', 'sim-token-2'), null);
  accounts.endSessions(null);
  assert.equal(accounts.authenticate('sim-key-2', 'sim-token-2'), null);
});
