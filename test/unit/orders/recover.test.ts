import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperationRecord, OrderRecord } from '../../../src/domain/order-record.ts';
import { OrderRig, TRADER } from '../../support/order-rig.ts';
import { LOST } from '../../support/scripted-order-broker.ts';

/** The journal of a process that ended, with one order changed as `change` says. */
async function restarted(
  change: (order: OrderRecord, operation: OperationRecord | undefined) => void,
): Promise<{ rig: OrderRig; id: string }> {
  const rig = new OrderRig();
  await rig.open();
  const { id } = await rig.placed();
  rig.broker.modifyFates.push(LOST);
  await rig.finish(rig.side.modify(rig.call(), id, { priceRupees: 101 }));
  await rig.pass(10);
  rig.crash();
  const load = rig.journal.load.bind(rig.journal);
  rig.journal.load = async (sinceUs, nowUs) => {
    const state = await load(sinceUs, nowUs);
    for (const order of state.orders) change(order, state.operations[0]);
    return state;
  };
  await rig.open();
  return { rig, id };
}

test('what was only intended was never sent', async () => {
  const { rig, id } = await restarted((order, operation) => {
    order.intentState = 'INTENT';
    order.brokerOrders = [];
    if (operation !== undefined) operation.intentState = 'INTENT';
  });
  // The broker has it all the same, which the reading after the start has shown.
  assert.equal((await rig.get(id)).intentState, 'RESOLVED_PRESENT');
  assert.ok(rig.alarms.some(({ kind }) => kind === 'late-order'));
  const [operation] = await rig.side.operations(TRADER, id);
  assert.equal(operation?.intentState, 'REJECTED');
});

test('a modification that was being sent is looked for', async () => {
  const { rig, id } = await restarted((_, operation) => {
    if (operation !== undefined) operation.intentState = 'SENT';
  });
  assert.equal((await rig.side.operations(TRADER, id))[0]?.intentState, 'UNKNOWN');
  await rig.pass(160_000);
  assert.equal((await rig.side.operations(TRADER, id))[0]?.intentState, 'RESOLVED_ABSENT');
});

test('orders of accounts that are no longer there are listed and left alone', async () => {
  const { rig, id } = await restarted((order) => {
    order.account = 'SIM009';
  });
  const gone = rig.side.list(TRADER, { account: 'SIM009' }).map((order) => order.id);
  assert.deepEqual(gone, [id]);
  await assert.rejects(rig.side.cancel(rig.call(), id), /ACCOUNT_NOT_TRADING/);
});
