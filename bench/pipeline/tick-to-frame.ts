/**
 * The whole way of a tick through the service on one thread: broker frame, parser, ring, last-value
 * table, Greeks, gate, private copy, client frame. One client in memory takes everything; there is
 * no socket. Its inverse is the rate that one core can sustain before any network; a regression
 * here that the micro benches do not show lies between the stages.
 */
import { GREEKS_STATUS } from '../../src/domain/status.ts';
import { GREEKS, PUBLISH } from '../../src/shm/layout/meters.ts';
import { PublishLoop } from '../../src/threads/publish/loop.ts';
import { decodeFrame } from '../../src/wire/decode.ts';
import type { RunOptions } from '../harness/bench.ts';
import type { Measurement, RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import { takeOpening } from '../market/computed-ticks.ts';
import {
  FRAME_PACKETS,
  type MarketRecording,
  packetsOf,
  recordMarket,
} from '../market/recording.ts';
import { INSTRUMENTS } from '../market/selection.ts';
import { createTickPath, type TickPath } from '../market/tick-path.ts';
import { createSinkClient, type SinkClient } from './sink-client.ts';
import { TickSums } from './tick-sums.ts';

const RING_SLOTS = 65_536;
/** Frames of the broker that are handled together: one as it comes, and a busy moment's backlog. */
const BACKLOGS = [1, 20] as const;
const NS_PER_S = 1e9;

interface Sizes {
  /** Different frames; repeated until enough time has passed. */
  frames: number;
  warmupMs: number;
  timeMs: number;
}

const FULL: Sizes = { frames: 2000, warmupMs: 500, timeMs: 1000 };
const SMOKE: Sizes = { frames: 200, warmupMs: 50, timeMs: 100 };

interface Pipeline {
  path: TickPath;
  publish: PublishLoop;
  sink: SinkClient;
  /** Positions named as lost. */
  gaps: number;
}

function createPipeline(recording: MarketRecording): Pipeline {
  const path = createTickPath(recording, RING_SLOTS);
  takeOpening(path, recording);
  const sink = createSinkClient(path, recording);
  const pipeline: Pipeline = {
    path,
    sink,
    gaps: 0,
    publish: new PublishLoop({
      ring: path.ring,
      table: path.table,
      delivery: sink.delivery,
      meters: path.publishMeters,
      clock: path.clock,
      onGap: (from, to) => {
        pipeline.gaps += to - from + 1;
      },
    }),
  };
  return pipeline;
}

/** Time of each stage, ns; only the sums count. */
interface StageTimes {
  ingest: number;
  greeks: number;
  publish: number;
}

/** Takes `frames` from `first` on through all stages, `backlog` frames at a time. */
function push(
  { path, publish }: Pipeline,
  frames: readonly Uint8Array[],
  backlog: number,
  times: StageTimes,
): void {
  for (let first = 0; first < frames.length; first += backlog) {
    const started = process.hrtime.bigint();
    for (let i = first; i < first + backlog && i < frames.length; i++) {
      path.ingest.onFrame(frames[i]!, path.clock.nowUs(), true);
    }
    const ingested = process.hrtime.bigint();
    while (path.greeks.doWork() > 0);
    const computed = process.hrtime.bigint();
    while (publish.doWork() > 0);
    const published = process.hrtime.bigint();
    times.ingest += Number(ingested - started);
    times.greeks += Number(computed - ingested);
    times.publish += Number(published - computed);
  }
}

export async function runTickToFrame({ smoke }: RunOptions): Promise<RunReport> {
  const sizes = smoke ? SMOKE : FULL;
  const recording = await recordMarket(sizes.frames);
  const verifier = new Verifier();
  verifyPipeline(recording, verifier);
  const measurements = BACKLOGS.flatMap((backlog) =>
    measureBacklog(recording, sizes, backlog, verifier),
  );
  return {
    measurements,
    checks: verifier.checks,
    notes: [
      `${INSTRUMENTS} instruments, ${(recording.optionShare * 100).toFixed(1)} % of the ticks ` +
        'are options’; one thread does the work of three, so this is CPU time, not throughput of ' +
        'the service',
    ],
  };
}

function measureBacklog(
  recording: MarketRecording,
  sizes: Sizes,
  backlog: number,
  verifier: Verifier,
): Measurement[] {
  const pipeline = createPipeline(recording);
  const { sink, path } = pipeline;
  const ignored: StageTimes = { ingest: 0, greeks: 0, publish: 0 };
  const warmUntilMs = performance.now() + sizes.warmupMs;
  do push(pipeline, recording.frames, backlog, ignored);
  while (performance.now() < warmUntilMs);

  const times: StageTimes = { ingest: 0, greeks: 0, publish: 0 };
  const sentBefore = sink.delivery.counts.ticks;
  const position = path.ring.newest();
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  let elapsedMs = 0;
  do {
    push(pipeline, recording.frames, backlog, times);
    elapsedMs = performance.now() - startedMs;
  } while (elapsedMs < sizes.timeMs);
  const cpu = process.cpuUsage(cpuBefore);
  const ticks = path.ring.newest() - position;

  const name = `${backlog * FRAME_PACKETS} ticks at a time`;
  verifier.equal(`${name}: ticks sent`, sink.delivery.counts.ticks - sentBefore, ticks);
  verifier.equal(`${name}: positions lost`, pipeline.gaps, 0);
  verifier.equal(`${name}: late`, path.publishMeters.get(PUBLISH.GREEKS_LATE), 0);
  verifier.equal(`${name}: overrun`, path.greeksMeters.get(GREEKS.OVERRUN), 0);
  const stage = (label: string, totalNs: number): Measurement => ({
    name: `${name}: ${label}`,
    unit: 'ns/tick',
    value: totalNs / ticks,
  });
  return [
    {
      name,
      unit: 'ticks/s',
      value: (ticks * 1000) / elapsedMs,
      cpuNs: ((cpu.user + cpu.system) * 1000) / ticks,
    },
    stage('ingest (parse, ring, last values)', times.ingest),
    stage('Greeks', times.greeks),
    stage('publish (gate, copy, frame)', times.publish),
    { name: `${name}: all stages`, unit: 'ns/tick', value: (elapsedMs * NS_PER_S) / 1000 / ticks },
  ];
}

/** Once, untimed: what comes out is what went in, every tick once, every option with its Greeks. */
function verifyPipeline(recording: MarketRecording, verifier: Verifier): void {
  const pipeline = createPipeline(recording);
  const { sink, path } = pipeline;
  const sent = new TickSums();
  const received = new TickSums();
  const statuses = new Map<number, number>();
  let jumps = 0;
  const lastSequence = new Map<number, number>();
  sink.onFrame = (bytes) => {
    const frame = decodeFrame(bytes);
    for (let index = 0; index < frame.count; index++) {
      const tick = frame.tick(index);
      const token = tick.instrumentToken;
      received.add(token, tick.lastPriceRaw ?? 0, tick.volume ?? 0);
      const last = lastSequence.get(token);
      if (last !== undefined && tick.instrumentSequence !== last + 1) jumps++;
      lastSequence.set(token, tick.instrumentSequence);
      const status = tick.greeksStatus ?? 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const unused: StageTimes = { ingest: 0, greeks: 0, publish: 0 };
  push(pipeline, recording.frames, 1, unused);
  for (const frame of recording.frames) {
    for (const packet of packetsOf(frame)) {
      const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
      sent.add(view.getUint32(0), view.getUint32(4), view.getUint32(16));
    }
  }
  const options = Math.round(recording.packets * recording.optionShare);
  const ok = statuses.get(GREEKS_STATUS.OK) ?? 0;
  verifier.equal('ticks out', received.count, recording.packets);
  verifier.equal('instruments with other counts or sums', sent.differences(received), []);
  verifier.equal('jumps of instrument_sequence', jumps, 0);
  verifier.equal('ticks late', path.publishMeters.get(PUBLISH.GREEKS_LATE), 0);
  verifier.equal(
    'ticks that are not options',
    statuses.get(GREEKS_STATUS.NOT_AN_OPTION) ?? 0,
    recording.packets - options,
  );
  verifier.atLeast('share of the options with Greeks', ok / options, 0.9);
}
