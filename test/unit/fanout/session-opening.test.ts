import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLOSE } from '../../../src/domain/ports.ts';
import { HEARTBEAT_MS } from '../../../src/fanout/hello.ts';
import { AUTHENTICATION_MS } from '../../../src/fanout/session.ts';
import { FanoutRig, KEY, principal, settled } from '../../support/fanout-rig.ts';
import type { TestClient } from '../../support/fanout-rig.ts';

const auth = (token: unknown) => JSON.stringify({ id: 0, type: 'auth', token });

function anonymous(rig: FanoutRig): TestClient {
  return rig.connect({ principal: undefined });
}

describe('a client with a key', () => {
  test('is greeted at once: session, epoch, position, heartbeat and limits', () => {
    const start = 2 ** 33;
    const rig = new FanoutRig({ subscriptionsMax: 77, clientBufferBytes: 4096, start });
    const { socket } = rig.connect();
    assert.deepEqual(socket.messages, [
      {
        type: 'hello',
        session: 'session-1',
        epoch: '0123456789abcdef',
        sequence: 2 ** 33,
        heartbeat_ms: HEARTBEAT_MS,
        limits: {
          subscriptions: 77,
          message_bytes: 100_000,
          buffer_bytes: 4096,
          connections: 100,
          messages_per_second: 1000,
          idle_seconds: 300,
          replay_seconds: 86_400,
        },
      },
    ]);
  });

  test('every session has a name of its own', () => {
    const rig = new FanoutRig();
    const names = [rig.connect(), rig.connect()].map(({ socket }) => socket.of('hello')[0]);
    assert.notEqual(names[0]?.session, names[1]?.session);
  });

  test('that may not read ticks is closed with 4500 before hello', () => {
    const rig = new FanoutRig();
    const { socket } = rig.connect({ principal: principal(['orders:read']) });
    assert.equal(socket.ended?.code, CLOSE.UNAUTHENTICATED);
    assert.match(socket.ended.reason, /^FORBIDDEN/);
    assert.equal(socket.messages.length, 0);
  });

  test('is not authenticated a second time', async () => {
    const rig = new FanoutRig();
    const { socket, session } = rig.connect();
    session.onText(auth(KEY));
    await settled();
    assert.equal(socket.of('error')[0]?.code, 'BAD_MESSAGE');
    assert.equal(socket.of('hello').length, 1);
    assert.equal(typeof socket.ended, 'undefined');
  });
});

describe('a client without a key', () => {
  test('hears nothing until its first message gives one; then hello comes first', async () => {
    const rig = new FanoutRig();
    const { socket, session } = anonymous(rig);
    assert.equal(socket.messages.length, 0);
    session.onText(auth(KEY));
    await settled();
    assert.deepEqual(
      socket.messages.map((message) => message.type),
      ['hello', 'authenticated'],
    );
    assert.deepEqual(socket.answeredIds, [0]);
    rig.clock.advance(AUTHENTICATION_MS + 1);
    assert.equal(typeof socket.ended, 'undefined', 'the deadline no longer counts');
  });

  test('with a bad one is told so and closed with 4500', async () => {
    const rig = new FanoutRig();
    const { socket, session } = anonymous(rig);
    session.onText(auth('another key'));
    await settled();
    assert.deepEqual(
      socket.messages.map((message) => 'code' in message && [message.id, message.code]),
      [[0, 'UNAUTHENTICATED']],
    );
    assert.equal(socket.ended?.code, CLOSE.UNAUTHENTICATED);
  });

  test('whose key lacks the scope is closed with 4500 without hello', async () => {
    const rig = new FanoutRig({ scopes: ['orders:read'] });
    const { socket, session } = anonymous(rig);
    session.onText(auth(KEY));
    await settled();
    assert.equal(socket.ended?.code, CLOSE.UNAUTHENTICATED);
    assert.equal(socket.of('hello').length, 0);
  });

  for (const message of [
    { id: 3, type: 'ping' },
    { id: 3, type: 'subscribe', instruments: ['NSE:A'] },
    { id: 3, type: 'unsubscribe', instruments: ['NSE:A'] },
  ]) {
    test(`is refused ${message.type} and may still authenticate`, async () => {
      const rig = new FanoutRig();
      rig.list('NSE:A');
      const { socket, session } = anonymous(rig);
      session.onText(JSON.stringify(message));
      await settled();
      assert.deepEqual(
        socket.of('error').map(({ id, code }) => [id, code]),
        [[3, 'UNAUTHENTICATED']],
      );
      assert.equal(rig.index.size, 0);
      session.onText(auth(KEY));
      await settled();
      assert.equal(socket.of('hello').length, 1);
    });
  }

  test('is closed with 4500 when its time is over', () => {
    const rig = new FanoutRig();
    const { socket } = anonymous(rig);
    rig.clock.advance(AUTHENTICATION_MS - 1);
    assert.equal(typeof socket.ended, 'undefined');
    rig.clock.advance(1);
    assert.equal(socket.ended?.code, CLOSE.UNAUTHENTICATED);
  });

  test('that goes earlier leaves no timer behind', () => {
    const rig = new FanoutRig();
    const { session } = anonymous(rig);
    assert.equal(rig.clock.pendingMs.length, 1);
    session.onClose();
    assert.equal(rig.clock.pendingMs.length, 0);
  });

  test('gets no heartbeat', () => {
    const rig = new FanoutRig();
    const { socket, session } = anonymous(rig);
    rig.clock.advance(AUTHENTICATION_MS - 1);
    session.heartbeatIfIdle();
    assert.equal(socket.messages.length, 0);
  });
});

describe('heartbeats', () => {
  test('come when nothing else was sent for the announced time, and carry the position', () => {
    const rig = new FanoutRig();
    const { socket, session } = rig.connect();
    rig.clock.advance(HEARTBEAT_MS - 1);
    session.heartbeatIfIdle();
    assert.equal(socket.of('heartbeat').length, 0);
    rig.clock.advance(1);
    const a = rig.list('NSE:A');
    for (let i = 0; i < 10; i++) rig.ingest(a);
    rig.deliver();
    session.heartbeatIfIdle();
    assert.deepEqual(socket.of('heartbeat'), [
      { type: 'heartbeat', through: 1010, time: rig.clock.nowUs() },
    ]);
    session.heartbeatIfIdle();
    assert.equal(socket.of('heartbeat').length, 1, 'a heartbeat counts as something sent');
  });

  test('are put off by ticks, not by answers, which tell no position', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket, session } = rig.connect();
    session.onText(JSON.stringify({ id: 1, type: 'subscribe', instruments: ['NSE:A'] }));
    await settled();
    rig.clock.advance(HEARTBEAT_MS - 1);
    rig.ingest(a);
    rig.deliver();
    rig.clock.advance(HEARTBEAT_MS - 1);
    session.heartbeatIfIdle();
    session.onText(JSON.stringify({ id: 2, type: 'ping' }));
    await settled();
    session.heartbeatIfIdle();
    assert.equal(socket.of('heartbeat').length, 0);
    rig.clock.advance(1);
    session.heartbeatIfIdle();
    assert.equal(socket.of('heartbeat')[0]?.through, 1001);
  });

  test('end with the connection', () => {
    const rig = new FanoutRig();
    const { socket, session } = rig.connect();
    session.onClose();
    rig.clock.advance(HEARTBEAT_MS);
    session.heartbeatIfIdle();
    assert.equal(socket.of('heartbeat').length, 0);
  });
});
