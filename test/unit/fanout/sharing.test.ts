import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FanoutRig, settled, type TestClient } from '../../support/fanout-rig.ts';

const SUBSCRIBE = { id: 1, type: 'subscribe', instruments: ['NSE:A', 'NSE:B'], mode: 'full' };

async function send(client: TestClient, message: object): Promise<void> {
  client.session.onText(JSON.stringify(message));
  await settled();
}

async function client(rig: FanoutRig, message: object = SUBSCRIBE): Promise<TestClient> {
  const made = rig.connect({ binary: true });
  await send(made, message);
  return made;
}

/** Three clients that want the same two instruments, after both have ticked. */
async function threeAlike() {
  const rig = new FanoutRig();
  const a = rig.list('NSE:A');
  const b = rig.list('NSE:B');
  const clients = [await client(rig), await client(rig), await client(rig)] as const;
  const tick = (): void => {
    rig.ingest(a);
    rig.ingest(b);
    rig.deliver();
  };
  const regroup = (all: readonly TestClient[] = clients): void =>
    rig.delivery.sharing.regroup(all.map(({ session }) => session.connection));
  tick();
  regroup();
  for (const { socket } of clients) socket.forget();
  return { rig, a, b, clients, tick, regroup };
}

const groupSizes = (clients: readonly TestClient[]): number[] =>
  clients
    .map(({ session }) => session.connection)
    .filter(({ leader }) => leader === undefined)
    .map(({ followers }) => 1 + followers.length)
    .sort((x, y) => x - y);

const sequences = ({ socket }: TestClient): number[] => socket.ticks.map((tick) => tick.sequence);

describe('clients that want the same', () => {
  test('get the same bytes; the tick is pushed once', async () => {
    const { rig, a, clients, tick } = await threeAlike();
    assert.deepEqual(groupSizes(clients), [3]);
    assert.equal(rig.index.ofRow(a.row)?.length, 1);
    assert.equal(rig.index.size, 6, 'everybody still wants it');
    tick();
    const [first, second, third] = clients.map(({ socket }) => socket.frames);
    assert.equal(first?.length, 1);
    assert.deepEqual(first, second);
    assert.deepEqual(first, third);
    assert.ok(clients.every(({ session }) => session.connection.through === rig.position));
  });

  test('share nothing with those whose policy is another one: under load they get less', async () => {
    const { rig, clients, regroup } = await threeAlike();
    await send(clients[0], { ...SUBSCRIBE, policy: 'lossless' });
    regroup();
    assert.deepEqual(groupSizes(clients), [1, 2]);
    await send(clients[1], { ...SUBSCRIBE, policy: 'lossless' });
    regroup();
    assert.deepEqual(groupSizes(clients), [1, 2]);
    assert.equal(rig.errors.length, 0);
  });

  test('share nothing with those who want another mode, format, window or set', async () => {
    const { rig, clients, regroup } = await threeAlike();
    const others = [
      await client(rig, { ...SUBSCRIBE, mode: 'ltp' }),
      await client(rig, { ...SUBSCRIBE, greeks: true }),
      await client(rig, { ...SUBSCRIBE, window_ms: 10 }),
      await client(rig, { ...SUBSCRIBE, instruments: ['NSE:A'] }),
    ];
    const json = rig.connect();
    await send(json, SUBSCRIBE);
    const all = [...clients, ...others, json];
    regroup(all);
    assert.deepEqual(groupSizes(all), [1, 1, 1, 1, 1, 3]);
  });

  for (const place of [0, 1, 2]) {
    test(`client ${place} changes what it wants: no tick twice, none missing`, async () => {
      const { rig, clients, tick, regroup } = await threeAlike();
      const changing = clients[place]!;
      tick();
      await send(changing, { id: 2, type: 'unsubscribe', instruments: ['NSE:B'] });
      tick();
      regroup();
      tick();
      const others = clients.filter((one) => one !== changing);
      for (const other of others)
        assert.deepEqual(sequences(other), [1003, 1004, 1005, 1006, 1007, 1008]);
      assert.deepEqual(sequences(changing), [1003, 1004, 1005, 1007]);
      assert.deepEqual(groupSizes(clients), [1, 2]);
      await send(changing, { id: 3, type: 'subscribe', instruments: ['NSE:B'], mode: 'full' });
      tick();
      regroup();
      assert.deepEqual(groupSizes(clients), [3]);
      tick();
      assert.deepEqual(sequences(changing).slice(-4), [1009, 1010, 1011, 1012]);
      assert.equal(rig.index.size, 6);
    });

    test(`client ${place} goes: the others miss nothing`, async () => {
      const { rig, clients, tick } = await threeAlike();
      tick();
      clients[place]!.session.onClose();
      tick();
      for (const [i, one] of clients.entries()) {
        assert.deepEqual(sequences(one), i === place ? [1003, 1004] : [1003, 1004, 1005, 1006]);
      }
      assert.equal(rig.index.size, 4);
    });

    test(`client ${place} falls behind: it alone, and comes back`, async () => {
      const { rig, clients, tick, regroup } = await threeAlike();
      const slow = clients[place]!;
      slow.socket.unreadBytes = 30_000;
      tick();
      tick();
      assert.deepEqual(groupSizes(clients), [1, 2]);
      slow.socket.unreadBytes = 0;
      rig.deliver();
      regroup();
      tick();
      for (const one of clients) {
        assert.deepEqual(
          sequences(one),
          [1003, 1004, 1005, 1006, 1007, 1008],
          'one tick of each was late, none was merged into another',
        );
      }
      assert.deepEqual(groupSizes(clients), [3]);
    });
  }

  test('are not brought together before both have been served equally far', async () => {
    const { rig, clients, regroup } = await threeAlike();
    rig.ingest(rig.directory.instruments[0]!);
    const late = await client(rig);
    regroup([...clients, late]);
    assert.deepEqual(groupSizes([...clients, late]), [1, 3], 'its snapshot was ahead of them');
    rig.deliver();
    regroup([...clients, late]);
    assert.deepEqual(groupSizes([...clients, late]), [4]);
  });

  test('heartbeats of one of them let through fall for nobody', async () => {
    const { rig, clients, tick } = await threeAlike();
    const idle = rig.list('NSE:C');
    for (let i = 0; i < 5; i++) rig.ingest(idle);
    rig.deliver();
    rig.clock.advance(20_000);
    clients[1].session.heartbeatIfIdle();
    tick();
    for (const { socket } of clients) assert.equal(socket.received.at(-1)?.through, rig.position);
    assert.equal(clients[1].socket.of('heartbeat')[0]?.through, 1007);
  });
});
