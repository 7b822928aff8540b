import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settled } from '../../../support/fanout-rig.ts';
import { type OldClientRig, OldRig } from '../../../support/old-rig.ts';

/** More than a client may have unread before ticks are kept back. */
const CONGESTED_BYTES = 1001;

function create() {
  const rig = new OldRig();
  const infy = rig.list('NSE:INFY');
  const call = rig.list('NFO:NIFTY24000CE');
  const subscribe = async (tokens = [infy.token, call.token]): Promise<OldClientRig> => {
    const client = rig.connect();
    client.session.onText(JSON.stringify({ action: 'subscribe', tokens }));
    await settled();
    client.take();
    return client;
  };
  return { rig, infy, call, subscribe };
}

describe('ticks of old clients', () => {
  test('of options and shares arrive, with token and price', async () => {
    const { rig, infy, call, subscribe } = create();
    const client = await subscribe();
    rig.ingest(infy, { lastPrice: 150_005 });
    rig.ingest(call, { lastPrice: 20_050 });
    rig.deliver();
    const ticks = client.take();
    assert.deepEqual(
      ticks.map(({ type, data }) => [type, data?.instrument_token, data?.token, data?.price]),
      [
        ['tick', infy.token, infy.token, 1500.05],
        ['tick', call.token, call.token, 200.5],
      ],
    );
    const option = ticks[1]?.data;
    assert.ok(option !== undefined && 'iv' in option);
    assert.deepEqual([option.iv, option.greeks_status], [0.1234, 'OK']);
  });

  test('go to those who subscribed, and to each all of them in order', async () => {
    const { rig, infy, call, subscribe } = create();
    const both = await subscribe();
    const one = await subscribe([call.token]);
    for (let price = 1; price <= 3; price++) {
      rig.ingest(infy, { lastPrice: price * 100 });
      rig.ingest(call, { lastPrice: price * 200 });
    }
    rig.deliver();
    const calls = [2, 4, 6].map((price) => [call.token, price]);
    assert.deepEqual(one.takePrices(), calls);
    const all = both.takePrices();
    assert.deepEqual(
      all.filter(([token]) => token === call.token),
      calls,
    );
    assert.deepEqual(
      all.filter(([token]) => token === infy.token),
      [1, 2, 3].map((price) => [infy.token, price]),
    );
  });

  test('whose Greeks were not there in time have none, and the reason', async () => {
    const { rig, call, subscribe } = create();
    const client = await subscribe();
    rig.ingest(call, {}, false);
    rig.deliver();
    const [tick] = client.take();
    assert.ok(tick?.data !== undefined && 'iv' in tick.data);
    assert.deepEqual([tick.data.iv, tick.data.greeks_status], [null, 'GREEKS_LATE']);
  });

  test('begin with the last value, and neither repeat nor miss one after it', async () => {
    const { rig, infy } = create();
    rig.ingest(infy, { lastPrice: 100 });
    rig.deliver();
    rig.ingest(infy, { lastPrice: 200 });
    // In the last values, and not yet delivered from the ring.
    const client = rig.connect();
    client.session.onText(JSON.stringify({ action: 'subscribe', tokens: [infy.token] }));
    await settled();
    assert.deepEqual(
      client.take().map(({ type, data }) => [type, data?.price]),
      [
        ['connected', undefined],
        ['subscribed', undefined],
        ['tick', 2],
      ],
    );
    rig.deliver();
    assert.deepEqual(client.takePrices(), []);
    rig.ingest(infy, { lastPrice: 300 });
    rig.deliver();
    assert.deepEqual(client.takePrices(), [[infy.token, 3]]);
  });

  test('of a run that was overwritten are replaced by the last values', async () => {
    const { rig, infy, call, subscribe } = create();
    const client = await subscribe();
    rig.ingest(infy, { lastPrice: 100 });
    rig.ingest(infy, { lastPrice: 200 });
    rig.deliver(false);
    assert.deepEqual(client.takePrices(), [[infy.token, 2]]);
    rig.ingest(call, { lastPrice: 300 });
    rig.taker.refresh(client.session.client);
    assert.deepEqual(client.takePrices(), [[call.token, 3]]);
    rig.deliver();
    assert.deepEqual(client.takePrices(), []);
  });
});

describe('an old client that does not read', () => {
  test('delays nobody, and gets the newest of each instrument when it has read', async () => {
    const { rig, infy, call, subscribe } = create();
    const slow = await subscribe();
    const fast = await subscribe();
    slow.socket.unreadBytes = CONGESTED_BYTES;
    for (let price = 1; price <= 5; price++) {
      rig.ingest(infy, { lastPrice: price * 100 });
      if (price < 3) rig.ingest(call, { lastPrice: price * 100 });
      rig.deliver();
    }
    assert.equal(fast.takePrices().length, 7);
    assert.deepEqual(slow.takePrices(), []);
    slow.socket.unreadBytes = 0;
    slow.session.onDrain();
    assert.deepEqual(slow.takePrices(), [
      [infy.token, 5],
      [call.token, 2],
    ]);
    assert.equal(rig.taker.sent.conflated, 5);
    rig.ingest(call, { lastPrice: 700 });
    rig.deliver();
    assert.deepEqual(slow.takePrices(), [[call.token, 7]]);
    assert.equal(fast.takePrices().length, 1);
  });

  test('is caught up by the next tick too, and misses nothing of that run', async () => {
    const { rig, infy, call, subscribe } = create();
    const client = await subscribe();
    client.socket.unreadBytes = CONGESTED_BYTES;
    rig.ingest(infy, { lastPrice: 100 });
    rig.deliver();
    client.socket.unreadBytes = 0;
    rig.ingest(call, { lastPrice: 200 });
    rig.ingest(call, { lastPrice: 300 });
    rig.deliver();
    const prices = client.takePrices();
    assert.deepEqual(prices[0], [infy.token, 1]);
    assert.deepEqual(prices.at(-1), [call.token, 3]);
  });

  test('keeps no more waiting than it has subscriptions', async () => {
    const { rig, infy, call, subscribe } = create();
    const client = await subscribe();
    client.socket.unreadBytes = CONGESTED_BYTES;
    for (let i = 0; i < 100; i++) {
      rig.ingest(infy);
      rig.ingest(call);
      rig.deliver();
    }
    assert.equal(client.session.client.due.size, 2);
  });
});
