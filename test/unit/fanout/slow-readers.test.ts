import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLOSE, type SubscribableInstrument } from '../../../src/domain/ports.ts';
import { MODE } from '../../../src/domain/status.ts';
import type { Policy } from '../../../src/fanout/client-message.ts';
import type { ClientConnection } from '../../../src/fanout/connection.ts';
import { LATE_MS } from '../../../src/fanout/slow-readers.ts';
import type { FakeClientSocket } from '../../support/fanout-socket.ts';
import { FanoutRig, RING_SLOTS } from '../../support/fanout-rig.ts';

const FULL = { mode: MODE.FULL, greeks: true };
/** More than a quarter of the rig's limit. */
const CONGESTED_BYTES = 30_000;

function slowReader(
  rig: FanoutRig,
  policies: readonly [SubscribableInstrument, Policy][],
): { connection: ClientConnection; socket: FakeClientSocket } {
  const { connection, socket } = rig.connection(true);
  for (const [instrument, policy] of policies) {
    const { subscription } = rig.subscribe(instrument, { ...FULL, policy }, connection);
    connection.subscriptions.set(instrument.row, subscription);
  }
  return { connection, socket };
}

/** One tick that is read, one that is not, and three that come while the client does not read. */
function fallBehind(
  rig: FanoutRig,
  socket: FakeClientSocket,
  list: SubscribableInstrument[],
): void {
  for (const instrument of list) rig.ingest(instrument);
  rig.deliver();
  socket.unreadBytes = CONGESTED_BYTES;
  for (const instrument of list) rig.ingest(instrument);
  rig.deliver();
  for (let i = 0; i < 3; i++) {
    for (const instrument of list) rig.ingest(instrument);
    rig.deliver();
  }
}

const brief = (socket: FakeClientSocket) =>
  socket.ticks.map((tick) => [tick.sequence, tick.instrument_sequence, tick.merged]);

describe('a reader that falls behind', () => {
  test('is warned once and sent nothing until it has read', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket } = slowReader(rig, [[a, 'conflate']]);
    fallBehind(rig, socket, [a]);
    assert.equal(socket.ticks.length, 2);
    assert.deepEqual(socket.of('slow_reader_warning'), [
      { type: 'slow_reader_warning', buffered_bytes: CONGESTED_BYTES, age_ms: 0 },
    ]);
    assert.equal(rig.delivery.slowReaders.size, 1);
    assert.equal(rig.index.ofRow(a.row), undefined, 'its ticks cost nothing meanwhile');
    assert.equal(rig.index.size, 1, 'and are still wanted');
  });

  test('conflate: the newest value, with the number of ticks merged into it', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const b = rig.list('NSE:B');
    const { connection, socket } = slowReader(rig, [
      [a, 'conflate'],
      [b, 'conflate'],
    ]);
    fallBehind(rig, socket, [a]);
    socket.forget();
    socket.unreadBytes = 0;
    rig.deliver();
    assert.deepEqual(brief(socket), [[1005, 5, 2]]);
    assert.ok(socket.ticks[0]?.flags.includes('CONFLATED'));
    assert.equal(connection.through, 1005);
    assert.equal(socket.of('heartbeat').at(-1)?.through, 1005, 'which it is told');
    rig.ingest(a);
    rig.ingest(b);
    rig.deliver();
    assert.deepEqual(brief(socket).slice(1), [
      [1006, 6, 0],
      [1007, 1, 0],
    ]);
    assert.equal(rig.delivery.counts.merged, 2);
  });

  test('conflate: an option whose Greeks are on their way is left to the tick that has them', () => {
    const rig = new FanoutRig();
    const call = rig.list('NFO:NIFTY24000CE');
    const { socket } = slowReader(rig, [[call, 'conflate']]);
    fallBehind(rig, socket, [call]);
    socket.forget();
    rig.ingest(call, {}, false);
    socket.unreadBytes = 0;
    rig.delivery.slowReaders.doWork();
    assert.deepEqual(brief(socket), []);
    rig.deliver();
    assert.deepEqual(brief(socket), [[1006, 6, 3]]);
  });

  test('lossless: everything, in order, from the ring', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket } = slowReader(rig, [[a, 'lossless']]);
    fallBehind(rig, socket, [a]);
    socket.unreadBytes = 0;
    rig.ingest(a);
    rig.deliver();
    assert.deepEqual(
      socket.ticks.map((tick) => [tick.instrument_sequence, tick.merged]),
      [1, 2, 3, 4, 5, 6].map((sequence) => [sequence, 0]),
    );
    assert.equal(socket.received.at(-1)?.through, 1002, 'until the rest is said too');
    assert.equal(socket.of('heartbeat').at(-1)?.through, 1006);
  });

  test('lossless: closed when the ring has gone past it, with the last sequence', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket } = slowReader(rig, [[a, 'lossless']]);
    fallBehind(rig, socket, [a]);
    for (let i = 0; i < RING_SLOTS; i++) rig.ingest(a);
    rig.deliver(rig.newest - rig.position);
    assert.equal(typeof socket.ended, 'undefined');
    rig.delivery.slowReaders.watch([]);
    assert.equal(socket.ended?.code, CLOSE.TOO_SLOW);
    assert.match(socket.ended.reason, /^TOO_SLOW: .*; last sequence 1002$/);
  });

  test('skip: one gap names what is left out, then it goes on from now', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket } = slowReader(rig, [[a, 'skip']]);
    fallBehind(rig, socket, [a]);
    socket.forget();
    socket.unreadBytes = 0;
    rig.deliver();
    assert.deepEqual(socket.of('gap'), [
      { type: 'gap', from: 1003, to: 1005, reason: 'SLOW_READER' },
    ]);
    rig.ingest(a);
    rig.deliver();
    assert.deepEqual(brief(socket), [[1006, 6, 0]]);
  });

  test('each subscription by its own policy', () => {
    const rig = new FanoutRig();
    const all = ['NSE:A', 'NSE:B', 'NSE:C'].map((symbol) => rig.list(symbol));
    const [a, b, c] = all as [
      SubscribableInstrument,
      SubscribableInstrument,
      SubscribableInstrument,
    ];
    const { socket } = slowReader(rig, [
      [a, 'conflate'],
      [b, 'lossless'],
      [c, 'skip'],
    ]);
    fallBehind(rig, socket, all);
    socket.forget();
    socket.unreadBytes = 0;
    rig.deliver();
    const of = ({ token }: SubscribableInstrument) =>
      socket.ticks
        .filter((tick) => tick.instrument_token === token)
        .map((tick) => [tick.instrument_sequence, tick.merged]);
    assert.deepEqual(of(a), [[5, 2]]);
    assert.deepEqual(of(b), [
      [3, 0],
      [4, 0],
      [5, 0],
    ]);
    assert.deepEqual(of(c), []);
    assert.equal(socket.of('gap').length, 1);
  });

  test('what it subscribes to meanwhile begins with a snapshot when it has caught up', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const b = rig.list('NSE:B');
    rig.ingest(b);
    const { connection, socket } = slowReader(rig, [[a, 'conflate']]);
    fallBehind(rig, socket, [a]);
    const { subscription } = rig.subscribe(b, { ...FULL, policy: 'lossless' }, connection);
    rig.index.deactivate(subscription);
    connection.subscriptions.set(b.row, subscription);
    rig.delivery.sendSnapshots(connection, [subscription]);
    socket.forget();
    socket.unreadBytes = 0;
    rig.deliver();
    assert.deepEqual(
      socket.ticks.map((tick) => [tick.instrument_token, tick.flags.includes('SNAPSHOT')]),
      [
        [a.token, false],
        [b.token, true],
      ],
    );
  });

  test('a frozen client does not keep others from their ticks, and holds a bounded amount', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const frozen = slowReader(rig, [[a, 'conflate']]);
    const other = slowReader(rig, [[a, 'conflate']]);
    frozen.socket.unreadBytes = CONGESTED_BYTES;
    for (let i = 0; i < 100; i++) {
      rig.ingest(a);
      rig.deliver();
    }
    assert.equal(other.socket.ticks.length, 100);
    assert.equal(frozen.socket.ticks.length, 1);
    assert.equal(typeof frozen.socket.ended, 'undefined');
  });

  test('one that is beyond its limit all the same is closed, with the last sequence', () => {
    const rig = new FanoutRig({ clientBufferBytes: 100_000 });
    const a = rig.list('NSE:A');
    const { socket } = slowReader(rig, [[a, 'conflate']]);
    socket.unreadBytes = 100_001;
    rig.ingest(a);
    rig.deliver();
    assert.equal(socket.ended?.code, CLOSE.TOO_SLOW);
    assert.match(socket.ended.reason, /^TOO_SLOW: 100001 bytes unread; last sequence 1001$/);
    assert.equal(rig.delivery.counts.tooSlow, 1);
  });
});

describe('a client that says what it has', () => {
  /** Time goes by; the service looks ten times a second. */
  const wait = (rig: FanoutRig, connections: ClientConnection[], ms: number): void => {
    for (let passed = 0; passed < ms; passed += 100) {
      rig.clock.advance(100);
      rig.delivery.slowReaders.watch(connections);
    }
  };

  test('is slow when what it has is old, whatever its buffer says, until it has caught up', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { connection, socket } = slowReader(rig, [[a, 'conflate']]);
    connection.acked = 1000;
    rig.delivery.slowReaders.watch([connection]);
    rig.ingest(a);
    rig.deliver();
    wait(rig, [connection], LATE_MS);
    assert.equal(rig.delivery.slowReaders.size, 0);
    wait(rig, [connection], 200);
    assert.equal(rig.delivery.slowReaders.size, 1);
    assert.ok((socket.of('slow_reader_warning')[0]?.age_ms ?? 0) > LATE_MS);
    rig.ingest(a);
    rig.deliver();
    assert.equal(socket.ticks.length, 1);
    connection.acked = 1001;
    rig.deliver();
    assert.deepEqual(brief(socket), [
      [1001, 1, 0],
      [1002, 2, 0],
    ]);
  });

  test('is not slow while nothing is sent to it', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const b = rig.list('NSE:B');
    const { connection } = slowReader(rig, [[a, 'conflate']]);
    connection.acked = 1000;
    rig.delivery.slowReaders.watch([connection]);
    for (let i = 0; i < 10; i++) {
      rig.ingest(b);
      rig.deliver();
      wait(rig, [connection], 1000);
    }
    assert.equal(rig.delivery.slowReaders.size, 0);
  });
});

describe('a service under too much load', () => {
  test('sends those who conflate the newest tick of an option in each run, merged exactly', () => {
    const rig = new FanoutRig();
    const call = rig.list('NFO:NIFTY24000CE');
    const spot = rig.list('NSE:NIFTY');
    const conflating = slowReader(rig, [
      [call, 'conflate'],
      [spot, 'conflate'],
    ]);
    const lossless = slowReader(rig, [[call, 'lossless']]);
    const run = (ticks: number): void => {
      for (let i = 0; i < ticks; i++) {
        rig.ingest(call);
        rig.ingest(spot);
      }
      rig.deliver();
    };
    run(1);
    rig.delivery.sheds = true;
    run(4);
    run(1);
    rig.delivery.sheds = false;
    run(2);
    const of = (socket: FakeClientSocket, { token }: SubscribableInstrument) =>
      socket.ticks
        .filter((tick) => tick.instrument_token === token)
        .map((tick) => [tick.instrument_sequence, tick.merged]);
    assert.deepEqual(of(conflating.socket, call), [
      [1, 0],
      [5, 3],
      [6, 0],
      [7, 0],
      [8, 0],
    ]);
    assert.equal(of(conflating.socket, spot).length, 8, 'underlyings are never left out');
    assert.equal(of(lossless.socket, call).length, 8, 'nor is what must not be lost');
  });
});
