import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  FORWARD_SOURCE,
  FORWARD_SOURCE_NAMES,
  GREEKS_STATUS,
  GREEKS_STATUS_NAMES,
  QUALITY,
} from '../../../../src/domain/status.ts';
import { GREEKS } from '../../../../src/shm/layout/meters.ts';
import type { TickView } from '../../../../src/wire/tick-view.ts';
import { frameOf } from '../../../support/feed/kite/frames.ts';
import { fullPacket, indexPacket } from '../../../support/threads-quotes.ts';
import { EXPIRY, NEXT_EXPIRY, NiftyBoard } from '../../../support/threads-chain.ts';

const YEAR_MS = 31_536_000_000;

/** The forward that a tick of the call of 24000 shows after `quotes`. */
function forwardAfter(board: NiftyBoard, quotes: (board: NiftyBoard) => void): TickView {
  quotes(board);
  board.quote(board.leg(24000, 'CE'), { bid: 350, ask: 351, last: 350 }).run();
  return board.newestTick(board.leg(24000, 'CE'));
}

function near(actual: number | undefined, expected: number, tolerance: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= tolerance, `${actual}`);
}

describe('the forward of a chain comes from', () => {
  test('put-call parity of the strikes nearest the money, whatever spot and future say', () => {
    const board = new NiftyBoard();
    const tick = forwardAfter(board, () => {
      board.quote(board.spot, { last: 23000 });
      board.quote(board.future, { bid: 22000, ask: 22001, last: 22000 });
      board.quoteChain(24050, 0.12);
    });
    near(tick.forward, 24050, 1);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.PARITY);
    assert.equal(tick.quality, 0);
  });

  test('the future of the same expiry when fewer than three strikes are quoted', () => {
    const board = new NiftyBoard();
    const tick = forwardAfter(board, () => {
      board.quote(board.spot, { last: 23000 });
      board.quote(board.future, { bid: 24070, ask: 24072, last: 24000 });
      board.quoteChain(24050, 0.12, [23900, 24100]);
    });
    near(tick.forward, 24071, 1e-9);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.FUTURE);
  });

  test('the last price of a future without a two-sided quote', () => {
    const tick = forwardAfter(new NiftyBoard(), (board) => {
      board.quote(board.future, { bid: 24070, last: 24065 });
    });
    near(tick.forward, 24065, 1e-9);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.FUTURE);
  });

  test('the future of another expiry, carried from the spot', () => {
    const board = new NiftyBoard();
    const tick = forwardAfter(board, () => {
      board.quote(board.spot, { last: 24000 });
      board.quote(board.nextFuture, { bid: 24199, ask: 24201, last: 24200 });
    });
    const nextMs = Date.parse(`${NEXT_EXPIRY}T15:40:00+05:30`) - board.clock.nowUs() / 1000;
    const carry = Math.log(24200 / 24000) / (nextMs / YEAR_MS);
    near(tick.forward, 24000 * Math.exp(carry * board.timeYears), 1e-6);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.CARRIED_FUTURE);
    assert.equal(tick.quality, 0);
  });

  test('the spot with carry, flagged FORWARD_DEGRADED', () => {
    const board = new NiftyBoard();
    const tick = forwardAfter(board, () => board.quote(board.spot, { last: 24000 }));
    near(tick.forward, 24000 * Math.exp(board.rate * board.timeYears), 1e-6);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.SPOT_CARRY);
    assert.equal(tick.quality, QUALITY.FORWARD_DEGRADED);
    assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
  });

  test('nowhere: NO_UNDERLYING and nothing but the time to expiry', () => {
    const board = new NiftyBoard();
    const tick = forwardAfter(board, () => undefined);
    assert.equal(tick.greeksStatus, GREEKS_STATUS.NO_UNDERLYING);
    assert.equal(tick.forward, undefined);
    assert.equal(tick.iv, undefined);
    assert.equal(tick.delta, undefined);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.NONE);
    near(tick.timeToExpiryYears, board.timeYears, 1e-8);
  });

  test('another future alone is not enough: without a spot nothing can be carried', () => {
    const tick = forwardAfter(new NiftyBoard(), (board) => {
      board.quote(board.nextFuture, { bid: 24199, ask: 24201, last: 24200 });
    });
    assert.equal(tick.greeksStatus, GREEKS_STATUS.NO_UNDERLYING);
  });
});

describe('the forward follows', () => {
  test('each source as it comes and goes, in order of trust, and is counted by it', () => {
    const board = new NiftyBoard();
    const sources: (number | undefined)[] = [];
    const note = (quotes: () => void) => {
      sources.push(forwardAfter(board, quotes).forwardSource);
    };
    note(() => undefined);
    note(() => board.quote(board.spot, { last: 24000 }));
    note(() => board.quote(board.nextFuture, { bid: 24199, ask: 24201, last: 24200 }));
    note(() => board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 }));
    note(() => board.quoteChain(24050, 0.12));
    // Quotes that nobody has renewed for more than a minute do not vote.
    board.clock.advance(61_000);
    note(() => board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 }));
    assert.deepEqual(sources, [
      FORWARD_SOURCE.NONE,
      FORWARD_SOURCE.SPOT_CARRY,
      FORWARD_SOURCE.CARRIED_FUTURE,
      FORWARD_SOURCE.FUTURE,
      FORWARD_SOURCE.PARITY,
      FORWARD_SOURCE.FUTURE,
    ]);
    const meters = board.greeksMeters();
    assert.equal(meters.get(GREEKS.FORWARD_FIRST + FORWARD_SOURCE.FUTURE), 2);
    assert.equal(meters.get(GREEKS.FORWARD_FIRST + FORWARD_SOURCE.PARITY), 1);
  });

  test('the spot without a tick of the chain in between', () => {
    const board = new NiftyBoard();
    forwardAfter(board, () => board.quote(board.spot, { last: 24000 }));
    board.quote(board.spot, { last: 24100 }).run();
    const tick = forwardAfter(board, () => undefined);
    near(tick.forward, 24100 * Math.exp(board.rate * board.timeYears), 1e-6);
  });

  test('a packet without depth does not make an old book young', () => {
    const board = new NiftyBoard();
    board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 });
    board.quoteChain(24050, 0.12).run();
    board.clock.advance(61_000);
    for (const leg of [...board.calls, ...board.puts]) {
      const packet = Buffer.alloc(8);
      packet.writeUInt32BE(leg.token, 0);
      packet.writeUInt32BE(35_000, 4);
      board.packet(packet);
    }
    board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 });
    const tick = forwardAfter(board, () => undefined);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.FUTURE);
  });

  test('a crossed or one-sided quote does not vote', () => {
    const board = new NiftyBoard();
    board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 });
    board.quoteChain(24050, 0.12);
    for (const strike of [23800, 23900, 24100]) {
      board.quote(board.leg(strike, 'PE'), { bid: 500, ask: 1, last: 1 });
    }
    const tick = forwardAfter(board, () => undefined);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.FUTURE, 'two strikes are left');
  });

  test('one strike quoted far off does not move it', () => {
    const board = new NiftyBoard();
    const tick = forwardAfter(board, () => {
      board.quoteChain(24050, 0.12);
      board.quote(board.leg(24100, 'CE'), { bid: 900, ask: 900.05, last: 900 });
    });
    near(tick.forward, 24050, 3);
  });
});

describe('time to expiry', () => {
  for (const [expiry, start, instant] of [
    ['2026-07-28', '2026-07-20T10:00:00+05:30', '2026-07-28T15:30:00+05:30'],
    [EXPIRY, '2026-09-10T10:00:00+05:30', '2026-09-29T15:40:00+05:30'],
  ] as const) {
    test(`of contracts of ${expiry} ends at ${instant}`, () => {
      const board = new NiftyBoard({ expiry, start });
      const tick = forwardAfter(board, () => board.quote(board.spot, { last: 24000 }));
      const years = (Date.parse(instant) - Date.parse(start)) / YEAR_MS;
      near(tick.timeToExpiryYears, years, 1e-8);
      assert.equal(tick.quality, QUALITY.FORWARD_DEGRADED);
    });
  }

  test('beyond the calendar’s data is flagged CALENDAR_ESTIMATED', () => {
    const board = new NiftyBoard({ expiry: '2027-06-29' });
    const tick = forwardAfter(board, () => board.quoteChain(24900, 0.12));
    assert.equal(tick.quality, QUALITY.CALENDAR_ESTIMATED);
    assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
  });

  test('is a minute at least while the contract trades', () => {
    const board = new NiftyBoard({
      expiry: '2026-07-28',
      start: '2026-07-28T15:29:59+05:30',
    });
    const tick = forwardAfter(board, () => board.quote(board.spot, { last: 24300 }));
    near(tick.timeToExpiryYears, 60_000 / YEAR_MS, 1e-12);
    assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
  });

  for (const start of ['2026-09-29T15:40:00+05:30', '2026-10-01T10:00:00+05:30']) {
    test(`is over at ${start}: EXPIRED, nothing computed`, () => {
      const board = new NiftyBoard({ start });
      const tick = forwardAfter(board, () => {
        board.quote(board.spot, { last: 24000 });
        for (const leg of [...board.calls, ...board.puts]) {
          board.quote(leg, { bid: 99, ask: 101, last: 100 });
        }
      });
      assert.equal(tick.greeksStatus, GREEKS_STATUS.EXPIRED);
      assert.equal(tick.timeToExpiryYears, 0);
      assert.equal(tick.iv, undefined);
      assert.equal(tick.ivOwn, undefined);
      assert.equal(tick.forward, undefined);
    });
  }

  test('ends for a chain that was priced a moment before', () => {
    const board = new NiftyBoard({ start: '2026-09-29T15:34:00+05:30' });
    const quotes = (): void => {
      board.quote(board.spot, { last: 24000 });
    };
    const statuses = [0, 60_000, 240_000, 60_000].map((pauseMs) => {
      board.clock.advance(pauseMs);
      return forwardAfter(board, quotes).greeksStatus;
    });
    assert.deepEqual(statuses, [
      GREEKS_STATUS.OK,
      GREEKS_STATUS.AFTER_SETTLEMENT,
      GREEKS_STATUS.AFTER_SETTLEMENT,
      GREEKS_STATUS.EXPIRED,
    ]);
  });

  test('after the closing auction’s print has no values but time left: AFTER_SETTLEMENT', () => {
    const board = new NiftyBoard({ start: '2026-09-29T15:35:00+05:30' });
    const tick = forwardAfter(board, () => board.quote(board.spot, { last: 24000 }));
    assert.equal(tick.greeksStatus, GREEKS_STATUS.AFTER_SETTLEMENT);
    near(tick.timeToExpiryYears, 300_000 / YEAR_MS, 1e-12);
    assert.equal(tick.iv, undefined);
    assert.equal(tick.delta, undefined);
  });

  test('on the clock of the test passes the day on which the session became longer', () => {
    for (const [expiry, start, minutes] of [
      ['2026-07-31', '2026-07-31T15:00:00+05:30', 30],
      ['2026-08-03', '2026-08-03T15:00:00+05:30', 40],
    ] as const) {
      const board = new NiftyBoard({ expiry, start });
      const tick = forwardAfter(board, () => board.quote(board.spot, { last: 24000 }));
      assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
      near(tick.timeToExpiryYears, (minutes * 60_000) / YEAR_MS, 1e-11);
    }
    const board = new NiftyBoard({ expiry: '2026-08-04', start: '2026-07-31T15:30:00+05:30' });
    const before = forwardAfter(board, () => board.quote(board.spot, { last: 24000 }));
    const seconds = (before.timeToExpiryYears ?? 0) * 31_536_000;
    near(seconds, 4 * 86_400 + 600, 1);
  });
});

describe('a price from which a forward comes', () => {
  test('does so for a minute; then the next source, and without one STALE', () => {
    const board = new NiftyBoard();
    const seen: (string | undefined)[] = [];
    const note = (quotes: () => void) => {
      const tick = forwardAfter(board, quotes);
      const source = FORWARD_SOURCE_NAMES[tick.forwardSource ?? 0];
      seen.push(`${source} ${GREEKS_STATUS_NAMES[tick.greeksStatus ?? 0]}`);
    };
    note(() => board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 }));
    board.clock.advance(60_000);
    note(() => undefined);
    board.clock.advance(1000);
    note(() => board.quote(board.spot, { last: 24000 }));
    board.clock.advance(61_000);
    note(() => undefined);
    assert.deepEqual(seen, ['FUTURE OK', 'FUTURE OK', 'SPOT_CARRY OK', 'NONE STALE']);
    const stale = GREEKS.STATUS_FIRST + GREEKS_STATUS.STALE;
    assert.equal(board.greeksMeters().get(stale), 1);
  });

  test('is one for ever while a real market is closed, and no longer when it opens', () => {
    const board = new NiftyBoard({ start: '2026-09-10T20:00:00+05:30' });
    const frame = (packets: Uint8Array[]): void => {
      board.ingest.onFrame(frameOf(packets), board.clock.nowUs(), false);
      board.compute();
    };
    const call = board.leg(24000, 'CE');
    const callPacket = fullPacket(call.token, { bid: 350, ask: 351, last: 350 });
    frame([indexPacket(board.spot.token, 24000), callPacket]);
    board.clock.advance(3_600_000);
    frame([callPacket]);
    assert.equal(board.newestTick(call).greeksStatus, GREEKS_STATUS.OK);
    board.clock.advance(12.5 * 3_600_000);
    board.compute();
    frame([callPacket]);
    assert.equal(board.newestTick(call).greeksStatus, GREEKS_STATUS.STALE);
  });

  test('is one on a holiday too, when the clock says session', () => {
    for (const [start, status] of [
      ['2026-09-14T11:00:00+05:30', GREEKS_STATUS.OK],
      ['2026-09-15T11:00:00+05:30', GREEKS_STATUS.STALE],
    ] as const) {
      const board = new NiftyBoard({ start });
      const call = board.leg(24000, 'CE');
      const callPacket = fullPacket(call.token, { bid: 350, ask: 351, last: 350 });
      for (const packets of [[indexPacket(board.spot.token, 24000), callPacket], [callPacket]]) {
        board.ingest.onFrame(frameOf(packets), board.clock.nowUs(), false);
        board.compute();
        board.clock.advance(3_600_000);
      }
      assert.equal(board.newestTick(call).greeksStatus, status, start);
    }
  });
});
