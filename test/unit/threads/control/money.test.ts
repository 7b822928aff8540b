import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MoneyBoard } from '../../../support/threads-money.ts';

const STRIKES = [23900, 24000, 24100, 24200];

describe('the price of an underlying', () => {
  test('is that of its spot; without one that of its nearest future that has ticked', () => {
    const board = new MoneyBoard(STRIKES);
    const { money, underlying } = board;
    assert.equal(money.underlyingPrice(underlying), 0);
    board.quote(board.futures[1]!, { last: 24200 }).send();
    assert.equal(money.underlyingPrice(underlying), 24200);
    board.quote(board.futures[0]!, { last: 24100 }).send();
    assert.equal(money.underlyingPrice(underlying), 24100);
    board.spotAt(24000.05);
    assert.equal(money.underlyingPrice(underlying), 24000.05);
  });

  test('of an unlisted spot is that of a future', () => {
    const board = new MoneyBoard(STRIKES, { spot: false });
    board.quote(board.futures[0]!, { last: 24100 }).send();
    assert.equal(board.money.underlyingPrice(board.underlying), 24100);
  });

  test('a last price of 0 is none', () => {
    const board = new MoneyBoard(STRIKES);
    board.spotAt(0);
    board.quote(board.futures[0]!, { last: 24100 }).send();
    assert.equal(board.money.underlyingPrice(board.underlying), 24100);
    assert.equal(board.money.lastPrice(1), 0, 'an unknown token has none');
  });
});

describe('the strike at the money', () => {
  /** Strike after each price, from the one before it. */
  function path(prices: readonly number[]): (number | undefined)[] {
    const board = new MoneyBoard(STRIKES);
    let at: number | undefined;
    return prices.map((price) => {
      board.spotAt(price);
      at = board.money.atTheMoney(board.chain, at);
      return board.chain.strikes[at]?.strike;
    });
  }

  test('is the nearest to the price', () => {
    assert.deepEqual(
      [24049, 24051, 1, 99999].map((price) => path([price])[0]),
      [24000, 24100, 23900, 24200],
    );
  });

  test('moves when the price has left it by 0.65 of a step, and does not flicker', () => {
    assert.deepEqual(
      path([24000, 24055, 24064, 24066, 24050, 24036, 24034, 24050]),
      [24000, 24000, 24000, 24100, 24100, 24100, 24000, 24000],
    );
  });

  test('jumps over strikes at once', () => {
    assert.deepEqual(path([23900, 24190, 23905]), [23900, 24200, 23900]);
  });

  test('at the edge stays when the price goes beyond it', () => {
    assert.deepEqual(
      path([24200, 30000, 24150, 24136, 24134]),
      [24200, 24200, 24200, 24200, 24100],
    );
  });

  test('without a price is the middle one, or where it was', () => {
    const board = new MoneyBoard(STRIKES);
    assert.equal(board.money.atTheMoney(board.chain), 2);
    assert.equal(board.money.atTheMoney(board.chain, 3), 3);
  });

  test('follows the step of the chain where strikes are wider apart', () => {
    const board = new MoneyBoard([23000, 24000, 24100]);
    board.spotAt(24000);
    assert.equal(board.money.atTheMoney(board.chain, 1), 1);
    board.spotAt(23400);
    assert.equal(board.money.atTheMoney(board.chain, 1), 1, '0.6 of 1,000');
    board.spotAt(23340);
    assert.equal(board.money.atTheMoney(board.chain, 1), 0);
  });
});
