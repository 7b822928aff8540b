import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  ClientMessage,
  SubscriptionItem,
  SubscriptionResult,
} from '../../../src/wire/messages.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { ClientBench, rejectsWith, result } from '../../support/client/client-bench.ts';
import { HELLO_LIMITS } from '../../support/client/memory-socket.ts';
import { writeTick } from '../../support/wire/sample-tick.ts';

/** Subscribes and is answered. */
async function subscribe(
  bench: ClientBench,
  item: SubscriptionItem,
  results?: SubscriptionResult[],
): Promise<void> {
  const answered = bench.client.subscribe(item);
  const { id } = bench.socket.last('subscribe');
  const lines = results ?? (item.instruments ?? []).map((token) => result(token, Number(token)));
  bench.socket.say({ id, type: 'subscribed', results: lines });
  await answered;
}

function say(bench: ClientBench, count: number, changes: { flags?: number; token?: number } = {}) {
  const { flags = 0, token = 1 } = changes;
  const buffer = new TickFrameBuffer('tick', 1, 1, 0);
  writeTick(buffer, 0, {
    instrumentToken: token,
    sequenceLow: count * 10,
    sequenceHigh: 0,
    instrumentSequence: count,
    flags,
  });
  bench.socket.sayBytes(buffer.finish(1, 1, count * 10));
}

const SNAPSHOT = { flags: 1 };

/** With instrument 1, of which ticks 1 and 2 have come. */
async function setUp(options: ConstructorParameters<typeof ClientBench>[0] = {}) {
  const bench = new ClientBench(options);
  bench.listen('tick');
  bench.listen('subscribed');
  await bench.open();
  await subscribe(bench, { instruments: [1] });
  say(bench, 1, SNAPSHOT);
  say(bench, 2);
  return bench;
}

function counts(bench: ClientBench): number[] {
  return bench.heard.tick.map((tick) => tick.instrument_sequence);
}

function withoutIds(messages: readonly ClientMessage[]): unknown[] {
  return messages.map(({ id: _, ...message }) => message);
}

function answerResume(bench: ClientBench, recovered: boolean, results = [result(1, 1)]): void {
  const { id } = bench.socket.last('resume');
  bench.socket.say({ id, type: 'resumed', recovered, results });
}

test('a reconnect resumes at the last through, with every subscription in its order', async () => {
  const bench = await setUp();
  const chain = { underlying: 'NIFTY', strikes: 1 };
  const line = { ...result(0, 7), request: { ...chain, expiry: '2026-12-01' } };
  await subscribe(bench, { chain, mode: 'compact', policy: 'lossless' }, [line]);
  await subscribe(bench, { instruments: [2], policy: 'skip', window_ms: 5 });
  say(bench, 3);
  bench.reconnect({ sequence: 99 });
  assert.deepEqual(withoutIds(bench.socket.sent), [
    {
      type: 'resume',
      epoch: '0000000000000001',
      sequence: 30,
      subscriptions: [
        { instruments: [1] },
        { chain, mode: 'compact', policy: 'lossless' },
        { instruments: [2], policy: 'skip', window_ms: 5 },
      ],
    },
  ]);
  assert.equal(bench.client.through, 30, 'not yet beyond what has come');
});

test('recovered, the stream goes on as if nothing had happened', async () => {
  const bench = await setUp();
  bench.reconnect({ sequence: 50 });
  answerResume(bench, true);
  assert.deepEqual(bench.heard.resumed, [{ recovered: true }]);
  assert.deepEqual(bench.heard.subscribed.at(-1)?.item, { instruments: [1] });
  for (const count of [2, 3, 4, 5]) say(bench, count);
  bench.socket.say({ type: 'replay_completed', through: 50 });
  say(bench, 6);
  assert.deepEqual(counts(bench), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(bench.heard.gap, []);
  assert.deepEqual(bench.heard.replay_completed, [{ through: 50 }]);
  assert.equal(bench.client.statistics.passedOver, 1);
  assert.equal(bench.socket.sent.length, 1);
});

test('a hole in what was recovered is a fault and said to be one', async () => {
  const bench = await setUp();
  bench.reconnect();
  answerResume(bench, true);
  say(bench, 5);
  assert.deepEqual(bench.heard.gap, [
    { reason: 'UNEXPLAINED', token: 1, missing: 2, from: 21, to: 49 },
  ]);
});

test('not recovered, the snapshot tells what was missed', async () => {
  const bench = await setUp();
  bench.reconnect({ sequence: 80 });
  answerResume(bench, false);
  assert.equal(bench.client.through, 80);
  say(bench, 8, SNAPSHOT);
  say(bench, 9);
  assert.deepEqual(counts(bench), [1, 2, 8, 9]);
  assert.deepEqual(bench.heard.resumed, [{ recovered: false }]);
  assert.deepEqual(bench.heard.gap, [
    { reason: 'RECONNECT', token: 1, missing: 5, from: 21, to: 79 },
  ]);
});

test('a connection that breaks during the replay is resumed where that had come to', async () => {
  const bench = await setUp();
  bench.reconnect();
  answerResume(bench, true);
  say(bench, 3);
  bench.reconnect();
  assert.equal(bench.socket.last('resume').sequence, 30);
  answerResume(bench, true);
  for (const count of [3, 4]) say(bench, count);
  assert.deepEqual(counts(bench), [1, 2, 3, 4]);
  assert.deepEqual(bench.heard.gap, []);
});

test('a connection that breaks before the answer is resumed at the same place', async () => {
  const bench = await setUp();
  bench.reconnect({ sequence: 70 });
  bench.reconnect({ sequence: 90 });
  assert.equal(bench.socket.last('resume').sequence, 20);
});

test('a service that cannot resume is subscribed to again', async () => {
  const bench = await setUp();
  bench.reconnectWithoutResume();
  assert.deepEqual(withoutIds(bench.socket.sent).slice(1), [
    { type: 'subscribe', instruments: [1] },
  ]);
  say(bench, 4, SNAPSHOT);
  assert.equal(bench.heard.gap[0]?.reason, 'RECONNECT');
  assert.deepEqual(bench.heard.error, []);
  assert.deepEqual(bench.heard.resumed, [{ recovered: false }]);
});

test('another refusal is reported, and everything is subscribed again', async () => {
  const bench = await setUp();
  bench.reconnect();
  const { id } = bench.socket.last('resume');
  bench.socket.say({ type: 'error', id, code: 'RATE_LIMITED', detail: 'slowly' });
  assert.equal(bench.heard.error[0]?.code, 'RATE_LIMITED');
  assert.deepEqual(bench.socket.last('subscribe').instruments, [1]);
});

test('a resume without an answer costs the connection, and the next one subscribes', async () => {
  const bench = await setUp({ reconnect: { firstDelayMs: 2, maxDelayMs: 2 } });
  bench.reconnect();
  bench.clock.advance(10_000);
  assert.equal(bench.client.state, 'waiting');
  bench.clock.advance(1);
  bench.socket.hello();
  assert.deepEqual(withoutIds(bench.socket.sent), [{ type: 'subscribe', instruments: [1] }]);
  bench.reconnect();
  assert.equal(bench.socket.sent[0]?.type, 'resume', 'and the one after it tries again');
});

test('another stream, nothing subscribed or too much for one message is not resumed', async () => {
  const other = await setUp();
  other.reconnect({ epoch: '0000000000000002', sequence: 3 });
  assert.deepEqual(other.heard.gap, [{ reason: 'NEW_EPOCH' }]);
  assert.equal(other.socket.sent[0]?.type, 'subscribe');
  assert.equal(other.client.through, 3);

  const nothing = new ClientBench();
  await nothing.open();
  nothing.reconnect();
  assert.deepEqual(nothing.socket.sent, []);

  const tooMuch = await setUp();
  tooMuch.reconnect({ limits: { ...HELLO_LIMITS, message_bytes: 100 } });
  assert.equal(tooMuch.socket.sent[0]?.type, 'subscribe');
});

test('what is asked for while it is replayed waits, and overtakes nothing', async () => {
  const bench = await setUp();
  bench.reconnect();
  const early = bench.client.subscribe({ instruments: [2] });
  const ended = bench.client.unsubscribe({ instruments: [1] });
  answerResume(bench, true);
  const late = bench.client.subscribe({ instruments: [1], mode: 'full' });
  assert.equal(bench.socket.sent.length, 1);
  bench.socket.say({ type: 'replay_completed', through: 20 });
  assert.deepEqual(withoutIds(bench.socket.sent.slice(1)), [
    { type: 'unsubscribe', instruments: [1] },
    { type: 'subscribe', instruments: [2] },
    { type: 'subscribe', instruments: [1], mode: 'full' },
  ]);
  for (const message of bench.socket.sent.slice(1)) {
    const type = message.type === 'subscribe' ? 'subscribed' : 'unsubscribed';
    bench.socket.say({ id: message.id, type, results: [result(1, 1)] });
  }
  assert.deepEqual(await Promise.all([early, ended, late]).then((all) => all.length), 3);
});

test('what was asked for while there was no connection follows the resume, in order', async () => {
  const bench = await setUp();
  await subscribe(bench, { instruments: [2, 3] });
  for (const token of [2, 3]) say(bench, 1, { token, ...SNAPSHOT });
  bench.socket.end(1006);
  const results = [bench.client.subscribe({ instruments: [4] })];
  assert.deepEqual(await bench.client.unsubscribe({ instruments: [2] }), []);
  results.push(bench.client.subscribe({ instruments: [3], mode: 'ltp' }));
  bench.clock.advance(500);
  bench.socket.hello();
  assert.deepEqual(bench.socket.last('resume').subscriptions, [
    { instruments: [1] },
    { instruments: [3], mode: 'ltp' },
  ]);
  answerResume(bench, true, [result(1, 1), result(3, 3)]);
  bench.socket.say({ type: 'replay_completed', through: 20 });
  assert.deepEqual(withoutIds(bench.socket.sent.slice(1)), [
    { type: 'subscribe', instruments: [4] },
    { type: 'subscribe', instruments: [3], mode: 'ltp' },
  ]);
  for (const { id } of bench.socket.sent.slice(1)) {
    bench.socket.say({ id, type: 'subscribed', results: [result(3, 3)] });
  }
  await Promise.all(results);
});

test('an answer that waits when the connection breaks does not wait for the resume', async () => {
  const bench = await setUp();
  bench.reconnect();
  const ended = bench.client.unsubscribe({ instruments: [1] });
  bench.socket.end(1006);
  assert.deepEqual(await ended, []);
  const waiting = bench.client.subscribe({ instruments: [2] });
  bench.client.close();
  await rejectsWith(waiting, 'SHUTTING_DOWN');
});

test('a value that was lost with its connection is asked for after the replay', async () => {
  const bench = await setUp();
  await subscribe(bench, { instruments: [2] });
  bench.reconnect();
  answerResume(bench, true, [result(1, 1), result(2, 2)]);
  bench.socket.say({ type: 'replay_completed', through: 20 });
  assert.deepEqual(withoutIds(bench.socket.sent.slice(1)), [
    { type: 'subscribe', instruments: [2] },
  ]);
});

test('a subscription that the service no longer takes is reported, and not asked for twice', async () => {
  const bench = await setUp();
  bench.reconnect();
  answerResume(bench, true, [{ request: 1, ok: false, code: 'UNKNOWN_INSTRUMENT' } as never]);
  bench.socket.say({ type: 'replay_completed', through: 20 });
  assert.deepEqual(
    bench.heard.error.map(({ code }) => code),
    ['UNKNOWN_INSTRUMENT'],
  );
  assert.equal(bench.socket.sent.length, 1);
});
