import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OrderRefusal } from '../../../../src/feed/sim/orders/refusal.ts';
import type { SimOrder } from '../../../../src/feed/sim/orders/sim-order.ts';
import { OrderRig, shares } from '../../../support/feed/sim/order-rig.ts';
import type { OrderForm } from '../../../support/feed/sim/order-rig.ts';

type Step =
  | { do: 'place'; form: OrderForm; variety: string }
  | { do: 'modify' | 'cancel'; pick: number; price: number; quantity: number }
  | { do: 'advance'; ms: number }
  | { do: 'jump'; percent: number }
  | { do: 'limit'; units: number }
  | { do: 'exchange_cancel' | 'square_off' };

const side = fc.constantFrom('BUY', 'SELL');
const share = fc
  .record({
    transaction_type: side,
    order_type: fc.constantFrom('LIMIT', 'MARKET', 'SL', 'SL-M'),
    product: fc.constantFrom('MIS', 'CNC', 'MTF'),
    quantity: fc.integer({ min: 1, max: 900 }),
    price: fc.integer({ min: 1290, max: 1540 }),
    trigger_price: fc.integer({ min: 1290, max: 1540 }),
    market_protection: fc.constantFrom(-1, 0, 3),
    validity: fc.constantFrom('DAY', 'DAY', 'IOC'),
  })
  .map((form) => shares(form));
const derivative = fc
  .record({
    tradingsymbol: fc.constantFrom('NIFTY26SEPFUT', 'option'),
    transaction_type: side,
    order_type: fc.constantFrom('LIMIT', 'MARKET'),
    product: fc.constantFrom('NRML', 'MIS'),
    lots: fc.integer({ min: 1, max: 6 }),
    offset: fc.integer({ min: -40, max: 40 }),
  })
  .map(({ lots, offset, ...form }) =>
    shares({ ...form, exchange: 'NFO', quantity: 65 * lots, price: offset, market_protection: 3 }),
  );
const iceberg = fc
  .integer({ min: 2, max: 6 })
  .map((legs) =>
    shares({ price: 1450, quantity: legs * 10 - 3, iceberg_legs: legs, iceberg_quantity: 10 }),
  );
const cover = side.map((each) =>
  shares({ transaction_type: each, price: each === 'BUY' ? 1450 : 1350, trigger_price: 1400 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: share.map((form) => ({ do: 'place', form, variety: 'regular' }) as const),
  },
  {
    weight: 4,
    arbitrary: derivative.map((form) => ({ do: 'place', form, variety: 'regular' }) as const),
  },
  {
    weight: 1,
    arbitrary: iceberg.map((form) => ({ do: 'place', form, variety: 'iceberg' }) as const),
  },
  { weight: 1, arbitrary: cover.map((form) => ({ do: 'place', form, variety: 'co' }) as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('modify' as const, 'cancel' as const),
      pick: fc.nat(50),
      price: fc.integer({ min: 1290, max: 1540 }),
      quantity: fc.integer({ min: 1, max: 900 }),
    }),
  },
  { weight: 4, arbitrary: fc.nat(700).map((ms) => ({ do: 'advance', ms }) as const) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: -3, max: 3 }).map((percent) => ({ do: 'jump', percent }) as const),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 300 }).map((units) => ({ do: 'limit', units }) as const),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ do: 'exchange_cancel' } as const, { do: 'square_off' } as const),
  },
);

/** Offsets become prices around what the contract is worth. */
function priced(rig: OrderRig, form: OrderForm): OrderForm {
  if (form['exchange'] !== 'NFO') return form;
  const isOption = form['tradingsymbol'] === 'option';
  const { key, spec } = isOption
    ? rig.option
    : rig.instrument(`NFO:${String(form['tradingsymbol'])}`);
  const [best] = rig.book(key).offers;
  const price = Math.max(1, Math.round(best!.price + Number(form['price'])));
  return { ...form, tradingsymbol: spec.tradingsymbol, price };
}

function run(rig: OrderRig, steps: readonly Step[]): void {
  const orders: SimOrder[] = [];
  const tried = (act: () => unknown): void => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof OrderRefusal)) throw error;
    }
  };
  for (const each of steps) {
    const picked = 'pick' in each ? rig.account.orders[each.pick] : undefined;
    if (each.do === 'place')
      tried(() => orders.push(rig.place(priced(rig, each.form), each.variety)));
    else if (each.do === 'advance') rig.market.clock.advance(each.ms);
    else if (each.do === 'jump') rig.market.market.jump(null, each.percent);
    else if (each.do === 'limit')
      rig.fault('limit_fills', { max_quantity: each.units, for_ms: 900 });
    else if (each.do === 'exchange_cancel' || each.do === 'square_off') rig.fault(each.do, {});
    else if (!('pick' in each) || picked === undefined) continue;
    else if (each.do === 'cancel') tried(() => rig.cancel(picked));
    else tried(() => rig.modify(picked, { price: each.price, quantity: each.quantity }));
    checkOrders(rig);
  }
}

/** Quantities are conserved in every version of every order, and no order outlives its end. */
function checkOrders(rig: OrderRig): void {
  for (const order of rig.account.orders) {
    const traded = order.trades.reduce((sum, { quantity }) => sum + quantity, 0);
    assert.equal(order.filled, traded);
    assert.equal(order.filled + order.pending + order.cancelled, order.quantity);
    assert.ok(order.filled >= 0 && order.pending >= 0 && order.cancelled >= 0);
    if (order.status === 'COMPLETE') assert.equal(order.filled, order.quantity);
    if (order.isTerminal)
      assert.equal(order.pending, order.status === 'REJECTED' ? order.quantity : 0);
    const ends = order.history.filter(({ status }) => /COMPLETE|CANCELLED|REJECTED/.test(status));
    assert.ok(ends.length <= 1 && (ends.length === 0 || ends[0] === order.history.at(-1)));
    for (const trade of order.trades) {
      assert.equal(trade.quantity % order.terms.instrument.spec.lotSize, 0);
    }
  }
}

/** What trades alone say of positions and cash, in paise. */
function fromTrades(rig: OrderRig): { quantities: Map<string, number>; spent: number } {
  const quantities = new Map<string, number>();
  let spent = 0;
  for (const { terms, quantity, pricePaise } of rig.account.trades) {
    const key = `${terms.instrument.key}/${terms.product}`;
    const signed = terms.side === 'BUY' ? quantity : -quantity;
    quantities.set(key, (quantities.get(key) ?? 0) + signed);
    spent += signed * pricePaise;
  }
  return { quantities, spent };
}

const steps = fc.array(step, { minLength: 5, maxLength: 45 });

test('quantities are conserved, positions are the sum of the fills, funds are never created', () => {
  let traded = 0;
  fc.assert(
    fc.property(steps, fc.nat(5), (all, seed) => {
      const rig = new OrderRig({ seed });
      rig.fault('set_funds', { rupees: 20_000_000 });
      run(rig, all);
      traded += rig.account.trades.length;

      const { quantities, spent } = fromTrades(rig);
      const { portfolio } = rig.account;
      const positions = portfolio.positions();
      assert.deepEqual(
        new Map(positions.map((each) => [`${each.instrument.key}/${each.product}`, each.quantity])),
        quantities,
      );
      for (const position of positions) {
        const row = position.row('net') as Record<string, number>;
        assert.ok(Math.abs(row['pnl']! - row['realised']! - row['unrealised']!) < 1e-6);
      }

      // What was spent is in the positions, at the last price, or gone as their loss.
      const held = positions.reduce((sum, each) => {
        return sum + each.quantity * each.instrument.view.getUint32(4);
      }, 0);
      const profit = positions.reduce((sum, each) => sum + each.profit, 0);
      assert.ok(Math.abs(profit - (held - spent)) < 1);

      // Without open orders and positions the funds are the cash and the profit, to the paisa.
      rig.fault('limit_fills', { max_quantity: 100_000 });
      for (const order of rig.account.open()) rig.desk.stages.cancelNow(order, null);
      const funds = portfolio.funds([]);
      assert.ok(Math.abs(funds.net + funds.debits - 2_000_000_000) < 1e-3);
      if (positions.every(({ quantity }) => quantity === 0)) {
        assert.ok(Math.abs(funds.net - 2_000_000_000 + spent) < 1, `${funds.net} ${spent}`);
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(traded > 100, `${traded} trades were made`);
});

test('everything sold again gives back the cash and the profit, nothing more', () => {
  const quantity = fc.integer({ min: 1, max: 40 });
  const product = fc.constantFrom('MIS', 'CNC');
  fc.assert(
    fc.property(fc.array(fc.tuple(quantity, product), { maxLength: 8 }), (bought) => {
      const rig = new OrderRig();
      for (const [units, each] of bought) {
        rig.place(shares({ quantity: units, product: each, price: 1450 }));
        rig.market.clock.advance(300);
      }
      for (const { quantity: units, product: each } of rig.account.portfolio.positions()) {
        const sell = { transaction_type: 'SELL', quantity: units, product: each, price: 1350 };
        rig.place(shares(sell));
      }
      rig.market.clock.advance(5000);
      const { spent, quantities } = fromTrades(rig);
      assert.ok([...quantities.values()].every((units) => units === 0));
      const funds = rig.account.portfolio.funds(rig.account.open());
      assert.ok(Math.abs(funds.net - (100_000_000 - spent)) < 1e-3);
    }),
    { numRuns: 30 },
  );
});

test('the same seed and steps give the same ids, fills and events', () => {
  fc.assert(
    fc.property(steps, fc.nat(100), (all, seed) => {
      const [first, second] = [new OrderRig({ seed }), new OrderRig({ seed })];
      run(first, all);
      run(second, all);
      assert.deepEqual(
        first.account.orders.map(({ history }) => history),
        second.account.orders.map(({ history }) => history),
      );
      assert.deepEqual(first.sent, second.sent);
    }),
    { numRuns: 15 },
  );
});

test('whatever the parameters hold, an order is taken or refused by the rules', () => {
  const rig = new OrderRig();
  rig.limits.isOn = false;
  const value = fc.oneof(
    fc.constantFrom('', 'null', '0', '1', '65', '-1', '1300', '1300.1', 'true', '1e5', 'NaN'),
    fc.string({ maxLength: 12 }),
    fc.double().map(String),
  );
  const name = fc.constantFrom(
    ...Object.keys(shares()),
    'trigger_price',
    'market_protection',
    'validity_ttl',
    'disclosed_quantity',
    'iceberg_legs',
    'iceberg_quantity',
    'auction_number',
    'autoslice',
    'tag',
  );
  const variety = fc.constantFrom('regular', 'amo', 'co', 'iceberg', 'auction');
  const odd = fc.dictionary(name, value, { maxKeys: 4 });
  let taken = 0;
  fc.assert(
    fc.property(variety, odd, odd, (kind, placed, changed) => {
      try {
        const order = rig.place(shares(placed), kind);
        taken++;
        assert.ok(order.quantity > 0 && order.pricePaise >= 0);
        rig.settle();
        rig.modify(order, changed);
        rig.settle();
      } catch (error) {
        if (!(error instanceof OrderRefusal)) throw error;
        assert.equal(error.status, 400);
        assert.match(error.errorType, /^(?:Input|Order|Margin|Holding)Exception$/);
      }
      for (const order of rig.account.open()) rig.desk.stages.cancelNow(order, null);
    }),
    { numRuns: 400 },
  );
  assert.ok(taken > 20, `${taken} were taken`);
});
