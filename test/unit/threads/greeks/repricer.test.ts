import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FORWARD_SOURCE, GREEKS_STATUS, QUALITY } from '../../../../src/domain/status.ts';
import type { Instrument } from '../../../../src/domain/instrument.ts';
import { blackPrice } from '../../../../src/pricing/black.ts';
import { black76Greeks, GREEKS_DELTA, GREEKS_OUTPUTS } from '../../../../src/pricing/greeks.ts';
import { createPrivateTicks } from '../../../../src/shm/block.ts';
import { GREEKS } from '../../../../src/shm/layout/meters.ts';
import { TICK_SLOT_BYTES } from '../../../../src/shm/layout/tick-slot.ts';
import { RepriceRing } from '../../../../src/shm/reprice-ring.ts';
import { TICK_LAYOUT } from '../../../../src/wire/tick-layout.ts';
import { TickView } from '../../../../src/wire/tick-view.ts';
import { NiftyBoard, type NiftyBoardOptions } from '../../../support/threads-chain.ts';

const FORWARD = 24071;
/** Least pause between two passes over a chain. */
const INTERVAL_MS = 100;

class RepriceBoard extends NiftyBoard {
  readonly ring0 = new RepriceRing(this.blocks.repriced, 0);
  #read = 0;

  constructor(options: NiftyBoardOptions = {}) {
    super(options);
    this.futureAt(FORWARD);
  }

  futureAt(price: number): this {
    this.quote(this.future, { bid: price - 1, ask: price + 1, last: price }).run();
    return this;
  }

  call(strike: number, bid: number): this {
    this.quote(this.leg(strike, 'CE'), { bid, ask: bid + 1, last: bid }).run();
    return this;
  }

  /** Instruments whose Greeks were computed again since the last call. */
  repriced(): number[] {
    const rows = new Int32Array(1024);
    const count = this.ring0.take(this.ring0.oldest(this.#read), rows, 0);
    this.#read += count;
    return [...rows.subarray(0, count)].map((row) => this.table.tokens[row] ?? 0);
  }

  /** The newest tick of an instrument with its newest Greeks. */
  lastValue({ token }: Instrument): TickView {
    const ticks = createPrivateTicks(1, TICK_SLOT_BYTES);
    assert.ok(this.lastValues.read(this.table.find(token), ticks, 0));
    return new TickView().moveTo(new DataView(ticks.u8.buffer), 0, TICK_LAYOUT);
  }
}

describe('when the forward of a chain moves', () => {
  test('options that do not tick get Greeks of their last volatility at the new forward', () => {
    const board = new RepriceBoard().call(24000, 350).call(24200, 250);
    const before = board.lastValue(board.leg(24000, 'CE'));
    const sequence = before.sequence;
    const iv = before.iv;
    const ivBid = before.ivBid;
    board.repriced();
    board.clock.advance(5000);
    board.futureAt(24121);
    const call = board.leg(24000, 'CE');
    assert.deepEqual(board.repriced().sort(), [call.token, board.leg(24200, 'CE').token].sort());
    const tick = board.lastValue(call);
    assert.equal(tick.forward, 24121);
    assert.equal(tick.forwardSource, FORWARD_SOURCE.FUTURE);
    assert.deepEqual([tick.iv, tick.ivBid], [iv, ivBid], 'volatilities belong to its own quote');
    assert.deepEqual([tick.sequence, tick.greeksSequence], [sequence, sequence]);
    const out = new Float64Array(GREEKS_OUTPUTS);
    black76Greeks(out, 1, 24121, 24000, board.timeYears, board.rate, iv ?? 0);
    assert.equal(tick.delta, out[GREEKS_DELTA]);
    assert.ok(Math.abs((tick.timeToExpiryYears ?? 0) - board.timeYears) < 1e-8);
    assert.equal(board.greeksMeters().get(GREEKS.REPRICED), 2);
  });

  test('the option that made it move is not computed twice', () => {
    const board = new RepriceBoard().call(24000, 350).call(24200, 250);
    board.repriced();
    board.clock.advance(5000);
    board.quote(board.future, { bid: 24120, ask: 24122, last: 24121 });
    board.call(24000, 380);
    assert.deepEqual(board.repriced(), [board.leg(24200, 'CE').token]);
  });

  test('by less than a delta can show, nothing is done; small steps add up', () => {
    const board = new RepriceBoard().call(24000, 350);
    board.repriced();
    const deltas: number[] = [];
    for (let step = 1; step <= 10; step++) {
      board.clock.advance(1000);
      board.futureAt(FORWARD + step * 0.5);
      if (board.repriced().length > 0) deltas.push(step);
    }
    assert.ok(deltas.length >= 1 && deltas.length <= 4, String(deltas));
    assert.equal(deltas.includes(1), false);
  });

  test('the delta of no option is ever off by more than 0.0011', () => {
    const board = new RepriceBoard().call(24000, 350).call(24100, 300);
    const out = new Float64Array(GREEKS_OUTPUTS);
    for (let step = 1; step <= 200; step++) {
      const forward = FORWARD + Math.round(400 * Math.sin(step / 7)) / 10;
      board.clock.advance(1000);
      board.futureAt(forward);
      for (const strike of [24000, 24100]) {
        const tick = board.lastValue(board.leg(strike, 'CE'));
        black76Greeks(out, 1, forward, strike, board.timeYears, board.rate, tick.iv ?? 0);
        assert.ok(Math.abs((tick.delta ?? 0) - out[GREEKS_DELTA]!) < 0.0011, String(step));
      }
    }
  });

  test('several times in a moment, one pass follows at once and one after the pause', () => {
    const board = new RepriceBoard().call(24000, 350);
    board.repriced();
    board.clock.advance(5000);
    const passes: number[] = [];
    for (let ms = 0; ms < 3 * INTERVAL_MS; ms += 10) {
      board.futureAt(FORWARD + 50 + ms);
      if (board.repriced().length > 0) passes.push(ms);
      board.clock.advance(10);
    }
    assert.deepEqual(passes, [0, INTERVAL_MS, 2 * INTERVAL_MS]);
  });

  test('and then nothing more comes, the last move is not forgotten', () => {
    const board = new RepriceBoard().call(24000, 350);
    board.repriced();
    board.clock.advance(5000);
    board.futureAt(FORWARD + 50).futureAt(FORWARD + 100);
    assert.equal(board.repriced().length, 1);
    const [loop] = board.loops;
    assert.equal(loop?.idleMs(1000), INTERVAL_MS, 'the worker sleeps until it is due');
    board.clock.advance(INTERVAL_MS);
    board.compute();
    assert.equal(board.repriced().length, 1);
    assert.equal(board.lastValue(board.leg(24000, 'CE')).forward, FORWARD + 100);
    assert.equal(loop.idleMs(1000), 1000);
  });

  test('and becomes worse in quality, the options say so', () => {
    const board = new RepriceBoard().call(24000, 350);
    board.quote(board.spot, { last: 24000 }).run();
    board.clock.advance(61_000);
    board.quote(board.spot, { last: 24010 }).run();
    const tick = board.lastValue(board.leg(24000, 'CE'));
    assert.equal(tick.forwardSource, FORWARD_SOURCE.SPOT_CARRY);
    assert.equal(tick.quality, QUALITY.FORWARD_DEGRADED);
    board.clock.advance(1000);
    board.futureAt(24200);
    assert.equal(board.lastValue(board.leg(24000, 'CE')).quality, 0);
  });
});

describe('an option that ticked before its chain had a forward', () => {
  test('is solved as soon as there is one, if that is in the same second', () => {
    for (const [pauseMs, status] of [
      [900, GREEKS_STATUS.OK],
      [1100, GREEKS_STATUS.NO_UNDERLYING],
    ] as const) {
      const board = new NiftyBoard();
      const call = board.leg(24000, 'CE');
      board.quote(call, { bid: 350, ask: 351, last: 350 }).run();
      board.clock.advance(pauseMs);
      board.quote(board.future, { bid: 24070, ask: 24072, last: 24071 }).run();
      const at = board.lastValues.rowBytes(board.rowOf(call));
      const { u8 } = board.lastValues.ticks;
      const view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
      const tick = new TickView().moveTo(view, at, TICK_LAYOUT);
      assert.equal(tick.greeksStatus, status);
      if (status !== GREEKS_STATUS.OK) continue;
      const { timeYears, discount } = board;
      const price = blackPrice(1, 24071, 24000, timeYears, discount, tick.ivOwn ?? 0);
      assert.ok(Math.abs(price - 350.5) < 0.001);
    }
  });
});

describe('when the clock passes', () => {
  test('the settlement and the end of trading, options that do not tick say so', () => {
    const board = new RepriceBoard({ start: '2026-09-29T15:34:30+05:30' }).call(24000, 350);
    const call = board.leg(24000, 'CE');
    assert.equal(board.lastValue(call).greeksStatus, GREEKS_STATUS.OK);
    for (const [pauseMs, status] of [
      [30_000, GREEKS_STATUS.AFTER_SETTLEMENT],
      [300_000, GREEKS_STATUS.EXPIRED],
    ] as const) {
      board.repriced();
      board.clock.advance(pauseMs);
      board.compute();
      assert.deepEqual(board.repriced(), [call.token]);
      const tick = board.lastValue(call);
      assert.equal(tick.greeksStatus, status);
      assert.deepEqual([tick.iv, tick.delta, tick.forward], [undefined, undefined, undefined]);
      assert.equal(tick.greeksSequence, tick.sequence);
    }
  });
});

describe('a pass over a large chain', () => {
  test('is made in slices, between which ticks are handled', () => {
    const strikes = Array.from({ length: 400 }, (_unused, i) => 20_000 + 20 * i);
    const board = new RepriceBoard({ strikes, ringSlots: 4096 });
    board.quoteChain(FORWARD, 0.4, strikes.slice(100, 300)).run();
    board.repriced();
    board.clock.advance(5000);
    board.quoteChain(FORWARD + 100, 0.4, strikes.slice(195, 212)).send();
    const [loop] = board.loops;
    assert.equal(loop?.doWork(), 34);
    const first = board.repriced().length;
    assert.ok(first > 0 && first <= 128, `${first} in the first slice`);
    board.call(20_000, 4000);
    assert.equal(board.newestTick(board.leg(20_000, 'CE')).forward! > FORWARD + 90, true);
    board.compute();
    const all = first + board.repriced().length;
    assert.equal(all, 400 - 34);
  });
});
