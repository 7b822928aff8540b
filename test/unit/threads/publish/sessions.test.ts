import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLOSE } from '../../../../src/domain/ports.ts';
import type { ClientSession } from '../../../../src/fanout/session.ts';
import { METER_WRITER, PUBLISH } from '../../../../src/shm/layout/meters.ts';
import { createMeters, ThreadMeters } from '../../../../src/shm/meters.ts';
import { Sessions } from '../../../../src/threads/publish/sessions.ts';
import { FanoutRig, principal, settled } from '../../../support/fanout-rig.ts';
import { FakeClientSocket } from '../../../support/fanout-socket.ts';

/** Unread bytes of all clients together. */
const BUFFERS_BYTES = 100_000;

function create(rig = new FanoutRig()) {
  const meters = new ThreadMeters(createMeters(METER_WRITER.GREEKS), METER_WRITER.PUBLISH);
  const sessions = new Sessions(rig.ports, meters, BUFFERS_BYTES);
  const open = (options: { closesAtEnd?: boolean } = {}) => {
    const socket = new FakeClientSocket();
    const session: ClientSession = sessions.open(socket, { binary: true, principal: principal() });
    // As a real socket does: its closing is told within `end`.
    if (options.closesAtEnd !== false) socket.onEnd = () => sessions.close(session);
    return { socket, session };
  };
  return { rig, sessions, meters, open };
}

describe('clients', () => {
  test('are counted as they come and go; going twice is once', () => {
    const { sessions, meters, open } = create();
    const [first] = [open(), open()];
    assert.equal(sessions.clients.size, 2);
    assert.equal(meters.get(PUBLISH.CLIENTS), 2);
    sessions.close(first.session);
    sessions.close(first.session);
    assert.equal(sessions.clients.size, 1);
    assert.equal(meters.get(PUBLISH.CLIENTS), 1);
    assert.equal(meters.get(PUBLISH.CLIENTS_OPENED), 2);
    assert.equal(meters.get(PUBLISH.CLIENTS_CLOSED), 1);
  });

  test('that hold too much together: those with the most are closed, the others stay', () => {
    const { sessions, open } = create();
    const clients = [open(), open(), open(), open()];
    for (const [index, bytes] of [20_000, 60_000, 50_000, 25_000].entries()) {
      clients[index]!.socket.unreadBytes = bytes;
    }
    sessions.watch();
    const codes = clients.map(({ socket }) => socket.ended?.code);
    assert.deepEqual(codes, [undefined, CLOSE.OVERLOAD, undefined, undefined]);
    assert.match(clients[1]!.socket.ended?.reason ?? '', /^TOO_SLOW: 60000 bytes .*sequence 1000$/);
    assert.equal(sessions.clients.size, 3);
  });

  test('take their subscriptions with them', async () => {
    const { rig, sessions, meters, open } = create();
    rig.list('NSE:A');
    const { session } = open();
    session.onText('{"id":1,"type":"subscribe","instruments":["NSE:A"]}');
    await settled();
    sessions.second();
    assert.equal(meters.get(PUBLISH.SUBSCRIPTIONS), 1);
    sessions.close(session);
    assert.equal(meters.get(PUBLISH.SUBSCRIPTIONS), 0);
    assert.equal(rig.index.size, 0);
  });
});

test('a broadcast reaches everybody who has been greeted', () => {
  const { rig, sessions, open } = create();
  const greeted = open();
  const anonymous = new FakeClientSocket();
  sessions.open(anonymous, { binary: true, principal: undefined });
  sessions.broadcast({ type: 'gap', from: 8, to: 11, reason: 'RING_OVERRUN' });
  assert.deepEqual(greeted.socket.of('gap'), [
    { type: 'gap', from: 8, to: 11, reason: 'RING_OVERRUN' },
  ]);
  assert.deepEqual(anonymous.messages, []);
  assert.equal(rig.errors.length, 0);
});

test('a client that is closed by a broadcast does not keep it from the others', () => {
  const { sessions, open } = create(new FanoutRig({ clientBufferBytes: 10 }));
  const clients = [open(), open(), open()];
  clients[0]!.socket.unreadBytes = 11;
  sessions.broadcast({ type: 'upstream_stale', account: 'A', since: 1 });
  assert.equal(clients[0]!.socket.ended?.code, CLOSE.TOO_SLOW);
  for (const { socket } of clients) assert.equal(socket.of('upstream_stale').length, 1);
  assert.equal(sessions.clients.size, 2);
});

test('each second: heartbeats for who has heard nothing, and the unread bytes of all', () => {
  const { rig, sessions, meters, open } = create();
  const clients = [open(), open()];
  clients[0]!.socket.unreadBytes = 30;
  clients[1]!.socket.unreadBytes = 12;
  rig.clock.advance(15_000);
  sessions.second();
  assert.equal(meters.get(PUBLISH.BUFFERED_BYTES), 42);
  for (const { socket } of clients) assert.equal(socket.of('heartbeat').length, 1);
});

test('the meters get what was counted since the last time', async () => {
  const { rig, sessions, meters, open } = create();
  const a = rig.list('NSE:A');
  const { session, socket } = open();
  session.onText('{"id":1,"type":"subscribe","instruments":["NSE:A"]}');
  session.onText('garbage');
  await settled();
  for (const total of [1, 2]) {
    rig.ingest(a);
    rig.deliver();
    sessions.clients.meter();
    sessions.clients.meter();
    assert.equal(meters.get(PUBLISH.TICKS_SENT), total);
    assert.equal(meters.get(PUBLISH.FRAMES_SENT), total);
  }
  assert.equal(meters.get(PUBLISH.MESSAGES_RECEIVED), 2);
  assert.equal(meters.get(PUBLISH.MESSAGES_REFUSED), 1);
  assert.equal(meters.get(PUBLISH.BYTES_SENT), rig.delivery.counts.bytes);
  assert.ok(rig.delivery.counts.bytes > 2 * socket.frames[0]!.length);
});

describe('the end', () => {
  test('says 1012 to everybody', () => {
    const { sessions, open } = create();
    const clients = [open(), open({ closesAtEnd: false }), open()];
    sessions.clients.closeAll();
    for (const { socket } of clients) assert.equal(socket.ended?.code, CLOSE.RESTART);
  });
});
