import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../src/domain/error-codes.ts';
import type { TradingState } from '../../../src/domain/trading-state.ts';
import { orderOf, refusalOf, rejectsWith } from '../../support/order-answers.ts';
import { BUY_INFY, OrderRig, TRADER } from '../../support/order-rig.ts';
import { DONE_UNHEARD, LOST, REFUSE } from '../../support/scripted-order-broker.ts';

async function openRig(accounts = ['SIM001']): Promise<OrderRig> {
  const rig = new OrderRig({ accounts });
  await rig.open();
  return rig;
}

function setState(
  rig: OrderRig,
  state: TradingState,
  account = '*',
  confirmationToken: string | null = null,
) {
  const change = { account, state, reason: 'because', confirmationToken };
  return rig.side.setTradingState(rig.plain(), change);
}

test('a halt refuses the next order at once and cancels what is open', async () => {
  const rig = await openRig();
  const order = await rig.placed();
  const outside = rig.broker.add(BUY_INFY, null);
  await rig.side.halt('signal', 'stop');
  refusalOf(await rig.place(), 'TRADING_HALTED');
  await rig.pass(100);
  assert.deepEqual(
    rig.broker.cancelled.map(({ brokerOrderId }) => brokerOrderId),
    [order.brokerOrders[0]?.brokerOrderId],
  );
  assert.equal(outside.status, 'OPEN');
  const [operation] = await rig.side.operations(TRADER, order.id);
  assert.equal(operation?.keyId, 'signal');
  assert.equal(rig.alarms[0]?.kind, 'halted');
});

test('a halt counts while the journal is down, and is kept when it works', async () => {
  const rig = await openRig();
  await rig.placed();
  rig.journal.isWritable = false;
  await rig.side.halt('file', 'stop');
  await rejectsWith(rig.place(), 'JOURNAL_UNAVAILABLE');
  await rig.pass(100);
  assert.equal(rig.broker.cancelled.length, 1);
  rig.journal.isWritable = true;
  await rig.pass(6_000);
  const kept = rig.journal.entries.flatMap(({ tradingStates = [] }) => tradingStates);
  assert.equal(kept.at(-1)?.state, 'HALTED');
  refusalOf(await rig.place(), 'TRADING_HALTED');
});

test('a halt outlives a restart, and goes on cancelling', async () => {
  const rig = await openRig();
  await rig.placed();
  rig.broker.cancelFates.push(REFUSE);
  await rig.side.halt('signal', 'stop');
  await rig.pass(10);
  rig.crash();
  await rig.open();
  await rig.pass(10);
  assert.equal(rig.broker.rows[0]?.status, 'CANCELLED');
  refusalOf(await rig.place(), 'TRADING_HALTED');
});

test('a halt before the journal is read is not undone by what is read', async () => {
  const rig = await openRig();
  const { changed } = (await setState(rig, 'REDUCING')) as { changed: { state: string } };
  assert.equal(changed.state, 'REDUCING');
  await rig.pass(10);
  rig.crash();
  await rig.side.halt('file', 'stop');
  await rig.open();
  refusalOf(await rig.place(), 'TRADING_HALTED');
});

test('an order that is being journaled when trading is halted does not leave', async () => {
  const rig = await openRig();
  const release = rig.journal.hold();
  const answer = rig.side.place(rig.call(), rig.request());
  await rig.pass(10);
  await rig.side.halt('signal', 'stop');
  release();
  refusalOf((await rig.finish(answer)).answer, 'TRADING_HALTED');
  assert.equal(rig.broker.placed.length, 0);
});

test('a modification that is being journaled when trading is halted does not leave', async () => {
  const rig = await openRig();
  const { id } = await rig.placed();
  const release = rig.journal.hold();
  const answer = rig.side.modify(rig.call(), id, { priceRupees: 101 });
  await rig.pass(10);
  await rig.side.halt('signal', 'stop');
  release();
  refusalOf((await rig.finish(answer)).answer, 'TRADING_HALTED');
  assert.equal(rig.broker.modified.length, 0);
  refusalOf((await rig.finish(rig.side.modify(rig.call(), id, { priceRupees: 102 }))).answer);
});

test('an order that is on its way when trading is halted is cancelled when it is there', async () => {
  const rig = await openRig();
  let arrive: () => void = () => undefined;
  rig.broker.placeHold = new Promise((resolve) => (arrive = resolve));
  const answer = rig.side.place(rig.call(), rig.request());
  await rig.pass(10);
  await rig.side.halt('signal', 'stop');
  arrive();
  orderOf((await rig.finish(answer)).answer);
  await rig.pass(10);
  assert.equal(rig.broker.cancelled.length, 1);
});

test('an order whose fate is unknown is cancelled when it is found', async () => {
  const rig = await openRig();
  rig.broker.placeFates.push(DONE_UNHEARD);
  orderOf(await rig.place(), 'unknown');
  await rig.side.halt('signal', 'stop');
  await rig.pass(1_000);
  assert.equal(rig.broker.cancelled.length, 1);
});

test('what the broker does not cancel is tried again, and somebody is called', async () => {
  const rig = await openRig();
  await rig.placed();
  rig.broker.cancelFates.push(...Array.from({ length: 5 }, () => REFUSE));
  await rig.side.halt('signal', 'stop');
  await rig.pass(10_000);
  assert.equal(rig.broker.cancelled.length, 5);
  await rig.pass(31_000);
  assert.equal(rig.alarms.at(-1)?.kind, 'cancel-incomplete');
  assert.equal(rig.broker.rows[0]?.status, 'CANCELLED');
});

test('a cancellation whose fate is unknown is not sent twice by the halt', async () => {
  const rig = await openRig();
  await rig.placed();
  rig.broker.cancelFates.push(LOST);
  await rig.side.halt('signal', 'stop');
  await rig.pass(1_000);
  assert.equal(rig.broker.cancelled.length, 1);
  await rig.pass(1_000);
  assert.equal(rig.broker.cancelled.length, 2);
});

test('without a session the halt cancels when there is one', async () => {
  const rig = await openRig();
  await rig.placed();
  rig.broker.hasSession = false;
  await rig.side.halt('signal', 'stop');
  await rig.pass(5_000);
  assert.equal(rig.broker.cancelled.length, 0);
  rig.broker.setAccessToken();
  await rig.pass(3_000);
  assert.equal(rig.broker.cancelled.length, 1);
});

test('a book that cannot be read is named when orders stay open', async () => {
  const rig = await openRig();
  await rig.placed();
  rig.broker.cancelFates.push(...Array.from({ length: 5 }, () => REFUSE));
  rig.broker.readError = new TickerError('BROKER_UNAVAILABLE');
  await rig.side.halt('signal', 'stop');
  await rig.pass(40_000);
  const alarm = rig.alarms.find(({ kind }) => kind === 'cancel-incomplete');
  assert.match(alarm?.detail ?? '', /BROKER_UNAVAILABLE/);
});

test('one account is halted, another trades on', async () => {
  const rig = await openRig(['SIM001', 'SIM002']);
  const halted = await setState(rig, 'HALTED', 'SIM002');
  assert.equal('changed' in halted && halted.cancelling, 0);
  orderOf(await rig.place());
  const other = rig.side.place(rig.call(), rig.request({}, 'SIM002'));
  refusalOf((await rig.finish(other)).answer, 'TRADING_HALTED');
});

test('a halt over HTTP says how many orders it cancels', async () => {
  const rig = await openRig();
  await rig.placed();
  const halted = await setState(rig, 'HALTED');
  assert.equal('changed' in halted && halted.cancelling, 1);
  assert.equal(rig.side.tradingStates(TRADER)[0]?.state, 'HALTED');
});

test('trading goes on after two steps, once that is durable', async () => {
  const rig = await openRig();
  await setState(rig, 'HALTED');
  const first = await setState(rig, 'ACTIVE');
  if (!('confirmationToken' in first)) assert.fail();
  refusalOf(await rig.place(), 'TRADING_HALTED');
  rig.journal.failNext('before');
  await rejectsWith(setState(rig, 'ACTIVE', '*', first.confirmationToken), 'JOURNAL_UNAVAILABLE');
  refusalOf(await rig.place().catch(() => rig.pass(2_000).then(() => rig.place())));
  const second = await setState(rig, 'ACTIVE');
  if (!('confirmationToken' in second)) assert.fail();
  await rejectsWith(setState(rig, 'ACTIVE', '*', 'wrong'), 'CONFIRMATION_INVALID');
  await setState(rig, 'ACTIVE', '*', second.confirmationToken);
  orderOf(await rig.place());
});

test('what halts from outside must go before trading can go on', async () => {
  const rig = await openRig();
  await setState(rig, 'HALTED');
  rig.heldBy = 'a file';
  await rejectsWith(setState(rig, 'ACTIVE'), 'TRADING_HALTED');
  await rejectsWith(setState(rig, 'REDUCING'), 'TRADING_HALTED');
  await setState(rig, 'HALTED');
  rig.heldBy = undefined;
  assert.ok('confirmationToken' in (await setState(rig, 'ACTIVE')));
});

test('what is for all accounts is for keys that may touch all of them', async () => {
  const rig = await openRig(['SIM001', 'SIM002']);
  const some = { ...TRADER, accounts: new Set(['SIM001', 'SIM003']) };
  const change = { state: 'HALTED', reason: 'r', confirmationToken: null } as const;
  const call = rig.plain(some);
  await rejectsWith(rig.side.setTradingState(call, { ...change, account: '*' }), 'FORBIDDEN');
  await rejectsWith(rig.side.setTradingState(call, { ...change, account: 'SIM002' }), 'FORBIDDEN');
  const elsewhere = rig.side.setTradingState(call, { ...change, account: 'SIM003' });
  await rejectsWith(elsewhere, 'ACCOUNT_NOT_TRADING');
  await setState(rig, 'REDUCING', 'SIM002');
  assert.deepEqual(rig.side.tradingStates(some), []);
});

test('limits are kept, hold at once and after a restart', async () => {
  const rig = await openRig();
  const [{ limits } = assert.fail()] = rig.side.limits(TRADER);
  const tight = { ...limits, orderQuantity: 5 };
  await rig.side.setLimits(rig.plain(), 'account', 'SIM001', tight);
  refusalOf(await rig.place(), 'QUANTITY_LIMIT');
  rig.crash();
  await rig.open();
  refusalOf(await rig.place(), 'QUANTITY_LIMIT');
  const scopes = rig.side.limits(TRADER).map(({ scope }) => scope);
  assert.deepEqual(scopes, ['all', 'account']);
});

test('limits of others are neither seen nor set', async () => {
  const rig = await openRig(['SIM001', 'SIM002']);
  const [{ limits } = assert.fail()] = rig.side.limits(TRADER);
  await rig.side.setLimits(rig.plain(), 'account', 'SIM002', limits);
  await rig.side.setLimits(rig.plain(), 'key', 'key_x', limits);
  await rig.side.setLimits(rig.plain(), 'all', '', limits);
  const some = { ...TRADER, accounts: new Set(['SIM001']) };
  assert.deepEqual(
    rig.side.limits(some).map(({ scope }) => scope),
    ['all'],
  );
  const call = rig.plain(some);
  await rejectsWith(rig.side.setLimits(call, 'account', 'SIM002', limits), 'FORBIDDEN');
  await rejectsWith(rig.side.setLimits(call, 'key', 'key_x', limits), 'FORBIDDEN');
});

test('a halt that the journal cannot keep is kept elsewhere; one of an account is not', async () => {
  const rig = await openRig();
  rig.journal.failNext('before', 'before');
  await setState(rig, 'HALTED', 'SIM001');
  assert.deepEqual(rig.haltsUnkept, []);
  await setState(rig, 'HALTED');
  assert.equal(rig.haltsUnkept.length, 1);
  await rejectsWith(rig.place(), 'JOURNAL_UNAVAILABLE');
});

test('limits are set for accounts and keys that there are', async () => {
  const rig = await openRig();
  const [{ limits } = assert.fail()] = rig.side.limits(TRADER);
  const set = (scope: 'account' | 'key', subject: string) =>
    rig.side.setLimits(rig.plain(), scope, subject, limits);
  await rejectsWith(set('account', 'NOPE'), 'UNKNOWN_ACCOUNT');
  await rejectsWith(set('key', 'nope'), 'UNKNOWN_KEY');
});
