import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_ACCOUNTS, type TradingStateRecord } from '../../../../src/domain/trading-state.ts';
import { createLogger } from '../../../../src/telemetry/logger.ts';
import { Halts } from '../../../../src/threads/orders/halts.ts';
import { VirtualClock } from '../../../faults/virtual-clock.ts';
import { settled } from '../../../support/fanout-rig.ts';

function start() {
  const clock = new VirtualClock('2026-11-24T10:00:00+05:30');
  const rig = { halts: [] as string[], told: 0, states: [] as TradingStateRecord[] };
  const side = {
    halt: async (actor: string, reason: string) => {
      rig.halts.push(`${actor}: ${reason}`);
      rig.states = [
        { account: ALL_ACCOUNTS, state: 'HALTED', reason, actor, changedUs: clock.nowUs() },
      ];
    },
    tradingStates: () => rig.states,
  };
  const logger = createLogger({ level: 'silent', thread: 'test', clock });
  return { clock, rig, side, halts: new Halts(logger, clock, () => rig.told++) };
}

test('a halt that comes before the order side waits for it', async () => {
  const { rig, side, halts } = start();
  halts.take('file', 'maintenance');
  await settled();
  assert.deepEqual([rig.halts, rig.told], [[], 0]);
  halts.open(side);
  await settled();
  assert.deepEqual([rig.halts, rig.told], [['file: maintenance'], 1]);
});

test('what is halted is not halted again; what was released is', async () => {
  const { rig, side, halts } = start();
  halts.open(side);
  for (let second = 0; second < 3; second++) {
    halts.take('file', 'maintenance');
    await settled();
  }
  assert.equal(rig.halts.length, 1);
  rig.states = [];
  halts.take('file', 'maintenance');
  await settled();
  assert.equal(rig.halts.length, 2, 'the file is still there');
});

test('a halt that fails can be had again', async () => {
  const { rig, side, halts } = start();
  const { halt } = side;
  side.halt = () => Promise.reject(new Error('no'));
  halts.open(side);
  halts.take('signal', 'SIGUSR2');
  await settled();
  assert.equal(rig.told, 0);
  side.halt = halt;
  halts.take('signal', 'SIGUSR2');
  await settled();
  assert.deepEqual([rig.halts, rig.told], [['signal: SIGUSR2'], 1]);
});

test('a halt file holds trading until it has not been told of for a while', async () => {
  const { clock, side, halts } = start();
  halts.open(side);
  halts.take('signal', 'SIGUSR2');
  assert.equal(halts.heldBy(), undefined, 'a signal is over when it has been heard');
  halts.take('file', 'maintenance');
  await clock.run(2_400);
  assert.match(halts.heldBy() ?? '', /HALT/);
  await clock.run(2_600);
  assert.equal(halts.heldBy(), undefined);
});
