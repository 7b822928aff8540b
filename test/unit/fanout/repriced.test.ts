import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MODE } from '../../../src/domain/status.ts';
import type { SubscribableInstrument } from '../../../src/domain/ports.ts';
import { FRAME_TICKS_MAX } from '../../../src/fanout/assembler.ts';
import { FanoutRig } from '../../support/fanout-rig.ts';

const FULL = { mode: MODE.FULL, greeks: true };

function reprice(rig: FanoutRig, ...instruments: SubscribableInstrument[]): void {
  const rows = Int32Array.from(instruments, ({ row }) => row);
  rig.delivery.deliverRepriced(rows, rows.length);
}

describe('a repriced record', () => {
  test('repeats the tick’s positions, is flagged, and moves no position of the client', () => {
    const rig = new FanoutRig();
    const a = rig.list('NFO:A24000CE');
    const { connection, socket } = rig.subscribe(a, FULL);
    rig.ingest(a);
    rig.deliver();
    const { through } = connection;
    const [sent] = socket.ticks;
    reprice(rig, a);
    const [, repriced] = socket.ticks;
    assert.deepEqual(repriced?.flags, [...(sent?.flags ?? []), 'REPRICED']);
    assert.deepEqual({ ...repriced, flags: [] }, { ...sent, flags: [] });
    assert.equal(socket.received[1]?.through, through);
    assert.equal(connection.through, through);
    const { ticks, repriced: count } = rig.delivery.counts;
    assert.deepEqual([ticks, count], [1, 1]);
    rig.ingest(a);
    rig.deliver();
    assert.equal(socket.ticks[2]?.instrument_sequence, 2, 'the stream goes on');
  });

  test('goes to nobody who has not been sent the tick', () => {
    const rig = new FanoutRig();
    const a = rig.list('NFO:A24000CE');
    const early = rig.subscribe(a, FULL);
    rig.ingest(a);
    rig.deliver();
    const late = rig.subscribe(a, FULL);
    reprice(rig, a);
    assert.equal(early.socket.ticks.length, 2);
    assert.equal(late.socket.ticks.length, 0);
  });

  test('goes to nobody while a newer tick is under way, or has been sent', () => {
    const rig = new FanoutRig();
    const a = rig.list('NFO:A24000CE');
    const { socket } = rig.subscribe(a, FULL);
    rig.ingest(a);
    rig.deliver();
    rig.ingest(a, {}, false);
    reprice(rig, a);
    assert.equal(socket.ticks.length, 1, 'the table has its quote, but not its Greeks');
    rig.ingest(a);
    reprice(rig, a);
    assert.equal(socket.ticks.length, 1, 'it has not been sent');
    rig.deliver();
    assert.equal(socket.ticks.length, 3);
    reprice(rig, a);
    assert.deepEqual(
      socket.ticks.map((tick) => tick.instrument_sequence),
      [1, 2, 3, 3],
    );
  });

  test('goes to those who want Greeks in a mode that has them', () => {
    const rig = new FanoutRig();
    const a = rig.list('NFO:A24000CE');
    const modes = [MODE.FULL, MODE.QUOTE, MODE.COMPACT, MODE.LTP];
    const clients = modes.flatMap((mode) =>
      [true, false].map((greeks) => rig.subscribe(a, { mode, greeks })),
    );
    rig.ingest(a);
    rig.deliver();
    reprice(rig, a);
    assert.deepEqual(
      clients.map(({ socket }) => socket.ticks.length),
      [2, 1, 2, 1, 2, 1, 1, 1],
    );
  });

  test('goes with others into frames of the usual size, in both formats', () => {
    for (const binary of [true, false]) {
      const rig = new FanoutRig({ clientBufferBytes: 1e9 });
      const { connection, socket } = rig.connection(binary);
      const instruments = Array.from({ length: FRAME_TICKS_MAX + 5 }, (_unused, i) =>
        rig.list(`NFO:A${i}CE`),
      );
      for (const instrument of instruments) {
        rig.subscribe(instrument, FULL, connection);
        rig.ingest(instrument);
      }
      rig.deliver();
      socket.forget();
      reprice(rig, ...instruments);
      assert.deepEqual(
        socket.received.map(({ ticks }) => ticks.length),
        [FRAME_TICKS_MAX, 5],
      );
      assert.ok(socket.ticks.every(({ flags }) => flags.includes('REPRICED')));
    }
  });

  test('of an instrument without subscribers or values goes nowhere', () => {
    const rig = new FanoutRig();
    const a = rig.list('NFO:A24000CE');
    const b = rig.list('NFO:B24000CE');
    const { socket } = rig.subscribe(b, FULL);
    rig.ingest(a);
    rig.deliver();
    reprice(rig, a, b);
    assert.equal(socket.ticks.length, 0);
  });
});
