import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import type { TradableContract } from '../../../../src/domain/order-market.ts';
import { DayContracts } from '../../../../src/threads/orders/contracts.ts';
import { VirtualClock } from '../../../faults/virtual-clock.ts';

function contract(token: number): TradableContract {
  return {
    token,
    exchange: 'NSE',
    tradingsymbol: 'INFY',
    underlying: 'INFY',
    segment: 'NSE',
    type: 'EQ',
    expiry: null,
    tickSizeRupees: 0.05,
    lotSize: 1,
  };
}

test('a contract is asked for once a day, because tokens are used again', async () => {
  const clock = new VirtualClock('2026-11-24T23:59:00+05:30');
  const asked: string[] = [];
  const contracts = new DayContracts(clock, async (exchange, tradingsymbol) => {
    asked.push(`${exchange}:${tradingsymbol}`);
    return contract(asked.length);
  });
  assert.equal((await contracts.find('NSE', 'INFY'))?.token, 1);
  assert.equal((await contracts.find('NSE', 'INFY'))?.token, 1);
  await clock.run(60_000);
  assert.equal((await contracts.find('NSE', 'INFY'))?.token, 2);
  assert.deepEqual(asked, ['NSE:INFY', 'NSE:INFY']);
});

test('what is not listed, or cannot be told yet, is asked for again', async () => {
  const clock = new VirtualClock('2026-11-24T10:00:00+05:30');
  const answers = [
    () => null,
    () => {
      throw new TickerError('NOT_READY');
    },
    () => contract(7),
  ];
  const contracts = new DayContracts(clock, async () => answers.shift()?.() ?? null);
  assert.equal(await contracts.find('NSE', 'INFY'), undefined);
  await assert.rejects(contracts.find('NSE', 'INFY'), { code: 'NOT_READY' });
  assert.equal((await contracts.find('NSE', 'INFY'))?.token, 7);
});
