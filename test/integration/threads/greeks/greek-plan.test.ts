import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GREEKS_STATUS } from '../../../../src/domain/status.ts';
import type { TickView } from '../../../../src/wire/tick-view.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';

/*
 * GREEK-016 to 020 of the old service's plan: time to expiry, through parser, ring and worker. The
 * plan wanted trading time, its service counted calendar time; this one counts calendar time, in
 * seconds to the end of trading of the contract, Act/365.
 */

const SECONDS_PER_YEAR = 31_536_000;

/** A call of the chain that expires on `expiry`, ticking at `instant`. */
function tickAt(expiry: string, instant: string): TickView {
  const board = new NiftyBoard({ expiry, start: instant });
  board.quote(board.spot, { last: 24_000 });
  board.quote(board.leg(24_000, 'CE'), { bid: 350, ask: 351, last: 350 }).run();
  return board.newestTick(board.leg(24_000, 'CE'));
}

/** Of that tick; single precision in the slot. */
function secondsLeft(expiry: string, instant: string): number {
  return (tickAt(expiry, instant).timeToExpiryYears ?? Number.NaN) * SECONDS_PER_YEAR;
}

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual / expected - 1) < 1e-7, `${actual}, expected ${expected}`);
}

describe('time to expiry', () => {
  test('GREEK-016 in the session counts to the second', () => {
    near(secondsLeft('2026-09-15', '2026-09-14T10:00:00+05:30'), 86_400 + 5 * 3600 + 40 * 60);
    near(secondsLeft('2026-09-15', '2026-09-14T10:00:01+05:30'), 86_400 + 5 * 3600 + 40 * 60 - 1);
  });

  test('GREEK-017 after the close goes on through the night', () => {
    near(secondsLeft('2026-09-15', '2026-09-14T18:00:00+05:30'), 21 * 3600 + 40 * 60);
    near(secondsLeft('2026-09-15', '2026-09-15T03:00:00+05:30'), 12 * 3600 + 40 * 60);
  });

  test('GREEK-018 goes on over a weekend', () => {
    const friday = secondsLeft('2026-09-15', '2026-09-11T15:40:00+05:30');
    const monday = secondsLeft('2026-09-15', '2026-09-14T15:40:00+05:30');
    near(friday, 4 * 86_400);
    near(monday, 86_400);
  });

  test('GREEK-019 on the day of expiry is what is left of it, by the session of that day', () => {
    near(secondsLeft('2026-09-15', '2026-09-15T09:15:00+05:30'), 6 * 3600 + 25 * 60);
    near(secondsLeft('2026-07-28', '2026-07-28T09:15:00+05:30'), 6 * 3600 + 15 * 60);
  });

  test('GREEK-020 after the end is 0, and the status EXPIRED', () => {
    for (const instant of ['2026-09-15T15:40:00+05:30', '2026-09-16T10:00:00+05:30']) {
      const tick = tickAt('2026-09-15', instant);
      assert.equal(tick.timeToExpiryYears, 0);
      assert.equal(tick.greeksStatus, GREEKS_STATUS.EXPIRED);
      assert.equal(tick.iv, undefined);
      assert.equal(tick.delta, undefined);
    }
  });
});
