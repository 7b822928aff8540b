import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METER_WRITER, PUBLISH } from '../../../../src/shm/layout/meters.ts';
import { createMeters, ThreadMeters } from '../../../../src/shm/meters.ts';
import { KiteSessions } from '../../../../src/threads/publish/kite-sessions.ts';
import { principal } from '../../../support/fanout-rig.ts';
import { KiteRig, KiteSocket, packetOf } from '../../../support/kite-rig.ts';

/** Sessions on the tables of a rig, with meters of their own. */
function startSessions() {
  const rig = new KiteRig();
  const meters = new ThreadMeters(createMeters(3), METER_WRITER.PUBLISH);
  const limits = { messageBytes: 65_536, bufferBytes: 4_194_304 };
  const { index, lastValues } = rig;
  const sessions = new KiteSessions({ ...rig.ports, index, lastValues, limits }, meters);
  const read = (...names: (keyof typeof PUBLISH)[]) =>
    names.map((name) => meters.get(PUBLISH[name]));
  return { rig, sessions, read };
}

test('clients and what they are sent are metered, each once', async () => {
  const { rig, sessions, read } = startSessions();
  const infy = rig.list('NSE:INFY');
  rig.write(infy, packetOf(infy, 184));
  const sockets = [new KiteSocket(), new KiteSocket()];
  const open = sockets.map((socket) => sessions.open(socket, principal()));
  for (const session of open) {
    session.onText(JSON.stringify({ a: 'subscribe', v: [infy.token] }));
    session.onText('{');
  }
  await rig.settle();
  sessions.second();
  sessions.second();
  for (let times = 0; times < 2; times++) sessions.meter();
  assert.deepEqual(read('KITE_CLIENTS', 'KITE_CLIENTS_OPENED', 'KITE_SUBSCRIPTIONS'), [2, 2, 2]);
  assert.deepEqual(read('KITE_PACKETS_SENT', 'KITE_FRAMES_SENT', 'KITE_BYTES_SENT'), [2, 2, 96]);
  assert.deepEqual(read('KITE_MESSAGES_RECEIVED', 'KITE_MESSAGES_REFUSED'), [4, 2]);
  assert.deepEqual(read('KITE_HEARTBEATS_SENT'), [2]);
  for (const session of open) for (let times = 0; times < 2; times++) sessions.close(session);
  sessions.meter();
  assert.deepEqual(read('KITE_CLIENTS', 'KITE_CLIENTS_CLOSED', 'KITE_SUBSCRIPTIONS'), [0, 2, 0]);
  assert.equal(rig.demand.get(infy.row), 0);
});

test('after a gap every client is brought up to the last values', async () => {
  const { rig, sessions } = startSessions();
  const infy = rig.list('NSE:INFY');
  const socket = new KiteSocket();
  const session = sessions.open(socket, principal());
  session.onText(JSON.stringify({ a: 'subscribe', v: [infy.token] }));
  await rig.settle();
  const lost = packetOf(infy, 44);
  rig.write(infy, lost);
  sessions.refresh();
  await rig.settle();
  assert.deepEqual(socket.packets, [lost]);
});

test('revoked keys end their connections, and a restart all of them', () => {
  const { sessions, read } = startSessions();
  const sockets = ['one', 'two'].map((keyId) => {
    const socket = new KiteSocket();
    sessions.open(socket, { ...principal(), keyId });
    return socket;
  });
  sessions.clients.endRevoked((keyId) => keyId !== 'one');
  assert.deepEqual(
    sockets.map(({ ended }) => ended?.code),
    [4501, undefined],
  );
  assert.deepEqual(read('KITE_CLOSED_KEY_REVOKED'), [1]);
  sessions.clients.closeAll();
  assert.equal(sockets[1]?.ended?.code, 1012);
});

test('what waits for the end of its window is sent before the end', async () => {
  const { rig, sessions } = startSessions();
  const infy = rig.list('NSE:INFY');
  const socket = new KiteSocket();
  const session = sessions.open(socket, principal());
  session.onText(JSON.stringify({ a: 'subscribe', v: [infy.token] }));
  await rig.settle();
  for (let i = 0; i < 60; i++) sessions.open(new KiteSocket(), principal());
  const packets = [packetOf(infy, 44), packetOf(infy, 44)];
  for (const packet of packets) rig.tick(infy, packet);
  assert.deepEqual(socket.packets, packets.slice(0, 1));
  sessions.drain();
  assert.deepEqual(socket.packets, packets);
});

test('an order update goes once to each client whose key may touch its account', () => {
  const { rig, sessions } = startSessions();
  const [all, own, other] = [new KiteSocket(), new KiteSocket(), new KiteSocket()];
  sessions.open(all, principal());
  sessions.open(own, { ...principal(), accounts: new Set(['AB1234']) });
  sessions.open(other, { ...principal(), accounts: new Set(['CD5678']) });
  const order = { order_id: '1', user_id: 'AB1234', status: 'OPEN' };
  // Each socket of the account tells it.
  for (let sockets = 0; sockets < 3; sockets++) sessions.onOrder('AB1234', order);
  const done = { ...order, status: 'COMPLETE' };
  sessions.onOrder('AB1234', done);
  const frames = [order, done].map((data) => ({ type: 'order', data }));
  assert.deepEqual([all.texts, own.texts, other.texts], [frames, frames, []]);
  rig.clock.advance(5_000);
  sessions.second();
  sessions.onOrder('AB1234', done);
  assert.equal(own.texts.length, 3, 'the same once more is news after a while');
});
