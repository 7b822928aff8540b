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
  return { board, windows: new ChainWindows(board.registry, board.money, board.deltas) };
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

describe('a window by delta', () => {
  const BAND: ChainKey = { ...KEY, strikes: { delta: [0.3, 0.7] } };
  const LISTED = Array.from({ length: 41 }, (_unused, i) => 22000 + 100 * i);

  /** Options quoted so that the forward is at `forward`, all with one volatility. */
  function quoted() {
    const board = new MoneyBoard(LISTED);
    const windows = new ChainWindows(board.registry, board.money, board.deltas);
    const forwardAt = (forward: number) => {
      board.spotAt(forward);
      board.quoteChain(forward, 0.15).run();
    };
    return { board, windows, forwardAt };
  }

  /** Strikes whose legs' published deltas are within, by the ticks. */
  function inBand(board: MoneyBoard, least: number, greatest: number): number[] {
    const found = board.chain.strikes.filter(({ call, put }) =>
      [call!, put!].some((leg) => {
        const size = Math.abs(board.newestTick(leg).delta ?? NaN);
        return size >= least && size <= greatest;
      }),
    );
    return found.map(({ strike }) => strike);
  }

  test('has both legs of the strikes with a delta in it', () => {
    const { board, windows, forwardAt } = quoted();
    forwardAt(24000);
    const contracts = windows.contracts(BAND);
    const strikes = strikesOf(contracts);
    assert.deepEqual(strikes, inBand(board, 0.3, 0.7));
    assert.ok(strikes.length > 3 && strikes.includes(24000), String(strikes));
    assert.equal(contracts.length, 2 * strikes.length);
  });

  test('follows the money, with hysteresis', () => {
    const { board, windows, forwardAt } = quoted();
    forwardAt(24000);
    const first = strikesOf(windows.contracts(BAND));
    windows.follow(BAND);
    forwardAt(24001);
    assert.deepEqual(windows.refresh(), []);
    forwardAt(24500);
    const [change] = windows.refresh();
    assert.ok(change);
    assert.deepEqual(change.key, BAND);
    const after = strikesOf(windows.contracts(BAND));
    const wanted = inBand(board, 0.3, 0.7);
    assert.deepEqual(
      wanted.filter((strike) => !after.includes(strike)),
      [],
    );
    // 15 % of 0.3 beyond the bounds.
    const stayed = after.filter((strike) => !wanted.includes(strike as number));
    assert.ok(stayed.every((strike) => first.includes(strike)));
    const near = inBand(board, 0.255, 0.745);
    assert.ok(after.every((strike) => near.includes(strike as number)));
    const { added, removed } = change;
    assert.deepEqual(
      [...first.filter((strike) => !strikesOf(removed).includes(strike)), ...strikesOf(added)],
      after,
    );
  });

  test('without Greeks starts around the money; the first Greeks move it', () => {
    const { board, windows, forwardAt } = quoted();
    board.spotAt(24000);
    assert.equal(strikesOf(windows.contracts(BAND)).length, 9);
    windows.follow(BAND);
    board.spotAt(23000);
    assert.deepEqual(windows.refresh(), [], 'the price alone does not');
    forwardAt(23000);
    assert.equal(windows.refresh().length, 1);
    assert.deepEqual(strikesOf(windows.contracts(BAND)), inBand(board, 0.3, 0.7));
  });

  test('stands beside windows of other bands and of a number of strikes', () => {
    const { windows, forwardAt } = quoted();
    forwardAt(24000);
    const wide: ChainKey = { ...KEY, strikes: { delta: [0.1, 0.9] } };
    const [band, wider, counted] = [BAND, wide, KEY].map((key) => windows.contracts(key).length);
    assert.ok(counted! < band! && band! < wider!, `${counted} ${band} ${wider}`);
    assert.equal(windows.chainsByDelta.length, 2);
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
  const windows = new ChainWindows(board.registry, board.money, board.deltas);
  const around = (centre: number) =>
    Array.from({ length: 9 }, (_unused, i) => centre + 100 * (i - 4));
  assert.deepEqual(strikesOf(windows.forwardContracts(board.chain)), around(24000));
  board.spotAt(24060);
  assert.deepEqual(strikesOf(windows.forwardContracts(board.chain)), around(24000));
  board.spotAt(24070);
  assert.deepEqual(strikesOf(windows.forwardContracts(board.chain)), around(24100));
});
