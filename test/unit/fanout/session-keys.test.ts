import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_KEY_LIMITS } from '../../../src/domain/access.ts';
import { CLOSE } from '../../../src/domain/ports.ts';
import { FanoutRig, KEY, principal, settled } from '../../support/fanout-rig.ts';

const auth = (token: string) => JSON.stringify({ id: 0, type: 'auth', token });

describe('limits of a key', () => {
  const limits = { ...DEFAULT_KEY_LIMITS, connections: 2, subscriptions: 1 };

  test('a connection too many is closed with 4502; one that ends makes room', () => {
    const rig = new FanoutRig({ limits });
    const connect = () => rig.connect({ principal: principal(['ticks:read'], limits) });
    const first = connect();
    connect();
    const { socket, session } = connect();
    assert.equal(socket.ended?.code, CLOSE.LIMIT_EXCEEDED);
    assert.match(socket.ended.reason, /^LIMIT_EXCEEDED/);
    session.onClose();
    first.session.onClose();
    assert.equal(rig.entered, 1, 'one that never entered does not leave');
    assert.equal(connect().socket.of('hello').length, 1);
  });

  test('its instruments are limited too, and hello says so', async () => {
    const rig = new FanoutRig({ limits });
    rig.list('NSE:A');
    rig.list('NSE:B');
    const { socket, session } = rig.connect({ principal: undefined });
    session.onText(auth(KEY));
    session.onText(JSON.stringify({ id: 1, type: 'subscribe', instruments: ['NSE:A', 'NSE:B'] }));
    await settled();
    assert.equal(socket.of('hello')[0]?.limits['subscriptions'], 1);
    const [answer] = socket.of('subscribed');
    assert.deepEqual(
      answer?.results.map((result) => (result.ok ? 'ok' : result.code)),
      ['ok', 'LIMIT_EXCEEDED'],
    );
  });
});

test('the address of the client goes to the gate with its key', async () => {
  const rig = new FanoutRig();
  const { socket, session } = rig.connect({ principal: undefined });
  session.onText(auth(KEY));
  await settled();
  assert.deepEqual(rig.admissions, [{ token: KEY, address: socket.remoteAddress }]);
});

test('while its address is locked out a client is told to come back later, with 1013', async () => {
  const rig = new FanoutRig({ refusal: { refused: 'LOCKED_OUT', retryAfterMs: 30_000 } });
  const { socket, session } = rig.connect({ principal: undefined });
  session.onText(auth('whatever'));
  await settled();
  assert.equal(socket.of('error')[0]?.code, 'LOCKED_OUT');
  assert.equal(socket.ended?.code, CLOSE.OVERLOAD);
});

test('an open connection ends with 4501 when its key is revoked, others go on', () => {
  const rig = new FanoutRig();
  const revoked = rig.connect({ principal: { ...principal(), keyId: 'revoked' } });
  const other = rig.connect({ principal: { ...principal(), keyId: 'other' } });
  const waiting = rig.connect({ principal: undefined });
  for (const { session } of [revoked, other, waiting]) {
    session.endIfRevoked((keyId) => keyId !== 'revoked');
  }
  assert.equal(revoked.socket.ended?.code, CLOSE.KEY_REVOKED);
  assert.match(revoked.socket.ended.reason, /^KEY_REVOKED/);
  assert.equal(other.socket.ended, undefined);
  assert.equal(waiting.socket.ended, undefined, 'who has shown no key yet has none to lose');
});
