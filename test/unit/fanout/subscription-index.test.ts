import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MODE } from '../../../src/domain/status.ts';
import { BY_NAME, ClientConnection, Subscription } from '../../../src/fanout/connection.ts';
import type { DeliveryOptions } from '../../../src/fanout/client-message.ts';
import { SubscriptionIndex } from '../../../src/fanout/subscription-index.ts';
import { testInstrument } from '../../support/fanout-directory.ts';
import { FakeClientSocket } from '../../support/fanout-socket.ts';

const INSTRUMENT = testInstrument(5, 'NSE:A');
const LTP = { mode: MODE.LTP, greeks: false };

function create(): { index: SubscriptionIndex; told: [row: number, mode: number][] } {
  const told: [row: number, mode: number][] = [];
  const index = new SubscriptionIndex({ setDemand: (row, mode) => told.push([row, mode]) });
  return { index, told };
}

function added(index: SubscriptionIndex, options: DeliveryOptions): Subscription {
  const connection = new ClientConnection(new FakeClientSocket(), true, 0, 0);
  const subscription = new Subscription(connection, INSTRUMENT);
  subscription.addSource(BY_NAME, options);
  index.add(subscription);
  index.refreshDemand(INSTRUMENT.row);
  return subscription;
}

function removed(index: SubscriptionIndex, subscription: Subscription): void {
  index.remove(subscription);
  index.refreshDemand(INSTRUMENT.row);
}

describe('demand', () => {
  for (const [mode, greeks, wanted] of [
    [MODE.LTP, false, 1],
    [MODE.LTP, true, 3],
    [MODE.COMPACT, false, 3],
    [MODE.QUOTE, false, 3],
    [MODE.FULL, true, 3],
  ] as const) {
    test(`mode ${mode}${greeks ? ' with Greeks' : ''} needs mode ${wanted} from the broker`, () => {
      const { index, told } = create();
      added(index, { mode, greeks });
      assert.deepEqual(told, [[5, wanted]]);
    });
  }

  test('is the highest of all subscriptions, told when it changes and only then', () => {
    const { index, told } = create();
    const first = added(index, LTP);
    const second = added(index, LTP);
    const full = added(index, { mode: MODE.FULL, greeks: false });
    removed(index, first);
    assert.deepEqual(told, [
      [5, 1],
      [5, 3],
    ]);
    removed(index, full);
    removed(index, second);
    assert.deepEqual(told.slice(2), [
      [5, 1],
      [5, 0],
    ]);
    assert.equal(index.size, 0);
    assert.equal(index.ofRow(5), undefined);
  });

  test('follows a subscription that changes its mode', () => {
    const { index, told } = create();
    const subscription = added(index, LTP);
    subscription.addSource('chain', { mode: MODE.QUOTE, greeks: false }, 1);
    index.refreshDemand(5);
    subscription.removeSource('chain');
    index.refreshDemand(5);
    assert.deepEqual(told, [
      [5, 1],
      [5, 3],
      [5, 1],
    ]);
  });
});

test('removing from the middle keeps the others, and twice is once', () => {
  const { index } = create();
  const all = Array.from({ length: 4 }, () => added(index, LTP));
  index.remove(all[1]!);
  index.remove(all[1]!);
  assert.equal(index.size, 3);
  const left = new Set([all[0], all[2], all[3]]);
  assert.deepEqual(new Set(index.ofRow(5)), left);
});
