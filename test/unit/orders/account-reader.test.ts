import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { AccountReader, type Reading } from '../../../src/orders/account-reader.ts';
import { VirtualClock } from '../../faults/virtual-clock.ts';
import { rejectsWith } from '../../support/order-answers.ts';
import { ScriptedOrderBroker } from '../../support/scripted-order-broker.ts';

function readerRig() {
  const clock = new VirtualClock('2026-09-10T10:00:00+05:30');
  const broker = new ScriptedOrderBroker('SIM001', clock);
  const told: Reading[] = [];
  const reader = new AccountReader(clock, broker, (reading) => told.push(reading));
  return { clock, broker, reader, told };
}

test('who asks while a reading is under way gets one that begins later, together', async () => {
  const { clock, broker, reader, told } = readerRig();
  let arrive: () => void = () => undefined;
  broker.readHold = new Promise((resolve) => (arrive = resolve));
  const first = reader.read(false);
  await clock.run(100);
  const second = reader.read(false);
  const third = reader.read(true);
  await clock.run(200);
  broker.readHold = undefined;
  arrive();
  const readings = await Promise.all([first, second, third]);
  assert.equal(readings[1], readings[2]);
  assert.deepEqual(
    readings.map(({ startedMs, trades }) => [startedMs, trades !== null]),
    [
      [0, false],
      [200, true],
      [200, true],
    ],
  );
  assert.deepEqual(told, readings.slice(0, 2));
  assert.equal(broker.bookReads, 2);
});

test('a reading that fails does not fail the next one', async () => {
  const { broker, reader, told } = readerRig();
  const orders = broker.orders.bind(broker);
  broker.orders = () => {
    broker.orders = orders;
    return Promise.reject(new TickerError('BROKER_UNAVAILABLE'));
  };
  const first = rejectsWith(reader.read(false), 'BROKER_UNAVAILABLE');
  const second = reader.read(false);
  await first;
  await second;
  assert.equal(told.length, 1);
});
