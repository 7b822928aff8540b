/**
 * What every delivered tick costs before the socket. This is multiplied by the number of clients:
 * if it becomes slower, fewer clients fit on a core. The anchors are what a service without a
 * common layout of memory and wire does: JSON, and the FlatBuffers Builder.
 */
import * as flatbuffers from 'flatbuffers';
import { createPrivateTicks } from '../../src/shm/block.ts';
import { FrameAssembler } from '../../src/fanout/assembler.ts';
import { TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import { RingReader } from '../../src/shm/ring-reader.ts';
import { TickFrameBuffer } from '../../src/wire/frame.ts';
import type { FrameKind } from '../../src/wire/tick-layout.ts';
import { tickObject } from '../../src/wire/tick-object.ts';
import type { RunOptions } from '../harness/bench.ts';
import { measureCases, microBudget, type MicroCase, ratio } from '../harness/micro-suite.ts';
import type { RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import { type ComputedTicks, computeTicks } from '../market/computed-ticks.ts';
import { recordMarket } from '../market/recording.ts';
import { buildFrame, builderFields } from './builder-frame.ts';
import { assemble, FRAME_TICKS, SENT_US, slotsOf, TICKS } from './client-frame.ts';
import { verifyFrames } from './encode-check.ts';

const FRAMES = 100;

const RUN_COPY = 'copy of a run of 50 slots out of the ring';
const RUN_FRAME = 'frame of a run of 50, one copy';
const FULL = 'frame of 50 arbitrary ticks, full with Greeks';
const FULL_WITHOUT = 'frame of 50 arbitrary ticks, full without Greeks';
const COMPACT = 'frame of 50 arbitrary ticks, compact with Greeks';
const JSON_TEXT = 'JSON.stringify, 50 ready objects';
const BUILDER = 'FlatBuffers Builder, 50 structs';

export async function runEncode({ smoke }: RunOptions): Promise<RunReport> {
  const recording = await recordMarket();
  const computed = computeTicks(recording, TICKS);
  const verifier = new Verifier();
  verifyFrames(computed, verifier);
  const measurements = await measureCases(cases(computed), microBudget(smoke));
  measurements.push(
    ratio('JSON.stringify / arbitrary frame', measurements, FULL, JSON_TEXT),
    ratio('Builder / arbitrary frame', measurements, FULL, BUILDER),
    ratio('JSON.stringify / run in one copy', measurements, RUN_FRAME, JSON_TEXT),
  );
  return {
    measurements,
    checks: verifier.checks,
    notes: [
      'the anchors start from ready objects and ready fields: reading the slots is not in them',
      'the service assembles a frame straight out of the ring, once for all clients that want ' +
        'the same; a run in one copy is what readers like a recorder can do',
    ],
  };
}

function cases(computed: ComputedTicks): MicroCase[] {
  const { copies } = computed;
  const sets = Array.from({ length: FRAMES }, (_unused, frame) => slotsOf(frame));
  const assembler = new FrameAssembler(1, 2);
  const shared = new TickFrameBuffer('tick', FRAME_TICKS, 1, 2);
  const slots = new DataView(copies.u8.buffer, copies.u8.byteOffset, copies.u8.length);
  const objects = slotsOf(0).map((slot) => tickObject(slots, slot * TICK_SLOT_BYTES, 'tick'));
  const fields = slotsOf(0).map((slot) => builderFields(copies, slot * TICK_SLOT_BYTES));
  const builder = new flatbuffers.Builder(32_768);
  const unit = 'ns/tick';
  const operations = FRAMES * FRAME_TICKS;
  const assembled = (name: string, kind: FrameKind, greeks: boolean): MicroCase => ({
    name,
    unit,
    operations,
    run: () => {
      for (const set of sets) assemble(assembler, computed, kind, set, greeks);
    },
  });
  return [
    runCopyCase(computed),
    {
      name: RUN_FRAME,
      unit,
      operations,
      run: () => {
        for (let frame = 0; frame < FRAMES; frame++) {
          const first = ((frame * FRAME_TICKS) % (TICKS - FRAME_TICKS)) * TICK_SLOT_BYTES;
          shared.u8.set(copies.u8.subarray(first, first + FRAME_TICKS * TICK_SLOT_BYTES));
          shared.finish(FRAME_TICKS, SENT_US, TICKS);
        }
      },
    },
    assembled(FULL, 'tick', true),
    assembled(FULL_WITHOUT, 'tick', false),
    assembled(COMPACT, 'compact', true),
    { name: JSON_TEXT, unit, operations: FRAME_TICKS, run: () => void JSON.stringify(objects) },
    { name: BUILDER, unit, operations: FRAME_TICKS, run: () => void buildFrame(builder, fields) },
  ];
}

function runCopyCase({ path }: ComputedTicks): MicroCase {
  const target = createPrivateTicks(FRAME_TICKS, TICK_SLOT_BYTES);
  const newest = path.ring.newest();
  const first = newest - TICKS;
  let reader = new RingReader(path.ring, first, target, FRAME_TICKS);
  return {
    name: RUN_COPY,
    unit: 'ns/tick',
    operations: TICKS,
    prepare: () => {
      reader = new RingReader(path.ring, first, target, FRAME_TICKS);
    },
    run: () => {
      while (reader.read(newest) > 0);
    },
  };
}
