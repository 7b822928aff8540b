import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { claimGreeks } from '../../../../src/shm/greeks-section.ts';
import { TICK_GREEKS_STATE_I32 } from '../../../../src/shm/layout/tick-slot.ts';
import { GATE_MS, GreeksGate } from '../../../../src/threads/publish/gate.ts';
import { ManualClock } from '../../../support/feed/sim/manual-clock.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';
import { chain, future } from '../../../support/threads-instruments.ts';
import { QuoteBoard } from '../../../support/threads-quotes.ts';

const LATE_MAX = 5;
const RUN_MAX = 256;

/** Publish as far as the gate is concerned: where it is, and what it lets through. */
class Reader {
  readonly board: QuoteBoard;
  readonly gate: GreeksGate;
  position = 0;

  constructor(board: QuoteBoard) {
    this.board = board;
    this.gate = new GreeksGate(board.ring, board.table, board.clock, RUN_MAX);
  }

  /** Reads what may be read now: whether each tick had its Greeks. */
  read(): boolean[] {
    const to = Math.min(this.board.ring.newest(), this.position + RUN_MAX);
    const limit = this.gate.limit(this.position, to);
    const count = limit - this.position;
    this.position = limit;
    return Array.from(this.gate.done.subarray(0, count), (done) => done === 1);
  }
}

function nifty(): { board: NiftyBoard; reader: Reader; call: () => NiftyBoard } {
  const board = new NiftyBoard();
  const call = () => board.quote(board.leg(24000, 'CE'), { bid: 300, ask: 301, last: 300 });
  return { board, reader: new Reader(board), call };
}

describe('what needs no Greeks', () => {
  test('never waits', () => {
    const { board, reader } = nifty();
    board.quote(board.spot, { last: 24000 }).quote(board.future, { last: 24070 }).send();
    assert.deepEqual(reader.read(), [true, true]);
    assert.equal(reader.gate.waiting, false);
  });

  test('waits only behind an option that came before it', () => {
    const { board, reader, call } = nifty();
    board.quote(board.spot, { last: 24000 });
    call().quote(board.spot, { last: 24001 }).send();
    assert.deepEqual(reader.read(), [true]);
    assert.equal(reader.gate.waiting, true);
    board.compute();
    assert.deepEqual(reader.read(), [true, true]);
    assert.equal(reader.gate.waiting, false);
  });
});

describe('an option', () => {
  test('waits for its Greeks, however often it is looked at', () => {
    const { board, reader, call } = nifty();
    call().send();
    for (let i = 0; i < 10; i++) assert.deepEqual(reader.read(), []);
    board.clock.advance(GATE_MS - 0.001);
    assert.deepEqual(reader.read(), []);
    board.compute();
    assert.deepEqual(reader.read(), [true]);
  });

  test('is let through without them after GATE_MS', () => {
    const { board, reader, call } = nifty();
    call().send();
    reader.read();
    board.clock.advance(GATE_MS);
    assert.deepEqual(reader.read(), [false]);
    assert.equal(reader.gate.waiting, false);
    assert.equal(reader.gate.gatedOut, 0);
  });

  test('is let through as far as it is done when the time is over', () => {
    const { board, reader, call } = nifty();
    call().send();
    call().quote(board.spot, { last: 1 }).send();
    reader.read();
    board.clock.advance(GATE_MS);
    assert.deepEqual(reader.read(), [false, false, true]);
  });

  test('that comes during a wait does not make the others wait longer', () => {
    const { board, reader, call } = nifty();
    call().send();
    reader.read();
    board.clock.advance(GATE_MS - 0.5);
    call().send();
    assert.deepEqual(reader.read(), []);
    board.clock.advance(0.5);
    assert.deepEqual(reader.read(), [false], 'the second one waits in its turn');
    assert.equal(reader.gate.waiting, true);
    board.clock.advance(GATE_MS);
    assert.deepEqual(reader.read(), [false]);
  });

  test('whose section a dead worker holds waits no longer than any other', () => {
    const { board, reader, call } = nifty();
    call().send();
    const state = (board.ring.slotBytes(1) >> 2) + TICK_GREEKS_STATE_I32;
    assert.ok(claimGreeks(board.ring.ticks.i32, state, 1));
    assert.deepEqual(reader.read(), []);
    board.clock.advance(GATE_MS);
    assert.deepEqual(reader.read(), [false]);
  });

  test('without any worker is not waited for', () => {
    const clock = new ManualClock('2026-09-10T10:00:00+05:30');
    const instruments = chain('NIFTY', '2026-09-29', [24000]);
    const board = new QuoteBoard({ instruments, clock, workers: 0 });
    const reader = new Reader(board);
    board.quote(instruments[0]!, { bid: 300, ask: 301 }).send();
    assert.deepEqual(reader.read(), [false]);
  });
});

describe('a worker that is late again and again', () => {
  /** One tick that nobody computes in time. */
  const lateTick = ({ board, reader, call }: ReturnType<typeof nifty>): void => {
    call().send();
    assert.deepEqual(reader.read(), []);
    board.clock.advance(GATE_MS);
    assert.deepEqual(reader.read(), [false]);
  };

  test(`is no longer waited for after ${LATE_MAX} times in a row`, () => {
    const it = nifty();
    for (let i = 0; i < LATE_MAX; i++) {
      assert.equal(it.reader.gate.gatedOut, 0);
      lateTick(it);
    }
    assert.equal(it.reader.gate.gatedOut, 1);
    it.call().send();
    assert.deepEqual(it.reader.read(), [false], 'at once');
  });

  test('is waited for again once it has caught up', () => {
    const it = nifty();
    for (let i = 0; i < LATE_MAX; i++) lateTick(it);
    it.call().send();
    it.reader.read();
    it.board.compute();
    it.call().send();
    assert.deepEqual(it.reader.read(), []);
    assert.equal(it.reader.gate.gatedOut, 0);
    it.board.compute();
    assert.deepEqual(it.reader.read(), [true]);
    for (let i = 0; i < LATE_MAX - 1; i++) lateTick(it);
    assert.equal(it.reader.gate.gatedOut, 0, 'it starts anew');
  });

  test('is forgiven by every wait that it ends in time', () => {
    const it = nifty();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < LATE_MAX - 1; i++) lateTick(it);
      it.board.compute();
      it.call().send();
      assert.deepEqual(it.reader.read(), []);
      it.board.compute();
      assert.deepEqual(it.reader.read(), [true]);
      assert.equal(it.reader.gate.gatedOut, 0);
    }
  });

  test('does not take the others with it', () => {
    const clock = new ManualClock('2026-09-10T10:00:00+05:30');
    const slow = chain('NIFTY', '2026-09-29', [24000]);
    const quick = chain('BANKNIFTY', '2026-09-29', [50000]);
    const instruments = [future('NIFTY', '2026-09-29'), ...slow, ...quick];
    const board = new QuoteBoard({ instruments, clock, workers: 2 });
    const reader = new Reader(board);
    const both = () =>
      board.quote(slow[0]!, { bid: 1, ask: 2 }).quote(quick[0]!, { bid: 1, ask: 2 }).send();
    const quickWorks = (): void => {
      while (board.loops[1]!.doWork() > 0);
    };
    for (let i = 0; i < LATE_MAX; i++) {
      both();
      quickWorks();
      assert.deepEqual(reader.read(), []);
      clock.advance(GATE_MS);
      assert.deepEqual(reader.read(), [false, true]);
    }
    assert.equal(reader.gate.gatedOut, 1);
    both();
    assert.deepEqual(reader.read(), [false], 'the quick one is waited for');
    quickWorks();
    assert.deepEqual(reader.read(), [true]);
  });
});
