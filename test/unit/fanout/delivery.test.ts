import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLOSE } from '../../../src/domain/ports.ts';
import { MODE } from '../../../src/domain/status.ts';
import { FRAME_TICKS_MAX } from '../../../src/fanout/assembler.ts';
import { FanoutRig } from '../../support/fanout-rig.ts';

const FULL = { mode: MODE.FULL, greeks: true };
const LTP = { mode: MODE.LTP, greeks: false };
const QUOTE = { mode: MODE.QUOTE, greeks: false };
const COMPACT = { mode: MODE.COMPACT, greeks: true };

describe('who gets what', () => {
  test('a tick goes to every connection that is subscribed to its instrument, to no other', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const b = rig.list('NSE:B');
    const first = rig.subscribe(a, QUOTE);
    const second = rig.subscribe(a, QUOTE);
    const other = rig.subscribe(b, QUOTE);
    rig.ingest(a);
    rig.deliver();
    for (const { socket } of [first, second]) {
      assert.deepEqual(
        socket.ticks.map((tick) => tick.instrument_token),
        [a.token],
      );
    }
    assert.equal(other.socket.ticks.length, 0);
    assert.equal(other.socket.received.length, 0);
  });

  test('a tick of an instrument without a row or without subscribers goes nowhere', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    rig.ingest(a);
    rig.deliver();
    assert.deepEqual(
      { ...rig.delivery.counts },
      { ticks: 0, frames: 0, bytes: 0, snapshots: 0, repriced: 0, merged: 0, tooSlow: 0 },
    );
  });

  test('ticks of an instrument arrive in the order of the ring', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket } = rig.subscribe(a, FULL);
    for (let i = 0; i < 5; i++) rig.ingest(a, { lastPrice: 100 + i });
    rig.deliver();
    assert.deepEqual(
      socket.ticks.map((tick) => [tick.sequence, tick.instrument_sequence, tick.last_price]),
      [0, 1, 2, 3, 4].map((i) => [1001 + i, 1 + i, (100 + i) / 100]),
    );
  });

  test('nothing is sent before hello, and that is not made up for', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { connection, socket } = rig.subscribe(a, QUOTE);
    connection.ready = false;
    rig.ingest(a);
    rig.deliver();
    connection.ready = true;
    rig.ingest(a);
    rig.deliver();
    assert.deepEqual(
      socket.ticks.map((tick) => tick.instrument_sequence),
      [2],
    );
  });
});

describe('frames', () => {
  test('several modes in one flush: a frame each, and only the last one raises through', () => {
    const rig = new FanoutRig();
    const names = ['NSE:A', 'NSE:B', 'NSE:C', 'NSE:D'].map((symbol) => rig.list(symbol));
    const { connection, socket } = rig.connection(true);
    for (const [i, options] of [LTP, COMPACT, QUOTE, FULL].entries()) {
      rig.subscribe(names[i]!, options, connection);
    }
    for (const instrument of names) rig.ingest(instrument);
    rig.deliver();
    assert.equal(socket.received.length, 4);
    assert.deepEqual(new Set(socket.received.map(({ kind }) => kind)).size, 4);
    assert.deepEqual(
      socket.received.map(({ through }) => through),
      [1000, 1000, 1000, 1004],
    );
    assert.equal(connection.through, 1004);
  });

  test(`more than ${FRAME_TICKS_MAX} ticks are split; only the last frame raises through`, () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket } = rig.subscribe(a, LTP);
    const count = 2 * FRAME_TICKS_MAX + 1;
    for (let i = 0; i < count; i++) rig.ingest(a);
    rig.deliver();
    assert.deepEqual(
      socket.received.map(({ ticks, through }) => [ticks.length, through]),
      [
        [FRAME_TICKS_MAX, 1000],
        [FRAME_TICKS_MAX, 1000],
        [1, 1000 + count],
      ],
    );
    assert.deepEqual(
      socket.ticks.map((tick) => tick.instrument_sequence),
      Array.from({ length: count }, (_unused, i) => i + 1),
    );
  });

  test('exactly two full frames: the second one raises through', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket } = rig.subscribe(a, LTP);
    for (let i = 0; i < 2 * FRAME_TICKS_MAX; i++) rig.ingest(a);
    rig.deliver();
    assert.deepEqual(
      socket.received.map(({ through }) => through),
      [1000, 1000 + 2 * FRAME_TICKS_MAX],
    );
  });

  test('through and sequence beyond 2^32', () => {
    const rig = new FanoutRig({ start: 2 ** 40 });
    const a = rig.list('NSE:A');
    const { socket } = rig.subscribe(a, LTP);
    rig.ingest(a);
    rig.deliver();
    assert.equal(socket.received[0]?.through, 2 ** 40 + 1);
    assert.equal(socket.ticks[0]?.sequence, 2 ** 40 + 1);
  });

  test('carry the epoch and the time of sending', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const binary = rig.subscribe(a, LTP);
    const json = rig.subscribe(a, LTP, rig.connection(false).connection);
    rig.clock.advance(5);
    rig.ingest(a);
    rig.deliver();
    for (const { socket } of [binary, json]) {
      assert.equal(socket.received[0]?.epoch, '0123456789abcdef');
      assert.equal(socket.received[0].sentTimeUs, rig.clock.nowUs());
    }
    assert.equal(rig.delivery.epoch, '0123456789abcdef');
  });
});

describe('JSON', () => {
  for (const [name, options] of Object.entries({ LTP, QUOTE, COMPACT, FULL })) {
    test(`in mode ${name} has the same values as the binary frame`, () => {
      const rig = new FanoutRig();
      const option = rig.list('NFO:NIFTY24000CE');
      const share = rig.list('NSE:A');
      const binary = rig.connection(true);
      const json = rig.connection(false);
      for (const { connection } of [binary, json]) {
        rig.subscribe(option, options, connection);
        rig.subscribe(share, options, connection);
      }
      rig.ingest(option);
      rig.ingest(share);
      rig.deliver();
      assert.equal(json.socket.ticks.length, 2);
      assert.deepEqual(json.socket.ticks, binary.socket.ticks);
      assert.equal(json.socket.received[0]?.through, 1002);
    });
  }

  test('has no Greeks where they were not asked for, null where there can be none', () => {
    const rig = new FanoutRig();
    const option = rig.list('NFO:NIFTY24000CE');
    const share = rig.list('NSE:A');
    const { connection, socket } = rig.connection(false);
    rig.subscribe(option, QUOTE, connection);
    rig.subscribe(share, { mode: MODE.QUOTE, greeks: true }, connection);
    rig.ingest(option);
    rig.ingest(share);
    rig.deliver();
    assert.ok(!('greeks' in socket.ticks[0]!));
    assert.equal(socket.ticks[1]?.greeks, null);
  });
});

describe('a client that does not read', () => {
  test('is closed with 4008 beyond its buffer, the others get everything', () => {
    const rig = new FanoutRig({ clientBufferBytes: 1000 });
    const a = rig.list('NSE:A');
    const slow = rig.subscribe(a, QUOTE);
    const reader = rig.subscribe(a, QUOTE);
    slow.socket.unreadBytes = 1000;
    rig.ingest(a);
    rig.deliver();
    assert.equal(typeof slow.socket.ended, 'undefined', 'at its limit it stays');
    slow.socket.unreadBytes = 1001;
    rig.ingest(a);
    rig.deliver();
    assert.equal(slow.socket.ended?.code, CLOSE.TOO_SLOW);
    assert.match(slow.socket.ended.reason, /^TOO_SLOW/);
    assert.equal(slow.connection.closed, true);
    const sent = slow.socket.received.length;
    rig.ingest(a);
    rig.deliver();
    assert.equal(slow.socket.received.length, sent, 'nothing more is sent to it');
    assert.equal(reader.socket.ticks.length, 3);
    assert.equal(typeof reader.socket.ended, 'undefined');
    assert.equal(rig.delivery.counts.tooSlow, 1);
  });

  test('is closed for unread control records too, once', () => {
    const rig = new FanoutRig({ clientBufferBytes: 10 });
    const { connection, socket } = rig.connection(false);
    socket.unreadBytes = 11;
    rig.delivery.sendText(connection, '{"type":"pong","id":1}');
    rig.delivery.sendText(connection, '{"type":"pong","id":2}');
    assert.equal(socket.ended?.code, CLOSE.TOO_SLOW);
    assert.equal(socket.messages.length, 1);
    assert.equal(rig.delivery.counts.tooSlow, 1);
  });

  test('may end in the middle of a delivery: its session goes, the rest is delivered', () => {
    const rig = new FanoutRig({ clientBufferBytes: 10 });
    const a = rig.list('NSE:A');
    const slow = rig.subscribe(a, QUOTE);
    const reader = rig.subscribe(a, QUOTE);
    slow.socket.onEnd = () => rig.index.remove(slow.subscription);
    slow.socket.unreadBytes = 11;
    rig.ingest(a);
    rig.ingest(a);
    rig.deliver();
    assert.equal(reader.socket.ticks.length, 2);
    assert.equal(rig.index.size, 1);
  });
});

test('counts what was sent, and not what a closed socket dropped', () => {
  const rig = new FanoutRig();
  const a = rig.list('NSE:A');
  const open = rig.subscribe(a, QUOTE);
  const gone = rig.subscribe(a, QUOTE);
  gone.socket.isOpen = false;
  rig.ingest(a);
  rig.ingest(a);
  rig.deliver();
  assert.deepEqual(
    { ...rig.delivery.counts },
    {
      ticks: 2,
      frames: 1,
      bytes: open.socket.frames[0]!.length,
      snapshots: 0,
      repriced: 0,
      merged: 0,
      tooSlow: 0,
    },
  );
});
