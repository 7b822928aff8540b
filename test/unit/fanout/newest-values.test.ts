import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SubscribableInstrument } from '../../../src/domain/ports.ts';
import { MODE } from '../../../src/domain/status.ts';
import type { Policy } from '../../../src/fanout/client-message.ts';
import { ticksOfPiece } from '../../../src/fanout/piece.ts';
import { FanoutRig } from '../../support/fanout-rig.ts';
import type { FakeClientSocket } from '../../support/fanout-socket.ts';

const FULL = { mode: MODE.FULL, greeks: true };
const CLIENT_BUFFER_BYTES = 100_000;
const SOFT_BUFFER_BYTES = CLIENT_BUFFER_BYTES / 4;
/** About what a tick in mode full takes as JSON. */
const TICK_BYTES = 1500;
const INSTRUMENTS = 200;
const PIECE = ticksOfPiece(false, SOFT_BUFFER_BYTES);

/** A JSON client of many instruments whose kernel takes nothing: all that is sent waits for it. */
function jsonClient(rig: FanoutRig, policy: Policy) {
  const list = Array.from({ length: INSTRUMENTS }, (_unused, i) => rig.list(`NSE:S${i}`));
  const { connection, socket } = rig.connection(false);
  const subscriptions = list.map((instrument) => {
    const { subscription } = rig.subscribe(instrument, { ...FULL, policy }, connection);
    connection.subscriptions.set(instrument.row, subscription);
    return subscription;
  });
  let most = 0;
  socket.onTicks = ({ ticks }) => {
    socket.unreadBytes += ticks.length * TICK_BYTES;
    most = Math.max(most, socket.unreadBytes);
  };
  return { list, connection, socket, subscriptions, most: () => most };
}

function tickAll(rig: FanoutRig, list: readonly SubscribableInstrument[]): void {
  for (const instrument of list) rig.ingest(instrument);
}

/** It reads everything and is served, until it is not behind any more. Returns how often. */
function readOn(rig: FanoutRig, socket: FakeClientSocket, onTurn: () => void): number {
  let turns = 0;
  while (rig.delivery.slowReaders.size > 0) {
    assert.ok(turns++ < 1000, 'it catches up');
    socket.unreadBytes = 0;
    onTurn();
    rig.deliver();
  }
  return turns;
}

describe('a client with far more instruments than may wait for it at once', () => {
  test('is caught up with piece by piece, while it goes on; merged is exact', () => {
    const rig = new FanoutRig({ clientBufferBytes: CLIENT_BUFFER_BYTES });
    const { list, connection, socket, most } = jsonClient(rig, 'conflate');
    tickAll(rig, list.slice(0, 1));
    rig.deliver();
    socket.unreadBytes = SOFT_BUFFER_BYTES + 1;
    tickAll(rig, list.slice(0, 1));
    rig.deliver();
    assert.equal(rig.delivery.slowReaders.size, 1);
    for (let i = 0; i < 3; i++) tickAll(rig, list);
    rig.deliver();
    socket.forget();
    let more = 10;
    const turns = readOn(rig, socket, () => {
      if (more-- > 0) tickAll(rig, list.slice(0, 2));
    });
    assert.ok(turns > INSTRUMENTS / PIECE / 2, `${turns} turns`);
    assert.equal(socket.ended, undefined);
    assert.ok(most() < CLIENT_BUFFER_BYTES, `${most()} bytes at most`);
    for (const [place, { token, row }] of list.entries()) {
      const ticks = socket.ticks.filter((tick) => tick.instrument_token === token);
      const newest = rig.lastValues.instrumentSequence(row);
      assert.equal(ticks.at(-1)?.instrument_sequence, newest);
      const known = place === 0 ? 2 : 0;
      const accounted = ticks.reduce((sum, { merged }) => sum + 1 + merged, 0);
      // Who had nothing of an instrument begins with a snapshot: nothing is missed before it.
      assert.equal(accounted, place === 0 ? newest - known : ticks.length);
    }
    const beats = socket.of('heartbeat');
    assert.equal(beats.length, 1, 'told once, when it has everything');
    assert.equal(beats[0]?.through, rig.position);
    assert.equal(connection.through, rig.position);
    assert.equal(rig.index.ofRow(list[0]!.row)?.length, 1, 'ticks are pushed again');
  });

  test('gets its snapshots piece by piece when it subscribes', () => {
    const rig = new FanoutRig({ clientBufferBytes: CLIENT_BUFFER_BYTES });
    const { list, connection, socket, subscriptions, most } = jsonClient(rig, 'conflate');
    tickAll(rig, list);
    rig.pass(0);
    rig.delivery.sendSnapshots(connection, subscriptions);
    assert.ok(socket.ticks.length < 3 * PIECE, 'no more than it may have unread');
    readOn(rig, socket, () => undefined);
    assert.equal(socket.ended, undefined);
    assert.ok(most() < CLIENT_BUFFER_BYTES);
    const snapshots = socket.ticks.filter(({ flags }) => flags.includes('SNAPSHOT'));
    assert.deepEqual(
      new Set(snapshots.map((tick) => tick.instrument_token)),
      new Set(list.map(({ token }) => token)),
    );
    assert.equal(connection.through, rig.position);
  });

  for (const policy of ['lossless', 'skip'] as const) {
    test(`${policy}: what it asked for meanwhile begins with a snapshot, and nothing is missing`, () => {
      const rig = new FanoutRig({ clientBufferBytes: CLIENT_BUFFER_BYTES });
      const { list, connection, socket, subscriptions } = jsonClient(rig, policy);
      for (const instrument of list) {
        rig.ingest(instrument);
        rig.deliver();
        socket.unreadBytes = 0;
      }
      socket.unreadBytes = SOFT_BUFFER_BYTES + 1;
      tickAll(rig, list.slice(0, 1));
      rig.deliver();
      rig.delivery.sendSnapshots(connection, subscriptions.slice(1));
      socket.forget();
      let more = 5;
      readOn(rig, socket, () => {
        if (more-- > 0) tickAll(rig, list);
      });
      assert.equal(socket.ended, undefined);
      for (const { token, row } of list.slice(1)) {
        const ticks = socket.ticks.filter((tick) => tick.instrument_token === token);
        assert.ok(ticks[0]?.flags.includes('SNAPSHOT'));
        if (policy === 'skip') continue;
        const counts = ticks.map((tick) => tick.instrument_sequence);
        assert.deepEqual(
          counts,
          counts.map((_count, place) => counts[0]! + place),
        );
        assert.equal(counts.at(-1), rig.lastValues.instrumentSequence(row));
      }
      if (policy === 'skip') {
        assert.equal(socket.of('gap').at(-1)?.to, connection.through, 'the rest is named');
      }
      assert.equal(connection.through, rig.position);
    });
  }
});

test('a newest value whose Greeks belong to an older quote says so', () => {
  const rig = new FanoutRig();
  const call = rig.list('NFO:NIFTY24000CE');
  const { connection, socket } = rig.connection(true);
  const { subscription } = rig.subscribe(call, { ...FULL, policy: 'conflate' }, connection);
  connection.subscriptions.set(call.row, subscription);
  rig.ingest(call, { iv: 0.1 });
  rig.deliver();
  socket.unreadBytes = 30_000;
  rig.ingest(call, { iv: 0.2 });
  rig.deliver();
  rig.ingest(call, { iv: 0.25 });
  // Passed on before its Greeks came.
  rig.ingest(call, { iv: 0.3 }, false);
  rig.deliver();
  socket.forget();
  socket.unreadBytes = 0;
  rig.deliver();
  assert.deepEqual(
    socket.ticks.map((tick) => [tick.instrument_sequence, tick.flags, tick.greeks?.iv]),
    [[4, ['CONFLATED', 'OLDER_GREEKS'], 0.25]],
  );
});
