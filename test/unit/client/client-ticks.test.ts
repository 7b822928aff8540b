import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TICK_FLAG } from '../../../src/domain/status.ts';
import { TickFrameBuffer } from '../../../src/wire/frame.ts';
import { ClientBench, result } from '../../support/client/client-bench.ts';
import type { MemorySocket } from '../../support/client/memory-socket.ts';
import { writeTick, type RawTick } from '../../support/wire/sample-tick.ts';

function frame(...ticks: RawTick[]): Uint8Array {
  const buffer = new TickFrameBuffer('tick', Math.max(ticks.length, 1), 1, 0);
  for (const [index, tick] of ticks.entries()) writeTick(buffer, index * 320, tick);
  return buffer.finish(ticks.length, 1, 77);
}

test('a frame is heard whole, then its new ticks as objects', async () => {
  const bench = new ClientBench();
  await bench.open();
  const heard: unknown[] = [];
  bench.client.on('frame', (view) => heard.push(['frame', view.count, view.through]));
  bench.client.on('tick', (tick) => heard.push(['tick', tick.instrument_token, tick.last_price]));
  bench.socket.sayBytes(
    frame({ instrumentToken: 1 }, { instrumentToken: 1 }, { instrumentToken: 2, lastPrice: 100 }),
  );
  assert.deepEqual(heard, [
    ['frame', 3, 77],
    ['tick', 1, 123.45],
    ['tick', 2, 1],
  ]);
  assert.equal(bench.client.through, 77);
  const { frames, ticks, passedOver } = bench.client.statistics;
  assert.deepEqual({ frames, ticks, passedOver }, { frames: 1, ticks: 2, passedOver: 1 });
});

test('gaps are checked without any tick listener', async () => {
  const bench = new ClientBench();
  await bench.open();
  bench.socket.sayBytes(frame({ instrumentSequence: 1, sequenceLow: 10, sequenceHigh: 0 }));
  bench.socket.sayBytes(frame({ instrumentSequence: 4, sequenceLow: 20, sequenceHigh: 0 }));
  assert.deepEqual(bench.heard.gap, [
    { reason: 'UNEXPLAINED', token: 12_345_602, missing: 2, from: 11, to: 19 },
  ]);
  assert.equal(bench.client.statistics.missing, 2);
});

test('what was merged or announced is accounted', async () => {
  const bench = new ClientBench();
  await bench.open();
  const at = (instrumentSequence: number, changes: RawTick = {}) =>
    bench.socket.sayBytes(
      frame({
        instrumentSequence,
        sequenceLow: instrumentSequence,
        sequenceHigh: 0,
        ...changes,
      }),
    );
  at(1);
  at(4, { flags: TICK_FLAG.CONFLATED, merged: 2 });
  assert.equal(bench.heard.gap.length, 0);
  bench.socket.say({ type: 'gap', from: 5, to: 6, reason: 'RING_OVERRUN' });
  at(7);
  assert.deepEqual(
    bench.heard.gap.map((gap) => gap.reason),
    ['RING_OVERRUN', 'RING_OVERRUN'],
  );
});

test('JSON ticks go through the same check', async () => {
  const bench = new ClientBench({ format: 'json' });
  await bench.open();
  const ticks = bench.listen('tick');
  const tick = {
    instrument_token: 1,
    sequence: 1,
    instrument_sequence: 1,
    merged: 0,
    flags: [],
    mode: 'ltp' as const,
    tradable: true,
    receive_time: 1,
    exchange_timestamp: null,
    last_price: 1,
  };
  const say = (...list: (typeof tick)[]) =>
    bench.socket.say({ type: 'ticks', epoch: '1', sent_time: 1, through: 5, ticks: list });
  say(tick, tick);
  say({ ...tick, sequence: 9, instrument_sequence: 3 });
  assert.equal(ticks.length, 2);
  assert.equal(bench.client.through, 5);
  assert.deepEqual(bench.heard.gap, [
    { reason: 'UNEXPLAINED', token: 1, missing: 1, from: 2, to: 8 },
  ]);
});

test('a listener that closes the client in the middle of a frame hears no more of it', async () => {
  const bench = new ClientBench();
  await bench.open();
  const ticks = bench.listen('tick');
  bench.client.on('tick', () => bench.client.close());
  bench.socket.sayBytes(frame({ instrumentToken: 1 }, { instrumentToken: 2 }));
  assert.equal(ticks.length, 1);
});

test('garbage of the service is an error and costs the connection, not the client', async () => {
  for (const say of [
    (socket: MemorySocket) => socket.sayText('{"type":'),
    (socket: MemorySocket) => socket.sayText('null'),
    (socket: MemorySocket) => socket.sayText('{"type":"ticks","through":1}'),
    (socket: MemorySocket) => socket.sayBytes(new Uint8Array(100)),
  ]) {
    const bench = new ClientBench();
    await bench.open();
    say(bench.socket);
    assert.match(bench.heard.error[0]?.code ?? '', /^BAD_(JSON|MESSAGE)$/);
    assert.equal(bench.client.state, 'waiting');
    bench.clock.advance(500);
    bench.socket.hello();
    assert.equal(bench.client.state, 'open');
  }
});

test('what this version does not know is heard as a notice', async () => {
  const bench = new ClientBench();
  await bench.open();
  bench.socket.say({ type: 'upstream_stale', account: 'A1', since: 1 });
  bench.socket.say({ type: 'slow_reader_warning', buffered_bytes: 1, age_ms: 2 });
  bench.socket.sayText('{"type":"from_the_future"}');
  assert.deepEqual(
    bench.heard.notice.map((message) => message.type as string),
    ['upstream_stale', 'slow_reader_warning', 'from_the_future'],
  );
});

test('instruments that left a chain may jump when they come back', async () => {
  const bench = new ClientBench();
  await bench.open();
  const chain = { underlying: 'NIFTY', expiry: '2026-12-01', strikes: 1 };
  const answered = bench.client.subscribe({ chain });
  bench.socket.say({
    id: bench.socket.last('subscribe').id,
    type: 'subscribed',
    results: [{ ...result(0, 12_345_602), request: chain }],
  });
  await answered;
  bench.socket.sayBytes(frame({ instrumentSequence: 1 }));
  bench.socket.say({ type: 'chain_changed', chain, added: [], removed: [12_345_602] });
  bench.socket.sayBytes(frame({ instrumentSequence: 9 }));
  assert.equal(bench.heard.gap.length, 0);
  assert.equal(bench.heard.chain.length, 1);
});
