import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ChainKey } from '../../../../src/domain/ports.ts';
import { ChainWindows, type WindowChange } from '../../../../src/threads/control/chain-windows.ts';
import { EXPIRY, MoneyBoard } from '../../../support/threads-money.ts';

const STRIKES = [23700, 23800, 23900, 24000, 24100, 24200, 24300];
const KEY: ChainKey = { underlying: 'NIFTY', expiry: EXPIRY, strikes: 1 };

function create(): { board: MoneyBoard; windows: ChainWindows } {
  const board = new MoneyBoard(STRIKES);
  board.spotAt(24000);
  return { board, windows: new ChainWindows(board.registry, board.money) };
}

function strikesOf(contracts: readonly { strike: number | null }[]): (number | null)[] {
  return [...new Set(contracts.map(({ strike }) => strike))];
}

function moves(changes: WindowChange[]): unknown[] {
  return changes.map(({ key, added, removed }) => [
    key.strikes,
    strikesOf(added),
    strikesOf(removed),
  ]);
}

describe('the contracts of a window', () => {
  test('are both legs of the strikes around the money', () => {
    const { windows } = create();
    const contracts = windows.contracts(KEY);
    assert.equal(contracts.length, 6);
    assert.deepEqual(strikesOf(contracts), [23900, 24000, 24100]);
    assert.deepEqual(strikesOf(windows.contracts({ ...KEY, strikes: 0 })), [24000]);
    assert.deepEqual(strikesOf(windows.contracts({ ...KEY, strikes: 'all' })), STRIKES);
  });

  test('of what is not listed are none', () => {
    const { windows } = create();
    assert.deepEqual(windows.contracts({ ...KEY, underlying: 'NONE' }), []);
    assert.deepEqual(windows.contracts({ ...KEY, expiry: '2031-01-01' }), []);
    windows.follow({ ...KEY, underlying: 'NONE' });
    assert.deepEqual(windows.refresh(), []);
  });
});

describe('a window that is followed', () => {
  test('moves with the money: what enters, what leaves', () => {
    const { board, windows } = create();
    windows.contracts(KEY);
    windows.follow(KEY);
    assert.deepEqual(windows.refresh(), []);
    board.spotAt(24100);
    assert.deepEqual(moves(windows.refresh()), [[1, [24200], [23900]]]);
    assert.deepEqual(windows.refresh(), []);
    board.spotAt(23700);
    const all = [[1, [23700, 23800], [24000, 24100, 24200]]];
    assert.deepEqual(moves(windows.refresh()), all);
    assert.deepEqual(strikesOf(windows.contracts(KEY)), [23700, 23800]);
  });

  test('of all strikes never moves', () => {
    const { board, windows } = create();
    windows.follow({ ...KEY, strikes: 'all' });
    board.spotAt(23700);
    assert.deepEqual(windows.refresh(), []);
  });

  test('is one for all who follow it, and ends for good some time after the last one', () => {
    const { board, windows } = create();
    windows.follow(KEY);
    windows.follow(KEY);
    windows.unfollow(KEY);
    for (let second = 0; second < 60; second++) windows.refresh();
    board.spotAt(24100);
    assert.equal(windows.refresh().length, 1, 'one follower is left');
    windows.unfollow(KEY);
    windows.unfollow(KEY);
    for (let second = 0; second < 60; second++) windows.refresh();
    board.spotAt(24200);
    assert.deepEqual(windows.refresh(), []);
    assert.deepEqual(strikesOf(windows.contracts(KEY)), [24100, 24200, 24300]);
  });

  test('windows of different width move side by side', () => {
    const { board, windows } = create();
    windows.follow(KEY);
    windows.follow({ ...KEY, strikes: 0 });
    board.spotAt(24100);
    assert.deepEqual(moves(windows.refresh()), [
      [1, [24200], [23900]],
      [0, [24100], [24000]],
    ]);
  });
});

describe('between the answer and its first follower', () => {
  test('the money may move: the window starts where the answer was', () => {
    const { board, windows } = create();
    const answered = windows.contracts(KEY);
    board.spotAt(24100);
    windows.follow(KEY);
    const [change] = windows.refresh();
    assert.deepEqual(moves(change === undefined ? [] : [change]), [[1, [24200], [23900]]]);
    assert.deepEqual(strikesOf(answered), [23900, 24000, 24100]);
  });

  test('the window may move: who was answered is told like a follower', () => {
    const { board, windows } = create();
    windows.contracts(KEY);
    board.spotAt(24100);
    assert.deepEqual(moves(windows.refresh()), [[1, [24200], [23900]]]);
    windows.follow(KEY);
    assert.deepEqual(windows.refresh(), []);
  });

  test('some seconds may pass, counted from the last contact', () => {
    const { board, windows } = create();
    windows.contracts(KEY);
    for (let second = 0; second < 10; second++) windows.refresh();
    windows.contracts(KEY);
    for (let second = 0; second < 10; second++) windows.refresh();
    board.spotAt(24100);
    assert.equal(windows.refresh().length, 1);
    windows.follow(KEY);
    windows.unfollow(KEY);
    for (let second = 0; second < 10; second++) windows.refresh();
    board.spotAt(24200);
    assert.equal(windows.refresh().length, 1);
    for (let second = 0; second < 60; second++) windows.refresh();
    board.spotAt(24000);
    assert.deepEqual(windows.refresh(), [], 'forgotten in the end');
  });

  test('another one may leave: the window stays', () => {
    const { board, windows } = create();
    windows.contracts(KEY);
    windows.follow(KEY);
    windows.contracts(KEY);
    windows.unfollow(KEY);
    board.spotAt(24100);
    assert.equal(windows.refresh().length, 1);
    windows.follow(KEY);
    assert.deepEqual(windows.refresh(), []);
  });
});

test('after a restart of publish nobody follows anything', () => {
  const { board, windows } = create();
  windows.follow(KEY);
  windows.clear();
  board.spotAt(24100);
  assert.deepEqual(windows.refresh(), []);
});

test('the contracts for a forward are those of four strikes each side, and do not flicker', () => {
  const board = new MoneyBoard(Array.from({ length: 30 }, (_unused, i) => 22500 + 100 * i));
  board.spotAt(24000);
  const windows = new ChainWindows(board.registry, board.money);
  const around = (centre: number) =>
    Array.from({ length: 9 }, (_unused, i) => centre + 100 * (i - 4));
  assert.deepEqual(strikesOf(windows.forwardContracts(board.chain)), around(24000));
  board.spotAt(24060);
  assert.deepEqual(strikesOf(windows.forwardContracts(board.chain)), around(24000));
  board.spotAt(24070);
  assert.deepEqual(strikesOf(windows.forwardContracts(board.chain)), around(24100));
});
