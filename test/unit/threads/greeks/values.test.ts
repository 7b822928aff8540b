import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  FORWARD_SOURCE,
  GREEKS_STATUS,
  PRICING_MODEL,
  QUALITY,
} from '../../../../src/domain/status.ts';
import {
  black76Greeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from '../../../../src/pricing/greeks.ts';
import { solveBlack76 } from '../../../../src/pricing/implied-volatility.ts';
import { GREEKS } from '../../../../src/shm/layout/meters.ts';
import type { TickView } from '../../../../src/wire/tick-view.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';
import { ltpPacket, quotePacket } from '../../../support/threads-quotes.ts';

const FORWARD = 24071;

/** A board whose forward is known: that of the future's mid, with no strike to vote. */
function futureBoard(): NiftyBoard {
  const board = new NiftyBoard();
  board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD }).run();
  return board;
}

function close(actual: number | undefined, expected: number, relative: number, name: string): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= relative * Math.abs(expected),
    `${name}: ${actual}, expected ${expected}`,
  );
}

/** Volatility of a price, calculated apart from the worker. */
function volatilityOf(board: NiftyBoard, side: 1 | -1, strike: number, price: number): number {
  return solveBlack76(side, price, FORWARD, strike, board.timeYears, board.discount);
}

/** The tick's Greeks are those of Black-76 at `volatility`, in the units of the wire. */
function assertGreeks(
  board: NiftyBoard,
  tick: TickView,
  side: 1 | -1,
  strike: number,
  volatility: number,
): void {
  const out = new Float64Array(GREEKS_OUTPUTS);
  black76Greeks(out, side, FORWARD, strike, board.timeYears, board.rate, volatility);
  close(tick.iv, volatility, 1e-12, 'iv');
  close(tick.delta, out[GREEKS_DELTA]!, 1e-12, 'delta');
  close(tick.gamma, out[GREEKS_GAMMA]!, 1e-12, 'gamma');
  close(tick.theta, out[GREEKS_THETA]! / 365, 1e-12, 'theta per calendar day');
  close(tick.vega, out[GREEKS_VEGA]! / 100, 1e-12, 'vega per percentage point');
  close(tick.rho, out[GREEKS_RHO]! / 100, 1e-12, 'rho per percentage point');
}

describe('an option that is quoted on both sides', () => {
  test('out of the money: volatility of its own mid, and the Greeks at it', () => {
    const board = futureBoard();
    board.quote(board.leg(24200, 'CE'), { bid: 300, ask: 301, last: 250 }).run();
    const tick = board.newestTick(board.leg(24200, 'CE'));
    const volatility = volatilityOf(board, 1, 24200, 300.5);
    assert.ok(volatility > 0.05 && volatility < 0.5);
    assertGreeks(board, tick, 1, 24200, volatility);
    assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
    assert.equal(tick.model, PRICING_MODEL.BLACK_76);
    assert.equal(tick.forward, FORWARD);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.FUTURE);
    assert.equal(tick.quality, 0);
    assert.equal(tick.greeksSequence, tick.sequence);
    close(tick.ivOwn, volatility, 1e-7, 'iv_own');
    close(tick.ivBid, volatilityOf(board, 1, 24200, 300), 1e-7, 'iv_bid');
    close(tick.ivAsk, volatilityOf(board, 1, 24200, 301), 1e-7, 'iv_ask');
    assert.ok(board.isDone(tick.sequence));
  });

  test('a put: delta and rho are those of a put', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 200, ask: 202 }).run();
    const tick = board.newestTick(board.leg(23800, 'PE'));
    assertGreeks(board, tick, -1, 23800, volatilityOf(board, -1, 23800, 201));
    assert.ok((tick.delta ?? 0) < 0);
  });

  test('in the money: volatility of the strike’s other leg; its own is beside it', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 200, ask: 202 });
    board.quote(board.leg(23800, 'CE'), { bid: 480, ask: 490 }).run();
    const call = board.newestTick(board.leg(23800, 'CE'));
    const shared = volatilityOf(board, -1, 23800, 201);
    assertGreeks(board, call, 1, 23800, shared);
    close(call.ivOwn, volatilityOf(board, 1, 23800, 485), 1e-7, 'iv_own');
    const put = board.newestTick(board.leg(23800, 'PE'));
    assert.equal(put.iv, call.iv, 'both legs of the strike agree');
  });

  test('in the money below its intrinsic value: the other leg still gives a volatility', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 200, ask: 202 });
    board.quote(board.leg(23800, 'CE'), { bid: 200, ask: 202 }).run();
    const tick = board.newestTick(board.leg(23800, 'CE'));
    assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
    assertGreeks(board, tick, 1, 23800, volatilityOf(board, -1, 23800, 201));
    assert.equal(tick.ivOwn, undefined);
  });

  test('in the money, the other leg quoted on one side: its last trade, flagged', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 200, last: 201 });
    board.quote(board.leg(23800, 'CE'), { bid: 480, ask: 490 }).run();
    const [call, put] = [board.leg(23800, 'CE'), board.leg(23800, 'PE')].map((leg) =>
      board.newestTick(leg),
    );
    assertGreeks(board, call!, 1, 23800, volatilityOf(board, -1, 23800, 201));
    assert.equal(call!.quality, QUALITY.PRICE_FROM_LAST_TRADE);
    assert.equal(put!.iv, call!.iv);
  });

  test('in the money, the other leg unseen for a minute: not its last trade', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 200, last: 201 }).run();
    board.clock.advance(61_000);
    board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD });
    board.quote(board.leg(23800, 'CE'), { bid: 480, ask: 490 }).run();
    const tick = board.newestTick(board.leg(23800, 'CE'));
    assertGreeks(board, tick, 1, 23800, volatilityOf(board, 1, 23800, 485));
    assert.equal(tick.quality, 0);
  });

  test('in the money, the other leg last quoted more than a minute ago: its own volatility', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 200, ask: 202 }).run();
    board.clock.advance(61_000);
    board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD });
    board.quote(board.leg(23800, 'CE'), { bid: 480, ask: 490 }).run();
    const tick = board.newestTick(board.leg(23800, 'CE'));
    assertGreeks(board, tick, 1, 23800, volatilityOf(board, 1, 23800, 485));
  });

  test('at the money exactly both legs use their own prices', () => {
    const board = new NiftyBoard({ strikes: [24000] });
    board.quote(board.future, { bid: 24000, ask: 24000, last: 24000 });
    board.quote(board.leg(24000, 'CE'), { bid: 300, ask: 302 });
    board.quote(board.leg(24000, 'PE'), { bid: 310, ask: 312 }).run();
    for (const [type, price, side] of [
      ['CE', 301, 1],
      ['PE', 311, -1],
    ] as const) {
      const { timeYears, discount } = board;
      const expected = solveBlack76(side, price, 24000, 24000, timeYears, discount);
      close(board.newestTick(board.leg(24000, type)).iv, expected, 1e-12, type);
    }
  });
});

describe('an option without a two-sided quote', () => {
  for (const [name, sides] of [
    ['only a bid', { bid: 299 }],
    ['only an ask', { ask: 303 }],
    ['neither', {}],
  ] as const) {
    test(`${name}: priced from the last trade, and flagged so`, () => {
      const board = futureBoard();
      const leg = board.leg(24200, 'CE');
      board.quote(leg, { ...sides, last: 300 }).run();
      const tick = board.newestTick(leg);
      assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
      assert.equal(tick.quality, QUALITY.PRICE_FROM_LAST_TRADE);
      assertGreeks(board, tick, 1, 24200, volatilityOf(board, 1, 24200, 300));
      assert.equal(tick.ivBid !== undefined, 'bid' in sides);
      assert.equal(tick.ivAsk !== undefined, 'ask' in sides);
    });
  }

  test('in the money, with the other leg quoted: not from the last trade', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 200, ask: 202 });
    board.quote(board.leg(23800, 'CE'), { bid: 480, last: 470 }).run();
    const tick = board.newestTick(board.leg(23800, 'CE'));
    assert.equal(tick.quality, 0);
    assertGreeks(board, tick, 1, 23800, volatilityOf(board, -1, 23800, 201));
  });

  test('and without a trade: NO_QUOTE', () => {
    const board = futureBoard();
    board.quote(board.leg(24200, 'CE'), { bid: 299 }).run();
    const tick = board.newestTick(board.leg(24200, 'CE'));
    assert.equal(tick.greeksStatus, GREEKS_STATUS.NO_QUOTE);
    assert.equal(tick.iv, undefined);
    assert.equal(tick.forward, FORWARD);
    assert.equal(tick.quality, 0);
  });

  for (const [mode, packet] of [
    ['ltp', (token: number) => ltpPacket(token, 300)],
    ['quote', (token: number) => quotePacket(token, { last: 300 })],
  ] as const) {
    test(`because its packet came in mode ${mode}: priced from the last trade`, () => {
      const board = futureBoard();
      const leg = board.leg(24200, 'CE');
      board.packet(packet(leg.token)).run();
      const tick = board.newestTick(leg);
      assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
      assert.equal(tick.quality, QUALITY.PRICE_FROM_LAST_TRADE);
      assertGreeks(board, tick, 1, 24200, volatilityOf(board, 1, 24200, 300));
    });
  }
});

describe('an option that has no volatility says why', () => {
  const intrinsic = FORWARD - 23800;

  for (const [name, strike, type, quote, status] of [
    ['bid above ask', 24200, 'CE', { bid: 302, ask: 300, last: 301 }, 'CROSSED'],
    ['a call at its intrinsic value', 23800, 'CE', { bid: 1, ask: 2 }, 'BELOW_INTRINSIC'],
    ['a put far above its strike', 24200, 'PE', { bid: 25000, ask: 25001 }, 'ABOVE_MAXIMUM'],
    ['a call above the forward', 24200, 'CE', { bid: 24100, ask: 24101 }, 'ABOVE_MAXIMUM'],
    ['a last price below the intrinsic value', 23800, 'CE', { last: 100 }, 'BELOW_INTRINSIC'],
  ] as const) {
    test(`${name}: ${status}`, () => {
      assert.ok(intrinsic > 200);
      const board = futureBoard();
      const leg = board.leg(strike, type);
      board.quote(leg, quote).run();
      const tick = board.newestTick(leg);
      assert.equal(tick.greeksStatus, GREEKS_STATUS[status]);
      const values = [tick.iv, tick.delta, tick.gamma, tick.theta, tick.vega, tick.rho];
      assert.deepEqual(values, new Array(6).fill(undefined));
      assert.equal(tick.ivOwn, undefined);
      assert.equal(tick.forward, FORWARD, 'the forward is known all the same');
      assert.ok(board.isDone(tick.sequence));
      assert.equal(board.greeksMeters().get(GREEKS.STATUS_FIRST + GREEKS_STATUS[status]), 1);
    });
  }

  test('a crossed book of another leg is not used', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 210, ask: 200, last: 150 });
    board.quote(board.leg(23800, 'CE'), { bid: 480, ask: 490 }).run();
    const tick = board.newestTick(board.leg(23800, 'CE'));
    assertGreeks(board, tick, 1, 23800, volatilityOf(board, 1, 23800, 485));
  });

  test('what an earlier tick left in the section is gone', () => {
    const board = new NiftyBoard({ ringSlots: 1024 });
    board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD }).run();
    const leg = board.leg(24200, 'CE');
    board.quote(leg, { bid: 300, ask: 301 }).run();
    const slot = board.newestOf(leg.token) % 1024;
    while ((board.ring.newest() + 1) % 1024 !== slot) {
      board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD }).run();
    }
    board.quote(leg, { bid: 302, ask: 300 }).run();
    const tick = board.newestTick(leg);
    assert.equal(tick.sequence % 1024, slot);
    assert.equal(tick.greeksStatus, GREEKS_STATUS.CROSSED);
    for (const value of [tick.iv, tick.delta, tick.ivBid, tick.ivAsk, tick.ivOwn]) {
      assert.equal(value, undefined);
    }
  });
});

test('futures and indices have no Greeks: NOT_AN_OPTION, done with the tick', () => {
  const board = new NiftyBoard();
  board.quote(board.spot, { last: 24000 });
  board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 }).send();
  for (const instrument of [board.spot, board.future]) {
    const tick = board.newestTick(instrument);
    assert.equal(tick.greeksStatus, GREEKS_STATUS.NOT_AN_OPTION);
    assert.ok(board.isDone(tick.sequence), 'before any worker has looked');
    assert.equal(tick.greeksSequence, tick.sequence);
  }
});

test('the last-value table gets quote and Greeks of the newest tick', () => {
  const board = futureBoard();
  const leg = board.leg(24200, 'CE');
  board.quote(leg, { bid: 300, ask: 301 }).run();
  board.quote(leg, { bid: 310, ask: 311 }).run();
  const row = board.rowOf(leg);
  const { ticks } = board.lastValues;
  const at = board.lastValues.rowBytes(row);
  const slot = board.ring.slotBytes(board.newestOf(leg.token));
  const section = (bytes: Uint8Array, from: number) => bytes.slice(from + 104, from + 188);
  assert.deepEqual(section(ticks.u8, at), section(board.ring.ticks.u8, slot));
});
