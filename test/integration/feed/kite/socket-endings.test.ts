import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { socketRig } from '../../../support/feed/kite/socket-rig.ts';

const LIMIT = { timeout: 10_000 };
const DAY_MS = 86_400_000;

test('a broker that is not there is tried again', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.broker.stop();
  rig.socket.start();
  await rig.untilState('BACKING_OFF');
  assert.equal(rig.socket.failure?.code, 'BROKER_UNREACHABLE');
  assert.match(rig.socket.failure.detail, /ECONNREFUSED/);
  rig.clock.advance(1000);
  await rig.untilState('BACKING_OFF');
  assert.equal(rig.socket.reconnects, 1);
});

test('a handshake without an answer ends after 7 s, its connection with it', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.broker.answers = ['HANG'];
  rig.socket.start();
  await rig.until(() => rig.broker.hanging.length === 1);
  rig.clock.advance(6999);
  assert.equal(rig.socket.state, 'CONNECTING');
  rig.clock.advance(1);
  assert.equal(rig.socket.state, 'BACKING_OFF');
  assert.match(rig.socket.failure?.detail ?? '', /no connection within 7000 ms/);
  await rig.until(() => rig.broker.openStreams === 0);
  rig.clock.advance(1000);
  await rig.untilState('OPEN');
});

test('a connection without any frame for 5 s is ended at once and made again', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.tokens.set(9, 3);
  rig.socket.start();
  await rig.untilState('OPEN');
  rig.broker.deafen(rig.broker.last);
  rig.clock.advance(5000);
  assert.equal(rig.socket.state, 'OPEN');
  assert.equal(rig.socket.lastFrameAgeMs, 5000);
  rig.clock.advance(1);
  assert.equal(rig.socket.state, 'BACKING_OFF');
  assert.equal(rig.socket.lastFrameAgeMs, null);
  assert.equal(rig.counts.stalls, 1);
  assert.match(rig.socket.failure?.detail ?? '', /no frame for 5000 ms/);
  await rig.until(() => rig.broker.openStreams === 0);
  rig.clock.advance(1000);
  await rig.until(() => rig.broker.open[0]?.subscriptions.modes.get(9) === 'full');
});

test('heartbeats and text keep a connection', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.socket.start();
  await rig.untilState('OPEN');
  for (let i = 1; i <= 10; i++) {
    rig.clock.advance(4000);
    rig.broker.last.ws.send(i % 2 === 0 ? Buffer.from([0]) : '{"type":"message"}');
    await rig.until(() => rig.frames.length + rig.texts.length === i);
  }
  assert.equal(rig.socket.state, 'OPEN');
  assert.equal(rig.socket.lastFrameAgeMs, 0);
});

test('when this thread stood still, waiting frames are read before a verdict', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.socket.start();
  await rig.untilState('OPEN');
  rig.clock.stall(60_000);
  rig.broker.last.ws.send(Buffer.from([0]));
  await rig.until(() => rig.frames.length === 1);
  rig.clock.advance(4999);
  assert.equal(rig.socket.state, 'OPEN');
  rig.clock.advance(2);
  assert.equal(rig.socket.state, 'BACKING_OFF');
});

test('what an older connection still says changes nothing', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.socket.start();
  await rig.untilState('OPEN');
  const first = rig.broker.last;
  rig.clock.advance(5001);
  rig.clock.advance(1000);
  // Its end is noticed while the second connection is being made or is open.
  await rig.until(() => first.closed && rig.broker.connections.length === 2);
  await rig.untilState('OPEN');
  rig.broker.last.ws.send(Buffer.from([0]));
  await rig.until(() => rig.frames.length === 1);
  const expected = ['CONNECTING', 'OPEN', 'BACKING_OFF', 'CONNECTING', 'OPEN'];
  assert.deepEqual(rig.states, expected);
});

test('there is never more than one live connection, however the broker flaps', LIMIT, async (t) => {
  const rig = await socketRig(t);
  const endings = [
    () => rig.broker.last.ws.close(1000),
    () => rig.broker.last.ws.terminate(),
    () => rig.clock.advance(5001),
    () => rig.broker.last.stream.destroy(),
  ];
  rig.socket.start();
  for (let i = 0; i < 20; i++) {
    await rig.untilState('OPEN');
    endings[i % endings.length]!();
    await rig.untilState('BACKING_OFF');
    await rig.until(() => rig.broker.open.length === 0);
    rig.passBackoff();
  }
  await rig.untilState('OPEN');
  assert.equal(rig.broker.connections.length, 21);
  assert.equal(rig.broker.peak, 1);
});

test('a simulator says so, and is taken where that is allowed', LIMIT, async (t) => {
  const rig = await socketRig(t);
  rig.broker.headers = ['X-Ticker-Simulator: 1'];
  rig.socket.start();
  await rig.untilState('OPEN');
  assert.equal(rig.socket.simulated, true);
  rig.broker.headers = [];
  rig.broker.last.ws.terminate();
  await rig.untilState('BACKING_OFF');
  rig.clock.advance(1000);
  await rig.untilState('OPEN');
  assert.equal(rig.socket.simulated, false);
});

for (const answer of ['ACCEPT', 503] as const) {
  test(`a simulator that must not be one is left for good (answer ${answer})`, LIMIT, async (t) => {
    const rig = await socketRig(t, { refuseSimulator: true });
    rig.tokens.set(5, 3);
    rig.broker.headers = ['X-Ticker-Simulator: 1'];
    rig.broker.answers = [answer];
    rig.socket.start();
    await rig.untilState('CLOSED');
    assert.equal(rig.socket.failure?.code, 'SIMULATOR_REFUSED');
    await rig.until(() => rig.broker.openStreams === 0);
    rig.clock.advance(DAY_MS);
    rig.socket.start();
    rig.socket.setAccessToken('token-2');
    assert.equal(rig.socket.state, 'CLOSED');
    assert.equal(rig.broker.requests.length, 1);
    assert.deepEqual(rig.broker.connections[0]?.subscriptions.messages ?? [], []);
    assert.ok(!rig.states.includes('OPEN'));
  });
}

test(
  'a frame over the size limit and bytes that are no frame end the connection',
  LIMIT,
  async (t) => {
    const rig = await socketRig(t, { maxPayloadBytes: 1000 });
    rig.socket.start();
    await rig.untilState('OPEN');
    rig.broker.last.ws.send(Buffer.alloc(1001));
    await rig.untilState('BACKING_OFF');
    assert.equal(rig.socket.failure?.code, 'BROKER_ANSWER');
    rig.passBackoff();
    await rig.untilState('OPEN');
    rig.broker.last.stream.write(Buffer.alloc(64, 0xff));
    await rig.untilState('BACKING_OFF');
    assert.equal(rig.socket.failure.code, 'BROKER_ANSWER');
    assert.deepEqual(rig.frames, []);
    await rig.until(() => rig.broker.openStreams === 0);
  },
);

test('no failure shows a credential', LIMIT, async (t) => {
  const secrets = { apiKey: 'key=secret', accessToken: 'token/secret' };
  const rig = await socketRig(t, secrets);
  rig.broker.answers = [500, 'HANG', 'ACCEPT'];
  rig.socket.start();
  await rig.untilState('BACKING_OFF');
  rig.passBackoff();
  await rig.until(() => rig.broker.hanging.length === 1);
  rig.clock.advance(7000);
  rig.passBackoff();
  await rig.untilState('OPEN');
  rig.broker.last.ws.close(4000, 'token/secret of key=secret, token%2Fsecret, is old');
  await rig.untilState('BACKING_OFF');
  rig.broker.stop();
  rig.passBackoff();
  await rig.until(() => rig.counts.connectFailures === 3);
  const seen = rig.failures.filter((failure) => failure instanceof TickerError);
  assert.ok(seen.length >= 4);
  for (const failure of seen) {
    const shown = `${failure.stack} ${JSON.stringify(failure)} ${String(failure.cause)}`;
    assert.ok(!/token.{1,3}secret|key.secret/.test(shown), shown);
  }
  assert.match(seen.map(({ detail }) => detail).join(), /\*\*\* of \*\*\*, \*\*\*, is old/);
});

for (const state of ['IDLE', 'CONNECTING', 'OPEN', 'BACKING_OFF', 'AUTH_REQUIRED'] as const) {
  test(`a stop while ${state} leaves no connection and no plan for one`, LIMIT, async (t) => {
    const rig = await socketRig(t);
    const answers = { CONNECTING: 'HANG', BACKING_OFF: 500, AUTH_REQUIRED: 403 } as const;
    if (state in answers) rig.broker.answers = [answers[state as keyof typeof answers]];
    if (state !== 'IDLE') rig.socket.start();
    if (state === 'CONNECTING') await rig.until(() => rig.broker.hanging.length === 1);
    else if (state !== 'IDLE') await rig.untilState(state);
    const { length } = rig.broker.requests;
    rig.socket.stop();
    assert.equal(rig.socket.state, 'CLOSED');
    assert.equal(rig.clock.pendingTimeouts, 0);
    await rig.until(() => rig.broker.openStreams === 0);
    rig.socket.mark(1);
    rig.socket.start();
    rig.clock.advance(DAY_MS);
    assert.equal(rig.socket.state, 'CLOSED');
    assert.equal(rig.broker.requests.length, length);
    assert.equal(rig.states.filter((seen) => seen === 'CLOSED').length, 1);
  });
}

for (const state of ['CONNECTING', 'OPEN', 'BACKING_OFF'] as const) {
  test(`a listener may stop the socket when it hears ${state}`, LIMIT, async (t) => {
    const rig = await socketRig(t);
    rig.onState = (seen) => {
      if (seen === state) rig.socket.stop();
    };
    if (state === 'BACKING_OFF') rig.broker.answers = [500];
    rig.socket.start();
    await rig.untilState('CLOSED');
    rig.clock.advance(DAY_MS);
    await rig.until(() => rig.broker.openStreams === 0);
    assert.equal(rig.socket.state, 'CLOSED');
  });
}

test('what is no WebSocket URL is refused at once, without showing it', LIMIT, async (t) => {
  for (const url of ['http://h/', 'ws//h', '', 'ws://h/#x', 'file:///secret-1']) {
    await assert.rejects(
      () => socketRig(t, { url }),
      (error) =>
        error instanceof TickerError &&
        error.code === 'CONFIG_INVALID' &&
        !error.message.includes('secret-1'),
    );
  }
});
