import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiteFeed } from '../../../../src/feed/kite/feed.ts';
import { feedRig } from '../../../support/feed/kite/feed-rig.ts';

const LIMIT = { timeout: 10_000 };
const DAY_MS = 86_400_000;

test('sockets are opened as the demand needs them, account after account', LIMIT, async (t) => {
  const { feed, untilCarried, clock, broker } = await feedRig(t);
  assert.deepEqual([feed.capacity, feed.size], [8, 0]);
  feed.start();
  assert.equal(feed.setDemand(1, 3), true);
  await untilCarried(['key-A 1=full']);
  feed.setDemand(2, 2);
  feed.setDemand(3, 1);
  clock.advance(0);
  await untilCarried(['key-A 1=full 2=quote', 'key-A 3=ltp']);
  for (const token of [4, 5]) feed.setDemand(token, 3);
  clock.advance(0);
  await untilCarried(['key-A 1=full 2=quote', 'key-A 3=ltp 4=full', 'key-B 5=full']);
  assert.equal(broker.connections.length, 3);
  assert.equal(feed.counts.connects, 3);
});

test(
  'without a socket that has room the demand is refused and nothing changes',
  LIMIT,
  async (t) => {
    const { feed, untilCarried, clock } = await feedRig(t);
    feed.start();
    for (let token = 1; token <= 8; token++) assert.equal(feed.setDemand(token, 3), true);
    assert.equal(feed.setDemand(9, 3), false);
    assert.equal(feed.setDemand(8, 1), true);
    assert.equal(feed.size, 8);
    feed.setDemand(1, 0);
    assert.equal(feed.setDemand(9, 3), true);
    clock.advance(0);
    await untilCarried([
      'key-A 2=full 9=full',
      'key-A 3=full 4=full',
      'key-B 5=full 6=full',
      'key-B 7=full 8=ltp',
    ]);
  },
);

test('demand before the start is kept, and told in one message of a kind', LIMIT, async (t) => {
  const { feed, broker, untilCarried } = await feedRig(t);
  feed.setDemand(1, 3);
  feed.setDemand(2, 3);
  assert.deepEqual(feed.status(), []);
  feed.start();
  feed.start();
  await untilCarried(['key-A 1=full 2=full']);
  assert.equal(broker.last.subscriptions.messages.length, 2);
});

test(
  'a socket without instruments is closed after 5 s, unless there are new ones',
  LIMIT,
  async (t) => {
    const { feed, clock, broker, frames, texts, statuses, until, untilCarried } = await feedRig(t);
    feed.start();
    feed.setDemand(1, 3);
    await untilCarried(['key-A 1=full']);
    feed.setDemand(1, 0);
    clock.advance(4000);
    broker.last.ws.send(Buffer.from([0]));
    await until(() => frames.length === 1);
    feed.setDemand(2, 3);
    clock.advance(0);
    await untilCarried(['key-A 2=full']);
    clock.advance(4000);
    assert.equal(broker.connections.length, 1);
    feed.setDemand(2, 0);
    broker.last.ws.send('{"type":"message"}');
    await until(() => texts.length === 1);
    clock.advance(4999);
    assert.equal(feed.status().length, 1);
    clock.advance(1);
    assert.deepEqual(feed.status(), []);
    assert.equal(statuses.at(-1)?.state, 'CLOSED');
    await until(() => broker.openStreams === 0);
    feed.setDemand(3, 3);
    await untilCarried(['key-A 3=full']);
  },
);

test('frames say whether they are simulated, messages say whose they are', LIMIT, async (t) => {
  const { feed, broker, frames, texts, clock, until, untilCarried } = await feedRig(t);
  broker.headers = ['X-Ticker-Simulator: 1'];
  feed.start();
  feed.setDemand(1, 3);
  await untilCarried(['key-A 1=full']);
  broker.headers = [];
  for (const token of [2, 3, 4, 5]) feed.setDemand(token, 3);
  clock.advance(0);
  await until(() => broker.open.length === 3 && feed.counts.connects === 3);
  for (const { ws, query } of broker.open) {
    ws.send(Buffer.from(query.get('api_key') ?? ''));
    ws.send('{"type":"order","data":{}}');
  }
  await until(() => frames.length === 3 && texts.length === 3);
  const seen = frames.map(
    ({ frame, simulated }) => `${Buffer.from(frame).toString()} ${simulated}`,
  );
  assert.deepEqual(seen.sort(), ['key-A false', 'key-A true', 'key-B false']);
  assert.ok(frames.every(({ receiveTimeUs }) => receiveTimeUs === clock.nowUs()));
  assert.deepEqual(texts.map(({ account }) => account).sort(), ['A', 'A', 'B']);
});

test('the status of every socket is told when it changes and on request', LIMIT, async (t) => {
  const { feed, broker, clock, statuses, until, untilCarried } = await feedRig(t);
  broker.answers = [503];
  feed.start();
  feed.setDemand(1, 3);
  await until(() => statuses.at(-1)?.state === 'BACKING_OFF');
  const { failure, ...rest } = statuses.at(-1)!;
  assert.equal(failure?.code, 'BROKER_UNAVAILABLE');
  assert.match(failure.detail, /HTTP 503/);
  assert.deepEqual(rest, {
    account: 'A',
    index: 0,
    state: 'BACKING_OFF',
    simulated: false,
    tokens: 1,
    lastFrameAgeMs: null,
    reconnects: 0,
  });
  clock.advance(500);
  await untilCarried(['key-A 1=full']);
  for (const token of [2, 3]) feed.setDemand(token, 3);
  clock.advance(1500);
  await untilCarried(['key-A 1=full 2=full', 'key-A 3=full']);
  await until(() => feed.counts.connects === 2);
  assert.deepEqual(feed.status(), [
    {
      account: 'A',
      index: 0,
      state: 'OPEN',
      simulated: false,
      tokens: 2,
      lastFrameAgeMs: 1500,
      reconnects: 1,
      failure: null,
    },
    {
      account: 'A',
      index: 1,
      state: 'OPEN',
      simulated: false,
      tokens: 1,
      lastFrameAgeMs: 0,
      reconnects: 0,
      failure: null,
    },
  ]);
});

test('a new session of an account serves its sockets and no others', LIMIT, async (t) => {
  const { feed, broker, clock, until } = await feedRig(t);
  broker.answers = [403, 403, 403];
  for (let token = 1; token <= 5; token++) feed.setDemand(token, 3);
  feed.start();
  const states = (): string =>
    feed
      .status()
      .map(({ state }) => state)
      .join();
  await until(() => states() === 'AUTH_REQUIRED,AUTH_REQUIRED,AUTH_REQUIRED');
  assert.throws(() => feed.setAccessToken('C', 'x'), RangeError);
  feed.setAccessToken('A', 'token-2');
  await until(() => states() === 'OPEN,OPEN,AUTH_REQUIRED');
  assert.deepEqual(
    broker.connections.map(({ query }) => query.get('access_token')),
    ['token-2', 'token-2'],
  );
  // A socket that comes later has the new token too.
  feed.setDemand(5, 0);
  feed.setDemand(1, 0);
  feed.setDemand(2, 0);
  clock.advance(4000);
  for (const { ws } of broker.open) ws.send(Buffer.from([0]));
  clock.advance(1000);
  await until(() => broker.open.length === 1);
  feed.setDemand(6, 3);
  await until(() => broker.open.length === 2);
  assert.equal(broker.last.query.get('access_token'), 'token-2');
});

test('demand that comes and goes does not try a refused token again', LIMIT, async (t) => {
  const { feed, broker, clock, until, untilCarried } = await feedRig(t);
  broker.answers = [403];
  feed.start();
  feed.setDemand(1, 3);
  await until(() => feed.status()[0]?.state === 'AUTH_REQUIRED');
  feed.setDemand(1, 0);
  clock.advance(DAY_MS);
  feed.setDemand(1, 3);
  clock.advance(DAY_MS);
  assert.equal(feed.status()[0]?.state, 'AUTH_REQUIRED');
  assert.equal(broker.requests.length, 1);
  feed.setDemand(1, 0);
  feed.setAccessToken('A', 'token-2');
  await until(() => feed.status()[0]?.state === 'OPEN');
  clock.advance(5000);
  assert.deepEqual(feed.status(), []);
  feed.setDemand(1, 3);
  await untilCarried(['key-A 1=full']);
});

test('a stop ends every socket, and a start makes them again from the demand', LIMIT, async (t) => {
  const { feed, broker, clock, until, untilCarried } = await feedRig(t);
  broker.answers = ['ACCEPT', 'HANG', 503];
  for (let token = 1; token <= 6; token++) feed.setDemand(token, 3);
  feed.start();
  await until(() => broker.requests.length === 3 && feed.counts.connectFailures === 1);
  feed.stop();
  assert.deepEqual(feed.status(), []);
  assert.equal(clock.pendingTimeouts, 0);
  await until(() => broker.openStreams === 0);
  feed.setDemand(6, 0);
  clock.advance(DAY_MS);
  assert.equal(broker.requests.length, 3);
  feed.start();
  await untilCarried(['key-A 1=full 2=full', 'key-A 3=full 4=full', 'key-B 5=full']);
});

test('order updates keep one socket of an account open, whatever it carries', LIMIT, async (t) => {
  const account = { apiKey: 'key-C', accessToken: 'token-C' };
  const rig = await feedRig(t);
  const { broker, texts, until, clock } = rig;
  const feed = new KiteFeed({
    accounts: [{ ...account, id: 'A', apiKey: 'key-A', wsUrl: broker.url, orderUpdates: true }],
    orderAccounts: [{ ...account, id: 'C', wsUrl: broker.url }],
    clock,
    random: () => 0.5,
    listener: {
      onFrame: () => undefined,
      onState: () => broker.watch.notify(),
      onText: (id, message) => {
        texts.push({ account: id, message });
        broker.watch.notify();
      },
    },
  });
  t.after(() => feed.stop());
  feed.start();
  await rig.untilCarried(['key-A', 'key-C']);
  assert.deepEqual(
    feed.status().map((socket) => socket.account),
    ['A'],
    'no ticks are expected of the other one',
  );
  assert.equal(feed.capacity, 9_000);
  for (const { ws } of broker.open) ws.send('{"type":"order","data":{"order_id":"1"}}');
  await until(() => texts.length === 2);
  assert.deepEqual(texts.map((text) => text.account).sort(), ['A', 'C']);
  feed.setDemand(1, 3);
  clock.advance(0);
  await rig.untilCarried(['key-A 1=full', 'key-C']);
  feed.setDemand(1, 0);
  clock.advance(0);
  await rig.untilCarried(['key-A', 'key-C']);
  clock.advance(4_000);
  assert.equal(broker.open.length, 2);
});
