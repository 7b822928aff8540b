import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { ContractDesk } from '../../../../src/threads/control/contract-desk.ts';
import { DemandBook } from '../../../../src/threads/control/demand-book.ts';
import { PriceWatch } from '../../../../src/threads/control/price-watch.ts';
import { MemoryPrices } from '../../../../src/threads/orders/memory-prices.ts';
import { ManualClock } from '../../../support/feed/sim/manual-clock.ts';
import { future, share } from '../../../support/threads-instruments.ts';
import { ltpPacket, QuoteBoard } from '../../../support/threads-quotes.ts';

const INFY = share('INFY');
const INFY_FUTURE = future('INFY', '2026-11-26');
const INFY_LATER = future('INFY', '2026-12-31');
const MISSING_TOKEN = 3;

/** The tables of a day with two contracts, what orders ask of control, and the demand it makes. */
function start(capacity = 10) {
  const clock = new ManualClock('2026-11-24T10:00:00+05:30');
  const board = new QuoteBoard({
    instruments: [INFY, INFY_LATER, INFY_FUTURE],
    clock,
    taken: false,
  });
  const demand = new DemandBook(
    capacity,
    () => clock.monotonicMs(),
    () => undefined,
  );
  const watch = new PriceWatch(board.registry, board.allocator, demand, clock);
  const prices = new MemoryPrices(board.table, board.lastValues, async (token) =>
    watch.watch(token),
  );
  const contracts = new ContractDesk();
  return { clock, board, demand, watch, prices, contracts };
}

const contractOf = (token: number) => ({ token }) as Parameters<MemoryPrices['watch']>[0];

test('a watched contract streams in full until it was not asked for for minutes', async () => {
  const { clock, board, demand, watch, prices } = start();
  assert.equal(prices.last(INFY.token), undefined);
  assert.equal(await prices.watch(contractOf(INFY.token)), true);
  const row = board.table.find(INFY.token);
  assert.equal(demand.modeOf(row), 3);
  clock.advance(299_000);
  watch.second();
  assert.equal(demand.modeOf(row), 3);
  watch.watch(INFY.token);
  clock.advance(299_000);
  watch.second();
  assert.equal(demand.modeOf(row), 3, 'asked for again');
  demand.set('clients', row, 1);
  clock.advance(1_000);
  watch.second();
  assert.equal(demand.modeOf(row), 1, 'what clients want is theirs');
});

test('the newest tick is the price, with the best of either side where there is depth', async () => {
  const { board, prices, clock } = start();
  await prices.watch(contractOf(INFY.token));
  board.quote(INFY, { last: 1500.05, bid: 1500, ask: 1500.1 }).send();
  assert.deepEqual(prices.last(INFY.token), {
    lastRupees: 1500.05,
    bidRupees: 1500,
    askRupees: 1500.1,
    lowerCircuitRupees: null,
    upperCircuitRupees: null,
    receivedUs: clock.nowUs(),
    source: 'stream',
  });
  board.packet(ltpPacket(INFY.token, 1501)).send();
  const { lastRupees, bidRupees, askRupees } = prices.last(INFY.token) ?? assert.fail();
  assert.deepEqual([lastRupees, bidRupees, askRupees], [1501, 0, 0]);
});

test('what is not known, has no room or cannot be asked for is not watched', async () => {
  const { prices, board } = start(1);
  assert.equal(await prices.watch(contractOf(MISSING_TOKEN)), false);
  assert.equal(await prices.watch(contractOf(INFY.token)), true);
  assert.equal(await prices.watch(contractOf(INFY_FUTURE.token)), false);
  const busy = new MemoryPrices(board.table, board.lastValues, () =>
    Promise.reject(new TickerError('TIMEOUT')),
  );
  assert.equal(await busy.watch(contractOf(INFY.token)), false);
});

test('contracts are named as orders name them, once they are known', () => {
  const { contracts, board } = start();
  assert.throws(() => contracts.find('NSE', 'INFY'), { code: 'NOT_READY' });
  assert.deepEqual(contracts.futures(), []);
  contracts.registry = board.registry;
  assert.equal(contracts.find('NSE', 'NONE'), null);
  assert.deepEqual(contracts.find('NFO', INFY_FUTURE.tradingsymbol), {
    token: INFY_FUTURE.token,
    exchange: 'NFO',
    tradingsymbol: INFY_FUTURE.tradingsymbol,
    underlying: 'INFY',
    segment: 'NFO-FUT',
    type: 'FUT',
    expiry: '2026-11-26',
    tickSizeRupees: INFY_FUTURE.tickSize,
    lotSize: 65,
  });
  assert.equal(contracts.find('NSE', 'INFY')?.underlying, 'INFY');
  assert.deepEqual(contracts.futures(), [['INFY', ['2026-11-26', '2026-12-31']]]);
});
