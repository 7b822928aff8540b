import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createSystemClock, REAL_TIME } from '../../../../src/domain/clock.ts';
import { FORWARD_SOURCE, GREEKS_STATUS } from '../../../../src/domain/status.ts';
import { claimGreeks, GREEKS_CLAIMED, GREEKS_FREE } from '../../../../src/shm/greeks-section.ts';
import { CONTROL, METER_WRITER } from '../../../../src/shm/layout/meters.ts';
import { TICK_GREEKS_STATE_I32 } from '../../../../src/shm/layout/tick-slot.ts';
import { ThreadMeters } from '../../../../src/shm/meters.ts';
import { createLogger } from '../../../../src/telemetry/logger.ts';
import { GreeksPool } from '../../../../src/threads/control/greeks-pool.ts';
import { NiftyBoard } from '../../../support/threads-chain.ts';

const SPOT = 24000;
const VOLATILITY = 0.2;

/** A pool of real threads on a board; the board's own loops do not run. */
function start(t: TestContext) {
  const clock = createSystemClock();
  const now = new Date(clock.nowUs() / 1000).toISOString();
  const board = new NiftyBoard({ start: now, expiry: '2099-06-24' });
  const { blocks, ring } = board;
  const meters = new ThreadMeters(blocks.meters, METER_WRITER.CONTROL);
  const logger = createLogger({ level: 'silent', thread: 'test', clock });
  const clockSettings = REAL_TIME;
  const pool = new GreeksPool({ workers: 1, blocks, clockSettings, clock, logger, meters });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    ring.requestStop();
    stopping ??= pool.stop();
    return stopping;
  };
  t.after(stop);
  board.quote(board.spot, { last: SPOT }).send();
  return { board, pool, meters, stop };
}

/** A quote of the call of 24200, whose forward is the spot with carry. */
function quoteCall(board: NiftyBoard): void {
  const forward = SPOT / board.discount;
  board.quote(board.leg(24200, 'CE'), board.fairQuote(24200, 'CE', forward, VOLATILITY)).send();
}

/** Sends ticks of a call until the pool has computed one; its position. */
async function computed(board: NiftyBoard): Promise<number> {
  for (;;) {
    quoteCall(board);
    const position = board.ring.newest();
    // A worker that starts begins at the newest position, so an unanswered tick is sent again.
    for (let look = 0; look < 20; look++) {
      if (board.isDone(position)) return position;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Sends a tick whose section worker 0 has claimed and will never finish; its position. */
function sendClaimed(board: NiftyBoard): number {
  const { writer, ring } = board;
  const end = writer.end.bind(writer);
  writer.end = () => {
    const { position } = writer;
    ring.noteClaim(0, position);
    const state = (ring.slotBytes(position) >> 2) + TICK_GREEKS_STATE_I32;
    assert.ok(claimGreeks(ring.ticks.i32, state, position));
    end();
  };
  quoteCall(board);
  writer.end = end;
  return ring.newest();
}

function stateOf(board: NiftyBoard, position: number): number {
  return board.ring.ticks.i32[(board.ring.slotBytes(position) >> 2) + TICK_GREEKS_STATE_I32]! & 3;
}

test('a pool of threads computes what ingest writes, and ends when it is told to', async (t) => {
  const { board, stop, pool } = start(t);
  const tick = board.tickAt(await computed(board));
  assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
  assert.equal(tick.forwardSource, FORWARD_SOURCE.SPOT_CARRY);
  assert.ok(Math.abs((tick.iv ?? 0) - VOLATILITY) < 1e-3);
  await stop();
  assert.equal(pool.threads.length, 0);
});

test('a worker that is killed is replaced; its quotes and its claim are not lost', async (t) => {
  const { board, pool, meters } = start(t);
  await computed(board);
  const abandoned = sendClaimed(board);
  assert.equal(stateOf(board, abandoned), GREEKS_CLAIMED);
  const [thread] = pool.threads;
  await thread?.terminate();
  // The index does not tick again: the next worker has it from the last-value table.
  const tick = board.tickAt(await computed(board));
  assert.equal(tick.greeksStatus, GREEKS_STATUS.OK);
  assert.equal(tick.forwardSource, FORWARD_SOURCE.SPOT_CARRY);
  assert.equal(stateOf(board, abandoned), GREEKS_FREE);
  assert.equal(meters.get(CONTROL.RESTARTS_GREEKS), 1);
  assert.equal(meters.get(CONTROL.CLAIMS_RELEASED), 1);
});
