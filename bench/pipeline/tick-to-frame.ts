/**
 * The whole way of a tick through the service on one thread: broker frame, parser, ring, last-value
 * table, Greeks, gate, private copy, client frame. One client in memory takes everything; there is
 * no socket. Its inverse is the rate that one core can sustain before any network; a regression
 * here that the micro benches do not show lies between the stages.
 */
import { GREEKS, PUBLISH } from '../../src/shm/layout/meters.ts';
import type { RunOptions } from '../harness/bench.ts';
import { type Measurement, type RunReport, spreadOf } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import { FRAME_PACKETS, type MarketRecording, recordMarket } from '../market/recording.ts';
import { INSTRUMENTS } from '../market/selection.ts';
import { checkPipeline } from './pipeline-check.ts';
import { Pipeline, type StageTimes } from './pipeline.ts';

/** Frames of the broker that are handled together: one as it comes, and a busy moment's backlog. */
const GROUPS = [1, 20] as const;
const NS_PER_MS = 1_000_000;
const NS_PER_US = 1000;
const MS_PER_S = 1000;

interface Sizes {
  /** Of the recording. */
  rounds: number;
  /** Times the recording is repeated: untimed, timed, and with the stages timed. */
  warmup: number;
  timed: number;
  staged: number;
}

const FULL: Sizes = { rounds: 3, warmup: 6, timed: 12, staged: 6 };
const SMOKE: Sizes = { rounds: 1, warmup: 2, timed: 2, staged: 1 };

export async function runTickToFrame({ smoke }: RunOptions): Promise<RunReport> {
  const sizes = smoke ? SMOKE : FULL;
  const recording = await recordMarket(sizes.rounds);
  const verifier = new Verifier();
  checkPipeline(recording, verifier);
  const measurements = GROUPS.flatMap((group) => measureGroup(recording, sizes, group, verifier));
  return {
    measurements,
    checks: verifier.checks,
    notes: [
      `${INSTRUMENTS} instruments, ${(recording.optionShare * 100).toFixed(1)} % of the ticks of ` +
        'options; one thread does what three do in the service; stages: median of the groups',
    ],
  };
}

function measureGroup(
  recording: MarketRecording,
  sizes: Sizes,
  group: number,
  verifier: Verifier,
): Measurement[] {
  const pipeline = new Pipeline(recording);
  const { sink, path } = pipeline;
  const sentBefore = sink.delivery.counts.ticks;
  const first = path.ring.newest();
  repeat(sizes.warmup, () => pipeline.push(recording.frames, group));

  const position = path.ring.newest();
  const cpuBefore = process.cpuUsage();
  const elapsedMs = repeat(sizes.timed, () => pipeline.push(recording.frames, group));
  const { user, system } = process.cpuUsage(cpuBefore);
  const ticks = path.ring.newest() - position;

  const times: StageTimes = { ingest: [], greeks: [], publish: [] };
  repeat(sizes.staged, () => pipeline.pushTimed(recording.frames, group, times));

  const name = `${group * FRAME_PACKETS} ticks at a time`;
  const sent = sink.delivery.counts.ticks - sentBefore;
  verifier.equal(`${name}: ticks sent`, sent, path.ring.newest() - first);
  verifier.equal(`${name}: positions lost`, pipeline.lost, 0);
  verifier.equal(`${name}: late`, path.publishMeters.get(PUBLISH.GREEKS_LATE), 0);
  verifier.equal(`${name}: overrun`, path.greeksMeters.get(GREEKS.OVERRUN), 0);
  const stage = (label: string, timesMs: readonly number[]): Measurement => ({
    name: `${name}: ${label}`,
    unit: 'ns/tick',
    value: (spreadOf(timesMs).median * NS_PER_MS) / (group * FRAME_PACKETS),
  });
  return [
    {
      name,
      unit: 'ticks/s',
      value: (ticks * MS_PER_S) / elapsedMs,
      cpuNs: ((user + system) * NS_PER_US) / ticks,
    },
    stage('ingest (parse, ring, last values)', times.ingest),
    stage('Greeks', times.greeks),
    stage('publish (gate, copy, frame)', times.publish),
  ];
}

/** Calls `run` so many times; returns the time that it took, ms. */
function repeat(times: number, run: () => void): number {
  const startedMs = performance.now();
  for (let i = 0; i < times; i++) run();
  return performance.now() - startedMs;
}
