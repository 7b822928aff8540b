import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderRig, shares } from '../../../support/feed/sim/order-rig.ts';

const TO_THE_EXCHANGE = ['PUT ORDER REQ RECEIVED', 'VALIDATION PENDING', 'OPEN PENDING', 'OPEN'];

/** A limit order that rests below the market. */
function resting(rig: OrderRig): ReturnType<OrderRig['place']> {
  const order = rig.place(shares({ price: 1300 }));
  rig.settle();
  assert.equal(order.status, 'OPEN');
  return order;
}

test('the quantity of an iceberg order cannot be changed, its price can', () => {
  const rig = new OrderRig();
  const form = shares({ quantity: 20, iceberg_legs: 2, iceberg_quantity: 10 });
  const order = rig.place(form, 'iceberg');
  rig.settle();
  assert.match(
    rig.refusal(() => rig.modify(order, { quantity: 30 })),
    /quantity of an iceberg order cannot be modified/,
  );
  rig.modify(order, { price: 1310 });
  rig.settle();
  assert.deepEqual([order.status, order.pricePaise, order.quantity], ['OPEN', 131_000, 10]);
});

test('an iceberg order shows one leg after the other', () => {
  const rig = new OrderRig();
  rig.place(
    shares({ price: 1450, quantity: 25, iceberg_legs: 3, iceberg_quantity: 10 }),
    'iceberg',
  );
  rig.market.clock.advance(1000);
  const legs = rig.account.orders;
  assert.deepEqual(
    legs.map(({ quantity, status }) => [quantity, status]),
    [
      [10, 'COMPLETE'],
      [10, 'COMPLETE'],
      [5, 'COMPLETE'],
    ],
  );
  assert.deepEqual(legs[1]?.history.at(-1)?.row['meta'], {
    iceberg: { leg: 2, legs: 3, leg_quantity: 10, total_quantity: 25, remaining_quantity: 5 },
  });
});

test('a cover order places its second leg when the first is filled, and leaves at the market', () => {
  const rig = new OrderRig();
  const first = rig.place(shares({ price: 1450, trigger_price: 1290 }), 'co');
  rig.market.clock.advance(200);
  assert.equal(first.status, 'COMPLETE');
  const second = rig.account.orders[1]!;
  assert.deepEqual(
    [second.origin.parentId, second.terms.side, second.quantity, second.status],
    [first.id, 'SELL', 10, 'TRIGGER PENDING'],
  );
  assert.equal(rig.account.portfolio.quantityOf(first.terms.instrument, 'CO'), 10);
  rig.cancel(second);
  rig.settle();
  assert.equal(second.status, 'COMPLETE');
  assert.equal(rig.account.portfolio.quantityOf(first.terms.instrument, 'CO'), 0);
});

test('orders after the market wait for the session, others are refused while it is closed', () => {
  const rig = new OrderRig();
  const open = resting(rig);
  rig.fault('market_session', { is_open: false, cancel_open: true });
  assert.equal(open.status, 'CANCELLED');
  assert.match(
    rig.refusal(() => rig.place(shares())),
    /Markets are closed right now/,
  );
  const waiting = rig.place(shares(), 'amo');
  const gone = rig.place(shares(), 'amo');
  rig.modify(waiting, { price: 1310 });
  rig.cancel(gone);
  rig.market.clock.advance(3600_000);
  assert.deepEqual([waiting.status, gone.status], ['AMO REQ RECEIVED', 'CANCELLED']);
  rig.fault('market_session', { is_open: true });
  rig.fault('market_session', { is_open: true });
  rig.settle();
  assert.deepEqual([waiting.status, waiting.pricePaise], ['OPEN', 131_000]);
  assert.deepEqual(rig.statuses(waiting), [
    'AMO REQ RECEIVED',
    'AMO REQ RECEIVED',
    ...TO_THE_EXCHANGE,
  ]);
});
