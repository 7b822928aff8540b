import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { OrderCaller } from '../../../support/feed/sim/order-caller.ts';
import { shares } from '../../../support/feed/sim/order-rig.ts';
import { runSimulator } from '../../../support/feed/sim/running-simulator.ts';
import type { RunningSimulator } from '../../../support/feed/sim/running-simulator.ts';

interface Rig extends RunningSimulator {
  caller: OrderCaller;
}

async function rig(t: TestContext): Promise<Rig> {
  const running = await runSimulator(t);
  return { ...running, caller: new OrderCaller(running.simulator) };
}

/** `connection` errors of fetch carry the socket's code in their cause. */
async function brokenOff(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: Error) => {
    const cause = error.cause as { code?: string } | undefined;
    assert.match(String(cause?.code), /ECONNRESET|UND_ERR_SOCKET/);
    return true;
  });
}

for (const accepted of [true, false]) {
  const what = accepted ? 'accepted' : 'not accepted';
  const expected = accepted ? ['mine'] : [];

  test(`timeout, ${what}: never answered`, async (t) => {
    const { caller, simulator, connect } = await rig(t);
    caller.fault('order_outcome', { symptom: 'timeout', accepted, times: 1 });
    const given = new AbortController();
    const call = caller.place(shares({ tag: 'mine' }), 'regular', given.signal);
    call.catch(() => undefined);
    // A witness that comes after the request has been seen.
    const witness = await connect();
    while (simulator.ordersLedger().requests.length === 0) await witness.roundTrip();
    await witness.roundTrip();
    const [request] = simulator.ordersLedger().requests;
    assert.deepEqual(
      [request?.tag, request?.accepted, request?.delivery, request?.status],
      ['mine', accepted, 'never', null],
    );
    given.abort();
    await assert.rejects(call, /abort/i);
    assert.deepEqual(caller.truth(), expected);
    assert.equal((await caller.book()).length, expected.length);
  });

  test(`reset, ${what}: the connection breaks before the answer`, async (t) => {
    const { caller } = await rig(t);
    caller.fault('order_outcome', { symptom: 'reset', accepted, times: 1 });
    await brokenOff(caller.place(shares({ tag: 'mine' })));
    assert.deepEqual(caller.truth(), expected);
  });

  test(`reset_in_body, ${what}: the connection breaks after the head of the answer`, async (t) => {
    const { caller, simulator } = await rig(t);
    caller.fault('order_outcome', { symptom: 'reset_in_body', accepted, times: 1 });
    await assert.rejects(caller.place(shares({ tag: 'mine' })));
    assert.deepEqual(caller.truth(), expected);
    assert.equal(simulator.ordersLedger().requests[0]?.delivery, 'reset_in_body');
  });

  test(`status, ${what}: 502 by default, or another, with a page`, async (t) => {
    const { caller } = await rig(t);
    caller.fault('order_outcome', { symptom: 'status', accepted, status: 504, times: 1 });
    const answer = await caller.place(shares({ tag: 'mine' }));
    assert.deepEqual([answer.status, answer.type], [504, 'text/html']);
    caller.fault('order_outcome', { symptom: 'status', accepted, times: 1 });
    assert.equal((await caller.place(shares({ tag: 'other' }))).status, 502);
    assert.deepEqual(caller.truth(), accepted ? ['mine', 'other'] : []);
  });

  test(`html, ${what}: 200 with a page`, async (t) => {
    const { caller } = await rig(t);
    caller.fault('order_outcome', { symptom: 'html', accepted, times: 1 });
    const answer = await caller.place(shares({ tag: 'mine' }));
    assert.deepEqual([answer.status, answer.type], [200, 'text/html']);
    assert.match(answer.text, /<html>/);
    assert.deepEqual(caller.truth(), expected);
  });

  test(`truncated, ${what}: 200 with half of the JSON`, async (t) => {
    const { caller } = await rig(t);
    caller.fault('order_outcome', { symptom: 'truncated', accepted, times: 1 });
    const answer = await caller.place(shares({ tag: 'mine' }));
    assert.deepEqual([answer.status, answer.type], [200, 'application/json']);
    assert.throws(() => void JSON.parse(answer.text), SyntaxError);
    assert.deepEqual(caller.truth(), expected);
  });

  test(`timed_out_text, ${what}: 400 that says the order timed out`, async (t) => {
    const { caller } = await rig(t);
    caller.fault('order_outcome', { symptom: 'timed_out_text', accepted, times: 1 });
    const answer = await caller.place(shares({ tag: 'mine' }));
    assert.equal(answer.status, 400);
    assert.match(answer.error ?? '', /^OrderException: Order request timed out\. Please check/);
    assert.deepEqual(caller.truth(), expected);
  });
}

test('answer_after_ms: the answer comes after the client has lost patience', async (t) => {
  const { caller, clock, simulator, connect } = await rig(t);
  caller.fault('order_outcome', { symptom: 'timeout', accepted: true, answer_after_ms: 8000 });
  const call = caller.place(shares({ tag: 'mine' }));
  const witness = await connect();
  while (simulator.ordersLedger().requests.length === 0) await witness.roundTrip();
  await witness.roundTrip();
  clock.advance(7999);
  assert.equal(simulator.ordersLedger().requests[0]?.delivery, 'pending');
  clock.advance(1);
  assert.equal((await call).status, 200);
});

test('accept_after_ms: the broker takes the order long after it said that it timed out', async (t) => {
  const { caller, clock, simulator } = await rig(t);
  const args = { symptom: 'timed_out_text', accepted: true, accept_after_ms: 8000, times: 1 };
  caller.fault('order_outcome', args);
  assert.equal((await caller.place(shares({ tag: 'mine' }))).status, 400);
  clock.advance(7999);
  assert.deepEqual(caller.truth(), []);
  clock.advance(1);
  assert.deepEqual(caller.truth(), ['mine']);
  const [request] = simulator.ordersLedger().requests;
  assert.deepEqual([request?.accepted, request?.order_ids.length], [true, 1]);
});

test('visible_after_ms: book, history, trades and events show the order two minutes late', async (t) => {
  const { caller, clock, connect } = await rig(t);
  const args = { symptom: 'status', accepted: true, visible_after_ms: 120_000, times: 1 };
  caller.fault('order_outcome', args);
  const socket = await connect();
  await caller.place(shares({ tag: 'mine', price: 1450 }));
  clock.advance(119_999);
  assert.deepEqual(caller.truth(), ['mine']);
  assert.deepEqual(await caller.book(), []);
  assert.deepEqual((await caller.call('GET', '/trades')).data, []);
  await socket.roundTrip();
  assert.equal(socket.texts.filter((text) => text.includes('"order"')).length, 0);
  clock.advance(1);
  assert.deepEqual(await caller.book(), [['mine', 'COMPLETE']]);
  await socket.roundTrip();
  assert.equal(socket.texts.filter((text) => text.includes('COMPLETE')).length, 1);
});

test('hide_orders: an order with a good answer shows late in the book', async (t) => {
  const { caller, clock } = await rig(t);
  caller.fault('hide_orders', { delay_ms: 8000, times: 1 });
  const hidden = await caller.placed(shares({ tag: 'hidden' }));
  await caller.placed(shares({ tag: 'seen' }));
  clock.advance(100);
  assert.deepEqual(await caller.book(), [['seen', 'OPEN']]);
  assert.equal((await caller.call('GET', `/orders/${hidden}`)).status, 404);
  clock.advance(8000);
  assert.equal((await caller.book()).length, 2);
});

test('a fault strikes the call and the tag it is meant for, modifying and cancelling too', async (t) => {
  const { caller, clock, simulator } = await rig(t);
  const at = { symptom: 'status', accepted: true, times: 1 };
  caller.fault('order_outcome', { ...at, tag: 'struck' });
  const orderId = await caller.placed(shares({ tag: 'spared' }));
  assert.equal((await caller.place(shares({ tag: 'struck' }))).status, 502);
  clock.advance(100);

  const path = `/orders/regular/${orderId}`;
  caller.fault('order_outcome', { ...at, call: 'modify', accepted: false });
  assert.equal((await caller.call('PUT', path, { price: 1310 })).status, 502);
  clock.advance(100);
  caller.fault('order_outcome', { ...at, call: 'modify' });
  assert.equal((await caller.call('PUT', path, { price: 1320 })).status, 502);
  clock.advance(100);
  const [order] = simulator.ordersLedger().accounts[0]!.orders;
  assert.equal(order?.row['price'], 1320);
  assert.equal(order.history.filter(({ status }) => status === 'MODIFIED').length, 1);

  caller.fault('order_outcome', { ...at, call: 'cancel', accepted: false });
  await caller.call('DELETE', path);
  clock.advance(100);
  assert.deepEqual((await caller.book())[0], ['spared', 'OPEN']);
  caller.fault('order_outcome', { ...at, call: 'cancel' });
  assert.equal((await caller.call('DELETE', path)).status, 502);
  clock.advance(100);
  assert.deepEqual((await caller.book())[0], ['spared', 'CANCELLED']);
});

test('an accepted order that the broker refuses hides its refusal behind the symptom', async (t) => {
  const { caller, simulator } = await rig(t);
  caller.fault('order_outcome', { symptom: 'html', accepted: true, times: 1 });
  assert.equal((await caller.place(shares({ tag: 'mine', quantity: 0 }))).status, 200);
  assert.equal(simulator.ordersLedger().requests[0]?.accepted, false);
  assert.deepEqual(caller.truth(), []);
});
