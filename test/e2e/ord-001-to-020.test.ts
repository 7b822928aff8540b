/**
 * The twenty tests of order execution that the old service's reviews asked for, by their numbers,
 * as this service must pass them: the order side with its broker client on the simulator. Where the
 * old plan sent a placement again, this one is sent once and looked for.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayFollow, type IntentState } from '../../src/domain/intent-state.ts';
import type { OrderAnswer } from '../../src/domain/order-service.ts';
import { OPERATOR } from '../faults/orders/service-faults.ts';
import { SimulatedOrders } from '../support/simulated-orders.ts';

const SECOND_MS = 1000;
/** In contracts that `failFive` leaves alone. */
const OTHER = { tradingsymbol: 'HDFCBANK', priceRupees: 960 };
const THIRD = {
  exchange: 'NFO',
  tradingsymbol: 'BANKNIFTY26SEPFUT',
  product: 'NRML',
  quantity: 30,
  priceRupees: 55_000,
} as const;

function orderOf(answer: OrderAnswer) {
  assert.notEqual(answer.kind, 'refused', JSON.stringify(answer));
  return answer.kind === 'refused' ? assert.fail() : answer.order;
}

function codeOf(answer: OrderAnswer): string | null {
  return answer.kind === 'refused' ? answer.code : null;
}

/** The next `count` placements of the account fail with a status that says nothing. */
function failPlacements(rig: SimulatedOrders, count: number): void {
  const args = { symptom: 'status', status: 502, accepted: false, times: count };
  rig.fault({ fault: 'order_outcome', args });
}

test('ORD-001: an order is answered with its id, is kept, and its state is known', async () => {
  const rig = await SimulatedOrders.open();
  const order = await rig.placed();
  assert.match(order.id, /^ord_[0-9a-z]{12}$/);
  assert.equal(order.intentState, 'ACCEPTED');
  const kept = await rig.world.journal.findOrder(order.id);
  assert.equal(kept?.tag, order.tag);
});

test('ORD-002: an order reaches the broker once', async () => {
  const rig = await SimulatedOrders.open();
  const order = await rig.placed({ priceRupees: rig.price('trades') });
  await rig.run(120_000);
  assert.equal(rig.sent('POST').length, 1);
  const { status } = (await rig.get(order.id)).brokerOrders[0]!;
  assert.equal(status, 'COMPLETE');
});

test('ORD-003: a modification changes the order at the broker', async () => {
  const rig = await SimulatedOrders.open();
  const { id } = await rig.placed();
  await rig.run(1000);
  const priceRupees = rig.price('rests', 1);
  const { answer } = await rig.answered(rig.service.modify(rig.call(), id, { priceRupees }));
  assert.equal(answer.kind, 'done');
  await rig.run(5000);
  assert.equal((await rig.get(id)).brokerOrders[0]?.priceRupees, priceRupees);
});

test('ORD-004: a cancellation ends the order at the broker', async () => {
  const rig = await SimulatedOrders.open();
  const { id } = await rig.placed();
  await rig.run(1000);
  const { answer } = await rig.answered(rig.service.cancel(rig.call(), id));
  assert.equal(answer.kind, 'done');
  await rig.run(5000);
  assert.equal((await rig.get(id)).brokerOrders[0]?.status, 'CANCELLED');
});

test('ORD-005: the breaker stays closed while the broker answers, also with refusals', async () => {
  const rig = await SimulatedOrders.open();
  rig.fault({ fault: 'set_funds', args: { rupees: 20_000 } });
  for (let quantity = 1; quantity <= 20; quantity++) {
    await rig.place({ quantity, priceRupees: rig.price('rests', quantity / 10) });
  }
  assert.equal(rig.world.process?.brokers.get('SIM001')?.state().breaker, 'closed');
});

test('ORD-006: after an error of the broker the order is marked as unknown, then found absent or present', async () => {
  const rig = await SimulatedOrders.open();
  failPlacements(rig, 1);
  const answer = await rig.place();
  assert.equal(answer.kind, 'unknown');
  const { id } = orderOf(answer);
  assert.equal((await rig.get(id)).intentState, 'UNKNOWN');
  await rig.run(400_000);
  assert.equal((await rig.get(id)).intentState, 'RESOLVED_ABSENT');
  assert.equal(rig.sent('POST').length, 1);
});

test('ORD-007: five failures in a row open the breaker; the next order is refused without a call', async () => {
  const rig = await SimulatedOrders.open();
  failPlacements(rig, 5);
  await failFive(rig);
  const sent = rig.sent('POST').length;
  assert.equal(codeOf(await rig.place(OTHER)), 'BROKER_BREAKER_OPEN');
  assert.equal(rig.sent('POST').length, sent);
});

/** Each in a contract of its own: an order in doubt stops others of the same one. */
async function failFive(rig: SimulatedOrders): Promise<void> {
  for (const contract of rig.world.contracts()) {
    const last = rig.world.sources.last(contract.token)?.lastRupees ?? 0;
    const isEquity = contract.exchange === 'NSE';
    const tick = contract.tickSizeRupees;
    const priceRupees = Math.round(Math.round((last * 0.97) / tick) * tick * 100) / 100;
    await rig.place({
      exchange: isEquity ? 'NSE' : 'NFO',
      tradingsymbol: contract.tradingsymbol,
      product: isEquity ? 'MIS' : 'NRML',
      quantity: contract.lotSize,
      priceRupees,
    });
  }
}

test('ORD-008: a minute later one order is let through: a success closes the breaker, a failure opens it again', async () => {
  const rig = await SimulatedOrders.open();
  failPlacements(rig, 6);
  await failFive(rig);
  const breaker = () => rig.world.process?.brokers.get('SIM001')?.state().breaker;
  assert.equal(breaker(), 'open');
  await rig.run(61_000);
  assert.equal(breaker(), 'half-open');
  await rig.place(OTHER);
  assert.equal(breaker(), 'open');
  await rig.run(61_000);
  orderOf(await rig.place(THIRD));
  assert.equal(breaker(), 'closed');
});

test('ORD-009: what goes beyond the rate of a second waits, and goes out in the next', async () => {
  const rig = await SimulatedOrders.open();
  await rig.liftLimits();
  const asked = Array.from({ length: 11 }, (_unused, index) => rig.begin({ quantity: index + 1 }));
  const answers = await rig.answered(Promise.all(asked));
  assert.deepEqual(new Set(answers.map(({ kind }) => kind)), new Set(['done']));
  const times = rig.sent('POST').map(({ atMs }) => atMs);
  assert.equal(times.length, 11);
  assert.ok(times[9]! - times[0]! >= SECOND_MS);
  assert.ok(times[10]! - times[1]! >= SECOND_MS);
});

test('ORD-010: no order is thrown out to make room: what is over is found, what is open stays', async () => {
  const rig = await SimulatedOrders.open();
  const done = await rig.placed({ priceRupees: rig.price('trades') });
  const open = await rig.placed({ variety: 'regular' });
  await rig.run(26 * 3_600_000);
  assert.equal((await rig.get(done.id)).brokerOrders[0]?.status, 'COMPLETE');
  assert.equal((await rig.get(open.id)).id, open.id);
});

test('ORD-011: a time-out is recorded with its reason', async () => {
  const rig = await SimulatedOrders.open();
  rig.fault({
    fault: 'order_outcome',
    args: { symptom: 'timeout', accepted: true, times: 1 },
  });
  const answer = await rig.place();
  assert.equal(answer.kind, 'unknown');
  const events = await rig.service.events(OPERATOR, orderOf(answer).id);
  assert.ok(events.some(({ action }) => action === 'order.answer'));
  assert.equal(orderOf(answer).code, 'OUTCOME_UNKNOWN');
});

test('ORD-012: missing parameters are refused before the broker', async () => {
  const rig = await SimulatedOrders.open();
  assert.equal(codeOf(await rig.place({ priceRupees: null })), 'INVALID_ORDER');
  const market = { orderType: 'MARKET', priceRupees: null } as const;
  assert.equal(codeOf(await rig.place(market)), 'INVALID_ORDER');
  assert.equal(rig.sent('POST').length, 0);
});

test('ORD-013: what cannot be done with an order is refused', async () => {
  const rig = await SimulatedOrders.open();
  const { id } = await rig.placed({ priceRupees: rig.price('trades') });
  await rig.run(5000);
  const change = { priceRupees: rig.price('rests') };
  const modified = await rig.answered(rig.service.modify(rig.call(), id, change));
  assert.equal(codeOf(modified.answer), 'ORDER_NOT_OPEN');
  await assert.rejects(rig.service.cancel(rig.call(), 'ord_000000000000'), /UNKNOWN_ORDER/);
  assert.equal(rig.sent('PUT').length + rig.sent('DELETE').length, 0);
});

test('ORD-014: a hundred orders of ten callers at a time: none is lost, none comes twice', async () => {
  const rig = await SimulatedOrders.open();
  await rig.liftLimits();
  const caller = async (number: number): Promise<OrderAnswer[]> => {
    const answers: OrderAnswer[] = [];
    for (let turn = 0; turn < 10; turn++) {
      answers.push(await rig.begin({ quantity: number * 10 + turn + 1 }));
    }
    return answers;
  };
  const callers = Array.from({ length: 10 }, (_unused, number) => caller(number));
  const answers = (await rig.answered(Promise.all(callers))).flat();
  assert.equal(new Set(answers.map((answer) => orderOf(answer).id)).size, 100);
  const [account] = rig.world.broker.ordersLedger().accounts;
  assert.equal(account?.orders.length, 100);
  assert.equal(new Set(account.orders.map(({ tag }) => tag)).size, 100);
});

test('ORD-015: a stop with ten orders under way loses none of them', async () => {
  const rig = await SimulatedOrders.open();
  const asked = Array.from({ length: 10 }, (_unused, index) => rig.begin({ quantity: index + 1 }));
  void Promise.allSettled(asked);
  await rig.run(15);
  const { side } = rig.world.process!;
  await rig.answered(side.stop());
  rig.world.process?.life.die();
  await rig.run(400_000);
  const orders = rig.service.list(OPERATOR, {});
  const [account] = rig.world.broker.ordersLedger().accounts;
  const known = orders.flatMap(({ brokerOrders }) => brokerOrders);
  assert.equal(known.length, account?.orders.length);
  for (const { intentState } of orders) {
    assert.ok(intentState !== 'SENT' && intentState !== 'UNKNOWN', String(intentState));
  }
});

test('ORD-016: one key, asked twice at a time, makes one order', async () => {
  const rig = await SimulatedOrders.open();
  const call = rig.call();
  const first = rig.begin({}, 'SIM001', call);
  await assert.rejects(rig.begin({}, 'SIM001', call), /IDEMPOTENCY_RUNNING/);
  const answer = await rig.answered(first);
  const again = await rig.answered(rig.begin({}, 'SIM001', call));
  assert.equal(orderOf(again).id, orderOf(answer).id);
  assert.equal(rig.sent('POST').length, 1);
});

test('ORD-017: different orders at a time are all placed', async () => {
  const rig = await SimulatedOrders.open(['SIM001', 'SIM002']);
  const asked = Array.from({ length: 8 }, (_unused, index) =>
    rig.begin({ quantity: index + 1 }, index % 2 === 0 ? 'SIM001' : 'SIM002'),
  );
  const answers = await rig.answered(Promise.all(asked));
  assert.deepEqual(
    answers.map(({ kind }) => kind),
    asked.map(() => 'done'),
  );
});

test('ORD-018: outside the hours of the market an order is refused', async () => {
  const rig = await SimulatedOrders.open();
  rig.world.sources.session = 'closed';
  assert.equal(codeOf(await rig.place()), 'SESSION_CLOSED');
  assert.equal(rig.sent('POST').length, 0);
});

test('ORD-019: an instrument that there is not is refused', async () => {
  const rig = await SimulatedOrders.open();
  assert.equal(codeOf(await rig.place({ tradingsymbol: 'NOSUCH' })), 'UNKNOWN_INSTRUMENT');
  assert.equal(rig.sent('POST').length, 0);
});

test('ORD-020: the steps of an order are legal ones, and can be looked up afterwards', async () => {
  const rig = await SimulatedOrders.open();
  failPlacements(rig, 1);
  const { id } = orderOf(await rig.place());
  await rig.run(400_000);
  const events = await rig.service.events(OPERATOR, id);
  const actions = events.map(({ action }) => action);
  assert.deepEqual(actions.slice(0, 3), ['order.intent', 'order.decision', 'order.sent']);
  const steps = events.filter(({ action }) => action === 'order.state');
  assert.deepEqual(
    steps.map(({ detail }) => detail['to']),
    ['UNKNOWN', 'RESOLVED_ABSENT'],
  );
  for (const { detail } of steps) {
    assert.ok(mayFollow(detail['from'] as IntentState, detail['to'] as IntentState));
  }
});

test('ORD, retry twice and succeed: a placement is sent once and looked for instead', async () => {
  const rig = await SimulatedOrders.open();
  const args = { symptom: 'timeout', accepted: true, visible_after_ms: 20_000, times: 2 };
  rig.fault({ fault: 'order_outcome', args });
  const answer = await rig.place();
  assert.equal(answer.kind, 'unknown');
  await rig.run(60_000);
  assert.equal(rig.sent('POST').length, 1);
  const order = await rig.get(orderOf(answer).id);
  assert.equal(order.intentState, 'RESOLVED_PRESENT');
  assert.equal(order.brokerOrders.length, 1);
});

test('ORD, dead letter: what stays unknown is escalated, listed, and resolved by a person', async () => {
  const rig = await SimulatedOrders.open();
  failPlacements(rig, 1);
  const { id } = orderOf(await rig.place());
  rig.fault({ route: 'GET /orders', fault: 'rest_status', args: { status: 503, for_ms: 900_000 } });
  await rig.run(400_000);
  const escalated = rig.service.list(OPERATOR, { intentState: 'ESCALATED' });
  assert.deepEqual(
    escalated.map((order) => order.id),
    [id],
  );
  const resolution = {
    outcome: 'ABSENT',
    brokerOrderId: null,
    reason: 'not in the console',
  } as const;
  const call = { principal: OPERATOR, requestId: 'r', origin: '127.0.0.1' };
  const order = await rig.answered(rig.service.resolve(call, id, resolution));
  assert.equal(order.intentState, 'RESOLVED_ABSENT');
});

test('ORD, permanent error: it is refused at once and not tried again', async () => {
  const rig = await SimulatedOrders.open();
  rig.fault({ fault: 'set_funds', args: { rupees: 1 } });
  assert.equal(codeOf(await rig.place()), 'BROKER_REJECTED');
  await rig.run(60_000);
  assert.equal(rig.sent('POST').length, 1);
});

test('ORD, saved and loaded: after a restart every order is known as it was', async () => {
  const rig = await SimulatedOrders.open();
  const { id } = await rig.placed();
  await rig.run(2000);
  rig.world.process?.life.die();
  await rig.run(10_000);
  const order = await rig.get(id);
  assert.equal(order.intentState, 'ACCEPTED');
  assert.equal(order.brokerOrders[0]?.status, 'OPEN');
});

test('ORD, breaker per account: while that of one is open the other trades', async () => {
  const rig = await SimulatedOrders.open(['SIM001', 'SIM002']);
  failPlacements(rig, 5);
  await failFive(rig);
  assert.equal(codeOf(await rig.place(OTHER)), 'BROKER_BREAKER_OPEN');
  assert.equal((await rig.place({}, 'SIM002')).kind, 'done');
});

test('ORD, orders never fail over: what an account cannot take goes to no other one', async () => {
  const rig = await SimulatedOrders.open(['SIM001', 'SIM002']);
  failPlacements(rig, 5);
  await failFive(rig);
  assert.equal(codeOf(await rig.place(OTHER)), 'BROKER_BREAKER_OPEN');
  await rig.run(600_000);
  const wanted = rig.service.list(OPERATOR, { account: 'SIM001' });
  assert.ok(wanted.length >= 6);
  assert.deepEqual(
    rig.sent('POST').filter(({ account }) => account === 'SIM002'),
    [],
  );
  const other = orderOf(await rig.place({}, 'SIM002'));
  const taken = rig.sent('POST').filter(({ account }) => account === 'SIM002');
  assert.deepEqual(
    taken.map(({ parameters }) => parameters.get('tag')),
    [other.tag],
  );
});
