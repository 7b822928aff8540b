import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TickObject } from '../../../src/client/client.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { ClientBench, rejectsWith, result } from '../../support/client/client-bench.ts';
import { writeTick } from '../../support/wire/sample-tick.ts';

const FRAME_BYTES = 400;

/** Ticks of instrument 1 by count, one frame. */
function say(bench: ClientBench, ...counts: number[]): void {
  const buffer = new TickFrameBuffer('tick', counts.length, 1, 0);
  for (const [index, count] of counts.entries()) {
    writeTick(buffer, index * buffer.structBytes, {
      instrumentToken: 1,
      sequenceLow: count,
      sequenceHigh: 0,
      instrumentSequence: count,
    });
  }
  bench.socket.sayBytes(buffer.finish(counts.length, 1, counts.at(-1) ?? 0));
}

async function setUp(options: ConstructorParameters<typeof ClientBench>[0] = {}) {
  const bench = new ClientBench(options);
  const ticks = bench.listen('tick');
  await bench.open();
  return { bench, ticks };
}

function counts(ticks: readonly TickObject[]): number[] {
  return ticks.map((tick) => tick.instrument_sequence);
}

test('paused, nothing is read and nothing handed over; resumed, all of it is', async () => {
  const { bench, ticks } = await setUp();
  say(bench, 1);
  bench.client.pause();
  assert.equal(bench.client.isPaused, true);
  assert.equal(bench.socket.isReading, false);
  // Read already, before the socket stopped.
  say(bench, 2, 3);
  bench.socket.say({ type: 'gap', from: 4, to: 4, reason: 'RING_OVERRUN' });
  say(bench, 5);
  assert.deepEqual(counts(ticks), [1]);
  assert.deepEqual(bench.heard.gap, []);
  assert.equal(bench.client.through, 1);
  bench.client.resume();
  assert.equal(bench.socket.isReading, true);
  assert.deepEqual(counts(ticks), [1, 2, 3, 5]);
  assert.deepEqual(
    bench.heard.gap.map(({ reason }) => reason),
    ['RING_OVERRUN', 'RING_OVERRUN'],
  );
});

test('a listener that pauses has the frame at hand to its end, and no other', async () => {
  const { bench, ticks } = await setUp();
  bench.client.on('tick', () => bench.client.pause());
  say(bench, 1, 2);
  say(bench, 3, 4);
  say(bench, 5);
  assert.deepEqual(counts(ticks), [1, 2]);
  bench.client.resume();
  assert.deepEqual(counts(ticks), [1, 2, 3, 4]);
});

test('while anybody waits for an answer it is read on, paused or not', async () => {
  const { bench } = await setUp();
  bench.client.pause();
  const answered = bench.client.subscribe({ instruments: [1] });
  assert.equal(bench.socket.isReading, true);
  const { id } = bench.socket.last('subscribe');
  bench.socket.say({ id, type: 'subscribed', results: [result(1, 1)] });
  assert.equal((await answered).length, 1);
  assert.equal(bench.socket.isReading, false);
  const pong = bench.client.ping();
  assert.equal(bench.socket.isReading, true);
  bench.socket.say({ id: bench.socket.last('ping').id, type: 'pong' });
  await pong;
  const refused = bench.client.subscribe({ instruments: [2] });
  const { id: second } = bench.socket.last('subscribe');
  bench.socket.say({ type: 'error', id: second, code: 'LIMIT_EXCEEDED', detail: 'full' });
  await rejectsWith(refused, 'LIMIT_EXCEEDED');
  assert.equal(bench.socket.isReading, false);
});

test('the silence of a paused connection is its own, and counts from the end of the pause', async () => {
  const { bench } = await setUp();
  bench.client.pause();
  bench.clock.advance(120_000);
  assert.equal(bench.client.state, 'open');
  bench.client.resume();
  bench.clock.advance(19_000);
  assert.equal(bench.client.state, 'open');
  bench.clock.advance(1000);
  assert.equal(bench.client.state, 'waiting');
});

test('an end that comes during a pause is heard after what came before it', async () => {
  const { bench, ticks } = await setUp();
  bench.client.pause();
  say(bench, 1);
  bench.socket.end(1006);
  assert.equal(bench.heard.close.length, 0);
  const waiting = bench.client.subscribe({ instruments: [2] });
  assert.deepEqual(bench.socket.sent, [], 'there is nobody to ask');
  bench.client.resume();
  assert.deepEqual(counts(ticks), [1]);
  assert.equal(bench.heard.close[0]?.code, 1006);
  bench.clock.advance(500);
  bench.socket.hello();
  const { id } = bench.socket.last('subscribe');
  bench.socket.say({ id, type: 'subscribed', results: [result(2, 2)] });
  await waiting;
});

test('close during a pause drops what waits, also an end that came', async () => {
  for (const isEnded of [false, true]) {
    const { bench, ticks } = await setUp();
    bench.client.pause();
    say(bench, 1);
    if (isEnded) bench.socket.end(1006);
    bench.client.close();
    assert.equal(bench.socket.isReading, !isEnded, 'the handshake has to be read');
    assert.deepEqual(counts(ticks), []);
    assert.equal(bench.heard.close.length, 1);
    assert.equal(bench.client.state, 'closed');
    assert.deepEqual(bench.clock.pendingMs, []);
  }
});

test('a client paused before it connects opens, and is read once it is resumed', async () => {
  const bench = new ClientBench();
  const ticks = bench.listen('tick');
  bench.client.pause();
  await bench.open();
  assert.equal(bench.socket.isReading, false);
  say(bench, 1);
  assert.deepEqual(counts(ticks), []);
  bench.client.resume();
  assert.deepEqual(counts(ticks), [1]);
});

for (const format of ['binary', 'json'] as const) {
  test(`too much that waits (${format}) becomes the newest tick per instrument, exactly`, async () => {
    const { bench, ticks } = await setUp({ format, maxWaitingBytes: 4 * FRAME_BYTES });
    const one = (count: number): void => {
      if (format === 'binary') say(bench, count);
      else {
        const tick = {
          instrument_token: 1,
          sequence: count,
          instrument_sequence: count,
          merged: 0,
        };
        const ticks = [{ ...tick, flags: [], pad: 'x'.repeat(300) } as unknown as TickObject];
        bench.socket.say({ type: 'ticks', epoch: '1', sent_time: 1, through: count, ticks });
      }
    };
    one(1);
    bench.client.pause();
    for (let count = 2; count <= 9; count += 1) one(count);
    bench.socket.say({ type: 'heartbeat', through: 9, time: 1 });
    bench.client.resume();
    const merged = bench.heard.overflow.reduce((sum, event) => sum + event.merged, 0);
    assert.ok(merged > 0);
    for (const { bytesBefore, bytesAfter } of bench.heard.overflow) {
      assert.ok(bytesAfter < bytesBefore && bytesBefore > 4 * FRAME_BYTES);
    }
    assert.equal(bench.client.statistics.merged, merged);
    assert.equal(ticks.length + merged, 9);
    assert.equal(ticks.at(-1)?.instrument_sequence, 9);
    const conflated = ticks.filter((tick) => tick.merged > 0);
    assert.ok(conflated.every((tick) => tick.flags.includes('CONFLATED')));
    assert.deepEqual(bench.heard.gap, []);
    assert.equal(bench.client.through, 9);
    assert.equal(bench.heard.heartbeat.length, 1);
  });
}

test('a stream gives ticks at the pace of whoever takes them', async () => {
  const { bench } = await setUp();
  const taken: number[] = [];
  const stream = bench.client.stream('tick', 3);
  say(bench, 1, 2);
  assert.equal(bench.socket.isReading, true);
  say(bench, 3);
  assert.equal(bench.socket.isReading, false);
  say(bench, 4, 5, 6, 7);
  for await (const tick of stream) {
    taken.push(tick.instrument_sequence);
    if (tick.instrument_sequence === 7) break;
  }
  assert.deepEqual(taken, [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(bench.socket.isReading, true);
  say(bench, 8, 9, 10, 11);
  assert.equal(bench.socket.isReading, true, 'a stream that was left takes nothing');
});

test('a taker may wait for answers inside its loop, however full the stream is', async () => {
  const { bench } = await setUp();
  const stream = bench.client.stream('tick', 1);
  say(bench, 1, 2);
  for await (const tick of stream) {
    const answered = bench.client.subscribe({ instruments: [tick.instrument_sequence] });
    const { id, instruments = [] } = bench.socket.last('subscribe');
    bench.socket.say({ id, type: 'subscribed', results: instruments.map((each) => result(each)) });
    await answered;
    if (tick.instrument_sequence === 2) break;
  }
});

test('a taker may subscribe during a replay that waits for it', async () => {
  const { bench } = await setUp();
  const first = bench.client.subscribe({ instruments: [1] });
  const { id } = bench.socket.last('subscribe');
  bench.socket.say({ id, type: 'subscribed', results: [result(1, 1)] });
  await first;
  say(bench, 1);
  const stream = bench.client.stream('tick', 1);
  bench.reconnect();
  const resume = bench.socket.last('resume');
  bench.socket.say({ id: resume.id, type: 'resumed', recovered: true, results: [result(1, 1)] });
  say(bench, 2);
  assert.equal(bench.socket.isReading, false);
  const second = bench.client.subscribe({ instruments: [2] });
  assert.equal(bench.socket.isReading, true, 'it waits for the end of the replay');
  say(bench, 3);
  bench.socket.say({ type: 'replay_completed', through: 3 });
  assert.equal(bench.heard.replay_completed.length, 0, 'not before what came before it');
  const { id: last } = bench.socket.last('subscribe');
  bench.socket.say({ id: last, type: 'subscribed', results: [result(2, 2)] });
  await second;
  assert.equal((await stream.next()).value?.instrument_sequence, 2);
  assert.equal((await stream.next()).value?.instrument_sequence, 3);
  assert.equal(bench.heard.replay_completed.length, 1);
});

test('frames stream too, and can be kept', async () => {
  const { bench } = await setUp();
  const stream = bench.client.stream('frame');
  say(bench, 1, 2);
  say(bench, 3);
  const frames = [(await stream.next()).value, (await stream.next()).value];
  assert.deepEqual(
    frames.map((frame) => frame?.tick(0).instrumentSequence),
    [1, 3],
  );
});

test('two streams: the slower one sets the pace', async () => {
  const { bench } = await setUp();
  const [fast, slow] = [bench.client.stream('tick', 2), bench.client.stream('tick', 2)];
  say(bench, 1, 2);
  await fast.next();
  await fast.next();
  assert.equal(bench.socket.isReading, false);
  await slow.return?.();
  assert.equal(bench.socket.isReading, true);
});

test('a stream ends with the client, after what it has, or fails with it', async () => {
  const { bench } = await setUp();
  const stream = bench.client.stream('tick');
  say(bench, 1);
  bench.client.close();
  assert.equal((await stream.next()).value?.instrument_sequence, 1);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });

  const other = await setUp();
  const failing = other.bench.client.stream('tick');
  const next = failing.next();
  other.bench.socket.end(4501, 'UNAUTHENTICATED: the key was revoked');
  await rejectsWith(next, 'UNAUTHENTICATED');
  assert.deepEqual(await failing.next(), { done: true, value: undefined });
});

test('a platform that cannot stop reading is asked for nothing', async () => {
  const { bench, ticks } = await setUp();
  Object.assign(bench.socket, { pause: undefined, resume: undefined });
  bench.client.pause();
  say(bench, 1);
  bench.clock.advance(19_000);
  say(bench, 2);
  bench.clock.advance(19_000);
  assert.equal(bench.client.state, 'open');
  bench.client.resume();
  assert.deepEqual(counts(ticks), [1, 2]);
});
