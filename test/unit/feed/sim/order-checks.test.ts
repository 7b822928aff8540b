import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderForm } from '../../../support/feed/sim/order-rig.ts';
import { OrderRig, shares } from '../../../support/feed/sim/order-rig.ts';

function future(rest: OrderForm = {}): OrderForm {
  return shares({
    exchange: 'NFO',
    tradingsymbol: 'NIFTY26SEPFUT',
    product: 'NRML',
    quantity: 65,
    price: 25_000,
    ...rest,
  });
}

test('what the broker does not take is refused with its error type and text', () => {
  const rig = new OrderRig();
  const cases: [form: OrderForm, says: RegExp, variety?: string][] = [
    [shares({ exchange: 'NYSE' }), /^400 InputException: Invalid `exchange`/],
    [shares({ exchange: '' }), /Missing or empty field `exchange`/],
    [shares({ tradingsymbol: 'NOBODY' }), /has either expired or does not exist/],
    [shares({ tradingsymbol: 'NIFTY 50' }), /is an index and cannot be traded/],
    [shares({ transaction_type: 'HOLD' }), /Invalid `transaction_type`/],
    [shares({ order_type: 'ICE' }), /Invalid `order_type`/],
    [shares({ product: 'BO' }), /Invalid `product`/],
    [shares({ product: 'NRML' }), /Product NRML is not allowed for NSE/],
    [future({ product: 'CNC' }), /Product CNC is not allowed for NFO-FUT/],
    [shares({ quantity: 0 }), /Invalid `quantity`/],
    [shares({ quantity: '1.5' }), /Invalid `quantity`, expected integer/],
    [shares({ quantity: -5 }), /Invalid `quantity`/],
    [future({ quantity: 100 }), /multiple of the lot size 65/],
    [
      future({ quantity: 1820 }),
      /The order quantity 1820 \(28 lots\) is higher than the maximum quantity of 1755 \(27 lots\)/,
    ],
    [shares({ price: 0 }), /Missing or empty field `price`/],
    [shares({ price: 'cheap' }), /Invalid `price`, expected decimal/],
    [shares({ price: 1300.03 }), /Tick size for this instrument is 0.1/],
    [shares({ price: 9000 }), /Price exceeds circuit limits for the instrument/],
    [shares({ order_type: 'SL', price: 1400 }), /Missing or empty field `trigger_price`/],
    [
      shares({ order_type: 'SL', price: 1400, trigger_price: 1410 }),
      /Trigger price for stoploss buy orders should be lower than the limit price/,
    ],
    [
      shares({
        order_type: 'SL-M',
        transaction_type: 'SELL',
        trigger_price: 10,
        market_protection: 2,
      }),
      /Trigger price for stoploss sell orders cannot be below the lower circuit price/,
    ],
    [shares({ order_type: 'MARKET' }), /Market orders without market protection are not allowed/],
    [
      shares({ order_type: 'MARKET', market_protection: 0 }),
      /Market orders without market protection/,
    ],
    [
      shares({ order_type: 'MARKET', market_protection: true }),
      /Invalid `market_protection`, expected decimal/,
    ],
    [shares({ order_type: 'MARKET', market_protection: 101 }), /Invalid `market_protection`/],
    [shares({ validity: 'GTC' }), /Invalid `validity`/],
    [shares({ validity: 'TTL' }), /Missing or empty field `validity_ttl`/],
    [shares({ exchange: 'MCX', validity: 'IOC' }), /IOC is not allowed for MCX/],
    [shares({ tag: 'a'.repeat(21) }), /Invalid `tag`/],
    [shares({ tag: 'with space' }), /Invalid `tag`/],
    [shares({ disclosed_quantity: 11 }), /Disclosed quantity should be 10% to 100%/],
    [future({ disclosed_quantity: 65 }), /Disclosed quantity is allowed for equity only/],
    [future({ autoslice: 'true', quantity: 1755 * 10 + 65 }), /more than 10 orders/],
    [
      shares({ iceberg_legs: 1, iceberg_quantity: 10 }),
      /Iceberg legs should be 2 to 50/,
      'iceberg',
    ],
    [
      shares({ quantity: 51, iceberg_legs: 51, iceberg_quantity: 1 }),
      /Iceberg legs should be 2 to 50/,
      'iceberg',
    ],
    [shares({ iceberg_legs: 3, iceberg_quantity: 9 }), /Invalid `iceberg_quantity`/, 'iceberg'],
    [shares(), /Missing or empty field `iceberg_legs`/, 'iceberg'],
    [shares(), /400 OrderException: After market orders can only be placed outside/, 'amo'],
    [shares({ product: 'CNC', trigger_price: 1290 }), /product MIS only/, 'co'],
    [
      shares({ order_type: 'SL', price: 1310, trigger_price: 1300 }),
      /order type MARKET or LIMIT only/,
      'co',
    ],
    [
      shares({ trigger_price: 1290, autoslice: 'true' }),
      /Autoslice is not allowed for co orders/,
      'co',
    ],
    [
      shares({ validity: 'IOC', quantity: 20, iceberg_legs: 2, iceberg_quantity: 10 }),
      /Validity IOC is not allowed for iceberg orders/,
      'iceberg',
    ],
    [
      shares({ order_type: 'SL-M', trigger_price: 9000, market_protection: 2 }),
      /Trigger price for stoploss buy orders cannot be above the upper circuit price/,
    ],
    [
      shares({ order_type: 'SL', transaction_type: 'SELL', price: 1350, trigger_price: 1340 }),
      /Trigger price for stoploss sell orders should be higher than the limit price/,
    ],
    [shares({ auction_number: '1' }), /Auction orders sell with product CNC/, 'auction'],
    [shares({ validity: 'TTL', validity_ttl: 1441 }), /Invalid `validity_ttl`/],
    [shares({ price: -5 }), /Invalid `price`/],
    [shares({ transaction_type: 'SELL', product: 'CNC' }), /auction_number/, 'auction'],
    [
      shares({ transaction_type: 'SELL', product: 'CNC' }),
      /^400 HoldingException: Insufficient holdings. Required quantity is 10 but available is 0/,
    ],
    [
      shares({ product: 'CNC', quantity: 1000 }),
      /^400 MarginException: Insufficient funds. Required margin is 1300000.00 but available/,
    ],
  ];
  for (const [form, says, variety = 'regular'] of cases) {
    assert.match(
      rig.refusal(() => rig.place(form, variety)),
      says,
      JSON.stringify(form),
    );
  }
  assert.equal(rig.account.orders.length, 0, 'what is refused never enters the book');
});

test('what is allowed is taken: every variety, validity, protection and tag', () => {
  const rig = new OrderRig();
  const cases: [form: OrderForm, variety?: string][] = [
    [shares({ tag: 'A1b2C3d4E5f6G7h8I9j0' })],
    [shares({ validity: 'IOC' })],
    [shares({ validity: 'TTL', validity_ttl: 5 })],
    [shares({ disclosed_quantity: 1 })],
    [shares({ order_type: 'MARKET', market_protection: -1 })],
    [shares({ order_type: 'MARKET', market_protection: 2.5 })],
    [shares({ order_type: 'SL', price: 1450, trigger_price: 1440 })],
    [shares({ order_type: 'SL-M', trigger_price: 1440, market_protection: -1 })],
    [shares({ product: 'MTF' })],
    [shares({ iceberg_legs: 1 })],
    [shares({ quantity: 100, iceberg_legs: 5, iceberg_quantity: 20 }), 'iceberg'],
    [shares({ trigger_price: 1290 }), 'co'],
    [
      shares({ transaction_type: 'SELL', product: 'CNC', auction_number: '22', price: 1400 }),
      'auction',
    ],
    [future({ product: 'NRML' })],
    [future({ product: 'MIS' })],
  ];
  for (const [form, variety] of cases) {
    const order = rig.place(form, variety);
    assert.equal(order.status, 'PUT ORDER REQ RECEIVED');
    assert.match(order.id, /^\d{19}$/);
  }
  assert.equal(new Set(rig.account.orders.map(({ id }) => id)).size, cases.length);
});
