import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLOSE } from '../../../src/domain/ports.ts';
import { FanoutRig, IDLE_MS, settled } from '../../support/fanout-rig.ts';

describe('messages a second', () => {
  test('a burst of four seconds is taken, then one refill at a time; refused by id', async () => {
    const rig = new FanoutRig({ messagesPerSecond: 10 });
    const { socket, session } = rig.connect();
    const ping = (id: number): void => session.onText(JSON.stringify({ id, type: 'ping' }));
    for (let id = 0; id < 41; id++) ping(id);
    await settled();
    assert.equal(socket.of('pong').length, 40);
    assert.deepEqual(
      socket.of('error').map(({ id, code }) => [id, code]),
      [[40, 'RATE_LIMITED']],
    );
    rig.clock.advance(100);
    ping(41);
    ping(42);
    await settled();
    assert.equal(socket.of('pong').length, 41);
    assert.equal(socket.of('error').length, 2);
  });

  test('who goes on all the same is closed', () => {
    const rig = new FanoutRig({ messagesPerSecond: 1 });
    const { socket, session } = rig.connect();
    for (let id = 0; id < 30; id++) session.onText('{"id":1,"type":"ping"}');
    assert.equal(socket.ended?.code, CLOSE.BAD_PROTOCOL);
    assert.match(socket.ended.reason, /^RATE_LIMITED: /);
  });
});

describe('a connection that wants nothing and says nothing', () => {
  test('is closed after the announced time, and may come back', () => {
    const rig = new FanoutRig();
    const { socket, session } = rig.connect();
    rig.clock.advance(IDLE_MS - 1);
    session.endIfIdle();
    assert.equal(typeof socket.ended, 'undefined');
    rig.clock.advance(1);
    session.endIfIdle();
    assert.equal(socket.ended?.code, CLOSE.IDLE);
    assert.match(socket.ended.reason, /^IDLE: /);
  });

  test('is kept by a message, and by a subscription', async () => {
    const rig = new FanoutRig();
    rig.list('NSE:A');
    const { socket, session } = rig.connect();
    rig.clock.advance(IDLE_MS - 1);
    session.onText('{"id":1,"type":"ping"}');
    rig.clock.advance(IDLE_MS - 1);
    session.endIfIdle();
    assert.equal(typeof socket.ended, 'undefined');
    session.onText('{"id":2,"type":"subscribe","instruments":["NSE:A"]}');
    await settled();
    rig.clock.advance(10 * IDLE_MS);
    session.endIfIdle();
    assert.equal(typeof socket.ended, 'undefined');
  });
});

test('a closed connection leaves nothing behind, whatever state it was in', async () => {
  const rig = new FanoutRig();
  const a = rig.list('NSE:A');
  const make = async (message: object) => {
    const made = rig.connect({ binary: true });
    made.session.onText(JSON.stringify({ id: 1, ...message }));
    await settled();
    return made;
  };
  const subscribe = { type: 'subscribe', instruments: ['NSE:A'], window_ms: 10 };
  const epoch = rig.delivery.epoch;
  rig.ingest(a);
  rig.deliver();
  const resuming = await make({
    type: 'resume',
    epoch,
    sequence: 1000,
    subscriptions: [{ instruments: ['NSE:A'] }],
  });
  const slow = await make(subscribe);
  slow.socket.unreadBytes = 50_000;
  rig.ingest(a);
  rig.deliver();
  const leader = await make(subscribe);
  const follower = await make(subscribe);
  const all = [resuming, slow, leader, follower];
  rig.delivery.sharing.regroup(all.map(({ session }) => session.connection));
  rig.ingest(a);
  rig.deliver();
  for (const { session } of all) session.onClose();
  assert.equal(rig.index.size, 0);
  assert.equal(rig.delivery.slowReaders.size, 0);
  assert.equal(rig.demand.get(a.row), 0);
  rig.clock.advance(20);
  rig.delivery.flushDue();
  assert.equal(rig.delivery.pauseMs(), undefined, 'nothing waits');
});

test('an ack of more than the client was told counts as what it was told', () => {
  const { session } = new FanoutRig().connect();
  session.onText('{"id":1,"type":"ack","sequence":1000000}');
  assert.equal(session.connection.acked, 1000);
  session.onText('{"id":2,"type":"ack","sequence":5}');
  assert.equal(session.connection.acked, 1000, 'and never falls');
});
