import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MODE } from '../../../src/domain/status.ts';
import { FRAME_TICKS_MAX } from '../../../src/fanout/assembler.ts';
import { FanoutRig, settled } from '../../support/fanout-rig.ts';

const LTP = { mode: MODE.LTP, greeks: false };
const FULL = { mode: MODE.FULL, greeks: true };

describe('a window', () => {
  test('gathers what comes before it is over; nothing is merged', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { connection, socket } = rig.subscribe(a, LTP);
    connection.window = 5;
    rig.ingest(a);
    rig.deliver();
    assert.equal(socket.received.length, 1, 'after a pause the first one goes at once');
    for (let i = 0; i < 3; i++) {
      rig.ingest(a);
      rig.deliver();
      rig.clock.advance(1);
    }
    assert.equal(socket.received.length, 1);
    assert.equal(rig.delivery.pauseMs(), 2);
    rig.clock.advance(2);
    rig.delivery.flushDue();
    assert.deepEqual(
      socket.received.map(({ through, ticks }) => [through, ticks.map((tick) => tick.sequence)]),
      [
        [1001, [1001]],
        [1004, [1002, 1003, 1004]],
      ],
    );
    assert.equal(rig.delivery.pauseMs(), undefined);
  });

  test('the least one of the open connections is known at once: nobody waits for another’s', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const patient = rig.connect();
    const say = async ({ session }: typeof patient, window_ms: number): Promise<void> => {
      const message = { id: 1, type: 'subscribe', instruments: ['NSE:A'], window_ms };
      session.onText(JSON.stringify(message));
      await settled();
    };
    await say(patient, 10);
    rig.ingest(a);
    rig.deliver();
    rig.ingest(a);
    rig.deliver();
    assert.equal(rig.delivery.pauseMs(), 10);
    const prompt = rig.connect();
    await say(prompt, 0);
    assert.equal(rig.delivery.pauseMs(), 0, 'what comes next may be for the other one');
    await say(prompt, 2);
    assert.equal(rig.delivery.pauseMs(), 2);
    prompt.session.onClose();
    assert.equal(rig.delivery.pauseMs(), 10);
  });

  test('is each connection’s own', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const prompt = rig.subscribe(a, LTP);
    const patient = rig.subscribe(a, LTP);
    prompt.connection.window = 0;
    patient.connection.window = 10;
    for (let i = 0; i < 3; i++) {
      rig.ingest(a);
      rig.deliver();
      rig.clock.advance(2);
    }
    assert.equal(prompt.socket.received.length, 3);
    assert.equal(patient.socket.received.length, 1);
  });

  test('adaptive: what the service sets for all', () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket } = rig.subscribe(a, LTP);
    rig.delivery.adaptiveWindowMs = 2;
    for (let i = 0; i < 4; i++) {
      rig.ingest(a);
      rig.deliver();
      rig.clock.advance(1);
    }
    assert.deepEqual(
      socket.received.map(({ ticks }) => ticks.length),
      [1, 2],
    );
  });

  test(`is over when ${FRAME_TICKS_MAX} ticks wait`, () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { connection, socket } = rig.subscribe(a, LTP);
    connection.window = 10;
    rig.ingest(a);
    rig.deliver();
    for (let i = 0; i < FRAME_TICKS_MAX; i++) rig.ingest(a);
    rig.deliver();
    assert.equal(socket.ticks.length, 1 + FRAME_TICKS_MAX);
  });

  test('ends with the answer that ends the subscription: nothing comes after it', async () => {
    const rig = new FanoutRig();
    const a = rig.list('NSE:A');
    const { socket, session } = rig.connect();
    const send = async (message: object): Promise<void> => {
      session.onText(JSON.stringify(message));
      await settled();
    };
    await send({ id: 1, type: 'subscribe', instruments: ['NSE:A'], window_ms: 10 });
    assert.equal(session.connection.window, 10);
    rig.ingest(a);
    rig.deliver();
    rig.ingest(a);
    rig.deliver();
    assert.equal(socket.ticks.length, 1);
    await send({ id: 2, type: 'unsubscribe', instruments: ['NSE:A'] });
    assert.equal(socket.ticks.length, 2);
    rig.clock.advance(20);
    rig.delivery.flushDue();
    assert.equal(socket.ticks.length, 2);
  });

  test('keeps repriced records behind the tick that they belong to', () => {
    const rig = new FanoutRig();
    const call = rig.list('NFO:NIFTY24000CE');
    const { connection, socket } = rig.subscribe(call, FULL);
    connection.window = 10;
    rig.ingest(call);
    rig.deliver();
    rig.ingest(call);
    rig.deliver();
    rig.delivery.deliverRepriced(Int32Array.of(call.row), 1);
    rig.delivery.deliverRepriced(Int32Array.of(call.row), 1);
    assert.equal(socket.ticks.length, 1);
    rig.clock.advance(10);
    rig.delivery.flushDue();
    assert.deepEqual(
      socket.ticks.map((tick) => [tick.sequence, tick.flags.includes('REPRICED')]),
      [
        [1001, false],
        [1002, false],
        [1002, true],
      ],
    );
  });
});
