import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ChainKey, SubscribableInstrument } from '../../../src/domain/ports.ts';
import { FanoutRig, settled, type TestClient } from '../../support/fanout-rig.ts';

const KEY: ChainKey = { underlying: 'NIFTY', expiry: '2026-12-01', strikes: 1 };
const CHAIN = { underlying: 'NIFTY', strikes: 1 };

async function send({ session }: TestClient, message: Record<string, unknown>): Promise<void> {
  session.onText(JSON.stringify(message));
  await settled();
}

function found(instrument: SubscribableInstrument) {
  return { request: KEY, ok: true as const, instrument };
}

interface Chained {
  rig: FanoutRig;
  client: TestClient;
  /** Calls of rising strikes; the window is the first three. */
  calls: SubscribableInstrument[];
}

async function subscribed(mode = 'quote'): Promise<Chained> {
  const rig = new FanoutRig();
  const calls = [23900, 24000, 24100, 24200].map((strike) => rig.list(`NFO:NIFTY${strike}CE`));
  rig.directory.chain = calls.slice(0, 3);
  const client = rig.connect({ binary: true });
  await send(client, { id: 1, type: 'subscribe', chain: CHAIN, mode, greeks: true });
  return { rig, client, calls };
}

/** Kinds of the frames in which a tick of each instrument arrives; undefined: none does. */
function kinds({ rig, client, calls }: Chained): (string | undefined)[] {
  return calls.map((call) => {
    client.socket.forget();
    rig.ingest(call);
    rig.deliver();
    return client.socket.received[0]?.kind;
  });
}

describe('subscribe to a chain', () => {
  test('gives one result per contract; the request is the chain with its expiry', async () => {
    const { rig, client, calls } = await subscribed();
    const results = client.socket.of('subscribed')[0]?.results ?? [];
    assert.deepEqual(
      results.map(({ request }) => request),
      [KEY, KEY, KEY],
    );
    assert.deepEqual(
      results.map((result) => result.ok && result.symbol),
      calls.slice(0, 3).map(({ symbol }) => symbol),
    );
    assert.deepEqual([...rig.followers], [['NIFTY|2026-12-01|1', 1]]);
  });

  test('twice is followed once, and the newer options count', async () => {
    const chained = await subscribed('full');
    const { rig, client } = chained;
    await send(client, { id: 2, type: 'subscribe', chain: CHAIN, mode: 'ltp' });
    assert.deepEqual([...rig.followers.values()], [1]);
    assert.deepEqual(kinds(chained), ['ltp', 'ltp', 'ltp', undefined]);
  });

  test('of an unknown underlying or expiry is refused as a whole', async () => {
    const { rig, client } = await subscribed();
    await send(client, { id: 2, type: 'subscribe', chain: { ...CHAIN, underlying: 'NONE' } });
    const expiry = '2031-01-01';
    await send(client, { id: 3, type: 'subscribe', chain: { ...CHAIN, expiry } });
    assert.deepEqual(
      client.socket.of('error').map(({ id, code }) => [id, code]),
      [
        [2, 'UNKNOWN_UNDERLYING'],
        [3, 'UNKNOWN_EXPIRY'],
      ],
    );
    assert.equal(rig.index.size, 3);
  });
});

describe('a chain by delta', () => {
  const strikes = { delta: [0.1, 0.9] as const };

  test('is a window of its own, answered and followed under its bounds', async () => {
    const { rig, client } = await subscribed();
    await send(client, { id: 2, type: 'subscribe', chain: { ...CHAIN, strikes } });
    const results = client.socket.of('subscribed')[1]?.results ?? [];
    assert.deepEqual(results[0]?.request, { ...KEY, strikes });
    assert.deepEqual(
      [...rig.followers],
      [
        ['NIFTY|2026-12-01|1', 1],
        ['NIFTY|2026-12-01|delta 0.1 to 0.9', 1],
      ],
    );
    await send(client, { id: 3, type: 'unsubscribe', chain: { ...CHAIN, strikes } });
    assert.deepEqual([...rig.followers.values()], [1, 0]);
    assert.equal(rig.index.size, 3, 'the other chain still has them');
  });

  test('that starts without a strike in it has its record once one has come', async () => {
    const rig = new FanoutRig();
    const call = rig.list('NFO:NIFTY24000CE');
    const client = rig.connect();
    await send(client, { id: 1, type: 'subscribe', chain: { ...CHAIN, strikes } });
    assert.deepEqual(client.socket.of('subscribed')[0]?.results, []);
    const key = { ...KEY, strikes };
    client.session.onChainChanged(key, [{ request: key, ok: true, instrument: call }], []);
    assert.deepEqual(client.socket.of('chain_changed')[0]?.chain, key);
    assert.equal([...client.session.chains.values()][0]?.row, call.row);
  });
});

describe('when the money moves', () => {
  test('contracts that enter are subscribed with a snapshot, those that leave end', async () => {
    const chained = await subscribed();
    const { rig, client, calls } = chained;
    rig.ingest(calls[3]!);
    rig.deliver();
    client.socket.forget();
    client.session.onChainChanged(KEY, [found(calls[3]!)], [calls[0]!.row]);
    const [change] = client.socket.of('chain_changed');
    assert.deepEqual(change?.chain, KEY);
    assert.deepEqual(change.removed, [calls[0]!.token]);
    assert.deepEqual(
      change.added.map((result) => result.ok && result.token),
      [calls[3]!.token],
    );
    assert.deepEqual(
      client.socket.ticks.map((tick) => [tick.instrument_token, tick.flags]),
      [[calls[3]!.token, ['SNAPSHOT']]],
    );
    assert.deepEqual(kinds(chained), [undefined, 'quote', 'quote', 'quote']);
    assert.equal(rig.demand.get(calls[0]!.row), 0);
  });

  test('a contract that does not fit is named, the others are taken', async () => {
    const { client, calls } = await subscribed();
    const added = [
      { request: KEY, ok: false as const, code: 'CAPACITY_EXCEEDED' as const },
      found(calls[3]!),
    ];
    client.session.onChainChanged(KEY, added, []);
    const [change] = client.socket.of('chain_changed');
    assert.deepEqual(
      change?.added.map((result) => result.ok || result.code),
      ['CAPACITY_EXCEEDED', true],
    );
  });

  test('another client, another window and a closed client are left alone', async () => {
    const { rig, client, calls } = await subscribed();
    const stranger = rig.connect();
    stranger.session.onChainChanged(KEY, [found(calls[3]!)], [calls[0]!.row]);
    client.session.onChainChanged({ ...KEY, strikes: 2 }, [found(calls[3]!)], [calls[0]!.row]);
    assert.equal(stranger.socket.of('chain_changed').length, 0);
    assert.equal(client.socket.of('chain_changed').length, 0);
    client.session.onClose();
    client.session.onChainChanged(KEY, [found(calls[3]!)], [calls[0]!.row]);
    assert.equal(client.socket.of('chain_changed').length, 0);
    assert.equal(rig.index.size, 0);
  });

  test('removed names only what the chain had', async () => {
    const rig = new FanoutRig();
    const held = rig.list('NFO:NIFTY24000CE');
    const client = rig.connect();
    await send(client, { id: 1, type: 'subscribe', chain: CHAIN });
    await send(client, { id: 2, type: 'subscribe', instruments: [held.token] });
    client.session.onChainChanged(KEY, [], [held.row]);
    assert.deepEqual(client.socket.of('chain_changed')[0]?.removed, []);
    assert.equal(rig.index.size, 1);
  });
});

describe('an instrument held by name and by chain', () => {
  test('ends with the last of them, whichever goes first', async () => {
    for (const first of ['name', 'chain']) {
      const { rig, client, calls } = await subscribed();
      const [call] = calls as [SubscribableInstrument];
      await send(client, { id: 2, type: 'subscribe', instruments: [call.token] });
      const byName = { type: 'unsubscribe', instruments: [call.symbol] };
      const byChain = { type: 'unsubscribe', chain: CHAIN };
      await send(client, { id: 3, ...(first === 'name' ? byName : byChain) });
      client.socket.forget();
      rig.ingest(call);
      rig.deliver();
      assert.equal(client.socket.ticks.length, 1, `${first} first`);
      assert.equal(rig.demand.get(call.row), 3);
      await send(client, { id: 4, ...(first === 'name' ? byChain : byName) });
      assert.equal(rig.demand.get(call.row), 0);
      assert.equal(rig.index.size, 0);
    }
  });

  test('has the options of the newer one, then those of the one that is left', async () => {
    const chained = await subscribed('ltp');
    const { client, calls } = chained;
    const instruments = [calls[0]!.token];
    await send(client, { id: 2, type: 'subscribe', instruments, mode: 'full' });
    assert.deepEqual(kinds(chained), ['tick', 'ltp', 'ltp', undefined]);
    await send(client, { id: 3, type: 'subscribe', chain: CHAIN, mode: 'compact' });
    assert.deepEqual(kinds(chained), ['compact', 'compact', 'compact', undefined]);
    await send(client, { id: 4, type: 'unsubscribe', chain: CHAIN });
    assert.deepEqual(kinds(chained), ['tick', undefined, undefined, undefined]);
  });

  test('keeps the newer options when the older chain’s window reaches it', async () => {
    const chained = await subscribed('ltp');
    const { client, calls } = chained;
    const instruments = [calls[3]!.token];
    await send(client, { id: 2, type: 'subscribe', instruments, mode: 'full', greeks: true });
    client.session.onChainChanged(KEY, [found(calls[3]!)], []);
    assert.deepEqual(kinds(chained), ['ltp', 'ltp', 'ltp', 'tick']);
  });

  test('is not ended by name when only a chain has it', async () => {
    const { rig, client, calls } = await subscribed();
    await send(client, { id: 2, type: 'unsubscribe', instruments: [calls[0]!.token] });
    const [result] = client.socket.of('unsubscribed')[0]?.results ?? [];
    assert.deepEqual(result, { request: calls[0]!.token, ok: false, code: 'NOT_SUBSCRIBED' });
    assert.equal(rig.index.size, 3);
  });
});

describe('unsubscribe from a chain', () => {
  test('ends its contracts and following it; the expiry may be left out', async () => {
    const { rig, client, calls } = await subscribed();
    await send(client, { id: 2, type: 'unsubscribe', chain: CHAIN });
    const results = client.socket.of('unsubscribed')[0]?.results ?? [];
    assert.deepEqual(
      results.map((result) => [result.request, result.ok && result.token]),
      calls.slice(0, 3).map(({ token }) => [KEY, token]),
    );
    assert.deepEqual([...rig.followers.values()], [0]);
    assert.equal(rig.index.size, 0);
  });

  test('that it does not follow is NOT_SUBSCRIBED', async () => {
    const { rig, client } = await subscribed();
    await send(client, { id: 2, type: 'unsubscribe', chain: { ...CHAIN, strikes: 5 } });
    const [result] = client.socket.of('unsubscribed')[0]?.results ?? [];
    assert.deepEqual(result, {
      request: { ...KEY, strikes: 5 },
      ok: false,
      code: 'NOT_SUBSCRIBED',
    });
    assert.deepEqual([...rig.followers.values()], [1]);
    assert.equal(rig.index.size, 3);
  });

  test('after the window has moved ends exactly what it has now', async () => {
    const { rig, client, calls } = await subscribed();
    client.session.onChainChanged(KEY, [found(calls[3]!)], [calls[0]!.row]);
    await send(client, { id: 2, type: 'unsubscribe', chain: CHAIN });
    const results = client.socket.of('unsubscribed')[0]?.results ?? [];
    assert.deepEqual(
      results.map((result) => result.ok && result.token),
      calls.slice(1).map(({ token }) => token),
    );
    assert.equal(rig.index.size, 0);
  });
});
