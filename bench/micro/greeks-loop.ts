/**
 * What a Greeks worker needs for a tick: reading quotes, forwards by parity, volatility of the
 * strike and of both sides of the quote, five Greeks, the last-value table. If this becomes slower,
 * ticks go out GREEKS_LATE at a smaller rate.
 */
import { createSystemClock } from '../../src/domain/clock.ts';
import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { GREEKS } from '../../src/shm/layout/meters.ts';
import type { RunOptions } from '../harness/bench.ts';
import { measureCases, microBudget, type MicroCase } from '../harness/micro-suite.ts';
import type { Measurement, RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import { takeOpening } from '../market/computed-ticks.ts';
import { BOARD_OPTIONS, OptionBoard } from '../market/option-board.ts';
import {
  FRAME_PACKETS,
  type MarketRecording,
  recordMarket,
  ROUND_FRAMES,
} from '../market/recording.ts';
import { createTickPath, type TickPath } from '../market/tick-path.ts';
import { checkGreeks, optionShares } from './greeks-check.ts';

/** Large enough that the worker does not take itself to be overloaded. */
const RING_SLOTS = 131_072;
const TICKS = ROUND_FRAMES * FRAME_PACKETS;

const NS_PER_MS = 1_000_000;

const REPRICE = 'option repriced after a tick of its index';
const BACKLOG = 'tick, 60 % of them options, backlog of 15,000';

function fill(path: TickPath, recording: MarketRecording): void {
  const receivedUs = path.clock.nowUs();
  for (const frame of recording.frames) path.ingest.onFrame(frame, receivedUs, true);
}

export async function runGreeksLoop({ smoke }: RunOptions): Promise<RunReport> {
  const recording = await recordMarket();
  const verifier = new Verifier();
  const shares = verifyGreeks(recording, verifier);
  const measurements = await measureCases(
    [
      backlogCase(BACKLOG, recording),
      smallBatchCase('tick, 60 % of them options, batches of 50', recording),
      repriceCase(verifier),
    ],
    microBudget(smoke),
  );
  measurements.push(...perOption(measurements, recording), ...wholeBoard(measurements), ...shares);
  return {
    measurements,
    checks: verifier.checks,
    notes: [
      `${(recording.optionShare * 100).toFixed(1)} % of the ticks are of options; each of them ` +
        'is solved up to four times (mid of the leg out of the money, own mid, bid, ask)',
    ],
  };
}

/** The backlog's cost if all of it is put on the options; the other ticks cost little. */
function perOption(
  measurements: readonly Measurement[],
  { optionShare }: MarketRecording,
): Measurement[] {
  return measurements
    .filter(({ name }) => name === BACKLOG)
    .map(({ value, cpuNs }) => ({
      name: 'the same, per option tick',
      unit: 'ns/option',
      value: value / optionShare,
      ...(cpuNs === undefined ? {} : { cpuNs: cpuNs / optionShare }),
    }));
}

/** All options of an index, none of which ticks, after the index has. */
function repriceCase(verifier: Verifier): MicroCase {
  const board = new OptionBoard(createSystemClock().nowUs() / 1000);
  const { greeksMeters } = board.path;
  const repriced = greeksMeters.get(GREEKS.REPRICED);
  board.moveIndex();
  board.work();
  const count = greeksMeters.get(GREEKS.REPRICED) - repriced;
  verifier.equal('options repriced by one tick of the index', count, BOARD_OPTIONS);
  return {
    name: REPRICE,
    unit: 'ns/option',
    operations: BOARD_OPTIONS,
    prepare: () => board.moveIndex(),
    run: () => board.work(),
  };
}

/** What the requirement is about: the whole board. */
function wholeBoard(measurements: readonly Measurement[]): Measurement[] {
  return measurements
    .filter(({ name }) => name === REPRICE)
    .map(({ value }) => ({
      name: `the same, all ${BOARD_OPTIONS.toLocaleString('en-US')} of them`,
      unit: 'ms',
      value: (value * BOARD_OPTIONS) / NS_PER_MS,
    }));
}

function backlogCase(name: string, recording: MarketRecording): MicroCase {
  const path = createTickPath(recording, RING_SLOTS);
  takeOpening(path, recording);
  return {
    name,
    unit: 'ns/tick',
    operations: TICKS,
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
  const before = path.ring.newest();
  const computedBefore = path.greeksMeters.get(GREEKS.TICKS);
  fill(path, recording);
  while (path.greeks.doWork() > 0);
  const { ring, greeksMeters } = path;
  const { instruments } = recording;
  const statuses = checkGreeks(ring, before + 1, ring.newest(), instruments, verifier);
  const options = Math.round(TICKS * recording.optionShare);
  const computed = greeksMeters.get(GREEKS.TICKS) - computedBefore;
  const others = statuses.get(GREEKS_STATUS.NOT_AN_OPTION) ?? 0;
  verifier.equal('ticks written', ring.newest() - before, TICKS);
  verifier.equal('option ticks computed', computed, options);
  verifier.equal('ticks of other instruments', others, TICKS - options);
  verifier.equal('ticks passed over as overrun', greeksMeters.get(GREEKS.OVERRUN), 0);
  return optionShares(statuses, options, verifier);
}
