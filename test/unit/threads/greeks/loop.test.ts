import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '../../../../src/domain/clock.ts';
import { FORWARD_SOURCE, GREEKS_STATUS } from '../../../../src/domain/status.ts';
import { GREEKS, GREEKS_HISTOGRAM } from '../../../../src/shm/layout/meters.ts';
import {
  TICK_GREEKS_SEQUENCE_LOW_U32,
  TICK_GREEKS_STATUS_U8,
} from '../../../../src/shm/layout/tick-slot.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';
import { ManualClock } from '../../../support/feed/sim/manual-clock.ts';
import { chain, future } from '../../../support/threads-instruments.ts';
import { QuoteBoard } from '../../../support/threads-quotes.ts';

const SLOTS = 1024;
/** A backlog above this makes a worker of the test's ring skip. */
const OVERLOAD = SLOTS / 8;
const FORWARD = 24071;

function futureBoard(): NiftyBoard {
  const board = new NiftyBoard({ ringSlots: SLOTS });
  board.quote(board.future, { bid: FORWARD - 1, ask: FORWARD + 1, last: FORWARD }).run();
  return board;
}

/** Ticks of one call without anybody computing them; a paisa more each time. */
function sendCalls(board: NiftyBoard, count: number, strike = 24200): void {
  for (let i = 0; i < count; i++) {
    const bid = 300 + (i % 100) / 100;
    board.quote(board.leg(strike, 'CE'), { bid, ask: bid + 1 }).send();
  }
}

describe('a batch', () => {
  test('of frames is worked off up to the newest position; then there is nothing to do', () => {
    const board = futureBoard();
    const [loop] = board.loops;
    sendCalls(board, 10);
    assert.equal(loop?.doWork(), 10);
    assert.equal(loop.doWork(), 0);
    assert.equal(board.ring.greeksCursor(0, board.ring.newest()), board.ring.newest());
  });

  test('fills every option slot, not only the newest of an instrument', () => {
    const board = futureBoard();
    const from = board.ring.newest() + 1;
    sendCalls(board, OVERLOAD);
    board.compute();
    const ivs = new Set<number | undefined>();
    for (let position = from; position <= board.ring.newest(); position++) {
      assert.ok(board.isDone(position));
      assert.equal(board.tickAt(position).greeksStatus, GREEKS_STATUS.OK);
      assert.notEqual(board.tickAt(position).ivBid, undefined);
      ivs.add(board.tickAt(position).iv);
    }
    assert.equal(ivs.size, 100, 'each from its own price');
    assert.equal(board.greeksMeters().get(GREEKS.SKIPPED), 0);
  });

  test('is metered: own ticks, passed ones, batches, age', () => {
    const board = futureBoard();
    sendCalls(board, 3);
    board.quote(board.spot, { last: 24000 }).send();
    board.clock.advance(4);
    board.compute();
    const meters = board.greeksMeters();
    assert.equal(meters.get(GREEKS.TICKS), 3);
    assert.equal(meters.get(GREEKS.PASSED), 2, 'the spot and the future of before');
    assert.equal(meters.histogram(GREEKS_HISTOGRAM.BATCH).count, 2);
    assert.deepEqual(
      [meters.histogram(GREEKS_HISTOGRAM.AGE_US).count, meters.histogram(0).sum],
      [3, 3 * 4000],
    );
  });
});

describe('an overloaded worker', () => {
  test('computes the newest tick of an instrument and marks the older ones GREEKS_SKIPPED', () => {
    const board = futureBoard();
    const from = board.ring.newest() + 1;
    sendCalls(board, OVERLOAD, 24200);
    sendCalls(board, 5, 24100);
    board.compute();
    const newest = [board.newestOf(board.leg(24200, 'CE').token), board.ring.newest()];
    for (let position = from; position <= board.ring.newest(); position++) {
      const tick = board.tickAt(position);
      const isNewest = newest.includes(position);
      const expected = isNewest ? GREEKS_STATUS.OK : GREEKS_STATUS.GREEKS_SKIPPED;
      assert.equal(tick.greeksStatus, expected);
      assert.equal(tick.iv !== undefined, isNewest);
      assert.equal(tick.ivBid, undefined, 'sides are left out');
      assert.equal(tick.greeksSequence, position);
      assert.ok(board.isDone(position), 'publish waits for nobody');
    }
    const meters = board.greeksMeters();
    assert.equal(meters.get(GREEKS.SKIPPED), OVERLOAD + 5 - 2);
    const skipped = GREEKS.STATUS_FIRST + GREEKS_STATUS.GREEKS_SKIPPED;
    assert.equal(meters.get(skipped), OVERLOAD + 5 - 2);
  });

  test('never puts a blank for a value into the last-value table', () => {
    const board = futureBoard();
    const written: (number | undefined)[] = [];
    const { lastValues } = board;
    const writeGreeks = lastValues.writeGreeks.bind(lastValues);
    lastValues.writeGreeks = (row, source, slotBytes) => {
      written.push(source.u8[slotBytes + TICK_GREEKS_STATUS_U8]);
      writeGreeks(row, source, slotBytes);
    };
    sendCalls(board, OVERLOAD + 1);
    written.length = 0;
    board.compute();
    assert.deepEqual(written, [GREEKS_STATUS.OK]);
    const at = lastValues.rowBytes(board.rowOf(board.leg(24200, 'CE'))) >> 2;
    assert.equal(lastValues.ticks.u32[at + TICK_GREEKS_SEQUENCE_LOW_U32], board.ring.newest());
  });
});

describe('a worker that the ring has lapped', () => {
  test('goes on at the newest position and counts what it passed', () => {
    const board = futureBoard();
    const from = board.ring.newest();
    sendCalls(board, SLOTS + 10);
    const [loop] = board.loops;
    assert.equal(loop?.doWork(), SLOTS + 10);
    assert.equal(board.greeksMeters().get(GREEKS.OVERRUN), SLOTS + 10);
    assert.equal(board.ring.greeksCursor(0, from), board.ring.newest());
    assert.equal(loop.doWork(), 0);
    sendCalls(board, 1);
    board.compute();
    assert.equal(board.newestTick(board.leg(24200, 'CE')).greeksStatus, GREEKS_STATUS.OK);
  });

  test('knows the quotes that it has not seen', () => {
    const board = futureBoard();
    board.quote(board.future, { bid: 24499, ask: 24501, last: 24500 }).send();
    sendCalls(board, SLOTS + 10);
    board.compute();
    sendCalls(board, 1);
    board.compute();
    const tick = board.newestTick(board.leg(24200, 'CE'));
    assert.equal(tick.forward, 24500);
  });

  test('while it reads writes nothing for the wrong quote', () => {
    const board = futureBoard();
    let lapsLeft = 1;
    // The worker looks at the clock between its two passes over a batch.
    const clock: Clock = Object.assign(Object.create(board.clock) as ManualClock, {
      nowUs: (): number => {
        if (lapsLeft-- > 0) sendCalls(board, SLOTS + 3);
        return board.clock.nowUs();
      },
    });
    const { ring } = board;
    const meters = board.greeksMeters();
    const loop = board.createLoop(0, clock);
    sendCalls(board, 4);
    const from = ring.newest();
    loop.doWork();
    assert.equal(meters.get(GREEKS.NOT_PENDING), 4);
    for (let position = from + 5; position <= ring.newest(); position++) {
      assert.equal(board.isDone(position), false);
    }
    while (loop.doWork() > 0);
    sendCalls(board, 1);
    while (loop.doWork() > 0);
    assert.equal(board.newestTick(board.leg(24200, 'CE')).greeksStatus, GREEKS_STATUS.OK);
  });
});

describe('a worker that starts', () => {
  test('again goes on at the newest position, with quotes from the last-value table', () => {
    const board = futureBoard();
    board.quote(board.leg(23800, 'PE'), { bid: 200, ask: 202 }).run();
    sendCalls(board, 3);
    const successor = board.createLoop(0);
    const computed = board.greeksMeters().get(GREEKS.TICKS);
    successor.doWork();
    const after = board.greeksMeters().get(GREEKS.TICKS);
    assert.equal(after, computed, 'what came before it is lost to Greeks');
    board.quote(board.leg(23800, 'CE'), { bid: 480, ask: 490 }).send();
    successor.doWork();
    const tick = board.newestTick(board.leg(23800, 'CE'));
    assert.equal(tick.forwardSource, FORWARD_SOURCE.FUTURE);
    assert.equal(tick.forward, FORWARD);
    assert.notEqual(tick.iv, tick.ivOwn, 'from the put, which it has not seen tick');
  });
});

describe('an instrument that is taken in while the worker runs', () => {
  test('is computed from its first tick on, and its chain’s forward from quotes of before', () => {
    const clock = new ManualClock('2026-09-10T10:00:00+05:30');
    const near = future('NIFTY', '2026-09-29');
    const legs = chain('NIFTY', '2026-09-29', [24000, 24100]);
    const board = new QuoteBoard({ instruments: [near, ...legs], clock, taken: false });
    assert.equal(board.loops[0]?.doWork(), 0, 'nothing to do with empty tables');
    board.rowOf(near);
    board.quote(near, { bid: 24070, ask: 24072 }).run();
    board.rowOf(legs[0]!);
    board.quote(legs[0]!, { bid: 300, ask: 301 }).run();
    board.rowOf(legs[1]!);
    board.quote(legs[1]!, { bid: 300, ask: 301 }).run();
    for (const leg of legs.slice(0, 2)) {
      const tick = board.newestTick(leg);
      assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
      assert.equal(tick.forward, 24071);
    }
  });
});

describe('several workers', () => {
  test('share the chains; each computes its own and passes over the others’', () => {
    const clock = new ManualClock('2026-09-10T10:00:00+05:30');
    const nifty = chain('NIFTY', '2026-09-29', [24000]);
    const bank = chain('BANKNIFTY', '2026-09-29', [50000]);
    const futures = [future('NIFTY', '2026-09-29'), future('BANKNIFTY', '2026-09-29')];
    const instruments = [...futures, ...nifty, ...bank];
    const board = new QuoteBoard({ instruments, clock, workers: 2 });
    board.quote(futures[0]!, { bid: 24070, ask: 24072 });
    board.quote(futures[1]!, { bid: 50070, ask: 50072 });
    board.quote(nifty[0]!, { bid: 400, ask: 401 });
    board.quote(bank[0]!, { bid: 900, ask: 901 }).send();
    const [first, second] = board.loops;
    while (first!.doWork() > 0);
    const done = () =>
      [nifty[0]!, bank[0]!].map(({ token }) => board.isDone(board.newestOf(token)));
    assert.deepEqual(done(), [true, false]);
    while (second!.doWork() > 0);
    assert.deepEqual(done(), [true, true]);
    for (const worker of [0, 1]) {
      assert.equal(board.greeksMeters(worker).get(GREEKS.TICKS), 1);
      assert.equal(board.greeksMeters(worker).get(GREEKS.PASSED), 3);
    }
    assert.equal(board.newestTick(bank[0]!).forward, 50071);
  });
});
