import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MODE, TICK_FLAG } from '../../../src/domain/status.ts';
import { FRAME_TICKS_MAX } from '../../../src/fanout/assembler.ts';
import type { DeliveryOptions } from '../../../src/fanout/client-message.ts';
import { FanoutRig } from '../../support/fanout-rig.ts';

const FULL = { mode: MODE.FULL, greeks: true };
const QUOTE = { mode: MODE.QUOTE, greeks: false };
const SIMULATED = TICK_FLAG.SIMULATED;

for (const binary of [true, false]) {
  describe(`snapshots in ${binary ? 'frames' : 'JSON'}`, () => {
    const subscribe = (rig: FanoutRig, symbols: string[], options: DeliveryOptions = QUOTE) => {
      const instruments = symbols.map((symbol) => rig.list(symbol));
      const { connection, socket } = rig.connection(binary);
      const subscriptions = instruments.map(
        (instrument) => rig.subscribe(instrument, options, connection).subscription,
      );
      return { instruments, connection, socket, subscriptions };
    };

    test('are the last value, flagged SNAPSHOT beside its own flags; through stays', () => {
      const rig = new FanoutRig();
      const a = rig.list('NSE:A');
      rig.ingest(a, { lastPrice: 100 });
      rig.ingest(a, { lastPrice: 200, flags: SIMULATED });
      rig.deliver();
      const { connection, socket } = rig.connection(binary);
      const { subscription } = rig.subscribe(a, QUOTE, connection);
      rig.delivery.sendSnapshots(connection, [subscription]);
      const [tick] = socket.ticks;
      assert.equal(socket.ticks.length, 1);
      assert.deepEqual(tick?.flags, ['SNAPSHOT', 'SIMULATED']);
      assert.equal(tick.last_price, 2);
      assert.equal(tick.instrument_sequence, 2);
      assert.equal(socket.received[0]?.through, 1002);
      assert.equal(rig.delivery.counts.snapshots, 1);
      rig.ingest(a, { flags: SIMULATED });
      rig.deliver();
      assert.deepEqual(socket.ticks[1]?.flags, ['SIMULATED']);
    });

    test('are left out for an instrument without a value, whose first tick starts it', () => {
      const rig = new FanoutRig();
      const { instruments, connection, socket, subscriptions } = subscribe(rig, ['NSE:A', 'NSE:B']);
      rig.ingest(instruments[1]!);
      rig.delivery.sendSnapshots(connection, subscriptions);
      assert.deepEqual(
        socket.ticks.map((tick) => tick.instrument_token),
        [instruments[1]?.token],
      );
      rig.ingest(instruments[0]!);
      rig.deliver();
      assert.deepEqual(
        socket.ticks.slice(1).map((tick) => [tick.instrument_token, tick.instrument_sequence]),
        [[instruments[0]?.token, 1]],
      );
    });

    test('ahead of the ring batch that comes next: no gap and no repeat', () => {
      const rig = new FanoutRig();
      const { instruments, connection, socket, subscriptions } = subscribe(rig, ['NSE:A']);
      const a = instruments[0]!;
      // The last-value table has three ticks, of which publish has delivered none.
      for (let i = 0; i < 3; i++) rig.ingest(a);
      rig.delivery.sendSnapshots(connection, subscriptions);
      rig.ingest(a);
      rig.deliver(2);
      rig.deliver();
      rig.ingest(a);
      rig.deliver();
      assert.deepEqual(
        socket.ticks.map((tick) => tick.instrument_sequence),
        [3, 4, 5],
      );
      assert.deepEqual(
        socket.received.map(({ through }) => through),
        [1000, 1004, 1005],
      );
    });

    test(`of more than ${FRAME_TICKS_MAX} instruments are all sent`, () => {
      const rig = new FanoutRig();
      const symbols = Array.from({ length: FRAME_TICKS_MAX + 3 }, (_unused, i) => `NSE:S${i}`);
      const { instruments, connection, socket, subscriptions } = subscribe(rig, symbols);
      for (const instrument of instruments) rig.ingest(instrument);
      rig.delivery.sendSnapshots(connection, subscriptions);
      assert.deepEqual(
        socket.ticks.map((tick) => tick.instrument_token),
        instruments.map(({ token }) => token),
      );
      assert.ok(socket.ticks.every((tick) => tick.flags.includes('SNAPSHOT')));
      assert.ok(socket.received.every(({ through }) => through === 1000));
      assert.equal(rig.delivery.counts.snapshots, symbols.length);
    });

    test('of an option whose Greeks are being computed wait for the tick with them', () => {
      const rig = new FanoutRig();
      const { instruments, connection, socket, subscriptions } = subscribe(
        rig,
        ['NFO:NIFTY24000CE', 'NSE:A'],
        FULL,
      );
      const [option, share] = instruments as [(typeof instruments)[0], (typeof instruments)[0]];
      rig.ingest(option, { iv: 0.1 });
      rig.deliver();
      socket.forget();
      rig.ingest(option, { iv: 0.2 }, false);
      rig.ingest(share);
      rig.delivery.sendSnapshots(connection, subscriptions);
      assert.deepEqual(
        socket.ticks.map((tick) => tick.instrument_token),
        [share.token],
        'the option is left to the ring',
      );
      rig.ingest(option, { iv: 0.3 }, false);
      rig.deliver();
      const ticks = socket.ticks.filter((tick) => tick.instrument_token === option.token);
      assert.deepEqual(
        ticks.map((tick) => [tick.instrument_sequence, tick.flags, tick.greeks?.iv]),
        [
          [2, ['SNAPSHOT'], 0.2],
          [3, [], 0.3],
        ],
      );
      assert.equal(rig.delivery.counts.snapshots, 2);
    });

    test('of an option whose tick went out without Greeks are sent with what is known', () => {
      const rig = new FanoutRig();
      const option = rig.list('NFO:NIFTY24000CE');
      rig.ingest(option, { iv: 0.1 });
      rig.ingest(option, { iv: 0.2 }, false);
      rig.deliver();
      const { connection, socket } = rig.connection(binary);
      const { subscription } = rig.subscribe(option, FULL, connection);
      rig.delivery.sendSnapshots(connection, [subscription]);
      assert.deepEqual(
        socket.ticks.map((tick) => [tick.instrument_sequence, tick.flags, tick.greeks?.iv]),
        [[2, ['SNAPSHOT', 'OLDER_GREEKS'], 0.1]],
      );
    });

    test('without Greeks asked for do not wait for them', () => {
      const rig = new FanoutRig();
      const { instruments, connection, socket, subscriptions } = subscribe(rig, [
        'NFO:NIFTY24000CE',
      ]);
      rig.ingest(instruments[0]!, {}, false);
      rig.delivery.sendSnapshots(connection, subscriptions);
      assert.deepEqual(socket.ticks[0]?.flags, ['SNAPSHOT']);
    });

    test('asked for again start the check again', () => {
      const rig = new FanoutRig();
      const { instruments, connection, socket, subscriptions } = subscribe(rig, ['NSE:A']);
      rig.ingest(instruments[0]!);
      rig.deliver();
      rig.ingest(instruments[0]!);
      rig.delivery.sendSnapshots(connection, subscriptions);
      rig.deliver();
      assert.deepEqual(
        socket.ticks.map((tick) => [tick.instrument_sequence, tick.flags]),
        [
          [1, []],
          [2, ['SNAPSHOT']],
        ],
      );
    });
  });
}
