import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { ClientBench } from '../../support/client/client-bench.ts';
import { writeTick } from '../../support/wire/sample-tick.ts';

function say(bench: ClientBench, count: number): void {
  const buffer = new TickFrameBuffer('tick', 1, 1, 0);
  writeTick(buffer, 0, { sequenceLow: count, sequenceHigh: 0, instrumentSequence: count });
  bench.socket.sayBytes(buffer.finish(1, 1, count));
}

function acknowledged(bench: ClientBench): number[] {
  return bench.socket.sent.flatMap((message) => (message.type === 'ack' ? message.sequence : []));
}

test('while ticks come the service is told once a second how far the application is', async () => {
  const bench = new ClientBench();
  await bench.open();
  say(bench, 1);
  say(bench, 2);
  assert.deepEqual(acknowledged(bench), []);
  bench.clock.advance(1000);
  assert.deepEqual(acknowledged(bench), [2]);
  bench.clock.advance(5000);
  assert.deepEqual(acknowledged(bench), [2], 'nothing new');
  say(bench, 3);
  bench.clock.advance(999);
  say(bench, 4);
  bench.clock.advance(1);
  assert.deepEqual(acknowledged(bench), [2, 4]);
});

test('an answer is not waited for', async () => {
  const bench = new ClientBench({ requestTimeoutMs: 2000 });
  await bench.open();
  say(bench, 1);
  bench.clock.advance(4000);
  assert.deepEqual(acknowledged(bench), [1]);
  assert.equal(bench.client.state, 'open');
});

test('an older service is told once a connection', async () => {
  const bench = new ClientBench();
  await bench.open();
  for (const count of [1, 2, 3]) {
    say(bench, count);
    bench.clock.advance(1000);
    const [ack] = bench.socket.sent;
    if (count > 1 || ack === undefined) continue;
    bench.socket.say({ type: 'error', id: ack.id, code: 'NOT_SUPPORTED', detail: 'not yet' });
  }
  assert.deepEqual(acknowledged(bench), [1]);
  assert.deepEqual(bench.heard.error, []);
  bench.reconnect();
  say(bench, 4);
  bench.clock.advance(1000);
  assert.deepEqual(acknowledged(bench), [4]);
});

test('what waits in a stream has not been handed out', async () => {
  const bench = new ClientBench();
  await bench.open();
  const ticks = bench.client.stream('tick');
  for (const count of [1, 2, 3]) say(bench, count);
  bench.clock.advance(1000);
  assert.deepEqual(acknowledged(bench), []);
  await ticks.next();
  await ticks.next();
  bench.clock.advance(1000);
  assert.deepEqual(acknowledged(bench), [2]);
  await ticks.next();
  bench.clock.advance(1000);
  assert.deepEqual(acknowledged(bench), [2, 3]);
  bench.client.close();
  assert.deepEqual(bench.clock.pendingMs, []);
});

test('what waits while the client is paused has not been handed out', async () => {
  const bench = new ClientBench();
  await bench.open();
  say(bench, 1);
  bench.client.pause();
  say(bench, 2);
  bench.clock.advance(1000);
  bench.client.resume();
  bench.clock.advance(1000);
  assert.deepEqual(acknowledged(bench), [1, 2]);
});
