import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderRig, shares } from '../../../support/feed/sim/order-rig.ts';

const KEY = 'NSE:RELIANCE';
const TO_THE_EXCHANGE = ['PUT ORDER REQ RECEIVED', 'VALIDATION PENDING', 'OPEN PENDING', 'OPEN'];

/** A limit order that rests below the market. */
function resting(rig: OrderRig): ReturnType<OrderRig['place']> {
  const order = rig.place(shares({ price: 1300 }));
  rig.settle();
  assert.equal(order.status, 'OPEN');
  return order;
}

test('a limit order within the market goes through every status and is complete', () => {
  const rig = new OrderRig();
  const [best] = rig.book(KEY).offers;
  const order = rig.place(shares({ price: best!.price, quantity: 1 }));
  rig.settle();
  assert.deepEqual(rig.statuses(order), [...TO_THE_EXCHANGE, 'COMPLETE']);
  assert.equal(order.history.at(-1)?.row['average_price'], best!.price);
  assert.deepEqual(rig.events(), ['COMPLETE 1']);
  const rows = order.history.map(({ row }) => row['exchange_order_id'] !== null);
  assert.deepEqual(rows, [false, false, false, true, true]);
});

test('an order larger than the book is filled in parts, level by level, and the rest rests', () => {
  const rig = new OrderRig();
  const { offers } = rig.book(KEY);
  const [first, second] = offers;
  rig.fault('set_funds', { rupees: 1e9 });
  const order = rig.place(shares({ price: second!.price, quantity: 5000 }));
  rig.settle();
  const displayed = first!.quantity + second!.quantity;
  assert.equal(order.filled, displayed);
  assert.deepEqual(
    order.trades.map(({ quantity, pricePaise }) => [quantity, pricePaise / 100]),
    [
      [first!.quantity, first!.price],
      [second!.quantity, second!.price],
    ],
  );
  assert.equal(order.status, 'OPEN');
  assert.deepEqual(rig.events(), [`UPDATE ${displayed}`]);
  rig.market.clock.advance(60_000);
  assert.equal(order.filled + order.pending, 5000);
  assert.ok(order.trades.length > 2, 'the market displays more, so more is traded');
});

test('two orders share what the book displays, the better price first, then the older', () => {
  const rig = new OrderRig();
  for (const account of ['SIM001', 'SIM002']) rig.fault('set_funds', { rupees: 1e9 }, account);
  const { offers } = rig.book(KEY);
  const displayed = offers[0]!.quantity;
  const form = shares({ price: offers[0]!.price, quantity: displayed });
  const [first, second] = [rig.place(form), rig.place(form, 'regular', 'SIM002')];
  rig.settle();
  assert.equal(first.filled + second.filled, displayed);

  rig.market.clock.advance(2000);
  const better = rig.book(KEY).offers;
  const cheap = rig.place(shares({ price: better[0]!.price, quantity: 20_000 }));
  const dear = rig.place(shares({ price: better[4]!.price, quantity: 20_000 }));
  rig.market.clock.advance(5000);
  assert.ok(dear.filled > cheap.filled, `${dear.filled} ${cheap.filled}`);
});

test('limit_fills lets an order fill in chunks, or not at all', () => {
  const rig = new OrderRig();
  rig.fault('limit_fills', { max_quantity: 3 });
  const order = rig.place(shares({ price: 1450, quantity: 10 }));
  rig.settle();
  assert.equal(order.filled, 3);
  rig.market.clock.advance(1000);
  assert.equal(order.status, 'COMPLETE');
  assert.deepEqual(rig.events(), ['UPDATE 3', 'UPDATE 6', 'UPDATE 9', 'COMPLETE 10']);
  rig.fault('limit_fills', { max_quantity: 0 });
  const still = rig.place(shares({ price: 1450 }));
  rig.market.clock.advance(1000);
  assert.deepEqual([still.status, still.filled], ['OPEN', 0]);
});

test('an IOC order trades what it can at once; the rest is cancelled', () => {
  const rig = new OrderRig();
  rig.fault('limit_fills', { max_quantity: 4 });
  const order = rig.place(shares({ price: 1450, validity: 'IOC' }));
  rig.settle();
  assert.equal(order.status, 'CANCELLED');
  assert.deepEqual([order.filled, order.cancelled, order.pending], [4, 6, 0]);
  assert.deepEqual(rig.events(), ['UPDATE 4', 'CANCELLED 4']);
});

test('a TTL order is cancelled when its minutes are over', () => {
  const rig = new OrderRig();
  const order = rig.place(shares({ validity: 'TTL', validity_ttl: 2 }));
  rig.market.clock.advance(119_000);
  assert.equal(order.status, 'OPEN');
  rig.market.clock.advance(2000);
  assert.deepEqual([order.status, order.statusMessage], ['CANCELLED', 'Validity has expired.']);
});

test('a protected market order becomes a limit order whose rest stays open', () => {
  const rig = new OrderRig();
  rig.fault('limit_fills', { max_quantity: 6 });
  const { bids, offers } = rig.book(KEY);
  const middle = (bids[0]!.price + offers[0]!.price) / 2;
  const order = rig.place(shares({ order_type: 'MARKET', price: 0, market_protection: 2 }));
  rig.settle();
  const row = order.history.at(-1)!.row;
  assert.equal(row['order_type'], 'LIMIT');
  assert.ok(Math.abs(Number(row['price']) - middle * 1.02) < 0.2, String(row['price']));
  assert.deepEqual(row['tags'], ['mktp', 'mktp:2.00']);
  assert.deepEqual([order.status, order.filled], ['OPEN', 6]);
});

test('stop orders wait for their trigger, then trade at their limit or at the market', () => {
  const rig = new OrderRig();
  const { offers } = rig.book(KEY);
  const trigger = Math.round(offers[0]!.price * 1.01);
  const forms = [
    shares({ order_type: 'SL', price: trigger + 60, trigger_price: trigger }),
    shares({ order_type: 'SL-M', price: 0, trigger_price: trigger, market_protection: 5 }),
  ];
  const orders = forms.map((form) => rig.place(form));
  rig.settle();
  for (const order of orders) assert.equal(order.status, 'TRIGGER PENDING');
  rig.market.market.jump('RELIANCE', 2);
  rig.market.clock.advance(200);
  for (const order of orders) {
    assert.deepEqual(rig.statuses(order).slice(3), ['TRIGGER PENDING', 'OPEN', 'COMPLETE']);
  }
});

test('a modification goes through its statuses and changes the terms at the exchange', () => {
  const rig = new OrderRig();
  const order = resting(rig);
  rig.modify(order, { price: 1310, quantity: 20 });
  assert.match(
    rig.refusal(() => rig.modify(order, { price: 1320 })),
    /being processed/,
  );
  rig.settle();
  assert.deepEqual(rig.statuses(order).slice(4), [
    'MODIFY VALIDATION PENDING',
    'MODIFY PENDING',
    'MODIFIED',
    'OPEN',
  ]);
  const row = order.history.at(-1)!.row;
  assert.deepEqual([row['price'], row['quantity'], row['modified']], [1310, 20, true]);
  assert.deepEqual(rig.events(), ['UPDATE 0']);
});

test('a change below what has been traded is refused, or overtaken by the trades', () => {
  const rig = new OrderRig();
  rig.fault('limit_fills', { max_quantity: 4, for_ms: 90 });
  const order = rig.place(shares({ price: 1450 }));
  rig.market.clock.advance(89);
  rig.fault('limit_fills', { max_quantity: 0, for_ms: 1000 });
  assert.equal(order.filled, 4);
  assert.match(
    rig.refusal(() => rig.modify(order, { quantity: 3 })),
    /Quantity cannot be less than what has been traded/,
  );
  rig.fault('limit_fills', { max_quantity: 4 });
  rig.fault('hold_orders', { stage: 'modify', hold_ms: 40, times: 1 });
  rig.modify(order, { quantity: 5 });
  rig.market.clock.advance(60);
  assert.deepEqual([order.quantity, order.isModified], [10, false]);
  assert.match(String(order.statusMessage), /has been traded already/);
  rig.market.clock.advance(500);
  assert.deepEqual([order.status, order.filled], ['COMPLETE', 10]);
});

test('a market order that rests at its protection is changed as the limit order it became', () => {
  const rig = new OrderRig();
  rig.fault('limit_fills', { max_quantity: 0 });
  const market = { order_type: 'MARKET', price: 0, market_protection: 2 };
  const order = rig.place(shares(market));
  rig.settle();
  const limit = order.history.at(-1)!.row['price'];
  rig.modify(order, { quantity: 12 });
  rig.settle();
  const row = order.history.at(-1)!.row;
  assert.deepEqual([row['order_type'], row['price'], row['quantity']], ['LIMIT', limit, 12]);
  rig.modify(order, { price: 1300 });
  rig.settle();
  assert.equal(order.limitPaise, 130_000);
  rig.modify(order, { order_type: 'MARKET', market_protection: -1 });
  rig.settle();
  assert.equal(order.history.at(-1)!.row['price'], order.protectedLimitPaise / 100);
  assert.ok(order.protectedLimitPaise > 135_000);
});

test('twenty-five modifications are allowed, one more is not', () => {
  const rig = new OrderRig();
  const order = resting(rig);
  for (let count = 0; count < 25; count++) {
    rig.modify(order, { price: 1300 + count });
    rig.settle();
  }
  assert.equal(
    rig.refusal(() => rig.modify(order, { price: 1301 })),
    '400 OrderException: Maximum allowed order modifications exceeded.',
  );
});

test('a cancellation can lose the race with a fill, and a modification too', () => {
  const rig = new OrderRig();
  rig.fault('hold_orders', { stage: 'cancel', hold_ms: 500, times: 1 });
  const cancelled = resting(rig);
  rig.cancel(cancelled);
  assert.equal(cancelled.status, 'CANCEL PENDING');
  rig.market.market.jump('RELIANCE', -9);
  rig.market.clock.advance(1000);
  assert.deepEqual([cancelled.status, cancelled.filled], ['COMPLETE', 10]);
  assert.match(
    rig.refusal(() => rig.cancel(cancelled)),
    /cannot be cancelled as it is complete/,
  );

  rig.fault('hold_orders', { stage: 'modify', hold_ms: 500, times: 1 });
  const changed = rig.place(shares({ price: 1275 }));
  rig.settle();
  rig.modify(changed, { price: 1280 });
  rig.market.market.jump('RELIANCE', -1);
  rig.market.clock.advance(1000);
  assert.deepEqual([changed.status, changed.isModified], ['COMPLETE', false]);
});

test('a cancelled order keeps what it has traded', () => {
  const rig = new OrderRig();
  rig.fault('limit_fills', { max_quantity: 4, for_ms: 80 });
  const order = rig.place(shares({ price: 1450 }));
  rig.market.clock.advance(79);
  rig.fault('limit_fills', { max_quantity: 0 });
  rig.cancel(order);
  rig.settle();
  assert.deepEqual([order.status, order.filled, order.cancelled], ['CANCELLED', 4, 6]);
  assert.deepEqual(rig.events().at(-1), 'CANCELLED 4');
});

test('an order on its way cannot be cancelled, one of another variety is not found', () => {
  const rig = new OrderRig();
  rig.fault('hold_orders', { hold_ms: 120_000, times: 1 });
  const order = rig.place(shares());
  rig.market.clock.advance(119_000);
  assert.equal(order.status, 'PUT ORDER REQ RECEIVED');
  assert.match(
    rig.refusal(() => rig.cancel(order)),
    /cannot be cancelled as it is being processed/,
  );
  assert.match(
    rig.refusal(() => rig.desk.cancel('SIM001', 'co', order.id)),
    /Couldn't find that `order_id`/,
  );
  assert.match(
    rig.refusal(() => rig.desk.cancel('SIM002', 'regular', order.id)),
    /Couldn't find that `order_id`/,
    'another account has no such order',
  );
  rig.market.clock.advance(2000);
  assert.equal(order.status, 'OPEN');
});

test('funds are checked before the book, or after it: then the order is rejected there', () => {
  const rig = new OrderRig();
  rig.fault('broker_habits', { funds_check: 'after' });
  const order = rig.place(shares({ product: 'CNC', quantity: 5000 }));
  rig.settle();
  assert.equal(order.status, 'REJECTED');
  assert.match(order.statusMessage ?? '', /^Insufficient funds. Required margin is 6500000.00/);
  assert.match(order.statusMessageRaw ?? '', /^RMS:/);
  assert.deepEqual(rig.events(), ['REJECTED 0']);
  assert.equal(rig.account.portfolio.funds(rig.account.open()).net, 100_000_000);
});

test('reject_orders rejects in the book; an option beyond its protection is rejected too', () => {
  const rig = new OrderRig();
  rig.fault('reject_orders', { message: 'RMS says no', times: 1 });
  const order = rig.place(shares());
  rig.settle();
  assert.deepEqual([order.status, order.statusMessage], ['REJECTED', 'RMS says no']);
  const { spec } = rig.option;
  const far = rig.place(
    shares({
      exchange: 'NFO',
      tradingsymbol: spec.tradingsymbol,
      product: 'NRML',
      quantity: spec.lotSize,
      price: Math.round(rig.book(rig.option.key).offers[0]!.price * 1.5 + 21),
    }),
  );
  rig.settle();
  assert.deepEqual(
    [far.status, far.statusMessage],
    ['REJECTED', 'Price exceeds circuit limits for the instrument.'],
  );
});

test('a new day ends the open orders, begins a new book and carries positions on', () => {
  const rig = new OrderRig();
  const bought = rig.place(shares({ product: 'CNC', price: 1450 }));
  rig.settle();
  assert.equal(bought.status, 'COMPLETE');
  const open = resting(rig);
  const wealth = rig.account.portfolio.funds([]).net;
  rig.market.clock.advance(24 * 3600_000);
  assert.equal(rig.account.portfolio.quantityOf(bought.terms.instrument, 'CNC'), 10);
  assert.equal(open.status, 'CANCELLED');
  assert.equal(rig.account.portfolio.funds([]).net, wealth);
  assert.match(
    rig.refusal(() => rig.cancel(bought)),
    /Couldn't find that `order_id`/,
    'yesterday is not in the book any more',
  );
  const [position] = rig.account.portfolio.positions();
  const row = position!.row('net') as Record<string, number>;
  assert.deepEqual([row['overnight_quantity'], row['day_buy_quantity']], [10, 0]);
});
