import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { OrderRig, shares } from '../../../support/feed/sim/order-rig.ts';

/** An order that is filled in three parts: UPDATE 4, UPDATE 8, COMPLETE 10. */
function filledInParts(rig: OrderRig): void {
  rig.fault('limit_fills', { max_quantity: 4 });
  rig.place(shares({ price: 1450 }));
  rig.market.clock.advance(5000);
}

test('events tell of trades, changes and ends, not of receipt and opening', () => {
  const rig = new OrderRig();
  filledInParts(rig);
  const order = rig.place(shares());
  rig.settle();
  rig.modify(order, { price: 1310 });
  rig.settle();
  rig.cancel(order);
  rig.settle();
  const all = ['UPDATE 4', 'UPDATE 8', 'COMPLETE 10', 'UPDATE 0', 'CANCELLED 0'];
  assert.deepEqual(rig.events('socket'), all);
  assert.deepEqual(rig.events('postback'), all);
});

test('an event is the row with the user, the app and a checksum, without tags and modified', () => {
  const rig = new OrderRig();
  filledInParts(rig);
  for (const { data, account } of rig.sent) {
    const { order_id: id, order_timestamp: time, checksum, ...rest } = data;
    const signed = `${String(id)}${String(time)}secret-of-${account}`;
    assert.equal(checksum, createHash('sha256').update(signed).digest('hex'));
    assert.deepEqual([rest['user_id'], rest['app_id']], ['SIM001', 1001]);
    assert.ok(!('tags' in data) && !('modified' in data));
    assert.equal(rest['unfilled_quantity'], 10 - Number(rest['filled_quantity']));
  }
});

test('lose, duplicate and a wrong or empty checksum strike one event of one channel', () => {
  const rig = new OrderRig();
  rig.fault('order_events', { action: 'lose', channel: 'socket', status: 'COMPLETE' });
  rig.fault('order_events', { action: 'duplicate', channel: 'postback', times: 1 });
  filledInParts(rig);
  assert.deepEqual(rig.events('socket'), ['UPDATE 4', 'UPDATE 8']);
  assert.deepEqual(rig.events('postback'), ['UPDATE 4', 'UPDATE 4', 'UPDATE 8', 'COMPLETE 10']);

  const other = new OrderRig();
  other.fault('order_events', { action: 'bad_checksum', channel: 'postback', times: 1 });
  other.fault('order_events', { action: 'empty_checksum', channel: 'socket' });
  filledInParts(other);
  const checksums = (channel: string): unknown[] =>
    other.sent.filter((event) => event.channel === channel).map(({ data }) => data['checksum']);
  assert.deepEqual(checksums('socket'), ['', '', '']);
  const [first, second] = checksums('postback');
  assert.equal(first, '0'.repeat(64));
  assert.notEqual(second, first);
});

test('reorder lets the next event overtake; alone it goes out after its time', () => {
  const rig = new OrderRig();
  rig.fault('order_events', { action: 'reorder', channel: 'socket', status: 'UPDATE', times: 2 });
  filledInParts(rig);
  // The second is held as the first is let go; the end overtakes it.
  assert.deepEqual(rig.events('socket'), ['UPDATE 4', 'COMPLETE 10', 'UPDATE 8']);

  const lonely = new OrderRig();
  lonely.fault('order_events', { action: 'reorder', delay_ms: 3000, channel: 'socket' });
  lonely.place(shares({ price: 1450 }));
  lonely.market.clock.advance(2900);
  assert.deepEqual(lonely.events('socket'), []);
  lonely.market.clock.advance(200);
  assert.deepEqual(lonely.events('socket'), ['COMPLETE 10']);
});

test('delay sends an event so much later', () => {
  const rig = new OrderRig();
  const args = { action: 'delay', delay_ms: 2000, status: 'COMPLETE', channel: 'socket' };
  rig.fault('order_events', args);
  rig.place(shares({ price: 1450 }));
  rig.market.clock.advance(1900);
  assert.deepEqual(rig.events('socket'), []);
  assert.deepEqual(rig.events('postback'), ['COMPLETE 10']);
  rig.market.clock.advance(200);
  assert.deepEqual(rig.events('socket'), ['COMPLETE 10']);
});

test('orders of another terminal are in the book and on the sockets, not in postbacks', () => {
  const rig = new OrderRig();
  rig.fault('external_order', shares({ price: 1450 }));
  rig.settle();
  assert.deepEqual(rig.events('socket'), ['COMPLETE 10']);
  assert.deepEqual(rig.events('postback'), []);
  assert.equal(rig.account.orders[0]?.origin.isExternal, true);
});
