import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Instrument } from '../../../../src/domain/instrument.ts';
import { parsePricing } from '../../../../src/config/pricing-file.ts';
import { flatPricing } from '../../../../src/domain/pricing-terms.ts';
import {
  FORWARD_SOURCE,
  GREEKS_STATUS,
  PRICING_MODEL,
  QUALITY,
} from '../../../../src/domain/status.ts';
import {
  black76Greeks,
  blackScholesMertonGreeks,
  GREEKS_DELTA,
  GREEKS_GAMMA,
  GREEKS_OUTPUTS,
  GREEKS_RHO,
  GREEKS_THETA,
  GREEKS_VEGA,
} from '../../../../src/pricing/greeks.ts';
import { solveBlackScholesMerton } from '../../../../src/pricing/implied-volatility.ts';
import { missingFutures } from '../../../../src/threads/control/named-futures.ts';
import type { TickView } from '../../../../src/wire/tick-view.ts';
import { EXPIRY, NiftyBoard } from '../../../support/threads-chain.ts';
import { future } from '../../../support/threads-instruments.ts';

const RATE = 0.065;
const MID = 400.5;

/** NIFTY priced by the terms of a file, with a call of 24000 quoted at MID. */
function boardOf(terms: Record<string, unknown>): NiftyBoard {
  const file = JSON.stringify({ underlyings: { NIFTY: terms } });
  return new NiftyBoard({ pricing: parsePricing(file, 'pricing.json', RATE) });
}

function callOf(board: NiftyBoard): Instrument {
  return board.leg(24000, 'CE');
}

function tick(board: NiftyBoard): TickView {
  board.quote(callOf(board), { bid: MID - 0.5, ask: MID + 0.5, last: MID }).run();
  return board.newestTick(callOf(board));
}

function near(actual: number | undefined, expected: number, relative = 1e-10): void {
  assert.ok(
    actual !== undefined && Math.abs(actual / expected - 1) <= relative,
    `${actual}, expected ${expected}`,
  );
}

describe('Black-Scholes-Merton on the spot', () => {
  test('is that model with the spot, the rate and the dividend yield', () => {
    const board = boardOf({ model: 'bsm', underlying: 'spot', dividend_yield: 0.012 });
    board.quote(board.spot, { last: 24010 });
    const found = tick(board);
    assert.equal(found.model, PRICING_MODEL.BLACK_SCHOLES_MERTON);
    assert.equal(found.forwardSource, FORWARD_SOURCE.SPOT_CARRY);
    near(found.forward, 24010 * Math.exp((RATE - 0.012) * board.timeYears));
    const iv = solveBlackScholesMerton(1, MID, 24010, 24000, board.timeYears, RATE, 0.012);
    near(found.iv, iv);
    const out = new Float64Array(GREEKS_OUTPUTS);
    blackScholesMertonGreeks(out, 1, 24010, 24000, board.timeYears, RATE, 0.012, iv);
    near(found.delta, out[GREEKS_DELTA]!);
    near(found.gamma, out[GREEKS_GAMMA]!);
    near(found.theta, out[GREEKS_THETA]! / 365);
    near(found.vega, out[GREEKS_VEGA]! / 100);
    near(found.rho, out[GREEKS_RHO]! / 100);
  });

  test('is repriced as such when the spot moves', () => {
    const board = boardOf({ model: 'bsm', underlying: 'spot', dividend_yield: 0.012 });
    board.quote(board.spot, { last: 24010 });
    const iv = tick(board).iv ?? 0;
    board.clock.advance(1000);
    board.quote(board.spot, { last: 24060 }).run();
    const row = board.lastValues.rowBytes(board.rowOf(callOf(board)));
    const { f64 } = board.lastValues.ticks;
    const out = new Float64Array(GREEKS_OUTPUTS);
    blackScholesMertonGreeks(out, 1, 24060, 24000, board.timeYears, RATE, 0.012, iv);
    near(f64[(row + 136) >> 3], out[GREEKS_DELTA]!);
  });

  test('can stand on the forward by parity too', () => {
    const board = boardOf({ model: 'bsm' });
    board.quote(board.spot, { last: 23000 }).quoteChain(24050, 0.12);
    const found = tick(board);
    assert.equal(found.model, PRICING_MODEL.BLACK_SCHOLES_MERTON);
    assert.equal(found.forwardSource, FORWARD_SOURCE.PARITY);
    const out = new Float64Array(GREEKS_OUTPUTS);
    const spot = (found.forward ?? 0) * Math.exp(-RATE * board.timeYears);
    blackScholesMertonGreeks(out, 1, spot, 24000, board.timeYears, RATE, 0, found.iv ?? 0);
    near(found.delta, out[GREEKS_DELTA]!);
  });
});

describe('the underlying', () => {
  test('spot: neither parity nor a future, whatever is quoted', () => {
    const board = boardOf({ underlying: 'spot' });
    board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 }).quoteChain(24050, 0.12);
    board.quote(board.spot, { last: 24000 });
    const found = tick(board);
    assert.equal(found.model, PRICING_MODEL.BLACK_76);
    assert.equal(found.forwardSource, FORWARD_SOURCE.SPOT_CARRY);
    near(found.forward, 24000 * Math.exp(RATE * board.timeYears));
  });

  test('future: that of the expiry before parity', () => {
    const board = boardOf({ underlying: 'future' });
    board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 }).quoteChain(24050, 0.12);
    const found = tick(board);
    assert.deepEqual([found.forwardSource, found.forward], [FORWARD_SOURCE.FUTURE, 24071]);
  });

  test('a named future: that one alone, carried to the expiry', () => {
    const symbol = `NFO:${new NiftyBoard().nextFuture.tradingsymbol}`;
    const board = boardOf({ underlying: symbol });
    board.quote(board.future, { bid: 23000, ask: 23002, last: 23001 });
    board.quote(board.nextFuture, { bid: 24199, ask: 24201, last: 24200 });
    board.quote(board.spot, { last: 24000 });
    const found = tick(board);
    assert.equal(found.forwardSource, FORWARD_SOURCE.CARRIED_FUTURE);
    assert.ok((found.forward ?? 0) > 24000 && (found.forward ?? 0) < 24200);
  });

  for (const [name, symbol, isListed] of [
    ['that is not listed', 'NFO:NIFTY20JANFUT', false],
    ['of another underlying', 'NFO:BANKNIFTY2609-29FUT', true],
  ] as const) {
    test(`a named future ${name}: spot with carry, flagged, and no other future`, () => {
      const book = flatPricing(RATE);
      const terms = { ...book.standard, firstSource: FORWARD_SOURCE.FUTURE, future: symbol };
      const pricing = { ...book, byUnderlying: new Map([['NIFTY', terms]]) };
      const board = new NiftyBoard({ pricing, others: [future('BANKNIFTY', EXPIRY)] });
      assert.equal(board.registry.bySymbol(symbol) !== undefined, isListed);
      board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 }).quoteChain(24050, 0.12);
      board.quote(board.nextFuture, { bid: 24199, ask: 24201, last: 24200 });
      board.quote(board.spot, { last: 24000 });
      const found = tick(board);
      assert.equal(found.forwardSource, FORWARD_SOURCE.SPOT_CARRY);
      assert.equal(found.quality, QUALITY.FORWARD_DEGRADED);
      near(found.forward, 24000 * Math.exp(RATE * board.timeYears));
      assert.deepEqual(missingFutures(board.registry, pricing), [
        { underlying: 'NIFTY', future: symbol },
      ]);
    });
  }

  test('named futures that are listed are not missing, also for the other exchange', () => {
    const board = new NiftyBoard();
    const symbol = `NFO:${board.future.tradingsymbol}`;
    const terms = { ...flatPricing(RATE).standard, future: symbol };
    const byUnderlying = new Map([
      ['NIFTY', terms],
      ['BFO:NIFTY', terms],
    ]);
    const { standard } = flatPricing(RATE);
    assert.deepEqual(missingFutures(board.registry, { standard, byUnderlying }), []);
  });

  test('the named future of the same expiry is the forward', () => {
    const symbol = `NFO:${new NiftyBoard().future.tradingsymbol}`;
    const board = boardOf({ underlying: symbol });
    board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 }).quoteChain(24050, 0.12);
    const found = tick(board);
    assert.deepEqual([found.forwardSource, found.forward], [FORWARD_SOURCE.FUTURE, 24071]);
  });
});

describe('the rate', () => {
  test('comes from the curve at the time to expiry, rate x time linear in between', () => {
    const board = boardOf({
      underlying: 'future',
      curve: [
        [7, 0.05],
        [30, 0.07],
        [365, 0.08],
      ],
    });
    board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 });
    const found = tick(board);
    const days = board.timeYears * 365;
    const exponent = (7 * 0.05 + ((days - 7) / 23) * (30 * 0.07 - 7 * 0.05)) / 365;
    const out = new Float64Array(GREEKS_OUTPUTS);
    const rate = exponent / board.timeYears;
    black76Greeks(out, 1, 24071, 24000, board.timeYears, rate, found.iv ?? 0);
    near(found.delta, out[GREEKS_DELTA]!);
    near(found.rho, out[GREEKS_RHO]! / 100);
    near(out[0], MID, 1e-9);
  });

  test('is not fitted: quotes of another rate are priced at the configured one', () => {
    const board = boardOf({ rate: 0.2 });
    board.quoteChain(24050, 0.12);
    const found = tick(board);
    assert.equal(found.greeksStatus, GREEKS_STATUS.OK);
    const out = new Float64Array(GREEKS_OUTPUTS);
    black76Greeks(out, 1, found.forward ?? 0, 24000, board.timeYears, 0.2, found.iv ?? 0);
    near(found.theta, out[GREEKS_THETA]! / 365);
  });
});
