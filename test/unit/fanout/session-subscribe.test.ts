import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FanoutRig, settled, type TestClient } from '../../support/fanout-rig.ts';

async function send({ session }: TestClient, message: Record<string, unknown>): Promise<void> {
  session.onText(JSON.stringify(message));
  await settled();
}

describe('subscribe by name', () => {
  test('answers per item with the contract it means, by token and by symbol', async () => {
    const rig = new FanoutRig();
    const share = rig.list('NSE:A');
    const option = rig.list('NFO:NIFTY24000CE');
    const client = rig.connect();
    await send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A', option.token] });
    assert.deepEqual(client.socket.of('subscribed'), [
      {
        id: 1,
        type: 'subscribed',
        results: [
          {
            request: 'NSE:A',
            ok: true,
            token: share.token,
            symbol: 'NSE:A',
            type: 'EQ',
            strike: null,
            expiry: null,
            lot_size: 1,
            price_divisor: 100,
          },
          {
            request: option.token,
            ok: true,
            token: option.token,
            symbol: 'NFO:NIFTY24000CE',
            type: 'CE',
            strike: 24000,
            expiry: '2026-12-01',
            lot_size: 65,
            price_divisor: 100,
          },
        ],
      },
    ]);
    assert.equal(rig.index.size, 2);
    assert.deepEqual(
      [...rig.demand],
      [
        [share.row, 3],
        [option.row, 3],
      ],
    );
  });

  test('what fails, fails alone: unknown, without room, beyond the limit', async () => {
    const rig = new FanoutRig({ subscriptionsMax: 1 });
    const symbols = ['NSE:A', 'NSE:B', 'NSE:C'];
    const [, , full] = symbols.map((symbol) => rig.list(symbol));
    rig.directory.full.add(full!.row);
    const client = rig.connect();
    const instruments = ['NSE:X', 'NSE:A', 'NSE:C', 'NSE:B'];
    await send(client, { id: 1, type: 'subscribe', instruments });
    const results = client.socket.of('subscribed')[0]?.results ?? [];
    assert.deepEqual(
      results.map((result) => [result.request, result.ok || result.code]),
      [
        ['NSE:X', 'UNKNOWN_INSTRUMENT'],
        ['NSE:A', true],
        ['NSE:C', 'CAPACITY_EXCEEDED'],
        ['NSE:B', 'LIMIT_EXCEEDED'],
      ],
    );
    assert.equal(rig.index.size, 1);
    await send(client, { id: 2, type: 'subscribe', instruments: ['NSE:A'], mode: 'ltp' });
    assert.equal(client.socket.of('subscribed')[1]?.results[0]?.ok, true, 'it has that already');
  });

  test('snapshots follow the answer, ticks follow the snapshots', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    rig.ingest(a);
    rig.ingest(a);
    const client = rig.connect();
    const order: string[] = [];
    client.socket.onTicks = ({ ticks }) => {
      order.push(`${client.socket.of('subscribed').length} answer, ${ticks[0]?.flags.join()}`);
    };
    await send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A'] });
    rig.deliver();
    rig.ingest(a);
    rig.deliver();
    assert.deepEqual(order, ['1 answer, SNAPSHOT', '1 answer, ']);
    assert.deepEqual(
      client.socket.ticks.map((tick) => tick.instrument_sequence),
      [2, 3],
    );
  });

  test('the same instrument twice: two results, one subscription, one snapshot', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    rig.ingest(a);
    const client = rig.connect();
    await send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A', a.token] });
    assert.equal(client.socket.of('subscribed')[0]?.results.length, 2);
    assert.equal(rig.index.size, 1);
    assert.equal(client.socket.ticks.length, 1);
  });

  test('again with another mode: the newest wins', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const client = rig.connect({ binary: true });
    await send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A'], mode: 'ltp' });
    assert.equal(rig.demand.get(a.row), 1);
    await send(client, { id: 2, type: 'subscribe', instruments: [a.token], mode: 'full' });
    assert.equal(rig.demand.get(a.row), 3);
    assert.equal(rig.index.size, 1);
    rig.ingest(a);
    rig.deliver();
    assert.equal(client.socket.received.at(-1)?.kind, 'tick');
    await send(client, { id: 3, type: 'subscribe', instruments: [a.token], mode: 'ltp' });
    assert.equal(rig.demand.get(a.row), 1);
  });
});

describe('unsubscribe by name', () => {
  test('ends the stream, by token what was asked for by symbol', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const b = rig.list('NSE:B');
    const client = rig.connect();
    await send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A', b.token] });
    await send(client, { id: 2, type: 'unsubscribe', instruments: [a.token, 'NSE:B'] });
    assert.deepEqual(
      client.socket.of('unsubscribed').map(({ id, results }) => [id, results.map(({ ok }) => ok)]),
      [[2, [true, true]]],
    );
    rig.ingest(a);
    rig.ingest(b);
    rig.deliver();
    assert.equal(client.socket.ticks.length, 0);
    assert.equal(rig.index.size, 0);
    assert.deepEqual([...rig.demand.values()], [0, 0]);
  });

  test('of what is not subscribed is NOT_SUBSCRIBED, and others stay', async () => {
    const rig = new FanoutRig();
    rig.list('NSE:A');
    const client = rig.connect();
    await send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A'] });
    await send(client, { id: 2, type: 'unsubscribe', instruments: ['NSE:B', 1, 'NSE:A', 'NSE:A'] });
    const results = client.socket.of('unsubscribed')[0]?.results ?? [];
    assert.deepEqual(
      results.map((result) => result.ok || result.code),
      ['NOT_SUBSCRIBED', 'NOT_SUBSCRIBED', true, 'NOT_SUBSCRIBED'],
    );
  });

  test('leaves everybody else’s stream alone', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const leaving = rig.connect();
    const staying = rig.connect();
    const subscribe = { id: 1, type: 'subscribe', instruments: ['NSE:A'] };
    await send(leaving, subscribe);
    await send(staying, subscribe);
    await send(leaving, { id: 2, type: 'unsubscribe', instruments: ['NSE:A'] });
    assert.equal(rig.demand.get(a.row), 3);
    rig.ingest(a);
    rig.deliver();
    assert.equal(leaving.socket.ticks.length, 0);
    assert.equal(staying.socket.ticks.length, 1);
  });
});

describe('close', () => {
  test('leaves nothing behind: no subscription, no demand, no chain, no timer', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    rig.directory.chain = [rig.list('NFO:NIFTY24000CE'), rig.list('NFO:NIFTY24000PE')];
    const client = rig.connect();
    await send(client, { id: 1, type: 'subscribe', instruments: ['NSE:A'] });
    const chain = { underlying: 'NIFTY', strikes: 1 };
    await send(client, { id: 2, type: 'subscribe', chain });
    await send(client, { id: 3, type: 'subscribe', chain: { ...chain, strikes: 'all' } });
    assert.equal(rig.index.size, 3);
    client.session.onClose();
    assert.equal(rig.index.size, 0);
    assert.deepEqual([...rig.demand.values()], [0, 0, 0]);
    assert.deepEqual([...rig.followers.values()], [0, 0]);
    assert.deepEqual(rig.clock.pendingMs, []);
    rig.ingest(a);
    rig.deliver();
    assert.equal(client.socket.ticks.length, 0);
  });

  for (const target of [
    { instruments: ['NSE:A'] },
    { chain: { underlying: 'NIFTY', strikes: 1 } },
  ]) {
    test(`while its ${Object.keys(target)[0]} are looked up: the answer is ignored`, async () => {
      const rig = new FanoutRig();
      rig.list('NSE:A');
      rig.directory.chain = [rig.list('NFO:NIFTY24000CE')];
      const client = rig.connect();
      rig.directory.hold();
      await send(client, { id: 1, type: 'subscribe', ...target });
      await send(client, { id: 2, type: 'ping' });
      client.session.onClose();
      rig.directory.release();
      await settled();
      assert.equal(rig.index.size, 0);
      assert.equal(rig.demand.size, 0);
      assert.equal(rig.followers.size, 0);
      assert.deepEqual(client.socket.answeredIds, []);
    });
  }
});
