import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OrderRefusal } from '../../../../src/feed/sim/orders/refusal.ts';
import type { SimOrder } from '../../../../src/feed/sim/orders/sim-order.ts';
import { shares } from './order-rig.ts';
import type { OrderForm, OrderRig } from './order-rig.ts';

/** What somebody does with a simulated broker, or what happens to it. */
export type OrderStep =
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
const step: fc.Arbitrary<OrderStep> = fc.oneof(
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

/** Does the steps one after the other; what is refused is refused. */
export function runSteps(rig: OrderRig, steps: readonly OrderStep[]): void {
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
export function checkOrders(rig: OrderRig): void {
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

export const orderSteps = fc.array(step, { minLength: 5, maxLength: 45 });
