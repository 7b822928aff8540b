import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OrderRefusal } from '../../../../src/feed/sim/orders/refusal.ts';
import { OrderRig, shares } from '../../../support/feed/sim/order-rig.ts';
import { orderSteps, runSteps } from '../../../support/feed/sim/order-steps.ts';

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

test('quantities are conserved, positions are the sum of the fills, funds are never created', () => {
  let traded = 0;
  fc.assert(
    fc.property(orderSteps, fc.nat(5), (all, seed) => {
      const rig = new OrderRig({ seed });
      rig.fault('set_funds', { rupees: 20_000_000 });
      runSteps(rig, all);
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
    fc.property(orderSteps, fc.nat(100), (all, seed) => {
      const [first, second] = [new OrderRig({ seed }), new OrderRig({ seed })];
      runSteps(first, all);
      runSteps(second, all);
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
  assert.ok(taken > 5, `${taken} were taken`);
});
