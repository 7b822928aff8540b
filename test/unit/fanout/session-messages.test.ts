import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLOSE } from '../../../src/domain/ports.ts';
import { FanoutRig, settled, type TestClient } from '../../support/fanout-rig.ts';

function send({ session }: TestClient, message: Record<string, unknown>): void {
  session.onText(JSON.stringify(message));
}

test('ping is answered with pong', async () => {
  const client = new FanoutRig().connect();
  send(client, { id: 7, type: 'ping' });
  await settled();
  assert.deepEqual(client.socket.of('pong'), [{ type: 'pong', id: 7 }]);
});

describe('the order of answers', () => {
  test('is that of the messages, however slow the directory is', async () => {
    const rig = new FanoutRig();
    rig.list('NSE:A');
    const client = rig.connect();
    rig.directory.hold();
    send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A'] });
    send(client, { id: 2, type: 'ping' });
    send(client, { id: 3, type: 'unsubscribe', instruments: ['NSE:A'] });
    await settled();
    assert.deepEqual(client.socket.answeredIds, []);
    assert.equal(rig.directory.waiting, 1);
    rig.directory.release();
    await settled();
    assert.deepEqual(client.socket.answeredIds, [1, 2, 3]);
    assert.equal(client.socket.of('unsubscribed')[0]?.results[0]?.ok, true);
    assert.equal(rig.index.size, 0);
  });

  test('one client does not wait for another', async () => {
    const rig = new FanoutRig();
    rig.list('NSE:A');
    const slow = rig.connect();
    const quick = rig.connect();
    rig.directory.hold();
    send(slow, { id: 1, type: 'subscribe', instruments: ['NSE:A'] });
    send(quick, { id: 2, type: 'ping' });
    await settled();
    assert.deepEqual(quick.socket.answeredIds, [2]);
    rig.directory.release();
    await settled();
    assert.deepEqual(slow.socket.answeredIds, [1]);
  });

  test('every message has exactly one answer, also when the directory fails', async () => {
    const rig = new FanoutRig();
    const client = rig.connect();
    rig.directory.failure = new Error('a bug');
    send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A'] });
    send(client, { id: 2, type: 'subscribe', chain: { underlying: 'NONE', strikes: 1 } });
    send(client, { id: 3, type: 'ping' });
    await settled();
    assert.deepEqual(client.socket.answeredIds, [1, 2, 3]);
    assert.deepEqual(
      client.socket.of('error').map(({ code }) => code),
      ['INTERNAL', 'UNKNOWN_UNDERLYING'],
    );
    assert.doesNotMatch(JSON.stringify(client.socket.messages), /a bug/);
    assert.deepEqual(
      rig.errors.map((error) => (error as Error).message),
      ['a bug'],
    );
  });

  test('more than 256 that wait are refused with LIMIT_EXCEEDED, the others answered', async () => {
    const rig = new FanoutRig();
    rig.list('NSE:A');
    const client = rig.connect();
    rig.directory.hold();
    send(client, { id: 0, type: 'subscribe', instruments: ['NSE:A'] });
    await settled();
    for (let id = 1; id <= 257; id++) send(client, { id, type: 'ping' });
    assert.deepEqual(
      client.socket.of('error').map(({ id, code }) => [id, code]),
      [[257, 'LIMIT_EXCEEDED']],
    );
    rig.directory.release();
    await settled();
    assert.equal(client.socket.of('pong').length, 256);
    assert.equal(typeof client.socket.ended, 'undefined');
  });
});

describe('what is no message of the protocol', () => {
  test('is refused with a code; after 20 such the client is closed with 1008', async () => {
    const rig = new FanoutRig();
    const { socket, session } = rig.connect();
    for (let i = 0; i < 19; i++) session.onText('garbage');
    assert.equal(socket.of('error').length, 19);
    assert.equal(typeof socket.ended, 'undefined');
    session.onText('garbage');
    assert.equal(socket.ended?.code, CLOSE.BAD_PROTOCOL);
    assert.match(socket.ended.reason, /^BAD_JSON/);
    const counted = { ...rig.ports.counts };
    session.onText('garbage');
    assert.equal(socket.of('error').length, 20, 'nothing is said to a closed client');
    assert.deepEqual(rig.ports.counts, counted);
    assert.deepEqual(counted, { received: 20, refused: 20 });
    await settled();
  });

  test('counts with and without an id, as text and as bytes', () => {
    const { socket, session } = new FanoutRig().connect();
    for (let i = 0; i < 10; i++) {
      session.onText('{"id":1,"type":"nonsense"}');
      session.onBinary();
    }
    assert.equal(socket.ended?.code, CLOSE.BAD_PROTOCOL);
    assert.deepEqual([...new Set(socket.of('error').map(({ code }) => code))], ['BAD_MESSAGE']);
  });

  test('a message that is too large is refused unread', () => {
    const { socket, session } = new FanoutRig().connect();
    session.onText(`{"id":1,"type":"ping","x":"${'x'.repeat(100_000)}"}`);
    const [error] = socket.of('error');
    assert.equal(error?.code, 'MESSAGE_TOO_LARGE');
    assert.ok(!('id' in error));
  });

  test('sense without success is no nonsense: errors of instruments close nobody', async () => {
    const client = new FanoutRig().connect();
    for (let id = 0; id < 40; id++) {
      send(client, { id, type: 'subscribe', chain: { underlying: 'NONE', strikes: 1 } });
      send(client, { id: 100 + id, type: 'unsubscribe', chain: { underlying: 'X', strikes: 1 } });
      await settled();
    }
    assert.equal(client.socket.of('error').length, 80);
    assert.equal(typeof client.socket.ended, 'undefined');
    client.session.onText('garbage');
    assert.equal(typeof client.socket.ended, 'undefined');
  });
});
