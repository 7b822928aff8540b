import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetFields } from '../../../../src/feed/sim/encoder.ts';
import { OrderRig, shares } from '../../../support/feed/sim/order-rig.ts';
import type { OrderForm } from '../../../support/feed/sim/order-rig.ts';

const CASH_PAISE = 100_000_000;

function option(rig: OrderRig, rest: OrderForm = {}): OrderForm {
  const { spec, key } = rig.option;
  const [best] = rig.book(key).offers;
  return shares({
    exchange: 'NFO',
    tradingsymbol: spec.tradingsymbol,
    product: 'NRML',
    quantity: spec.lotSize,
    price: best!.price,
    ...rest,
  });
}

test('an order binds funds from its acceptance to its end', () => {
  const rig = new OrderRig();
  const { portfolio } = rig.account;
  const order = rig.place(shares({ product: 'CNC', quantity: 100 }));
  assert.equal(portfolio.funds(rig.account.open()).delivery, 13_000_000);
  rig.settle();
  rig.cancel(order);
  rig.settle();
  assert.equal(portfolio.funds(rig.account.open()).net, CASH_PAISE);
});

test('an option is paid for, its writing binds a margin and brings the premium', () => {
  const rig = new OrderRig();
  rig.place(option(rig));
  rig.settle();
  const bought = rig.account.portfolio.funds(rig.account.open());
  const [trade] = rig.account.trades;
  assert.deepEqual(
    [bought.premium, bought.span, bought.exposure],
    [trade!.quantity * trade!.pricePaise, 0, 0],
  );
  const writer = new OrderRig();
  const [bid] = writer.book(writer.option.key).bids;
  writer.place(option(writer, { transaction_type: 'SELL', price: bid!.price }));
  writer.settle();
  const written = writer.account.portfolio.funds(writer.account.open());
  assert.ok(written.premium < 0 && written.span > 10_000_000 && written.exposure > 0);
});

test('an exit binds nothing more, even without funds for another order', () => {
  const rig = new OrderRig();
  const future = shares({
    exchange: 'NFO',
    tradingsymbol: 'NIFTY26SEPFUT',
    product: 'NRML',
    quantity: 65 * 4,
    order_type: 'MARKET',
    price: 0,
    market_protection: -1,
  });
  rig.place(future);
  rig.market.clock.advance(2000);
  assert.match(
    rig.refusal(() => rig.place(future)),
    /MarginException/,
  );
  rig.place({ ...future, transaction_type: 'SELL' });
  rig.market.clock.advance(2000);
  const [position] = rig.account.portfolio.positions();
  assert.equal(position?.quantity, 0);
  const funds = rig.account.portfolio.funds(rig.account.open());
  assert.deepEqual([funds.span, funds.exposure, funds.unrealised], [0, 0, 0]);
  assert.ok(Math.abs(funds.net - CASH_PAISE - funds.realised) < 1e-3);
});

test('shares are sold from what is held, less what other orders already sell', () => {
  const rig = new OrderRig();
  rig.place(shares({ product: 'CNC', price: 1450 }));
  rig.settle();
  const sell = shares({ transaction_type: 'SELL', product: 'CNC', quantity: 6, price: 1500 });
  rig.place(sell);
  assert.match(
    rig.refusal(() => rig.place(sell)),
    /HoldingException: .* Required quantity is 6 but available is 4/,
  );
  rig.place({ ...sell, quantity: 4 });
});

test('realised and unrealised profit go by average prices', () => {
  const rig = new OrderRig();
  rig.place(shares({ price: 1450 }));
  rig.settle();
  rig.place(shares({ transaction_type: 'SELL', quantity: 4, price: 1350 }));
  rig.settle();
  const { portfolio, trades } = rig.account;
  const [bought, sold] = trades;
  const row = portfolio.positions()[0]!.row('net') as Record<string, number>;
  const last = packetFields(bought!.terms.instrument.full).last_price / 100;
  const near = (actual: number, expected: number): void => {
    assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} ${expected}`);
  };
  near(row['realised']!, (4 * (sold!.pricePaise - bought!.pricePaise)) / 100);
  near(row['unrealised']!, 6 * (last - bought!.pricePaise / 100));
  assert.equal(row['quantity'], 6);
});

test('an expired option is settled at what it is in the money', () => {
  const rig = new OrderRig({ start: '2026-09-15T15:38:00+05:30' });
  const calls = [...rig.market.market.listed()].filter(
    ({ spec }) => spec.expiry === '2026-09-15' && spec.type === 'CE',
  );
  const [listed] = calls.sort((left, right) => left.spec.strikePaise - right.spec.strikePaise);
  assert.ok(listed !== undefined);
  rig.place(
    shares({
      exchange: 'NFO',
      tradingsymbol: listed.spec.tradingsymbol,
      product: 'NRML',
      quantity: listed.spec.lotSize,
      price: rig.book(listed.key).offers[0]!.price,
    }),
  );
  rig.settle();
  const paid = rig.account.trades.reduce((sum, each) => sum + each.quantity * each.pricePaise, 0);
  assert.ok(paid > 0);
  const waiting = rig.place(option(rig, { tradingsymbol: listed.spec.tradingsymbol, price: 0.05 }));
  rig.market.clock.advance(3 * 60_000);
  assert.equal(listed.isExpired, true);
  assert.deepEqual(
    [waiting.status, waiting.statusMessage],
    ['CANCELLED', 'The contract has expired.'],
  );
  const { portfolio } = rig.account;
  assert.deepEqual(portfolio.positions(), []);
  const inTheMoney = Math.max(0, listed.settlementSpotPaise - listed.spec.strikePaise);
  const worth = Math.round(inTheMoney) * listed.spec.lotSize;
  assert.ok(worth > 0, 'the lowest strike ends in the money');
  assert.equal(portfolio.funds([]).net, CASH_PAISE - paid + worth);
});
