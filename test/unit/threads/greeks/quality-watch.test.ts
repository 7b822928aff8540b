import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DISAGREEMENT_KINDS, GREEKS } from '../../../../src/shm/layout/meters.ts';
import {
  TICK_DELTA_F64,
  TICK_IV_F64,
  TICK_RHO_F64,
  TICK_THETA_F64,
} from '../../../../src/shm/layout/tick-slot.ts';
import { OptionPricer } from '../../../../src/threads/greeks/option-pricer.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';

const FORWARD = 24071;

function futureBoard(): NiftyBoard {
  const board = new NiftyBoard();
  board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD }).run();
  return board;
}

function disagreements(board: NiftyBoard): string[] {
  const meters = board.greeksMeters();
  return DISAGREEMENT_KINDS.filter((_kind, i) => meters.get(GREEKS.DISAGREEMENT_FIRST + i) > 0);
}

/** Lets `change` have the section of every option once it is computed. */
function spoil(t: { mock: typeof test.mock }, change: (f64: Float64Array, at: number) => void) {
  const price = Object.getOwnPropertyDescriptor(OptionPricer.prototype, 'price')
    ?.value as OptionPricer['price'];
  t.mock.method(
    OptionPricer.prototype,
    'price',
    function (this: OptionPricer, ...args: Parameters<OptionPricer['price']>): number {
      const status = price.apply(this, args);
      change(args[1].f64, args[2] >> 3);
      return status;
    },
  );
}

describe('the reference', () => {
  test('looks at one option a second and confirms it', () => {
    const board = futureBoard();
    for (let second = 0; second < 5; second++) {
      board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD });
      board.quoteChain(FORWARD, 0.12).run();
      board.quoteChain(FORWARD, 0.12).run();
      board.clock.advance(1000);
    }
    assert.equal(board.greeksMeters().get(GREEKS.REFERENCE_SAMPLES), 5);
    assert.deepEqual(disagreements(board), []);
  });

  test('finds a volatility that is not that of the price', (t) => {
    spoil(t, (f64, at) => {
      f64[at + TICK_IV_F64]! += 1e-6;
    });
    const board = futureBoard();
    board.quoteChain(FORWARD, 0.12).run();
    assert.ok(disagreements(board).includes('iv'));
  });

  test('finds Greeks in wrong units and of wrong sign', (t) => {
    spoil(t, (f64, at) => {
      f64[at + TICK_THETA_F64]! /= 365;
      f64[at + TICK_DELTA_F64]! *= -1;
      f64[at + TICK_RHO_F64] = Number.NaN;
    });
    const board = futureBoard();
    board.quoteChain(FORWARD, 0.12).run();
    assert.deepEqual(disagreements(board), ['delta', 'theta', 'rho']);
  });
});

describe('an anomaly is counted:', () => {
  const counted = (board: NiftyBoard) => {
    const meters = board.greeksMeters();
    return {
      jump: meters.get(GREEKS.ANOMALY_IV_JUMP),
      negative: meters.get(GREEKS.ANOMALY_NEGATIVE_TIME_VALUE),
      split: meters.get(GREEKS.ANOMALY_CALL_PUT_SPLIT),
    };
  };

  test('none in a sound market', () => {
    const board = futureBoard();
    for (let i = 0; i < 5; i++) {
      board.quoteChain(FORWARD + i, 0.12 + i / 1000).run();
      board.clock.advance(1000);
      board.compute();
    }
    assert.deepEqual(counted(board), { jump: 0, negative: 0, split: 0 });
  });

  test('a volatility that jumps between two ticks', () => {
    const board = futureBoard();
    for (const bid of [350, 351, 700]) {
      board.quote(board.leg(24000, 'CE'), { bid, ask: bid + 1, last: bid }).run();
    }
    assert.deepEqual(counted(board), { jump: 1, negative: 0, split: 0 });
  });

  test('but not one that has had more than a minute for it', () => {
    const board = futureBoard();
    for (const bid of [350, 700]) {
      board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD });
      board.quote(board.leg(24000, 'CE'), { bid, ask: bid + 1, last: bid }).run();
      board.clock.advance(61_000);
    }
    assert.equal(counted(board).jump, 0);
  });

  test('an ask below the value of exercise', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 100, ask: 101 });
    board.quote(board.leg(23800, 'CE'), { bid: 250, ask: 260 }).run();
    assert.equal(counted(board).negative, 1);
  });

  test('call and put at the money that disagree', () => {
    const board = futureBoard();
    const quotes = (move: number): void => {
      const call = board.fairQuote(24100, 'CE', FORWARD, 0.12);
      const bid = (call.bid ?? 0) + move;
      board.quote(board.leg(24100, 'CE'), { bid, ask: bid + 0.5 });
      board.quote(board.leg(24100, 'PE'), board.fairQuote(24100, 'PE', FORWARD, 0.12)).run();
      board.clock.advance(1000);
      board.compute();
    };
    quotes(0);
    assert.equal(counted(board).split, 0);
    quotes(20);
    assert.equal(counted(board).split, 1);
  });
});
