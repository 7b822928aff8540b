import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_KEY_LIMITS } from '../../../../src/domain/access.ts';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { settled } from '../../../support/fanout-rig.ts';
import { type OldClientRig, OldRig, type OldRigOptions } from '../../../support/old-rig.ts';

const FULL = 3;

async function say(client: OldClientRig, message: object): Promise<void> {
  client.session.onText(JSON.stringify(message));
  await settled();
}

function create(options: OldRigOptions = {}) {
  const rig = new OldRig(options);
  const infy = rig.list('NSE:INFY');
  const call = rig.list('NFO:NIFTY24000CE');
  const client = rig.connect();
  return { rig, infy, call, client };
}

describe('an old client', () => {
  test('is welcomed by name of its key, without a hello', () => {
    const { client } = create();
    assert.deepEqual(client.take(), [
      {
        type: 'connected',
        connection_id: 'session-1',
        user: { user_id: 'test', email: null, name: null },
        timestamp: '2026-09-21T14:30:00.000Z',
      },
    ]);
  });

  test('subscribes at the broker, and is told what was added and how many it has', async () => {
    const { rig, infy, call, client } = create();
    client.take();
    await say(client, { action: 'subscribe', tokens: [infy.token, 7] });
    assert.deepEqual(client.take(), [
      {
        type: 'subscribed',
        tokens: [infy.token],
        total: 1,
        refused: [{ token: 7, code: 'UNKNOWN_INSTRUMENT' }],
      },
    ]);
    assert.equal(rig.demand.get(infy.row), FULL);
    await say(client, { action: 'subscribe', tokens: [infy.token, call.token] });
    assert.deepEqual(client.take(), [{ type: 'subscribed', tokens: [call.token], total: 2 }]);
    await say(client, { action: 'unsubscribe', tokens: [infy.token, 7] });
    assert.deepEqual(client.take(), [{ type: 'unsubscribed', tokens: [infy.token], total: 1 }]);
    assert.equal(rig.demand.get(infy.row), 0);
    assert.equal(rig.demand.get(call.row), FULL);
  });

  test('gets a pong, and an error for anything else, and stays connected', async () => {
    const { rig, client } = create();
    client.take();
    client.session.onText('{action');
    client.session.onBinary();
    client.session.onText('x'.repeat(1001));
    await say(client, { type: 'subscribe', id: 1, instruments: [1] });
    await say(client, { action: 'ping' });
    const answers = client.take();
    assert.deepEqual(
      answers.map(({ type, code }) => [type, code]),
      [
        ['error', 'BAD_JSON'],
        ['error', 'BAD_MESSAGE'],
        ['error', 'MESSAGE_TOO_LARGE'],
        ['error', 'BAD_MESSAGE'],
        ['pong', undefined],
      ],
    );
    for (const { type, message } of answers) {
      if (type === 'error') assert.match(message ?? '', /\w+ \w+/);
    }
    assert.equal(client.socket.ended, undefined);
    assert.deepEqual(rig.ports.counts, { received: 5, refused: 4, tooSlow: 0 });
  });

  test('is answered in the order of its messages', async () => {
    const { rig, infy, client } = create();
    client.take();
    rig.directory.hold();
    await say(client, { action: 'subscribe', tokens: [infy.token] });
    await say(client, { action: 'ping' });
    assert.deepEqual(client.take(), []);
    rig.directory.release();
    await settled();
    assert.deepEqual(
      client.take().map(({ type }) => type),
      ['subscribed', 'pong'],
    );
  });

  test('hears why instruments cannot be had at the moment', async () => {
    const { rig, infy, call, client } = create();
    client.take();
    rig.directory.failure = new TickerError('NOT_READY', 'the instruments are not loaded');
    await say(client, { action: 'subscribe', tokens: [infy.token] });
    rig.directory.full.add(call.row);
    await say(client, { action: 'subscribe', tokens: [call.token] });
    assert.deepEqual(client.take(), [
      { type: 'error', message: 'the instruments are not loaded', code: 'NOT_READY' },
      {
        type: 'subscribed',
        tokens: [],
        total: 0,
        refused: [{ token: call.token, code: 'CAPACITY_EXCEEDED' }],
      },
    ]);
    rig.directory.failure = new Error('a bug');
    await say(client, { action: 'subscribe', tokens: [infy.token] });
    assert.equal(client.take()[0]?.code, 'INTERNAL');
    assert.equal(rig.errors.length, 1);
  });

  test('leaves nothing behind', async () => {
    const { rig, infy, call, client } = create();
    const other = rig.connect();
    await say(client, { action: 'subscribe', tokens: [infy.token, call.token] });
    await say(other, { action: 'subscribe', tokens: [infy.token] });
    client.session.onClose();
    client.session.onClose();
    assert.deepEqual([rig.taker.size, rig.entered], [1, 1]);
    assert.equal(rig.demand.get(infy.row), FULL);
    assert.equal(rig.demand.get(call.row), 0);
    other.session.onClose();
    assert.deepEqual([rig.taker.size, rig.entered], [0, 0]);
    assert.equal(rig.demand.get(infy.row), 0);
  });

  test('that goes while it is being answered is forgotten', async () => {
    const { rig, infy, client } = create();
    rig.directory.hold();
    await say(client, { action: 'subscribe', tokens: [infy.token] });
    client.session.onClose();
    rig.directory.release();
    await settled();
    assert.equal(rig.taker.size, 0);
    assert.equal(rig.demand.get(infy.row), undefined);
  });
});

describe('limits of an old client', () => {
  test('subscriptions, by its key and by the service', async () => {
    for (const options of [
      { subscriptionsMax: 1 },
      { limits: { ...DEFAULT_KEY_LIMITS, subscriptions: 1 } },
    ]) {
      const { infy, call, client } = create(options);
      client.take();
      await say(client, { action: 'subscribe', tokens: [infy.token, call.token] });
      assert.deepEqual(client.take(), [
        {
          type: 'subscribed',
          tokens: [infy.token],
          total: 1,
          refused: [{ token: call.token, code: 'LIMIT_EXCEEDED' }],
        },
      ]);
    }
  });

  test('connections of its key: one more is closed with 1008', () => {
    const { rig } = create({ limits: { ...DEFAULT_KEY_LIMITS, connections: 1 } });
    const second = rig.connect();
    assert.equal(second.socket.ended?.code, 1008);
    assert.match(second.socket.ended.reason, /^LIMIT_EXCEEDED: .*1 connection/);
    second.session.onClose();
    assert.equal(rig.entered, 1);
  });

  test('a key without ticks:read is closed with 1008', () => {
    const { client } = create({ scopes: ['orders:read'] });
    assert.equal(client.socket.ended?.code, 1008);
    assert.match(client.socket.ended.reason, /^FORBIDDEN: .*ticks:read/);
    assert.deepEqual(client.take(), []);
  });

  test('a revoked key is closed with 1008 and the reason; others stay', () => {
    const { client } = create();
    assert.equal(
      client.session.endIfRevoked((keyId) => keyId === 'test'),
      false,
    );
    assert.equal(
      client.session.endIfRevoked(() => false),
      true,
    );
    assert.equal(client.socket.ended?.code, 1008);
    assert.match(client.socket.ended.reason, /^KEY_REVOKED: /);
    assert.equal(
      client.session.endIfRevoked(() => false),
      false,
    );
  });

  test('messages a second: more are refused, and the client stays', async () => {
    const { rig, client } = create({ messagesPerSecond: 2 });
    client.take();
    for (let i = 0; i < 10; i++) await say(client, { action: 'ping' });
    const types = client.take().map(({ type, code }) => code ?? type);
    assert.deepEqual(types.slice(0, 8), Array<string>(8).fill('pong'));
    assert.deepEqual(types.slice(8), ['RATE_LIMITED', 'RATE_LIMITED']);
    rig.clock.advance(1000);
    await say(client, { action: 'ping' });
    assert.equal(client.take()[0]?.type, 'pong');
    assert.equal(client.socket.ended, undefined);
  });

  test('one that wants nothing and says nothing is closed as idle', async () => {
    const { rig, infy, client } = create();
    rig.clock.advance(59_999);
    client.session.endIfIdle();
    await say(client, { action: 'subscribe', tokens: [infy.token] });
    rig.clock.advance(120_000);
    client.session.endIfIdle();
    assert.ok(client.socket.isOpen);
    await say(client, { action: 'unsubscribe', tokens: [infy.token] });
    rig.clock.advance(60_000);
    client.session.endIfIdle();
    assert.equal(client.socket.ended?.code, 4400);
  });

  test('one that asks and never reads is closed', async () => {
    const { rig, client } = create({ bufferBytes: 5000 });
    client.socket.unreadBytes = 5001;
    await say(client, { action: 'ping' });
    assert.equal(client.socket.ended?.code, 4008);
    assert.equal(rig.ports.counts.tooSlow, 1);
  });
});
