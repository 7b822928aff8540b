import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KiteConnect } from 'kiteconnect';
import { serveBrokerSamples } from '../../../support/feed/sim/mock-broker.ts';
import { runSimulator } from '../../../support/feed/sim/running-simulator.ts';
import { assertSameShape } from '../../../support/feed/sim/same-shape.ts';
import { sharedDataOrSkip } from '../../../support/shared-data.ts';

type Client = InstanceType<typeof KiteConnect>;
type PlaceParams = Parameters<Client['placeOrder']>[1];

const KEY = 'NSE:RELIANCE';
/** Names that only some of the broker's sample rows have. */
const SOMETIMES = ['account_id', 'terminal_id', 'tags', 'validity_ttl', 'auction_number'];

function client(root: string): Client {
  const kite = new KiteConnect({ api_key: 'sim-key-1', root });
  kite.setAccessToken('sim-token-1');
  return kite;
}

/** The types of the client lack what the broker takes. */
function order(rest: object = {}): PlaceParams {
  return {
    exchange: 'NSE',
    tradingsymbol: 'RELIANCE',
    transaction_type: 'BUY',
    quantity: 10,
    product: 'MIS',
    order_type: 'LIMIT',
    price: 1300,
    validity: 'DAY',
    ...rest,
  };
}

test('the official KiteConnect drives every order route', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const kite = client(simulator.restUrl);
  const { order_id: orderId } = await kite.placeOrder('regular', order({ tag: 'first' }));
  assert.match(orderId, /^\d{19}$/);
  clock.advance(60);
  assert.equal((await kite.modifyOrder('regular', orderId, { price: 1310 })).order_id, orderId);
  clock.advance(60);
  assert.equal((await kite.cancelOrder('regular', orderId)).order_id, orderId);
  clock.advance(60);
  const history = await kite.getOrderHistory(orderId);
  assert.deepEqual(
    history.map(({ status }) => status),
    [
      'PUT ORDER REQ RECEIVED',
      'VALIDATION PENDING',
      'OPEN PENDING',
      'OPEN',
      'MODIFY VALIDATION PENDING',
      'MODIFY PENDING',
      'MODIFIED',
      'OPEN',
      'CANCEL PENDING',
      'CANCELLED',
    ],
  );

  const bought = await kite.placeOrder(
    'regular',
    order({ order_type: 'MARKET', price: 0, market_protection: -1 }),
  );
  clock.advance(60);
  const book = await kite.getOrders();
  assert.deepEqual(
    book.map(({ order_id: id, status, tag }) => [id, status, tag]),
    [
      [orderId, 'CANCELLED', 'first'],
      [bought.order_id, 'COMPLETE', null],
    ],
  );
  const trades = await kite.getTrades();
  assert.deepEqual(await kite.getOrderTrades(bought.order_id), trades);
  assert.equal(
    trades.reduce((sum, { quantity }) => sum + quantity, 0),
    10,
  );
  const { net, day } = await kite.getPositions();
  assert.deepEqual(
    [net[0]?.tradingsymbol, net[0]?.quantity, day[0]?.quantity],
    ['RELIANCE', 10, 10],
  );
  const margins = await kite.getMargins('equity');
  assert.ok(Number((margins as { net?: number }).net) < 1_000_000);
});

test('every variety, autoslice in both shapes, and the margins of orders and baskets', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const kite = client(simulator.restUrl);
  simulator.schedule([{ at_ms: 0, fault: 'set_funds', args: { rupees: 1e10 } }]);
  const varieties: [variety: 'co' | 'iceberg' | 'auction', rest: object][] = [
    ['co', { trigger_price: 1290 }],
    ['iceberg', { quantity: 20, iceberg_legs: 2, iceberg_quantity: 10 }],
    ['auction', { transaction_type: 'SELL', product: 'CNC', price: 1400, auction_number: '7' }],
  ];
  for (const [variety, rest] of varieties) {
    assert.match((await kite.placeOrder(variety, order(rest))).order_id, /^\d{19}$/);
  }
  const sliced = order({
    exchange: 'NFO',
    tradingsymbol: 'NIFTY26SEPFUT',
    product: 'NRML',
    quantity: 4000 - (4000 % 65),
    price: 25_000,
    autoslice: true,
    tag: 'sliced',
  });
  const nested = (await kite.placeOrder('regular', { ...sliced })) as unknown as {
    order_id: string;
    children: { order_id: string }[];
  };
  assert.equal(nested.children.length, 3);
  simulator.schedule([{ at_ms: 0, fault: 'broker_habits', args: { autoslice_answer: 'flat' } }]);
  const flat = (await kite.placeOrder('regular', { ...sliced })) as unknown as object[];
  assert.equal(flat.length, 3);
  clock.advance(60);
  const slices = (await kite.getOrders()).filter(({ tag }) => tag === 'sliced');
  assert.deepEqual(
    slices.map(({ quantity }) => quantity),
    [1755, 1755, 455, 1755, 1755, 455],
  );
  simulator.schedule([{ at_ms: 0, fault: 'broker_habits', args: { slices_keep_tag: false } }]);
  await kite.placeOrder('regular', { ...sliced });
  const untagged = (await kite.getOrders()).slice(-3) as { tag?: string | null; tags?: string[] }[];
  assert.ok(untagged.every(({ tag, tags }) => tag === null && tags?.[0] === 'autoslice'));

  const legs = ['BUY', 'SELL'].map((side) => ({
    exchange: 'NFO',
    tradingsymbol: 'NIFTY26SEPFUT',
    transaction_type: side,
    variety: 'regular',
    product: 'NRML',
    order_type: 'LIMIT',
    quantity: 65,
    price: 25_000,
    trigger_price: 0,
  })) as Parameters<Client['orderMargins']>[0];
  const margins = (await kite.orderMargins(legs)) as { total: number }[];
  assert.ok(margins.every(({ total }) => total > 100_000));
  const basket = (await kite.orderBasketMargins(legs, false)) as unknown as {
    initial: { total: number };
    final: { total: number };
  };
  assert.ok(basket.final.total <= 0.6 * basket.initial.total, 'the two legs bind one margin');
});

test('slices beyond the funds are refused one by one, as in the sample of the broker', async (t) => {
  const { simulator, clock } = await runSimulator(t);
  const kite = client(simulator.restUrl);
  const spend = { exchange: 'NFO', product: 'NRML', price: 25_000, tradingsymbol: 'NIFTY26SEPFUT' };
  const sliced = order({ ...spend, quantity: 1755 * 3, autoslice: true });
  // One slice binds 12 % of 1755 x 25,000: some five million rupees.
  simulator.schedule([{ at_ms: 0, fault: 'set_funds', args: { rupees: 12_000_000 } }]);
  const answer = (await kite.placeOrder('regular', sliced)) as unknown as {
    children: { order_id?: string; error?: { code: number; error_type: string } }[];
  };
  clock.advance(60);
  assert.deepEqual(
    answer.children.map(({ error }) => error?.error_type ?? null),
    [null, null, 'MarginException'],
  );
  assert.equal((await kite.getOrders()).length, 2);
  const folder = sharedDataOrSkip(t, 'kite-mocks');
  if (folder === undefined) return;
  const sample = JSON.parse(readFileSync(`${folder}/autoslice_response.json`, 'utf8')) as {
    data: object;
  };
  assertSameShape(answer, sample.data, ['order_id', 'error'], 'autoslice');
});

test("what the official client gets is made like the broker's own samples", async (t) => {
  const folder = sharedDataOrSkip(t, 'kite-mocks');
  if (folder === undefined) return;
  const { simulator, clock } = await runSimulator(t);
  const kite = client(simulator.restUrl);
  const samples = client(await serveBrokerSamples(t, folder));
  const placed = await kite.placeOrder('regular', order({ price: 1450, tag: 'shape' }));
  await kite.placeOrder('regular', order({ tag: 'rests' }));
  clock.advance(60);
  const id = placed.order_id;
  const margin = [{ ...order(), variety: 'regular', trigger_price: 0 }] as Parameters<
    Client['orderMargins']
  >[0];
  const calls: [name: string, call: (of: Client) => Promise<unknown>][] = [
    ['orders', (of) => of.getOrders()],
    ['trades', (of) => of.getTrades()],
    ['order trades', (of) => of.getOrderTrades(id)],
    ['positions', (of) => of.getPositions()],
    ['margins', (of) => of.getMargins()],
    ['margins of a segment', (of) => of.getMargins('equity')],
    ['margins of orders', (of) => of.orderMargins(margin)],
    ['margins of a basket', (of) => of.orderBasketMargins(margin)],
    ['placing', (of) => of.placeOrder('regular', order())],
  ];
  for (const [name, call] of calls) {
    assertSameShape(await call(kite), await call(samples), SOMETIMES, name);
  }
  const row = (await samples.getOrders()) as object[];
  assertSameShape(await kite.getOrderHistory(id), row, SOMETIMES, 'history');
  const [quote, ohlc, last] = [
    await kite.getQuote([KEY]),
    await kite.getOHLC([KEY]),
    await kite.getLTP([KEY]),
  ];
  const infy = 'NSE:INFY';
  assertSameShape(quote[KEY], (await samples.getQuote([infy]))[infy], [], 'quote');
  assertSameShape(ohlc[KEY], (await samples.getOHLC([infy]))[infy], [], 'ohlc');
  assertSameShape(last[KEY], (await samples.getLTP([infy]))[infy], [], 'ltp');
  const changes: ((of: Client) => Promise<unknown>)[] = [
    (of) => of.modifyOrder('regular', resting, { price: 1310 }),
    (of) => of.cancelOrder('regular', resting),
  ];
  const resting = (await kite.getOrders()).find(({ tag }) => tag === 'rests')?.order_id ?? '';
  for (const change of changes) {
    assertSameShape(await change(kite), await change(samples), [], 'a change');
    clock.advance(60);
  }
});
