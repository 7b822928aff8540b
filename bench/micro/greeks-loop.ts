/**
 * What a Greeks worker needs for a tick: reading quotes, forwards by parity, volatility of the
 * strike and of both sides of the quote, five Greeks, the last-value table. If this becomes slower,
 * ticks go out GREEKS_LATE at a smaller rate.
 */
import { GREEKS_STATUS, GREEKS_STATUS_NAMES, UNDEFINED_F64 } from '../../src/domain/status.ts';
import { isGreeksDone } from '../../src/shm/greeks-section.ts';
import { GREEKS } from '../../src/shm/layout/meters.ts';
import {
  TICK_DELTA_F64,
  TICK_GREEKS_STATE_I32,
  TICK_GREEKS_STATUS_U8,
  TICK_IV_F64,
} from '../../src/shm/layout/tick-slot.ts';
import type { RunOptions } from '../harness/bench.ts';
import { measureCases, microBudget, type MicroCase } from '../harness/micro-suite.ts';
import type { Measurement, RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import { takeOpening } from '../market/computed-ticks.ts';
import { FRAME_PACKETS, type MarketRecording, recordMarket } from '../market/recording.ts';
import { createTickPath, type TickPath } from '../market/tick-path.ts';

/** Large enough that the worker does not take itself to be overloaded. */
const RING_SLOTS = 131_072;
const FRAMES = 160;
const TICKS = FRAMES * FRAME_PACKETS;

function fill(path: TickPath, recording: MarketRecording): void {
  const receivedUs = path.clock.nowUs();
  for (const frame of recording.frames) path.ingest.onFrame(frame, receivedUs, true);
}

export async function runGreeksLoop({ smoke }: RunOptions): Promise<RunReport> {
  const recording = await recordMarket(FRAMES);
  const verifier = new Verifier();
  const shares = verifyGreeks(recording, verifier);
  const options = Math.round(TICKS * recording.optionShare);
  const measurements = await measureCases(
    [
      loopCase('tick, 60 % of them options, backlog of 8,000', recording, TICKS, 'ns/tick'),
      loopCase('the same, per option tick', recording, options, 'ns/option'),
      smallBatchCase('tick, 60 % of them options, batches of 50', recording),
    ],
    microBudget(smoke),
  );
  measurements.push(...shares);
  return {
    measurements,
    checks: verifier.checks,
    notes: [
      `${(recording.optionShare * 100).toFixed(1)} % of the ticks are options' ticks; each option ` +
        'is solved up to four times (mid of the leg out of the money, own mid, bid, ask)',
    ],
  };
}

function loopCase(
  name: string,
  recording: MarketRecording,
  operations: number,
  unit: string,
): MicroCase {
  const path = createTickPath(recording, RING_SLOTS);
  takeOpening(path, recording);
  return {
    name,
    unit,
    operations,
    prepare: () => fill(path, recording),
    run: () => {
      while (path.greeks.doWork() > 0);
    },
  };
}

/** As the worker runs when it keeps up: once for every frame of the broker. */
function smallBatchCase(name: string, recording: MarketRecording): MicroCase {
  const path = createTickPath(recording, RING_SLOTS);
  takeOpening(path, recording);
  let next = 0;
  return {
    name,
    unit: 'ns/tick',
    operations: FRAME_PACKETS,
    prepare: () => {
      const frame = recording.frames[next++ % recording.frames.length]!;
      path.ingest.onFrame(frame, path.clock.nowUs(), true);
    },
    run: () => {
      path.greeks.doWork();
    },
  };
}

/** Every slot must be done, every option have a value or a reason. Returns the shares by status. */
function verifyGreeks(recording: MarketRecording, verifier: Verifier): Measurement[] {
  const path = createTickPath(recording, RING_SLOTS);
  takeOpening(path, recording);
  const first = path.ring.newest() + 1;
  const before = path.greeksMeters.get(GREEKS.TICKS);
  fill(path, recording);
  while (path.greeks.doWork() > 0);
  const { ring, greeksMeters } = path;
  const statuses = new Map<number, number>();
  let notDone = 0;
  let impossible = 0;
  for (let position = first; position < first + TICKS; position++) {
    const bytes = ring.slotBytes(position);
    const state = (bytes >> 2) + TICK_GREEKS_STATE_I32;
    if (!isGreeksDone(ring.ticks.i32, state, position)) notDone++;
    const status = ring.ticks.u8[bytes + TICK_GREEKS_STATUS_U8]!;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const iv = ring.ticks.f64[(bytes >> 3) + TICK_IV_F64]!;
    const delta = ring.ticks.f64[(bytes >> 3) + TICK_DELTA_F64]!;
    const possible =
      status === GREEKS_STATUS.OK
        ? iv > 0 && iv < 5 && Math.abs(delta) <= 1
        : iv === UNDEFINED_F64 && delta === UNDEFINED_F64;
    if (!possible) impossible++;
  }
  const options = Math.round(TICKS * recording.optionShare);
  verifier.equal('slots not done', notDone, 0);
  verifier.equal('values that cannot be', impossible, 0);
  verifier.equal('option ticks computed', greeksMeters.get(GREEKS.TICKS) - before, options);
  verifier.equal('ticks passed over as overrun', greeksMeters.get(GREEKS.OVERRUN), 0);
  const others = statuses.get(GREEKS_STATUS.NOT_AN_OPTION) ?? 0;
  verifier.equal('ticks of other instruments', others, TICKS - options);
  verifier.atLeast('share with Greeks', (statuses.get(GREEKS_STATUS.OK) ?? 0) / options, 0.9);
  return [...statuses]
    .filter(([status]) => status !== GREEKS_STATUS.NOT_AN_OPTION)
    .map(([status, count]) => ({
      name: `option ticks with status ${GREEKS_STATUS_NAMES[status] ?? status}`,
      unit: '%',
      value: (100 * count) / options,
    }));
}
