/**
 * What the old service did wrong with orders, one test for each that no other test shows by itself:
 * the order side with its broker client on the simulator, in virtual time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderOf } from '../support/order-answers.ts';
import { SimulatedOrders } from '../support/simulated-orders.ts';

/** The old service told equal orders apart by the five minutes of the clock they came in. */
const OLD_BUCKET_MS = 300_000;
const HALF_BUCKET_MS = OLD_BUCKET_MS / 2;

test('a second change of an order reaches the broker like the first', async () => {
  const rig = await SimulatedOrders.open();
  const { id } = await rig.placed();
  await rig.run(1000);
  const prices = [rig.price('rests', 1), rig.price('rests', 2), rig.price('rests', 1)];
  for (const priceRupees of prices) {
    const { answer } = await rig.answered(rig.service.modify(rig.call(), id, { priceRupees }));
    assert.equal(answer.kind, 'done');
    await rig.run(5000);
    assert.equal((await rig.get(id)).brokerOrders[0]?.priceRupees, priceRupees);
  }
  assert.deepEqual(
    rig.sent('PUT').map(({ parameters }) => Number(parameters.get('price'))),
    prices,
  );
});

test('equal orders that are both meant are two, within the same five minutes too', async () => {
  const rig = await SimulatedOrders.open();
  const first = await rig.placed();
  await rig.run(2000);
  const second = await rig.placed();
  assert.notEqual(first.id, second.id);
  const [account] = rig.world.broker.ordersLedger().accounts;
  assert.equal(account?.orders.length, 2);
});

test('orders that differ in nothing but price, validity or variety are not merged', async () => {
  const rig = await SimulatedOrders.open();
  const priceRupees = rig.price('rests');
  const others = [
    { priceRupees },
    { priceRupees: rig.price('rests', 1) },
    { priceRupees, validity: 'IOC' as const },
    { priceRupees, validity: 'TTL' as const, validityTtl: 5 },
    { priceRupees, quantity: 2, variety: 'iceberg' as const, icebergLegs: 2, icebergQuantity: 1 },
  ];
  const orders = [];
  for (const terms of others) orders.push(orderOf(await rig.place(terms)));
  assert.equal(new Set(orders.map(({ id }) => id)).size, others.length);
  assert.equal(rig.sent('POST').length, others.length);
});

test('one request is one order on both sides of every edge of the clock, and after a restart', async () => {
  const rig = await SimulatedOrders.open();
  const call = rig.call();
  const priceRupees = rig.price('rests');
  const ask = () => rig.answered(rig.begin({ priceRupees }, 'SIM001', call));
  const { id } = orderOf(await ask());
  for (let time = 0; time < 6; time++) {
    await rig.run(HALF_BUCKET_MS);
    assert.equal(orderOf(await ask()).id, id);
  }
  rig.world.process?.life.die();
  await rig.run(10_000);
  assert.equal(orderOf(await ask()).id, id);
  assert.equal(rig.sent('POST').length, 1);
});

test('one request whose outcome is unknown is not sent by asking again', async () => {
  const rig = await SimulatedOrders.open();
  const args = { symptom: 'timeout', accepted: true, visible_after_ms: 60_000, times: 1 };
  rig.fault({ fault: 'order_outcome', args });
  const call = rig.call();
  const priceRupees = rig.price('rests');
  const ask = () => rig.answered(rig.begin({ priceRupees }, 'SIM001', call));
  const { id } = orderOf(await ask(), 'unknown');
  for (let time = 0; time < 5; time++) {
    assert.equal(orderOf(await ask(), 'unknown').id, id);
    await rig.run(10_000);
  }
  await rig.run(60_000);
  assert.equal((await rig.get(id)).intentState, 'RESOLVED_PRESENT');
  const [account] = rig.world.broker.ordersLedger().accounts;
  assert.equal(account?.orders.length, 1);
});

test('an account whose orders wait for its budget holds up no other account', async () => {
  const rig = await SimulatedOrders.open(['SIM001', 'SIM002']);
  await rig.liftLimits();
  const busy = Array.from({ length: 20 }, (_, index) => rig.begin({ quantity: index + 1 }));
  const other = rig.begin({}, 'SIM002');
  const answers = await rig.answered(Promise.all([...busy, other]));
  assert.ok(answers.every(({ kind }) => kind === 'done'));
  const times = (account: string) => {
    return rig.sent('POST').flatMap((sent) => (sent.account === account ? [sent.atMs] : []));
  };
  const [first = 0, ...later] = times('SIM001');
  assert.ok(Math.max(...later) - first >= 2000, 'twenty do not fit into two seconds');
  assert.ok(times('SIM002')[0]! - first < 100, 'the other account has a budget of its own');
});

test('what the budget refuses does not go out anyway', async () => {
  const rig = await SimulatedOrders.open();
  await rig.liftLimits();
  const asked = Array.from({ length: 120 }, (_, index) => rig.begin({ quantity: index + 1 }));
  const answers = await rig.answered(Promise.all(asked));
  const done = answers.filter(({ kind }) => kind === 'done').length;
  const refused = answers.flatMap((answer) => (answer.kind === 'refused' ? [answer.code] : []));
  assert.ok(done > 0 && refused.length > 0);
  assert.deepEqual([...new Set(refused)], ['BROKER_BUDGET']);
  await rig.run(120_000);
  assert.equal(rig.sent('POST').length, done);
  assert.equal(rig.world.broker.ordersLedger().accounts[0]?.orders.length, done);
});

test('a caller who asks for several orders has them sent together, not one after the other', async () => {
  const rig = await SimulatedOrders.open();
  await rig.liftLimits();
  const asked = Array.from({ length: 5 }, (_, index) => rig.begin({ quantity: index + 1 }));
  await rig.answered(Promise.all(asked));
  const sent = rig.sent('POST');
  assert.equal(sent.length, 5);
  const lastLeft = Math.max(...sent.map(({ atMs }) => atMs));
  const firstHeard = Math.min(...sent.map(({ heard }) => heard?.atMs ?? Infinity));
  assert.ok(lastLeft < firstHeard, 'the last one left before the first one was answered');
});
