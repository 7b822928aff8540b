import assert from 'node:assert/strict';
import { test } from 'node:test';
import { socketRig } from '../../../support/feed/kite/socket-rig.ts';

const LIMIT = { timeout: 10_000 };
const DAY_MS = 86_400_000;

test(
  'a connection carries the credentials, asks for no compression and is OPEN',
  LIMIT,
  async (t) => {
    const { socket, broker, states, untilState } = await socketRig(t, { accessToken: 'a/b+c=&' });
    assert.equal(socket.state, 'IDLE');
    socket.start();
    await untilState('OPEN');
    assert.deepEqual(states, ['CONNECTING', 'OPEN']);
    const { query, request } = broker.last;
    assert.deepEqual([query.get('api_key'), query.get('access_token')], ['key-1', 'a/b+c=&']);
    assert.equal(request.headers['x-kite-version'], '3');
    assert.equal(request.headers['sec-websocket-extensions'], undefined);
    assert.equal(socket.simulated, false);
    assert.equal(socket.reconnects, 0);
    socket.start();
    assert.equal(broker.connections.length, 1);
  },
);

test(
  'frames arrive with the time of the clock, fragments joined, text parsed',
  LIMIT,
  async (t) => {
    const rig = await socketRig(t);
    rig.socket.start();
    await rig.untilState('OPEN');
    const { ws } = rig.broker.last;
    rig.clock.advance(1000);
    ws.send(Buffer.from([0]));
    ws.send(Buffer.from([1, 2]), { fin: false });
    ws.send(Buffer.from([3]), { fin: true });
    ws.send('{"type":"order","data":{"order_id":"1"}}');
    await rig.until(() => rig.texts.length === 1);
    assert.deepEqual(rig.frames, [Uint8Array.of(0), Uint8Array.of(1, 2, 3)]);
    assert.deepEqual(rig.receiveTimesUs, [rig.clock.nowUs(), rig.clock.nowUs()]);
    assert.deepEqual(rig.texts, [{ type: 'order', data: { order_id: '1' } }]);
  },
);

test('text that is no message is counted and the connection goes on', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.socket.start();
  await rig.untilState('OPEN');
  for (const text of ['{"type":', '[]', '{"type":"message","data":"hi"}']) {
    rig.broker.last.ws.send(text);
  }
  await rig.until(() => rig.texts.length === 1);
  assert.equal(rig.counts.badTexts, 2);
  assert.equal(rig.socket.state, 'OPEN');
});

test(
  'on every opening all instruments are subscribed again, with their modes',
  LIMIT,
  async (t) => {
    const rig = await socketRig(t);
    for (let token = 1; token <= 1200; token++) rig.tokens.set(token, 3);
    rig.tokens.set(7, 1);
    rig.socket.start();
    for (let round = 1; round <= 3; round++) {
      await rig.until(() => rig.broker.open[0]?.subscriptions.modes.get(1200) === 'full');
      const { subscriptions, ws } = rig.broker.last;
      assert.equal(subscriptions.modes.size, 1200);
      assert.equal(subscriptions.modes.get(7), 'ltp');
      assert.equal(rig.broker.connections.length, round);
      assert.ok(subscriptions.messages.every((text) => !text.includes('"7"')));
      ws.terminate();
      await rig.untilState('BACKING_OFF');
      rig.passBackoff();
    }
    assert.equal(rig.socket.reconnects, 3);
    assert.equal(rig.counts.connects, 3);
    assert.equal(rig.counts.disconnects, 3);
  },
);

test('changes of one turn become one message of a kind', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.socket.start();
  await rig.untilState('OPEN');
  for (const token of [11, 12, 13]) {
    rig.tokens.set(token, 2);
    rig.socket.mark(token);
  }
  rig.tokens.delete(12);
  rig.socket.mark(12);
  rig.clock.advance(0);
  await rig.until(() => rig.broker.last.subscriptions.messages.length === 2);
  assert.deepEqual(rig.broker.last.subscriptions.messages, [
    '{"a":"subscribe","v":[11,13]}',
    '{"a":"mode","v":["quote",[11,13]]}',
  ]);
});

test('the next connection comes after the back-off, not before', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.socket.start();
  // Half of 1, 2, 4, 8, 16, 30, 30 s, as the random number has it.
  for (const delayMs of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
    await rig.untilState('OPEN');
    rig.broker.last.ws.close(1001, 'maintenance');
    await rig.untilState('BACKING_OFF');
    assert.match(rig.socket.failure?.message ?? '', /^BROKER_UNREACHABLE: .*1001 maintenance$/);
    rig.clock.advance(delayMs - 1);
    assert.equal(rig.socket.state, 'BACKING_OFF');
    rig.clock.advance(1);
    assert.equal(rig.socket.state, 'CONNECTING');
  }
  await rig.untilState('OPEN');
  assert.equal(rig.socket.failure, undefined);
});

test('30 s of data bring the short back-off back, an opening alone does not', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.broker.answers = [500, 500, 500];
  rig.socket.start();
  for (let i = 0; i < 3; i++) {
    await rig.untilState('BACKING_OFF');
    rig.passBackoff();
  }
  await rig.untilState('OPEN');
  for (let second = 0; second <= 30; second += 3) {
    rig.broker.last.ws.send(Buffer.from([0]));
    await rig.until(() => rig.frames.length === second / 3 + 1);
    rig.clock.advance(3000);
  }
  rig.broker.last.ws.terminate();
  await rig.untilState('BACKING_OFF');
  rig.clock.advance(500);
  assert.equal(rig.socket.state, 'CONNECTING');
});

for (const status of [403, 401]) {
  test(`HTTP ${status} ends the attempts until there is a new token`, LIMIT, async (t) => {
    const rig = await socketRig(t);
    rig.broker.answers = [status];
    rig.tokens.set(5, 3);
    rig.socket.start();
    await rig.untilState('AUTH_REQUIRED');
    assert.equal(rig.socket.failure?.code, 'BROKER_SESSION');
    assert.equal(rig.counts.authRefusals, 1);
    await rig.until(() => rig.broker.openStreams === 0);
    rig.clock.advance(DAY_MS);
    assert.equal(rig.socket.state, 'AUTH_REQUIRED');
    assert.equal(rig.broker.requests.length, 1);
    rig.socket.setAccessToken('token-2');
    assert.equal(rig.socket.state, 'CONNECTING');
    await rig.until(() => rig.broker.open[0]?.subscriptions.modes.get(5) === 'full');
    assert.equal(rig.broker.last.query.get('access_token'), 'token-2');
  });
}

test(
  'a token that came during a handshake is tried although that handshake is refused',
  LIMIT,
  async (t) => {
    const rig = await socketRig(t);
    rig.broker.answers = ['HANG'];
    rig.socket.start();
    await rig.until(() => rig.broker.hanging.length === 1);
    rig.socket.setAccessToken('token-2');
    rig.broker.refuse(rig.broker.hanging[0]!, 403);
    await rig.untilState('BACKING_OFF');
    rig.clock.advance(1000);
    await rig.untilState('OPEN');
    assert.equal(rig.broker.last.query.get('access_token'), 'token-2');
  },
);

test('a new token leaves an open connection alone and serves the next one', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.socket.start();
  await rig.untilState('OPEN');
  rig.socket.setAccessToken('token-2');
  assert.equal(rig.socket.state, 'OPEN');
  rig.broker.last.ws.terminate();
  await rig.untilState('BACKING_OFF');
  rig.clock.advance(1000);
  await rig.untilState('OPEN');
  assert.equal(rig.broker.last.query.get('access_token'), 'token-2');
});

test('HTTP 429 backs off for longer', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.broker.answers = [429];
  rig.socket.start();
  await rig.untilState('BACKING_OFF');
  assert.equal(rig.socket.failure?.code, 'BROKER_UNAVAILABLE');
  rig.clock.advance(7499);
  assert.equal(rig.socket.state, 'BACKING_OFF');
  rig.clock.advance(1);
  await rig.untilState('OPEN');
});

test('other refusals are tried again and say their status', LIMIT, async (t) => {
  const cases = [
    [400, 'BROKER_REFUSED'],
    [404, 'BROKER_REFUSED'],
    [503, 'BROKER_UNAVAILABLE'],
    [302, 'BROKER_ANSWER'],
    [200, 'BROKER_ANSWER'],
  ] as const;
  const rig = await socketRig(t);
  rig.broker.answers = cases.map(([status]) => status);
  rig.socket.start();
  for (const [status, code] of cases) {
    await rig.untilState('BACKING_OFF');
    assert.equal(rig.socket.failure?.code, code);
    assert.match(rig.socket.failure.detail, new RegExp(`HTTP ${status}`));
    rig.passBackoff();
  }
  await rig.untilState('OPEN');
  assert.equal(rig.counts.connectFailures, cases.length);
});
