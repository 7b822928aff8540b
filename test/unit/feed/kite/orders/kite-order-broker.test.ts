import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiteOrderBroker } from '../../../../../src/feed/kite/orders/kite-order-broker.ts';
import { shareTerms, slicedTerms } from '../../../../support/feed/kite/order-samples.ts';
import { tickerError } from '../../../../support/feed/kite/rest-rig.ts';
import {
  broken,
  failure,
  page,
  ScriptedOrderTransport,
  settled,
  success,
} from '../../../../support/feed/kite/scripted-order-transport.ts';
import { ManualClock } from '../../../../support/feed/sim/manual-clock.ts';

const TAG = 'AA0000000000000100';
const PLACED = success({ order_id: '2209150000000012345' });
const EXPIRED = failure(403, 'TokenException', 'Incorrect `api_key` or `access_token`.');

interface Rig {
  clock: ManualClock;
  transport: ScriptedOrderTransport;
  broker: KiteOrderBroker;
}

function rig(accessToken: string | null = 'token-1'): Rig {
  const clock = new ManualClock('2026-09-10T10:00:00+05:30');
  const transport = new ScriptedOrderTransport();
  const options = { account: 'A1', transport, clock, apiKey: 'key-1', accessToken };
  return { clock, transport, broker: new KiteOrderBroker(options) };
}

function codeOf(outcome: object): unknown {
  return 'code' in outcome ? outcome.code : null;
}

test('a call is one request with its deadline, and its outcome tells what went over the wire', async () => {
  const { clock, transport, broker } = rig();
  const running = broker.modify('co', '11', { priceRupees: 5 }, '10');
  await settled();
  const [request] = transport.sent;
  assert.ok(request !== undefined);
  const { answer, ...sent } = request;
  assert.deepEqual(sent, {
    method: 'PUT',
    path: '/orders/co/11',
    body: 'price=5&parent_order_id=10',
    contentType: 'application/x-www-form-urlencoded',
    timeoutMs: 7_000,
  });
  clock.advance(250);
  answer(PLACED);
  const { kind, evidence } = await running;
  assert.equal(kind, 'accepted');
  assert.deepEqual(evidence, {
    method: 'PUT',
    path: '/orders/co/11',
    requestBody: 'price=5&parent_order_id=10',
    status: 200,
    responseBody: PLACED.body,
    sentUs: clock.nowUs() - 250_000,
    answeredUs: clock.nowUs(),
  });
});

test('credentials vanish from what is kept of an answer, which is bounded', async () => {
  const { transport, broker } = rig();
  const text = `key-1 token-1 ${'x'.repeat(5_000)}`;
  transport.reply = () => ({ ...page(502), body: text });
  const outcome = await broker.place(shareTerms(), TAG, 'entry');
  assert.equal(outcome.kind, 'unknown');
  assert.ok(!/key-1|token-1/.test(JSON.stringify(outcome)));
  assert.equal(outcome.evidence.responseBody?.length, 2_000);
  assert.ok(outcome.message.length < 400);
});

test('a cancellation names the parent in its query', async () => {
  const { transport, broker } = rig();
  transport.reply = () => PLACED;
  await broker.cancel('co', '11', '10');
  assert.equal(transport.sent[0]?.path, '/orders/co/11?parent_order_id=10');
  assert.equal(transport.sent[0].body, null);
});

test('five failures open the breaker for entries; a cancellation passes and closes it', async () => {
  const { clock, transport, broker } = rig();
  for (const result of [page(502), broken(true), broken(false), page(500), page(200)]) {
    transport.reply = () => result;
    await broker.place(shareTerms(), TAG, 'entry');
  }
  assert.equal(broker.state().breaker, 'open');
  const refused = await broker.place(shareTerms(), TAG, 'exit');
  assert.deepEqual([refused.kind, codeOf(refused)], ['not-sent', 'BROKER_BREAKER_OPEN']);
  assert.equal(refused.evidence, null);
  assert.deepEqual(codeOf(broker.admission('entry')), 'BROKER_BREAKER_OPEN');
  assert.equal(transport.sent.length, 5);

  transport.reply = () => PLACED;
  assert.equal((await broker.cancel('regular', '11', null)).kind, 'accepted');
  assert.equal(broker.state().breaker, 'closed');
  clock.advance(1_000);
  assert.equal((await broker.place(shareTerms(), TAG, 'entry')).kind, 'accepted');
});

test('reads go on while the breaker of orders is open, and have one of their own', async () => {
  const { clock, transport, broker } = rig();
  transport.reply = () => page(502);
  for (let i = 0; i < 5; i++) await broker.place(shareTerms(), TAG, 'entry');
  transport.reply = () => success([]);
  assert.deepEqual(await broker.orders(), []);
  transport.reply = () => page(502);
  for (let i = 0; i < 5; i++) {
    await assert.rejects(broker.orders(), tickerError('BROKER_UNAVAILABLE'));
    clock.advance(1_000);
  }
  clock.advance(3_999);
  transport.reply = () => success([]);
  await assert.rejects(broker.trades(), tickerError('BROKER_BREAKER_OPEN'));
  clock.advance(1);
  assert.deepEqual(await broker.trades(), []);
});

test('a refusal by the broker is no failure of it', async () => {
  const { clock, transport, broker } = rig();
  transport.reply = () => failure(400, 'InputException', 'Invalid `price`.');
  for (let i = 0; i < 6; i++) await broker.place(shareTerms(), TAG, 'entry');
  assert.equal(broker.state().breaker, 'closed');
  transport.reply = () => failure(404, 'GeneralException', 'No such order.');
  for (let i = 0; i < 6; i++) {
    await assert.rejects(broker.history('11'), tickerError('BROKER_REFUSED'));
  }
  clock.advance(1_000);
  transport.reply = () => success([]);
  assert.deepEqual(await broker.orders(), []);
});

test('the end of the session ends all that wait; a late answer to it does not end the next', async () => {
  const { transport, broker } = rig();
  const running = Array.from({ length: 9 }, () => broker.place(shareTerms(), TAG, 'entry'));
  const reading = assert.rejects(broker.orders(), tickerError('BROKER_SESSION'));
  await settled();
  assert.equal(transport.sent.length, 8);
  transport.sent[0]?.answer(EXPIRED);
  await settled();
  const waited = await Promise.all(running.slice(7));
  assert.deepEqual(
    waited.map((outcome) => [outcome.kind, codeOf(outcome)]),
    [
      ['not-sent', 'BROKER_SESSION'],
      ['not-sent', 'BROKER_SESSION'],
    ],
  );
  assert.deepEqual([broker.state().hasSession, broker.state().queued], [false, 0]);
  broker.setAccessToken('token-2');
  assert.deepEqual(transport.tokens, ['token-2']);
  for (const { answer } of transport.sent) answer(EXPIRED);
  await Promise.all(running);
  await reading;
  assert.equal(broker.state().hasSession, true);
});

test('without a login nothing is sent', async () => {
  const { transport, broker } = rig(null);
  assert.equal(broker.state().hasSession, false);
  assert.equal(codeOf(await broker.cancel('regular', '11', null)), 'BROKER_SESSION');
  await assert.rejects(broker.quote('NSE:INFY'), tickerError('BROKER_SESSION'));
  assert.equal(transport.sent.length, 0);
});

test('the 26th modification of an order is not sent', async () => {
  const { clock, transport, broker } = rig();
  transport.reply = () => PLACED;
  for (let i = 0; i < 25; i++) {
    assert.equal((await broker.modify('regular', '11', { quantity: i }, null)).kind, 'accepted');
    clock.advance(1_000);
  }
  const outcome = await broker.modify('regular', '11', { quantity: 26 }, null);
  assert.deepEqual([outcome.kind, codeOf(outcome)], ['not-sent', 'INVALID_ORDER']);
  assert.equal(transport.sent.length, 25);
  assert.equal((await broker.modify('regular', '12', { quantity: 1 }, null)).kind, 'accepted');
});

test('a modification that was not let go does not count', async () => {
  const { clock, transport, broker } = rig();
  broker.countToday(4_500);
  for (let i = 0; i < 30; i++) await broker.modify('regular', '11', { quantity: 1 }, null);
  assert.equal(transport.sent.length, 0);
  clock.advance(24 * 3_600_000);
  transport.reply = () => PLACED;
  assert.equal((await broker.modify('regular', '11', { quantity: 1 }, null)).kind, 'accepted');
});

test('the day counts what was before the start, slices and legs', async () => {
  const { clock, transport, broker } = rig();
  broker.countToday(100);
  transport.reply = () => success([{ order_id: '1' }, { order_id: '2' }, { order_id: '3' }]);
  await broker.place(slicedTerms(), TAG, 'entry');
  assert.equal(broker.state().dayBudgetLeft, 4_897);
  transport.reply = () => broken(true);
  const iceberg = shareTerms({ variety: 'iceberg', icebergLegs: 5, icebergQuantity: 2 });
  await broker.place(iceberg, TAG, 'entry');
  assert.equal(broker.state().dayBudgetLeft, 4_892);
  clock.advance(0);
  broker.countToday(4_500);
  assert.equal(codeOf(broker.admission('entry')), 'BROKER_BUDGET');
  assert.deepEqual(broker.admission('exit'), { ok: true });
});

test('a day that the broker calls used up stops entries and not cancellations', async () => {
  const { transport, broker } = rig();
  const text = 'Maximum allowed order requests exceeded';
  transport.reply = () => failure(429, 'NetworkException', text);
  await broker.place(shareTerms(), TAG, 'entry');
  transport.reply = () => PLACED;
  assert.equal(codeOf(await broker.place(shareTerms(), TAG, 'entry')), 'BROKER_BUDGET');
  assert.equal((await broker.cancel('regular', '11', null)).kind, 'accepted');
});

test('an answer that breaks off is unknown even where the transport throws', async () => {
  const { transport, broker } = rig();
  transport.send = () => Promise.reject(new Error('a defect'));
  const outcome = await broker.place(shareTerms(), TAG, 'entry');
  assert.deepEqual([outcome.kind, codeOf(outcome)], ['unknown', 'OUTCOME_UNKNOWN']);
});

test('a read that is refused by the limiter, by the simulator rule, or by the wire', async () => {
  const { clock, transport, broker } = rig();
  transport.reply = () => ({ ...broken(true), isSimulatorRefused: true });
  await assert.rejects(broker.positions(), tickerError('SIMULATOR_REFUSED'));
  transport.reply = () => broken(false, 'connect ECONNREFUSED');
  await assert.rejects(broker.positions(), tickerError('BROKER_UNREACHABLE', /ECONNREFUSED/));
  transport.reply = () => ({ ...failure(429, 'NetworkException', 'Slow down'), retryAfterS: 3 });
  await assert.rejects(broker.positions(), tickerError('BROKER_BUDGET', /HTTP 429/));
  transport.reply = () => success({ net: [], day: [] });
  const waiting = broker.positions();
  clock.advance(2_999);
  await settled();
  assert.equal(transport.sent.length, 3);
  clock.advance(1);
  assert.deepEqual(await waiting, []);
});

test('after close nothing is begun', async () => {
  const { transport, broker } = rig();
  const waiting = Array.from({ length: 8 }, () => broker.place(shareTerms(), TAG, 'entry'));
  await settled();
  await broker.close();
  assert.equal(codeOf((await waiting[7]) ?? {}), 'SHUTTING_DOWN');
  assert.equal(codeOf(await broker.place(shareTerms(), TAG, 'exit')), 'SHUTTING_DOWN');
  await assert.rejects(broker.orders(), tickerError('SHUTTING_DOWN'));
  assert.ok(transport.isClosed);
  assert.equal(transport.sent.length, 7);
});
