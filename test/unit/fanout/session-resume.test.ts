import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { publishVoid } from '../../../src/shm/ring-writer.ts';
import { FanoutRig, RING_SLOTS, settled, type TestClient } from '../../support/fanout-rig.ts';

const EPOCH = '0123456789abcdef';

async function send(client: TestClient, message: object): Promise<void> {
  client.session.onText(JSON.stringify(message));
  await settled();
}

function resume(sequence: number, changes: object = {}): object {
  const subscriptions = [{ instruments: ['NSE:A'], mode: 'full' }];
  return { id: 6, type: 'resume', epoch: EPOCH, sequence, subscriptions, ...changes };
}

const sequences = ({ socket }: TestClient) => socket.ticks.map((tick) => tick.instrument_sequence);

describe('resume', () => {
  for (const binary of [true, false]) {
    test(`replays what was missed, then goes on (${binary ? 'binary' : 'JSON'})`, async () => {
      const rig = new FanoutRig();
      const a = rig.list('NSE:A');
      const b = rig.list('NSE:B');
      for (let i = 0; i < 5; i++) {
        rig.ingest(a);
        rig.ingest(b);
      }
      rig.deliver();
      const client = rig.connect({ binary });
      await send(client, resume(1004));
      const [answer] = client.socket.of('resumed');
      assert.equal(answer?.recovered, true);
      assert.deepEqual(
        answer.results.map((result) => result.request),
        ['NSE:A'],
      );
      rig.deliver();
      assert.deepEqual(sequences(client), [3, 4, 5]);
      assert.deepEqual(client.socket.of('replay_completed'), [
        { type: 'replay_completed', through: 1010 },
      ]);
      assert.ok(client.socket.ticks.every((tick) => tick.flags.length === 0));
      rig.ingest(a);
      rig.deliver();
      assert.deepEqual(sequences(client), [3, 4, 5, 6]);
      assert.equal(client.socket.received.at(-1)?.through, 1011);
    });
  }

  test('names what ingest has died with, before what comes after it', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    rig.ingest(a);
    rig.ring.declareIntent(1004);
    publishVoid(rig.ring);
    // Counted, and never published.
    rig.lastValues.nextInstrumentSequence(a.row);
    rig.ingest(a);
    rig.deliver();
    const client = rig.connect();
    await send(client, resume(1000));
    rig.deliver();
    assert.deepEqual(sequences(client), [1, 3]);
    assert.deepEqual(client.socket.of('gap'), [
      { type: 'gap', from: 1002, to: 1004, reason: 'INGEST_RESTART' },
    ]);
  });

  test('an instrument without a tick meanwhile goes on from its newest one, also when slow', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    rig.ingest(a);
    rig.deliver();
    const client = rig.connect();
    await send(client, resume(1001));
    rig.deliver();
    client.socket.unreadBytes = 50_000;
    client.session.send({ id: 9, type: 'pong' });
    for (let i = 0; i < 3; i++) rig.ingest(a);
    rig.deliver();
    client.socket.unreadBytes = 0;
    rig.deliver();
    const ticks = client.socket.ticks.map((tick) => [
      tick.instrument_sequence,
      tick.merged,
      ...tick.flags,
    ]);
    assert.deepEqual(ticks, [[4, 2, 'CONFLATED']]);
  });

  test('of a position that is the newest: nothing was missed', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    rig.ingest(a);
    rig.deliver();
    const client = rig.connect();
    await send(client, resume(1001));
    assert.equal(client.socket.of('resumed')[0]?.recovered, true);
    rig.deliver();
    assert.equal(client.socket.of('replay_completed').length, 1);
    rig.ingest(a);
    rig.deliver();
    assert.deepEqual(sequences(client), [2]);
  });

  test('what comes while the names are looked up is part of the replay, once', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    rig.ingest(a);
    rig.deliver();
    rig.directory.hold();
    const client = rig.connect();
    await send(client, resume(1000));
    rig.ingest(a);
    rig.deliver();
    rig.directory.release();
    await settled();
    rig.ingest(a);
    rig.deliver();
    assert.deepEqual(sequences(client), [1, 2, 3]);
  });

  test('a long replay is served in slices, and ends where the stream is then', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const count = RING_SLOTS - 300;
    for (let i = 0; i < count; i++) rig.ingest(a);
    rig.deliver();
    const client = rig.connect({ binary: true });
    await send(client, resume(1000));
    assert.equal(rig.delivery.slowReaders.doWork(), true);
    assert.ok(client.socket.ticks.length < count);
    rig.ingest(a);
    rig.deliver();
    assert.deepEqual(
      sequences(client),
      Array.from({ length: count + 1 }, (_unused, i) => i + 1),
    );
    const throughs = client.socket.received.map(({ through }) => through);
    assert.deepEqual(
      throughs,
      [...throughs].sort((x, y) => x - y),
      'through never falls',
    );
  });

  for (const [name, message] of [
    ['of another epoch', resume(1001, { epoch: 'ffffffffffffffff' })],
    ['from a position that is not there yet', resume(9999)],
    ['from before the stream began', resume(3)],
  ] as const) {
    test(`${name} is not recovered: a snapshot, never a part of the history`, async () => {
      const rig = new FanoutRig();
      const a = rig.list('NSE:A');
      for (let i = 0; i < 3; i++) rig.ingest(a);
      rig.deliver();
      const client = rig.connect();
      await send(client, message);
      assert.equal(client.socket.of('resumed')[0]?.recovered, false);
      assert.deepEqual(
        client.socket.ticks.map((tick) => [tick.instrument_sequence, tick.flags]),
        [[3, ['SNAPSHOT']]],
      );
      rig.ingest(a);
      rig.deliver();
      assert.deepEqual(sequences(client), [3, 4]);
      assert.equal(client.socket.of('replay_completed').length, 0);
    });
  }

  test('of what the ring has gone past, or will soon, is not recovered', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    for (let i = 0; i < RING_SLOTS + 10; i++) rig.ingest(a);
    rig.deliver(rig.newest - rig.position);
    const first = rig.ring.firstIntact(rig.newest);
    for (const [sequence, recovered] of [
      [first - 2, false],
      [first - 1, false],
      [first - 1 + RING_SLOTS / 16, true],
    ] as const) {
      const client = rig.connect();
      await send(client, resume(sequence));
      assert.equal(client.socket.of('resumed')[0]?.recovered, recovered, `from ${sequence}`);
    }
  });

  test('overtaken by the ring in the middle: the positions are named', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    for (let i = 0; i < 10; i++) rig.ingest(a);
    rig.deliver();
    const client = rig.connect();
    await send(client, resume(1000));
    for (let i = 0; i < RING_SLOTS; i++) rig.ingest(a);
    rig.deliver(rig.newest - rig.position);
    const [gap] = client.socket.of('gap');
    assert.deepEqual([gap?.from, gap?.reason], [1001, 'RING_OVERRUN']);
    const [next] = client.socket.ticks;
    assert.equal(next?.sequence, (gap?.to ?? 0) + 1);
    assert.equal(sequences(client).at(-1), RING_SLOTS + 10);
  });

  test('comes instead of a subscribe, not after one', async () => {
    const rig = new FanoutRig();
    rig.list('NSE:A');
    const client = rig.connect();
    await send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A'] });
    await send(client, resume(1000));
    assert.equal(client.socket.of('error')[0]?.code, 'BAD_MESSAGE');
  });

  test('a chain that is gone is one refused line; the others are resumed', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    rig.ingest(a);
    rig.deliver();
    const client = rig.connect();
    const chain = { underlying: 'NONE', strikes: 1 };
    const subscriptions = [{ chain }, { instruments: ['NSE:A', 'NSE:X'] }];
    await send(client, resume(1000, { subscriptions }));
    assert.deepEqual(
      client.socket.of('resumed')[0]?.results.map((line) => (line.ok ? line.symbol : line.code)),
      ['UNKNOWN_UNDERLYING', 'NSE:A', 'UNKNOWN_INSTRUMENT'],
    );
    rig.deliver();
    assert.deepEqual(sequences(client), [1]);
  });

  test('that fails is refused as a whole, and leaves a client that can subscribe', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const client = rig.connect();
    rig.directory.failure = new Error('nobody answers');
    await send(client, resume(1000));
    assert.equal(client.socket.of('error')[0]?.code, 'INTERNAL');
    assert.equal(rig.index.size, 0);
    await send(client, { id: 7, type: 'subscribe', instruments: ['NSE:A'] });
    rig.ingest(a);
    rig.deliver();
    assert.deepEqual(sequences(client), [1]);
  });

  test('what is subscribed to in the middle of a replay begins with a snapshot', async () => {
    const rig = new FanoutRig();
    const [a, b] = [rig.list('NSE:A'), rig.list('NSE:B')];
    rig.ingest(b);
    rig.ingest(a);
    rig.deliver();
    const client = rig.connect();
    await send(client, resume(1001));
    await send(client, { id: 7, type: 'subscribe', instruments: ['NSE:B'] });
    rig.deliver();
    assert.deepEqual(
      client.socket.ticks.map((tick) => [tick.instrument_token, tick.flags]),
      [
        [a.token, []],
        [b.token, ['SNAPSHOT']],
      ],
    );
    assert.equal(client.socket.received[0]?.through, 1001, 'the snapshot is still owed');
    assert.equal(client.socket.of('replay_completed')[0]?.through, 1002);
  });

  test('of a client whose socket ends with the answer leaves nothing behind', async () => {
    const rig = new FanoutRig();
    rig.list('NSE:A');
    const client = rig.connect();
    client.socket.onEnd = () => client.session.onClose();
    client.socket.unreadBytes = 1e9;
    await send(client, resume(1000));
    assert.equal(client.socket.ended?.code, 4008);
    assert.equal(rig.delivery.slowReaders.size, 0);
    assert.equal(rig.index.size, 0);
  });

  test('many that resume take turns: ticks of the others go out in between', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const live = rig.connect();
    await send(live, { id: 1, type: 'subscribe', instruments: ['NSE:A'] });
    rig.ingest(a);
    rig.deliver();
    const resuming = Array.from({ length: 20 }, () => rig.connect());
    for (const client of resuming) await send(client, resume(1000));
    const served = () => resuming.filter(({ socket }) => socket.ticks.length > 0).length;
    assert.equal(rig.delivery.slowReaders.doWork(), true);
    const first = served();
    assert.ok(first > 0 && first < resuming.length / 2, `${first} in one turn`);
    rig.ingest(a);
    rig.pass(1);
    assert.deepEqual(sequences(live), [1, 2]);
    assert.equal(served(), first);
    rig.deliver();
    assert.equal(served(), resuming.length);
    assert.ok(resuming.every((client) => sequences(client).join() === '1,2'));
  });
});
