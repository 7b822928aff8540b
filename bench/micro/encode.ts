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
import { decodeFrame } from '../../src/wire/decode.ts';
import { TickFrameBuffer } from '../../src/wire/frame.ts';
import { COMPACT_LAYOUT, type FrameKind } from '../../src/wire/tick-layout.ts';
import { tickObject } from '../../src/wire/tick-object.ts';
import type { RunOptions } from '../harness/bench.ts';
import { measureCases, microBudget, type MicroCase, ratio } from '../harness/micro-suite.ts';
import type { RunReport } from '../harness/result.ts';
import { Verifier } from '../harness/verifier.ts';
import { type ComputedTicks, computeTicks } from '../market/computed-ticks.ts';
import { recordMarket } from '../market/recording.ts';
import { buildFrame, builderFields } from './builder-frame.ts';

const TICKS = 2048;
const FRAME_TICKS = 50;
const FRAMES = 100;
/** Odd, so that the ticks of a frame lie apart and every slot comes up. */
const STRIDE = 37;
const SENT_US = 1_790_000_000_000_000;

const RUN_COPY = 'copy of a run of 50 slots out of the ring';
const RUN_FRAME = 'frame of a run of 50, one copy';
const FULL = 'frame of 50 arbitrary ticks, full with Greeks';
const FULL_WITHOUT = 'frame of 50 arbitrary ticks, full without Greeks';
const COMPACT = 'frame of 50 arbitrary ticks, compact with Greeks';
const JSON_TEXT = 'JSON.stringify, 50 ready objects';
const BUILDER = 'FlatBuffers Builder, 50 structs';

/** Slots of frame `frame`: some of a client's instruments in one batch. */
function slotsOf(frame: number): number[] {
  return Array.from({ length: FRAME_TICKS }, (_unused, index) => {
    return ((frame * FRAME_TICKS + index) * STRIDE) % TICKS;
  });
}

export async function runEncode({ smoke }: RunOptions): Promise<RunReport> {
  const recording = await recordMarket(smoke ? 60 : 400);
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
      'the service copies runs out of the ring, then assembles a frame for each client; a frame of ' +
        'a run in one copy is what clients with the same instruments could share',
    ],
  };
}

/** Makes frame `frame` and returns its bytes, valid until the next. */
function assemble(
  assembler: FrameAssembler,
  { copies }: ComputedTicks,
  kind: FrameKind,
  slots: readonly number[],
  greeks: boolean,
): Uint8Array {
  slots.forEach((slot, place) => {
    assembler.put(kind, place, copies, slot * TICK_SLOT_BYTES, greeks);
  });
  return assembler.frame(kind).finish(slots.length, SENT_US, TICKS);
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

/** Every way must bring the same ticks. */
function verifyFrames(computed: ComputedTicks, verifier: Verifier): void {
  const { copies } = computed;
  const slots = slotsOf(3);
  const structs = slots.map((slot) =>
    Array.from(copies.u8.subarray(slot * TICK_SLOT_BYTES, (slot + 1) * TICK_SLOT_BYTES)),
  );
  const structsIn = (frame: Uint8Array): number[][] => {
    const first = frame.length - FRAME_TICKS * TICK_SLOT_BYTES;
    return slots.map((_slot, place) => {
      const at = first + place * TICK_SLOT_BYTES;
      return Array.from(frame.subarray(at, at + TICK_SLOT_BYTES));
    });
  };
  const assembler = new FrameAssembler(1, 2);
  const full = Uint8Array.from(assemble(assembler, computed, 'tick', slots, true));
  verifier.equal('structs of the assembled frame', structsIn(full), structs);
  const fields = slots.map((slot) => builderFields(copies, slot * TICK_SLOT_BYTES));
  const built = buildFrame(new flatbuffers.Builder(1024), fields);
  verifier.equal('structs of the built frame', structsIn(built), structs);
  const decoded = decodeFrame(full);
  verifier.equal('count, through', [decoded.count, decoded.through], [FRAME_TICKS, TICKS]);
  verifier.equal('ticks read from the built frame', objectsIn(built), objectsIn(full));
  verifier.equal(
    'ticks read from JSON',
    JSON.parse(JSON.stringify(objectsIn(full))) as unknown,
    objectsIn(full),
  );
  verifyCompact(computed, slots, verifier);
}

function objectsIn(frame: Uint8Array): unknown[] {
  const view = decodeFrame(frame);
  return Array.from({ length: view.count }, (_unused, index) => view.object(index));
}

function verifyCompact(computed: ComputedTicks, slots: number[], verifier: Verifier): void {
  const assembler = new FrameAssembler(1, 2);
  const full = decodeFrame(Uint8Array.from(assemble(assembler, computed, 'tick', slots, true)));
  const compact = decodeFrame(assemble(assembler, computed, 'compact', slots, true));
  verifier.equal('compact ticks', [compact.kind, compact.count], ['compact', FRAME_TICKS]);
  verifier.equal('bytes of a compact tick', COMPACT_LAYOUT.structBytes, 128);
  const values = ({ tick }: { tick: (index: number) => ReturnType<typeof full.tick> }) =>
    slots.map((_slot, place) => {
      const view = tick(place);
      return [
        view.instrumentToken,
        view.sequence,
        view.lastPriceRaw,
        view.bidPrice(0),
        view.askQuantity(0),
        view.volume,
        view.oi,
        view.greeksStatus,
        view.iv === undefined ? undefined : Math.fround(view.iv),
        view.delta === undefined ? undefined : Math.fround(view.delta),
      ];
    });
  verifier.equal(
    'values of the compact ticks',
    values({ tick: (index) => compact.tick(index) }),
    values({ tick: (index) => full.tick(index) }),
  );
}
