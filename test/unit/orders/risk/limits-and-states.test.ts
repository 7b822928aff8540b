import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { ALL_ACCOUNTS, type TradingState } from '../../../../src/domain/trading-state.ts';
import { DEFAULT_LIMITS, LimitBook, NO_LIMITS } from '../../../../src/orders/risk/limit-book.ts';
import { TradingStates } from '../../../../src/orders/risk/trading-states.ts';
import { RiskRig } from '../../../support/orders/risk-samples.ts';

describe('limits', () => {
  test('are the defaults until others are set for all', () => {
    const { limits } = new RiskRig();
    assert.deepEqual(limits.effective('AB1234', 'key_one'), DEFAULT_LIMITS);
    assert.deepEqual(
      limits.records().map(({ scope, actor }) => [scope, actor]),
      [['all', 'service']],
    );
  });

  test('of all, the account and the key: the tightest one counts, the longest window too', () => {
    const rig = new RiskRig();
    rig.limit({ orderValueRupees: 100, ordersPerSecond: 5, duplicateWindowMs: 10 });
    rig.set('account', 'AB1234', { orderValueRupees: 50, orderQuantity: 7 });
    rig.set('key', 'key_one', { orderValueRupees: 70, ordersPerSecond: 2, duplicateWindowMs: 99 });
    assert.deepEqual(rig.limits.effective('AB1234', 'key_one'), {
      ...NO_LIMITS,
      orderValueRupees: 50,
      orderQuantity: 7,
      ordersPerSecond: 2,
      duplicateWindowMs: 99,
    });
    assert.equal(rig.limits.effective('CD5678', 'key_two').orderValueRupees, 100);
    assert.equal(rig.limits.ofAccount('AB1234').ordersPerSecond, 5);
    assert.equal(rig.limits.ofKey('key_one').orderQuantity, null);
  });

  test('change at once, and are loaded as they were set', () => {
    const rig = new RiskRig();
    rig.limit({ orderValueRupees: 100 });
    assert.equal(rig.limits.effective('AB1234', 'key_one').orderValueRupees, 100);
    rig.limit({ orderValueRupees: 200 });
    assert.equal(rig.limits.effective('AB1234', 'key_one').orderValueRupees, 200);
    const loaded = new LimitBook();
    loaded.load(rig.limits.records());
    assert.deepEqual(loaded.records(), rig.limits.records());
  });
});

/** States with tokens that differ. */
function newStates(): TradingStates {
  let seed = 0;
  return new TradingStates({ random: () => (seed = (seed + 0.37) % 1) });
}

function wanted(state: TradingState, confirmationToken: string | null = null) {
  return { account: 'AB1234', state, reason: 'test', actor: 'key_one', confirmationToken };
}

function tokenOf(states: TradingStates, nowUs: number): string {
  const outcome = states.change(wanted('ACTIVE'), nowUs);
  assert.ok('confirmationToken' in outcome);
  assert.equal(outcome.expiresUs, nowUs + 60_000_000);
  return outcome.confirmationToken;
}

function halted(): TradingStates {
  const states = newStates();
  states.change(wanted('HALTED'), 1);
  return states;
}

function isRefused(action: () => unknown): void {
  assert.throws(
    action,
    (error) => error instanceof TickerError && error.code === 'CONFIRMATION_INVALID',
  );
}

describe('trading states', () => {
  test('the stricter one of the account and of all accounts counts', () => {
    const states = newStates();
    assert.equal(states.effective('AB1234'), 'ACTIVE');
    states.change({ ...wanted('REDUCING'), account: ALL_ACCOUNTS }, 1);
    assert.equal(states.effective('AB1234'), 'REDUCING');
    states.change(wanted('HALTED'), 2);
    assert.equal(states.effective('AB1234'), 'HALTED');
    assert.equal(states.effective('CD5678'), 'REDUCING');
    const loaded = newStates();
    loaded.load(states.records());
    assert.equal(loaded.effective('AB1234'), 'HALTED');
    assert.deepEqual(loaded.records(), states.records());
  });

  test('a halt that comes before what was kept is read stands', () => {
    const states = newStates();
    states.change({ ...wanted('ACTIVE'), account: ALL_ACCOUNTS }, 1);
    const kept = states.records();
    const restarted = newStates();
    restarted.change({ ...wanted('HALTED'), account: ALL_ACCOUNTS }, 2);
    restarted.load(kept);
    assert.equal(restarted.effective('AB1234'), 'HALTED');
  });

  test('a stricter one counts at once, a looser one when it has been kept', () => {
    const states = newStates();
    const stricter = states.change(wanted('REDUCING'), 1);
    assert.ok('changed' in stricter && stricter.isApplied);
    assert.equal(states.effective('AB1234'), 'REDUCING');
    const looser = states.change(wanted('ACTIVE'), 2);
    assert.ok('changed' in looser && !looser.isApplied);
    assert.equal(states.effective('AB1234'), 'REDUCING');
    assert.equal(states.apply(looser.changed), true);
    assert.equal(states.effective('AB1234'), 'ACTIVE');
  });

  test('a halt that comes while a looser state is being kept stands', () => {
    const states = newStates();
    states.change(wanted('REDUCING'), 1);
    const looser = states.change(wanted('ACTIVE'), 2);
    assert.ok('changed' in looser);
    states.change(wanted('HALTED'), 2);
    assert.equal(states.apply(looser.changed), false);
    assert.equal(states.effective('AB1234'), 'HALTED');
  });

  test('leaving HALTED takes a second, equal request with the token', () => {
    const states = halted();
    const token = tokenOf(states, 10);
    assert.equal(states.effective('AB1234'), 'HALTED');
    const outcome = states.change(wanted('ACTIVE', token), 60_000_009);
    assert.ok('changed' in outcome);
    states.apply(outcome.changed);
    assert.equal(states.effective('AB1234'), 'ACTIVE');
  });

  test('the token is good for a minute, once, for the same request', () => {
    const late = halted();
    const lateToken = tokenOf(late, 10);
    isRefused(() => late.change(wanted('ACTIVE', lateToken), 60_000_010));

    for (const change of [
      { state: 'REDUCING' },
      { reason: 'another' },
      { actor: 'key_two' },
      { confirmationToken: 'wrong' },
    ] as const) {
      const states = halted();
      const token = tokenOf(states, 10);
      isRefused(() => states.change({ ...wanted('ACTIVE', token), ...change }, 20));
      assert.equal(states.effective('AB1234'), 'HALTED');
    }

    const states = halted();
    const token = tokenOf(states, 10);
    states.change(wanted('ACTIVE', token), 20);
    isRefused(() => states.change(wanted('ACTIVE', token), 30));
  });

  test('a new reason for the same state needs no token', () => {
    const states = halted();
    const outcome = states.change({ ...wanted('HALTED'), reason: 'still' }, 5);
    assert.ok('changed' in outcome && outcome.isApplied);
    assert.equal(states.records()[0]?.reason, 'still');
  });
});
