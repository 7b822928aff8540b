import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  FORWARD_SOURCE,
  GREEKS_STATUS,
  QUALITY,
  SMILE_STATUS,
} from '../../../../src/domain/status.ts';
import type { ChainFigures } from '../../../../src/shm/chain-table.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';
import { future, option } from '../../../support/threads-instruments.ts';
import { QuoteBoard } from '../../../support/threads-quotes.ts';
import { ManualClock } from '../../../support/feed/sim/manual-clock.ts';

const FORWARD = 24_021;
const VOLATILITY = 0.14;
const STRIKES = Array.from({ length: 41 }, (_, i) => 23_000 + 50 * i);
const SECOND_MS = 1000;

/** A quoted chain of the only worker, whose second has come. */
function quotedBoard(): NiftyBoard {
  const board = new NiftyBoard({ strikes: STRIKES });
  board.quoteChain(FORWARD, VOLATILITY).run();
  return board;
}

function nextSecond(board: QuoteBoard): void {
  board.clock.advance(SECOND_MS);
  board.compute();
}

/** Figures of the board's first chain. */
function figures(board: QuoteBoard): ChainFigures {
  const read = board.chains.read(0);
  assert.ok(read !== undefined, 'nothing has been written');
  return read;
}

function assertClose(got: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(got - expected) <= tolerance, `${got}, should be ${expected}`);
}

describe('once a second', () => {
  test('a quoted chain has its forward, volatility and smile', () => {
    const board = quotedBoard();
    nextSecond(board);
    const chain = figures(board);
    assert.deepEqual(
      [chain.status, chain.forwardSource, chain.quality, chain.smileStatus],
      [GREEKS_STATUS.OK, FORWARD_SOURCE.PARITY, 0, SMILE_STATUS.OK],
    );
    assertClose(chain.forward, FORWARD, 0.1);
    assertClose(chain.atmVolatility, VOLATILITY, 2e-4);
    assertClose(chain.smileError, 0, 1e-3);
    assertClose(chain.riskReversal25, 0, 1e-3);
    assert.equal(chain.timeUs, board.clock.nowUs());
    assertClose(chain.timeYears, board.timeYears, 1e-12);
  });

  test('it follows the quotes, and stands still within the second', () => {
    const board = quotedBoard();
    nextSecond(board);
    const before = figures(board);
    board.clock.advance(SECOND_MS / 4);
    board.quoteChain(FORWARD, 0.2).run();
    assert.deepEqual(figures(board), before);
    nextSecond(board);
    assertClose(figures(board).atmVolatility, 0.2, 3e-4);
    assert.ok(figures(board).timeUs > before.timeUs);
  });

  test('positions come from the newest ticks', () => {
    const board = quotedBoard();
    const calls = board.fairQuote(24_000, 'CE', FORWARD, VOLATILITY);
    const puts = board.fairQuote(24_000, 'PE', FORWARD, VOLATILITY);
    board.quote(board.leg(24_000, 'CE'), { ...calls, openInterest: 1000, volume: 400 });
    board.quote(board.leg(24_000, 'PE'), { ...puts, openInterest: 1500, volume: 100 }).run();
    nextSecond(board);
    const chain = figures(board);
    assert.deepEqual([chain.putCallOpenInterest, chain.putCallVolume], [1.5, 0.25]);
    assert.equal(chain.maxPain, 24_000);
    assert.ok(chain.gammaExposure < 0, 'more puts than calls');
  });
});

test('one slice of work analyses one chain: ticks wait for no more', () => {
  const months = ['2026-09-29', '2026-10-27', '2026-11-24'];
  const instruments = [
    ...months.map((month) => future('NIFTY', month)),
    ...months.map((month) => option('NIFTY', month, 24_000, 'CE')),
  ];
  const clock = new ManualClock('2026-09-10T10:00:00+05:30');
  const board = new QuoteBoard({ instruments, clock });
  const written = (): number => months.filter((_, i) => board.chains.read(i) !== undefined).length;
  const [loop] = board.loops;
  assert.equal(loop?.doWork(), 1);
  assert.equal(written(), 1);
  assert.equal(loop.doWork(), 1);
  assert.equal(written(), 2);
  assert.equal(loop.doWork(), 1);
  assert.equal(written(), 3);
  assert.equal(loop.doWork(), 0);
});

describe('a chain that cannot be priced says why', () => {
  test('without any price there is no underlying', () => {
    const board = new NiftyBoard({ strikes: STRIKES });
    board.compute();
    const chain = figures(board);
    assert.equal(chain.status, GREEKS_STATUS.NO_UNDERLYING);
    assert.equal(chain.forwardSource, FORWARD_SOURCE.NONE);
    assert.equal(chain.smileStatus, SMILE_STATUS.TOO_FEW_POINTS);
    assert.deepEqual([chain.forward, chain.atmVolatility], [Number.NaN, Number.NaN]);
  });

  test('after its end it has expired, and keeps its positions', () => {
    const board = quotedBoard();
    const quote = board.fairQuote(24_000, 'PE', FORWARD, VOLATILITY);
    board.quote(board.leg(24_000, 'PE'), { ...quote, openInterest: 10 });
    board.quote(board.leg(24_000, 'CE'), { ...quote, openInterest: 5 }).run();
    board.clock.advance(20 * 86_400_000);
    board.compute();
    const chain = figures(board);
    assert.equal(chain.status, GREEKS_STATUS.EXPIRED);
    assert.deepEqual([chain.timeYears, chain.putCallOpenInterest], [0, 2]);
    assert.ok(Number.isNaN(chain.atmVolatility));
  });
});

test('without any quote, last prices are taken and flagged', () => {
  const board = new NiftyBoard({ strikes: STRIKES });
  board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD });
  for (const strike of STRIKES) {
    for (const type of ['CE', 'PE'] as const) {
      const last = board.fairPrice(strike, type, FORWARD, VOLATILITY);
      board.quote(board.leg(strike, type), { last });
    }
  }
  board.run();
  nextSecond(board);
  const chain = figures(board);
  assert.equal(chain.forwardSource, FORWARD_SOURCE.FUTURE);
  assert.equal(chain.quality, QUALITY.PRICE_FROM_LAST_TRADE);
  assertClose(chain.atmVolatility, VOLATILITY, 1e-3);
});
